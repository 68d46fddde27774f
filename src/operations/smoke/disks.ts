/** Disks: whether they are there, how full they are, and how long they will last. */
import type { App } from '../../app.ts';
import { judgeDisk } from '../../checks/disk.ts';
import { dailyGrowth, daysLeft } from '../../checks/growth.ts';
import { roughly } from '../../checks/limits.ts';
import type { DiskState } from '../../report/services.ts';
import type { Checks } from '../../services/schema.ts';
import {
  lookedAt,
  merged,
  notLookedAt,
  type Look,
  type SmokeCheck,
  type SmokeOptions,
  type SmokeReach,
} from './check.ts';

type Disk = Checks['disks'][number];

const DAY = 86_400_000;
/** A disk that is full sooner than this is told. Days. */
const SOON = 14;
/** How far back its growth is looked at. */
const HISTORY = 30 * DAY;
/** Where none is named there is still the system's. */
const ROOT: Disk = { path: '/', warn: 80, alarm: 92, mount: 'optional' };

export const disksOf = ({ services }: Pick<App, 'services'>): readonly Disk[] =>
  services.checks.disks.length === 0 ? [ROOT] : services.checks.disks;

export const disks: SmokeCheck = {
  keys: ['disk:', 'growth:', 'mount:'],
  pace: 'often',
  look: async (app, { told }) =>
    merged(await Promise.all(disksOf(app).map((disk) => lookAtOne(app, disk, told)))),
};

async function lookAtOne(
  app: SmokeReach,
  { path, mount, warn, alarm }: Disk,
  told: SmokeOptions['told'],
): Promise<Look> {
  const [disk, growth, mounted] = [`disk:${path}`, `growth:${path}`, `mount:${path}`];
  const state = await app.machine.disk(path, { isMount: mount === 'required' });
  if ('lost' in state) {
    return merged([
      lookedAt(app, mounted, { kind: 'mount', path, trouble: state.lost }),
      notLookedAt(disk, 'it is not there', 'told'),
      notLookedAt(growth, 'it is not there', 'told'),
    ]);
  }
  const fact = judgeDisk(state, { warn, alarm }, told(disk));
  return merged([
    lookedAt(app, mounted, state.isEmpty ? { kind: 'mount', path, trouble: 'empty' } : undefined),
    lookedAt(app, disk, fact, fact?.level === 'alarm' ? 'critical' : 'warning'),
    // One that is too full already need not be told to become so.
    lookedAt(app, growth, fact === undefined ? growthOf(app, state) : undefined),
  ]);
}

function growthOf(app: SmokeReach, { path, free }: DiskState) {
  const { daily, left } = outlook(app, { path, free });
  if (daily === undefined || left === undefined || left >= SOON) return undefined;
  return {
    kind: 'growth',
    path,
    daily: roughly(daily),
    daysLeft: Math.floor(left),
    free: roughly(free),
  } as const;
}

/** Of a disk, from the figures of the last weeks: bytes that it gains a day, and the days until it is full. */
export function outlook(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  { path, free }: Pick<DiskState, 'path' | 'free'>,
): { daily: number | undefined; left: number | undefined } {
  const now = clock.now();
  const daily = dailyGrowth(store.samples.range(sampleOf(path), now - HISTORY, now), now);
  return { daily, left: daysLeft(free, daily) };
}

/** Name of a disk's figures in the store: bytes in use. */
export const sampleOf = (path: string): string => `disk:${path}:used`;
