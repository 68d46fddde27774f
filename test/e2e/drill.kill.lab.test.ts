/** A drill that is killed while its scratch container comes up, fills and is compared: nothing of it stays, and the backup is what it was. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeUpBackups } from '../../jobs/take-up-backups.ts';
import { readProof } from '../../src/backup/proof.ts';
import { prove } from '../../src/operations/backups/prove.ts';
import { treeOf } from '../backup/place.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import { openUpdating } from '../operations/updating.ts';
import { openSteward, type Steward } from './steward.ts';

const here = lab();
const NAME = 'kill-drilled';
const OURS = [NAME, `${NAME}-postgres`];
const KILLS = process.env['STEWARD_SOAK'] ? 50 : 2;
const TIMEOUT = 60_000 + KILLS * 60_000;

let it: Updatable;
let steward: Steward;
let backup: string;
/** Milliseconds that a drill takes here from the start of its process to its end. */
let longest: number;

beforeAll(async () => {
  const records = { container: `${NAME}-postgres`, user: 'records', database: 'records' };
  const entry = { backup: { sources: [{ kind: 'postgres', ...records }] } };
  it = await startUpdatable(here, NAME, { kind: 'records', entry });
  steward = openSteward(here, it);
  if ((await steward.run(['backup', NAME])) !== 0) throw new Error('There is no backup to drill.');
  const { app, close } = open();
  const newest = app.store.backups.newestProven(NAME);
  await close();
  backup = join(steward.folder, 'backups', NAME, newest?.id ?? 'none');
  const begun = performance.now();
  if ((await steward.run(['drill', NAME])) !== 0) throw new Error('The drill failed.');
  longest = performance.now() - begun;
});
afterAll(async () => {
  await it.remove();
  rmSync(steward.folder, { recursive: true });
});

const open = () => openUpdating(here, [it], { folder: steward.folder });
const containers = async () =>
  (await here.podman('ps', '--all', '--format={{.Names}}'))
    .split('\n')
    .filter((name) => name.includes(NAME))
    .toSorted();
/** Without what a drill adds. */
const copied = () => treeOf(backup).filter(({ name }) => name !== 'proof.json');

/** What a bot that runs does each minute; then what must hold. */
async function expectWhole(before: object): Promise<void> {
  const updating = open();
  const { app } = updating;
  try {
    await takeUpBackups.run(app, undefined, updating.run());
    expect(await containers()).toEqual(OURS);
    expect(app.store.facts.get(`drilling:${NAME}`)).toBeUndefined();
    expect(app.locks.isFree(NAME)).toBe(true);
    expect(copied()).toEqual(before);
    const proof = await prove(app, updating.service(NAME), backup);
    expect(proof.checks.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(await readProof(backup)).toMatchObject({ level: expect.stringMatching(/^(?:decoded|restored)$/) });
  } finally {
    await updating.close();
  }
}

test('drill that is killed when its container is there leaves none', { timeout: TIMEOUT }, async () => {
  const before = copied();
  let seen: readonly string[] = [];
  const code = await steward.run(['drill', NAME], async (over) => {
    while (seen.length === 0 && !over.aborted) {
      seen = (await containers()).filter((name) => !OURS.includes(name));
    }
  });
  expect(code).toBeNull();
  expect(seen).toHaveLength(1);
  expect(await containers()).toEqual(expect.arrayContaining([...seen]));
  await expectWhole(before);
});

test(
  `drill that is killed at ${KILLS} random moments leaves all whole each time`,
  { timeout: TIMEOUT },
  async () => {
    const before = copied();
    for (let count = 0; count < KILLS; count += 1) {
      const after = Math.random() * longest;
      try {
        await steward.run(['drill', NAME], (over) => pause(after, undefined, { signal: over }));
        await expectWhole(before);
      } catch (cause) {
        throw new Error(`killed after ${after.toFixed()} ms`, { cause });
      }
    }
    expect(await steward.run(['drill', NAME])).toBe(0);
    expect(await readProof(backup)).toMatchObject({ level: 'restored' });
  },
);
