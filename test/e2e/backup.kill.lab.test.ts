/** A backup that stops its service and is killed at each step of it and at any moment: the service runs, and what was there before is untouched. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeUpBackups } from '../../jobs/take-up-backups.ts';
import { isBackupId } from '../../src/backup/names.ts';
import { readProof } from '../../src/backup/proof.ts';
import { systemClock } from '../../src/clock.ts';
import { prove } from '../../src/operations/backups/prove.ts';
import { takeBackup } from '../../src/operations/backups/take.ts';
import { openStore } from '../../src/store.ts';
import { treeOf } from '../backup/place.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import { openUpdating, type Updating } from '../operations/updating.ts';
import { openSteward, type Steward } from './steward.ts';

const here = lab();
const NAME = 'kill-saved';
const KILLS = process.env['STEWARD_SOAK'] ? 200 : 3;
const DAY = 86_400_000;

let it: Updatable;
let steward: Steward;
let folder: string;
/** Those of the days before: no new one takes their place. */
let earlier: readonly string[];
/** Each that was there and found whole, as it was then. */
const whole = new Map<string, unknown>();
/** Milliseconds that a backup takes here from the start of its process to its end. */
let longest: number;

const copies = () => join(folder, 'backups', NAME);
const open = (): Updating => openUpdating(here, [it], { folder });

beforeAll(async () => {
  it = await startUpdatable(here, NAME, { kind: 'store' });
  const { backup } = it.entry as { backup: object };
  it = { ...it, entry: { ...it.entry, backup: { ...backup, pause: true } } };
  steward = openSteward(here, it);
  ({ folder } = steward);
  openStore(join(folder, 'state'), systemClock).close();
  const updating = open();
  for (const days of [2, 1]) {
    const app = { ...updating.app, clock: { now: () => Date.now() - days * DAY } };
    await takeBackup(app, updating.service(NAME), updating.run(), { reason: 'asked' });
  }
  await updating.close();
  earlier = names();
  for (const name of earlier) whole.set(name, treeOf(join(copies(), name)));
  const begun = performance.now();
  const code = await backUp();
  if (code !== 0) throw new Error(`steward backup ended with ${code}.`);
  longest = performance.now() - begun;
});
afterAll(async () => {
  await it.remove();
  rmSync(folder, { recursive: true });
});

const names = (): string[] => readdirSync(copies()).filter(isBackupId).toSorted();

/** @param until resolves when it is to be killed */
const backUp = (until?: Parameters<Steward['run']>[1]) => steward.run(['backup', NAME], until);

/** Looks again and again for what the steps leave on the disk and in the store. */
async function seen(look: (partial: string | undefined) => boolean, over: AbortSignal): Promise<void> {
  for (;;) {
    const partial = readdirSync(copies()).find((name) => name.endsWith('.partial'));
    if (look(partial === undefined ? undefined : join(copies(), partial))) return;
    await pause(1, undefined, { signal: over });
  }
}

/** What a bot that runs does each minute; then what must hold. */
async function expectWhole(): Promise<void> {
  const updating = open();
  const { app } = updating;
  try {
    await takeUpBackups.run(app, undefined, updating.run());
    await here.waitForContainer(NAME, 'running');
    expect(app.locks.isFree(NAME)).toBe(true);
    expect(app.store.facts.get(`paused:${NAME}`)).toBeUndefined();
    for (const name of earlier) expect(names()).toContain(name);
    // Of those of today at least one, each whole.
    expect(names().length).toBeGreaterThan(earlier.length);
    const { known = [], fresh = [] } = Object.groupBy(names(), (name) =>
      whole.has(name) ? 'known' : 'fresh',
    );
    for (const name of known) expect(treeOf(join(copies(), name))).toEqual(whole.get(name));
    for (const name of fresh) {
      expect(await readProof(join(copies(), name))).toMatchObject({ level: 'restored' });
      const proof = await prove(app, updating.service(NAME), join(copies(), name));
      expect(proof.checks.filter(({ result }) => result === 'failed')).toEqual([]);
      whole.set(name, treeOf(join(copies(), name)));
    }
    const running = await here.podman('ps', '--all', '--format={{.Names}}', `--filter=name=${NAME}`);
    expect(running.trim().split('\n')).toEqual([NAME]);
  } finally {
    await updating.close();
  }
}

const STEPS: readonly [string, (partial: string | undefined) => boolean][] = [
  ['measured', (partial) => partial !== undefined],
  ['copying', (partial) => partial !== undefined && readdirSync(partial).length > 0],
  ['copied', (partial) => partial !== undefined && existsSync(join(partial, 'manifest.json'))],
  ['proven', (partial) => partial !== undefined && existsSync(join(partial, 'proof.json'))],
];

test.each(STEPS)(
  'backup that is killed when it is %s leaves the service running and the rest whole',
  async (_, look) => {
    await backUp((over) => seen(look, over));
    await expectWhole();
    // The next one goes well, and sweeps what that one left.
    expect(await backUp()).toBe(0);
    expect(readdirSync(copies()).filter((name) => name.startsWith('.'))).toEqual([]);
    await expectWhole();
  },
);

test(
  `backup that is killed at ${KILLS} random moments leaves all whole each time`,
  { timeout: KILLS * 60_000 },
  async () => {
    for (let count = 0; count < KILLS; count += 1) {
      const after = Math.random() * longest;
      try {
        await backUp((over) => pause(after, undefined, { signal: over }));
        await expectWhole();
      } catch (cause) {
        throw new Error(`killed after ${after.toFixed()} ms`, { cause });
      }
    }
    expect(await backUp()).toBe(0);
  },
);
