import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { resumeRestore } from '../../../src/operations/restore/restore.ts';
import { makeDatabase, treeOf } from '../../backup/place.ts';
import type { KilledOptions, Lived } from './killed.ts';
import { openRestoring, type Restoring } from './place.ts';

/** The whole sweep is for `npm run test:soak`. */
const KILLS = process.env['STEWARD_SOAK'] === '1' ? Infinity : 5;
const ONE = '2026-11-20T14-40-00Z';

/** @returns the number of calls of a run that lived, undefined for one that was killed */
async function run(options: KilledOptions): Promise<number | undefined> {
  const child = fork(new URL('killed.ts', import.meta.url), [JSON.stringify(options)], { silent: true });
  let calls: number | undefined;
  let errors = '';
  child.once('message', (message: Lived) => (calls = message.calls));
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const lived = calls !== undefined;
  expect({ code, signal, errors }).toEqual({
    code: lived ? 0 : null,
    signal: lived ? null : 'SIGKILL',
    errors: '',
  });
  return calls;
}

/** As an application sees the data; a killed one left a journal beside it. */
function dataOf(folder: string): object {
  const names = treeOf(folder).filter(({ name }) => !/(?:^|\/)\.steward-aside(?:\/|$)|\.db/.test(name));
  const databases = readdirSync(folder).filter((name) => name.endsWith('.db'));
  return {
    files: names.filter(({ type }) => type === 'f').map(({ name, contents, mode }) => [name, contents, mode]),
    databases: databases.map((name) => [name, rowsOf(join(folder, name))]),
  };
}

function rowsOf(file: string): unknown[] {
  // Looked at elsewhere, so that looking leaves nothing behind.
  const look = join(file, '../../look');
  mkdirSync(look);
  for (const suffix of ['', '-wal'])
    if (existsSync(file + suffix)) cpSync(file + suffix, join(look, `db${suffix}`));
  const database = new DatabaseSync(join(look, 'db'));
  const rows = database
    .prepare('select x from t order by 1')
    .all()
    .map(({ x }) => x);
  database.close();
  rmSync(look, { recursive: true });
  return rows;
}

/** A backup, and what was made of the data since by an application that was killed. */
async function makeScene(place: Restoring): Promise<{ past: object; now: object }> {
  makeDatabase(join(place.data, 'one.db'), 'create table t (x); insert into t values (1)');
  for (const number of [1, 2]) place.write(`sub/${number}.txt`, `then ${number}`);
  place.write('sub/cache/x', 'cache');
  place.write('top.txt', 'then');
  await place.back(ONE);
  const past = dataOf(place.data);
  const application = new DatabaseSync(join(place.data, 'one.db'));
  application.exec('pragma journal_mode = wal; insert into t values (2)');
  makeDatabase(join(place.data, 'two.db'), 'create table t (x); insert into t values (7)');
  place.write('sub/1.txt', 'now 1');
  rmSync(join(place.data, 'sub/2.txt'));
  place.write('sub/new/4.txt', 'now 4');
  const pristine = join(place.folder, 'pristine');
  cpSync(place.data, pristine, { recursive: true });
  application.close();
  reset(place.folder);
  return { past, now: dataOf(place.data) };
}

function reset(folder: string): void {
  const keep = ['pristine', 'backups', 'services.yaml'];
  for (const name of readdirSync(folder)) {
    if (!keep.includes(name)) rmSync(join(folder, name), { recursive: true });
  }
  cpSync(join(folder, 'pristine'), join(folder, 'data'), { recursive: true });
  const backup = join(folder, 'backups/web', ONE);
  for (const name of readdirSync(backup)) if (name.startsWith('put-back-')) rmSync(join(backup, name));
}

test.each([
  ['restore', undefined],
  ['restore on its way back', 'cannot read this'],
])(
  '%s killed at any call ends with one side or the other, never with a mix',
  { timeout: 60 * 60_000 },
  async (_name, refuses) => {
    const place = openRestoring();
    const { folder } = place;
    try {
      const { past, now } = await makeScene(place);
      place.app.store.close();
      const options: KilledOptions = { folder, ...(refuses !== undefined && { refuses }) };
      const calls = (await run(options)) ?? 0;
      expect(calls).toBeGreaterThan(50);
      const ends = new Set<string>();
      let outlived = 0;
      for (let at = calls - 3; at > 0; at -= Math.max(1, Math.floor(calls / KILLS))) {
        reset(folder);
        // A run asks more or less often how the service does, so that one may end before its last calls.
        if ((await run({ ...options, at })) !== undefined) {
          outlived += 1;
          continue;
        }
        let isGoingBack = false;
        const next = openRestoring({ folder, refuses: () => (isGoingBack ? undefined : refuses) });
        const report = await resumeRestore(
          next.app,
          next.service,
          next.run({ at: { 'back-start': () => (isGoingBack = true) } }),
        );
        const where = `killed at call ${at} of ${calls}: ${JSON.stringify(report)}`;
        const outcome = report?.kind === 'restore-outcome' ? report.outcome : 'nothing begun';
        ends.add(outcome);
        expect(dataOf(next.data), `${where}`).toEqual(outcome === 'restored' ? past : now);
        expect(next.state(), `${where}`).toBe('active');
        expect(next.app.store.restores.open('web'), `${where}`).toBeUndefined();
        next.app.store.close();
      }
      expect(outlived).toBeLessThan(calls / 20);
      expect([...ends].toSorted()).toEqual(
        expect.arrayContaining(
          refuses === undefined ? ['restored', 'unchanged'] : ['rolled-back', 'unchanged'],
        ),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
