/** Backups of a real PostgreSQL under a writer: decoded each time, restored by a drill. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drill as drillCommand } from '../../../commands/drill.ts';
import { takeUpBackups } from '../../../jobs/take-up-backups.ts';
import type { DrillReport } from '../../../src/report/backup-runs.ts';
import { takeBackup } from '../../../src/operations/backups/take.ts';
import { lab } from '../../lab/index.ts';
import { startUpdatable, type Updatable } from '../../lab/updatable.ts';
import { openUpdating, type Updating } from '../updating.ts';

const here = lab();
const NAME = 'proven-rows';
const records = { user: 'records', database: 'records' };
const backup = {
  sources: [{ kind: 'postgres', container: `${NAME}-postgres`, ...records }],
  expect: {
    queries: [
      {
        name: 'tables',
        database: 'records',
        sql: `select count(*) from pg_tables where schemaname = 'public'`,
      },
    ],
  },
};

let it: Updatable;
let updating: Updating;
beforeAll(async () => {
  it = await startUpdatable(here, NAME, { kind: 'records', entry: { backup } });
  updating = openUpdating(here, [it]);
});
afterAll(async () => {
  await updating.close();
  await it.remove();
});

const take = (reason: 'asked' | 'scheduled') =>
  takeBackup(updating.app, updating.service(NAME), updating.run(), { reason });
const containers = async () =>
  (await here.podman('ps', '--all', '--format={{.Names}}'))
    .split('\n')
    .filter((name) => name.includes(NAME))
    .toSorted();

test('takeBackup decodes a dump and asks what is expected of it, and a drill restores it row for row', async () => {
  const { proof, id } = await take('asked');
  expect(proof).toMatchObject({ level: 'decoded' });
  expect(proof.checks).toContainEqual({
    name: 'expected answers',
    source: 'postgres records',
    result: 'passed',
    detail: 'tables: 2.',
  });
  expect(proof.drill).toBeUndefined();
  expect(await drillCommand.run(updating.app, [], updating.run())).toMatchObject({
    kind: 'drills-due',
    services: [{ service: NAME, drilledAt: undefined }],
  });

  const report = (await drillCommand.run(updating.app, [NAME], updating.run())) as DrillReport;
  expect(report.failed).toEqual([]);
  expect(report).toMatchObject({ kind: 'drill', id, level: 'restored' });
  expect(report.restoreTook).toBeGreaterThan(0);
  expect(report.sources[0]?.rows).toBeGreaterThan(0);
  expect(updating.app.store.backups.get(NAME, id)).toMatchObject({ level: 'restored', trouble: undefined });
  expect(await containers()).toEqual([NAME, `${NAME}-postgres`]);
  expect(await drillCommand.run(updating.app, [], updating.run())).toMatchObject({ services: [] });
});

test('takeBackup by the clock drills after a change of the image, and no other', async () => {
  // The one that was drilled has gone by then, and its image is still the same.
  await take('scheduled');
  expect((await take('scheduled')).proof).toMatchObject({ level: 'decoded' });
  const { facts } = updating.app.store;
  const memory = facts.get<object>(`backup:${NAME}`);
  facts.put(`backup:${NAME}`, {
    ...memory,
    drilled: { at: Date.now(), images: { [`${NAME}-postgres`]: 'another' } },
  });
  expect((await take('scheduled')).proof).toMatchObject({ level: 'restored' });
  expect((await take('scheduled')).proof).toMatchObject({ level: 'decoded' });
});

test('a drill that a kill cut off leaves nothing after the next minute', async () => {
  const { app } = updating;
  const { id } = await take('asked');
  app.store.facts.put(`drilling:${NAME}`, id);
  await takeUpBackups.run(app, undefined, updating.run());
  expect(app.store.facts.get(`drilling:${NAME}`)).toBeUndefined();
  expect(await containers()).toEqual([NAME, `${NAME}-postgres`]);
});
