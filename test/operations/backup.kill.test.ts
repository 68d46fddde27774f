import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  putBack,
  readSnapshot,
  snapshotFolder,
  takeSnapshot,
  verifySnapshot,
} from '../../src/operations/backup.ts';
import { forkKilled } from '../backup/fork-killed.ts';
import type { KilledOptions, Lived } from '../backup/killed.ts';
import { makeDatabase, openPlace, treeOf, type Place } from '../backup/place.ts';

/** The whole sweep is for `npm run test:soak`. */
const STRIDE = process.env['STEWARD_SOAK'] === '1' ? 1 : 6;
const SOURCES = [
  { kind: 'sqlite', files: 'DATA/*.db' },
  { kind: 'files', folder: 'DATA', exclude: ['cache', '*.db*'] },
];

let place: Place;
beforeEach(() => {
  place = openPlace({ sources: SOURCES });
  makeDatabase(join(place.data, 'one.db'), 'create table t (x); insert into t values (1)');
  for (const number of [1, 2, 3]) place.write(`sub/${number}.txt`, `before ${number}`);
  place.write('sub/cache/x', 'cache');
  place.write('top.txt', 'before');
});
afterEach(() => place.close());

/** @returns the number of calls of a run that lived, undefined for one that was killed */
async function run(verb: KilledOptions['verb'], at?: number): Promise<number | undefined> {
  const options: KilledOptions = {
    folder: place.folder,
    sources: SOURCES,
    verb,
    ...(at !== undefined && { at }),
  };
  const child = forkKilled(options, { silent: true });
  let calls: number | undefined;
  let errors = '';
  child.once('message', (message: Lived) => (calls = message.calls));
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ code, signal, errors }).toEqual({
    code: at === undefined ? 0 : null,
    signal: at === undefined ? null : 'SIGKILL',
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
  const look = join(place.folder, 'look');
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

test(
  'takeSnapshot killed at any call leaves the data and earlier copies alone, and no half copy under its name',
  { timeout: 30 * 60_000 },
  async () => {
    const { app, service } = place;
    const folder = snapshotFolder(app, service, 'one');
    const earlier = await takeSnapshot(app, service, snapshotFolder(app, service, 'zero'));
    const calls = (await run('take')) ?? 0;
    expect(calls).toBeGreaterThan(20);
    const before = dataOf(place.data);
    for (let at = calls; at > 0; at -= STRIDE) {
      rmSync(folder, { recursive: true, force: true });
      await run('take', at);
      expect(dataOf(place.data)).toEqual(before);
      await verifySnapshot(app, service, earlier);
      // What has its name is whole.
      const whole = existsSync(folder)
        ? await readSnapshot(folder)
        : await takeSnapshot(app, service, folder);
      await verifySnapshot(app, service, whole);
      await takeSnapshot(app, service, snapshotFolder(app, service, 'next'));
      expect(readdirSync(join(folder, '..')).sort()).toEqual(['next', 'one', 'zero']);
      rmSync(snapshotFolder(app, service, 'next'), { recursive: true });
    }
  },
);

test(
  'putBack killed at any call and called again ends with the copy, and keeps all that it replaced',
  { timeout: 30 * 60_000 },
  async () => {
    const { app, service } = place;
    const snapshot = await takeSnapshot(app, service, snapshotFolder(app, service, 'one'));
    const before = dataOf(place.data);
    const pristine = join(place.folder, 'pristine');
    cpSync(snapshot.folder, pristine, { recursive: true });

    // What a new version made of it; it was killed, so a journal holds the end.
    const application = new DatabaseSync(join(place.data, 'one.db'));
    application.exec('insert into t values (2)');
    makeDatabase(join(place.data, 'two.db'), 'create table t (x); insert into t values (7)');
    place.write('sub/1.txt', 'after 1');
    rmSync(join(place.data, 'sub/2.txt'));
    place.write('sub/new/4.txt', 'after 4');
    place.write('new.txt', 'after');
    const migrated = join(place.folder, 'migrated');
    cpSync(place.data, migrated, { recursive: true });
    application.close();
    const after = dataOf(migrated);

    const reset = () => {
      for (const path of [place.data, snapshot.folder, join(place.folder, '.steward-aside')]) {
        rmSync(path, { recursive: true, force: true });
      }
      cpSync(migrated, place.data, { recursive: true });
      cpSync(pristine, snapshot.folder, { recursive: true });
    };
    reset();
    const calls = (await run('put back')) ?? 0;
    expect(calls).toBeGreaterThan(50);
    let unfinished = 0;
    for (let at = calls; at > 0; at -= STRIDE) {
      reset();
      await run('put back', at);
      const record = join(snapshot.folder, 'put-back-back.json');
      const state = existsSync(record)
        ? (JSON.parse(readFileSync(record, 'utf8')) as { state: string }).state
        : 'none';
      // Until all is ready nothing is touched.
      const isTouched = state === 'swapping' || state === 'done';
      expect(isTouched || isDeepStrictEqual(dataOf(place.data), after), `killed at call ${at}`).toBe(true);
      if (state === 'swapping') unfinished += 1;
      const { aside } = await putBack(app, service, snapshot, 'back');
      expect(dataOf(place.data), `killed at call ${at}`).toEqual(before);
      expect(readFileSync(join(place.data, 'sub/cache/x'), 'utf8')).toBe('cache');
      const [files = '', one = '', two = ''] = aside;
      expect(readdirSync(files).sort()).toEqual(['new.txt', 'sub', 'top.txt']);
      expect(readFileSync(join(files, 'sub/1.txt'), 'utf8')).toBe('after 1');
      expect(readFileSync(join(files, 'sub/new/4.txt'), 'utf8')).toBe('after 4');
      expect(rowsOf(join(one, 'one.db'))).toEqual([1, 2]);
      expect(rowsOf(join(two, 'two.db'))).toEqual([7]);
    }
    expect(unfinished, 'kills in the middle of the change').toBeGreaterThan(calls / STRIDE / 10);
  },
);
