/** What disks and file systems say about themselves: read-only ones, errors in the kernel's log, SMART. */
import { ioErrors } from '../../checks/kernel-errors.ts';
import { judgeReadOnly } from '../../checks/read-only.ts';
import { COUNTED, judgeSmart, type Counted } from '../../checks/smart.ts';
import type { SmartState, UnseenDisk } from '../../clients/machine/smart.ts';
import {
  failedToLook,
  lookedAt,
  merged,
  notLookedAt,
  type Look,
  type SmokeCheck,
  type SmokeReach,
} from './check.ts';

const DAY = 86_400_000;

/** Fact: file systems that took writing when they were looked at. */
const WRITABLE = 'smoke:writable';

export const readOnly: SmokeCheck = {
  keys: ['read-only:'],
  pace: 'often',
  async look(app) {
    const mounts = await app.machine.mounts();
    if (mounts === undefined)
      return notLookedAt('read-only:', '/proc/self/mountinfo cannot be read', 'lacking');
    const before = app.store.facts.get<string[]>(WRITABLE) ?? [];
    const { facts, known } = judgeReadOnly(mounts, before);
    if (known.length !== before.length) app.store.facts.put(WRITABLE, known);
    return {
      ...merged(facts.map((fact) => lookedAt(app, `read-only:${fact.path}`, fact, 'critical'))),
      looked: ['read-only:'],
    };
  },
};

export const kernelErrors: SmokeCheck = {
  keys: ['io:'],
  pace: 'often',
  async look(app, { signal }) {
    try {
      // A disk that had no error for a day is told as well again.
      const lines = await app.machine.kernelLog(app.clock.now() - DAY, { signal });
      const looks = ioErrors(lines).map((fact) => lookedAt(app, `io:${fact.device}`, fact));
      return { ...merged(looks), looked: ['io:'] };
    } catch (error) {
      signal.throwIfAborted();
      return failedToLook('io:', error);
    }
  },
};

/** What a disk had counted so long ago is its ordinary life. */
const OLD = 30 * DAY;

export const smart: SmokeCheck = {
  keys: ['smart:'],
  pace: 'daily',
  async look(app, { signal }) {
    try {
      const disks = await app.machine.smart({ signal });
      return merged(disks.map((disk) => ('why' in disk ? unseen(disk) : lookAtOne(app, disk))));
    } catch (error) {
      signal.throwIfAborted();
      return failedToLook('smart:', error);
    }
  },
};

/** A disk that sleeps does so each night. */
const unseen = ({ device, why }: UnseenDisk): Look => notLookedAt(`smart:${device}`, why, 'lacking');

function lookAtOne(app: SmokeReach, disk: SmartState): Look {
  const now = app.clock.now();
  const { device, model, serial = device } = disk;
  const known: Partial<Record<Counted, number | undefined>> = {};
  for (const what of COUNTED) {
    const name = `smart:${serial}:${what}`;
    known[what] = app.store.samples.last(name, now - OLD)?.value;
    const count = disk[what];
    if (count !== undefined) app.store.samples.put(name, count, now);
  }
  const problems = judgeSmart(disk, known);
  const fact = problems.length === 0 ? undefined : ({ kind: 'smart', device, model, problems } as const);
  return lookedAt(app, `smart:${device}`, fact);
}
