import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  describeData,
  dropSnapshot,
  isCovered,
  putBack,
  readSnapshot,
  snapshotFolder,
  takeSnapshot,
  verifySnapshot,
  type DataOptions,
  type Snapshot,
} from '../../src/operations/backup.ts';
import { formatSize } from '../../src/units.ts';
import { makeDatabase, openPlace, treeOf, type Place } from '../backup/place.ts';

const SOURCES = [
  { kind: 'files', folder: 'DATA', exclude: ['cache', '*.log'] },
  { kind: 'sqlite', files: 'DATA/db.sqlite3' },
];

let place: Place;
beforeEach(() => {
  place = openPlace({ sources: SOURCES });
  makeDatabase(join(place.data, 'db.sqlite3'), 'create table t (x); insert into t values (1), (2)');
  place.write('a/b/c.txt', 'hello');
  place.write('a/keep.log', 'log');
  place.write('cache/x', 'old cache');
});
afterEach(() => place.close());

const take = (id: string, options: DataOptions & { like?: Snapshot } = {}) =>
  takeSnapshot(place.app, place.service, snapshotFolder(place.app, place.service, id), options);
const verify = (snapshot: Snapshot) => verifySnapshot(place.app, place.service, snapshot);
const back = (snapshot: Snapshot, id = 'back') => putBack(place.app, place.service, snapshot, id);
const path = (name: string) => join(place.data, name);
const rows = (file: string, table = 't'): unknown[] => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare(`select * from ${table} order by 1`)
      .all()
      .map((row) => Object.values(row)[0]);
  } finally {
    database.close();
  }
};
/** So long ago that nobody doubts that the last change of it is seen. */
const age = (...names: string[]) => {
  execFileSync('touch', ['--date=10 minutes ago', ...names.map(path)]);
};

describe('isCovered', () => {
  test('needs sources and a folder for copies', () => {
    const { app, service } = place;
    expect(isCovered(app, service)).toBe(true);
    expect(isCovered(app, { ...service, backup: undefined })).toBe(false);
    expect(isCovered({ ...app, services: { ...app.services, backups: undefined } }, service)).toBe(false);
  });
});

describe('takeSnapshot', () => {
  test('copies what is there, with counts, and can be read and verified', async () => {
    const snapshot = await take('one');
    expect(snapshot).toMatchObject({
      service: 'web',
      folder: join(place.folder, 'copies/web/updates/one'),
      sources: [
        { name: path('db.sqlite3'), kind: 'sqlite', counts: { t: 2 } },
        { name: place.data, kind: 'files', schema: undefined, counts: { files: 1 } },
      ],
    });
    expect(await readSnapshot(snapshot.folder)).toEqual(snapshot);
    await verify(snapshot);
    expect(await describeData(place.app, place.service)).toEqual(snapshot.sources);
  });

  test('lets nobody else read the copies', async () => {
    chmodSync(path('a/b/c.txt'), 0o666);
    const { folder } = await take('one');
    const open = execFileSync('find', [join(place.folder, 'copies'), '-perm', '/077']).toString();
    expect(open).toBe('');
    expect(existsSync(folder)).toBe(true);
  });

  test('holds one state of a database while a writer works', async () => {
    const writer = new Worker(
      `const { DatabaseSync } = require('node:sqlite');
       const { parentPort } = require('node:worker_threads');
       const database = new DatabaseSync(${JSON.stringify(path('db.sqlite3'))}, { timeout: 10000 });
       database.exec('create table u (x)');
       let number = 0;
       const work = () => {
         // Both or none: a copy in between would have more of one than of the other.
         database.exec('begin immediate');
         for (let i = 0; i < 50; i += 1) {
           number += 1;
           database.exec(\`insert into t values (zeroblob(500)); insert into u values (\${number})\`);
         }
         database.exec('commit');
         if (number === 50) parentPort.postMessage('begun');
         setImmediate(work);
       };
       work();`,
      { eval: true },
    );
    await once(writer, 'message');
    for (const id of ['one', 'two', 'three']) {
      const { sources, folder } = await take(id);
      const { t = 0, u = 0 } = sources[0]?.counts ?? {};
      expect(t - 2).toBe(u);
      expect(u % 50).toBe(0);
      const copy = join(folder, '0-sqlite');
      expect(rows(copy, 'u')).toHaveLength(u);
    }
    await writer.terminate();
  });

  test('copies a database without a write-ahead log while its application writes', async () => {
    const application = new DatabaseSync(path('db.sqlite3'), { timeout: 10_000 });
    application.exec('pragma journal_mode = delete; create table u (x); insert into t values (3)');
    let writes = 0;
    const working = setInterval(() => {
      writes += 1;
      application.exec(`begin; insert into t values (${writes + 10}); insert into u values (1); commit`);
    }, 1);
    const { sources, folder } = await take('one');
    clearInterval(working);
    application.close();
    const { t = 0, u = 0 } = sources[0]?.counts ?? {};
    expect(t).toBe(u + 3);
    expect(rows(join(folder, '0-sqlite'))).toHaveLength(t);
    expect(writes).toBeGreaterThan(u);
  });

  test('never writes beside a database at rest', async () => {
    age('db.sqlite3');
    execFileSync('sleep', ['2.1']);
    const before = treeOf(place.data);
    await take('one');
    await describeData(place.app, place.service);
    expect(treeOf(place.data)).toEqual(before);
  });

  test('has what only the journal of a running application holds', async () => {
    const application = new DatabaseSync(path('db.sqlite3'));
    application.exec('insert into t values (3)');
    const { folder } = await take('one');
    expect(rows(join(folder, '0-sqlite'))).toEqual([1, 2, 3]);
    application.close();
  });

  test('copies an idle database that its application holds for itself alone', async () => {
    const application = new DatabaseSync(path('db.sqlite3'));
    application.exec('pragma locking_mode = exclusive; insert into t values (3)');
    await expect(describeData(place.app, place.service)).rejects.toThrow(/holds it for itself alone/);
    execFileSync('sleep', ['2.1']);
    const { folder } = await take('one');
    expect(rows(join(folder, '0-sqlite'))).toEqual([1, 2, 3]);
    application.close();
  }, 60_000);

  test('recovers a database that was left in the middle of a transaction', async () => {
    const file = path('db.sqlite3');
    const application = new DatabaseSync(file);
    application.exec(`pragma journal_mode = delete; create table big (x);
      insert into big select randomblob(1000) from (with n(i) as (select 1 union all select i + 1 from n where i < 500) select i from n);
      pragma cache_size = 5; begin; update big set x = zeroblob(1000); update t set x = 9`);
    // As a kill leaves it: the pages that were written, and the journal that takes them back.
    cpSync(file, path('killed.sqlite3'));
    cpSync(`${file}-journal`, path('killed.sqlite3-journal'));
    application.close();
    renameSync(path('killed.sqlite3'), file);
    renameSync(path('killed.sqlite3-journal'), `${file}-journal`);
    execFileSync('sleep', ['2.1']);
    const snapshot = await take('one');
    expect(rows(join(snapshot.folder, '0-sqlite'))).toEqual([1, 2]);
    expect(existsSync(`${file}-journal`)).toBe(true);
    await verify(snapshot);
  });

  test('copies a database whose indexes need a collation that is unknown here', async () => {
    const { app, service } = place;
    const file = path('db.sqlite3');
    const database = new DatabaseSync(file, { defensive: false });
    database.exec(
      "create table cards (name text); insert into cards values ('a'), ('B'); create index byName on cards (name collate nocase)",
    );
    database.exec('pragma writable_schema = on');
    database.exec(`update sqlite_schema set sql = replace(sql, 'nocase', 'unicase') where name = 'byName'`);
    database.close();
    const snapshot = await take('one');
    expect(snapshot.sources[0]?.counts).toEqual({ cards: 2, t: 2 });
    await verifySnapshot(app, service, snapshot);
  });

  test.each([
    ['a missing database', () => rmSync(path('db.sqlite3')), /Cannot find ".*db.sqlite3"/],
    [
      'a file that is no database',
      () => writeFileSync(path('db.sqlite3'), 'x'.repeat(5000)),
      /Cannot copy ".*db.sqlite3": the source is damaged: file is not a database/,
    ],
    [
      'a database with a damaged page',
      () => {
        const bytes = readFileSync(path('db.sqlite3'));
        bytes.fill(0xff, 4096, 4200);
        writeFileSync(path('db.sqlite3'), bytes);
      },
      /Cannot copy ".*db.sqlite3": the source is damaged: .*malformed/,
    ],
    ['a missing folder', () => rmSync(path('b'), { recursive: true }), /"\/.*\/b": it does not exist/],
  ])('refuses %s, and leaves nothing behind', async (_, damage, message) => {
    place.close();
    place = openPlace({
      sources: [
        { kind: 'sqlite', files: 'DATA/db.sqlite3' },
        { kind: 'files', folder: 'DATA/b' },
      ],
    });
    makeDatabase(path('db.sqlite3'), 'create table t (x); insert into t values (1), (2)');
    place.write('b/file', 'x');
    damage();
    await expect(take('one')).rejects.toThrow(message);
    expect(existsSync(join(place.folder, 'copies/web/updates/.one.partial'))).toBe(false);
    expect(existsSync(join(place.folder, 'copies/web/updates/one'))).toBe(false);
  });

  test('names a file whose name is no text', async () => {
    const name = Buffer.concat([Buffer.from(`${place.data}/a/`), Buffer.from([0xff, 0x41])]);
    writeFileSync(name, 'x');
    await expect(take('one')).rejects.toThrow(/Cannot copy ".*\/a\/\ufffdA": it has a name that is no UTF-8/);
  });

  test('refuses a glob that no file matches', async () => {
    place.close();
    place = openPlace({ sources: [{ kind: 'sqlite', files: 'DATA/*/{collection.anki2,media.db}' }] });
    await expect(take('one')).rejects.toThrow(/No file matches ".*"/);
    makeDatabase(path('ann/collection.anki2'), 'create table t (x)');
    makeDatabase(path('bob/media.db'), 'create table t (x)');
    expect((await take('one')).sources.map(({ name }) => name)).toEqual([
      path('ann/collection.anki2'),
      path('bob/media.db'),
    ]);
  });

  test('gives what is unchanged since an earlier copy a second name, and never a live file', async () => {
    age('a/b/c.txt', 'db.sqlite3');
    // The kernel's own time of the change cannot be set back.
    const long = 65_000;
    const now = Date.now;
    Date.now = () => now() + long;
    try {
      const first = await take('one');
      place.write('a/new.txt', 'new');
      const second = await take('two', { like: first });
      const inode = (folder: string, name: string) => statSync(join(folder, name)).ino;
      expect(inode(second.folder, '1-files/a/b/c.txt')).toBe(inode(first.folder, '1-files/a/b/c.txt'));
      expect(inode(second.folder, '0-sqlite')).toBe(inode(first.folder, '0-sqlite'));
      expect(statSync(path('a/b/c.txt')).nlink).toBe(1);
      expect(second.sources[1]?.counts).toEqual({ files: 2 });
      await dropSnapshot(place.app, place.service, first.folder);
      await verify(second);
      writeFileSync(path('a/b/c.txt'), 'olleh');
      const third = await take('three', { like: second });
      expect(readFileSync(join(third.folder, '1-files/a/b/c.txt'), 'utf8')).toBe('olleh');
    } finally {
      Date.now = now;
    }
  });

  test('does not trust that a file which changed a moment ago is the same', async () => {
    const first = await take('one');
    const { mtimeMs } = statSync(path('a/b/c.txt'));
    writeFileSync(path('a/b/c.txt'), 'olleh');
    utimesSync(path('a/b/c.txt'), mtimeMs / 1000, mtimeMs / 1000);
    const second = await take('two', { like: first });
    expect(readFileSync(join(second.folder, '1-files/a/b/c.txt'), 'utf8')).toBe('olleh');
  });

  test('makes a folder without a manifest anew, and leaves a finished copy alone', async () => {
    const folder = snapshotFolder(place.app, place.service, 'one');
    mkdirSync(join(folder, 'half'), { recursive: true });
    const snapshot = await take('one');
    expect(existsSync(join(folder, 'half'))).toBe(false);
    await expect(take('one')).rejects.toThrow(/There is a finished copy/);
    await verify(snapshot);
  });

  test('says beforehand that the disk has no room', async () => {
    place.close();
    place = openPlace({ sources: SOURCES, reserve: '900000GB' });
    makeDatabase(path('db.sqlite3'), 'create table t (x)');
    const failed = await take('one').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UserError);
    const needed = formatSize(statSync(path('db.sqlite3')).size);
    expect((failed as Error).message).toMatch(
      new RegExp(`it needs about ${needed} in ".+", \\d\\S* [GT]B are free and 900 TB of them`),
    );
    expect(existsSync(join(place.folder, 'copies/web'))).toBe(false);
  });

  test('ends at its signal without a trace', async () => {
    makeDatabase(path('db.sqlite3'), 'create table v (x)');
    place.write('big', 'x'.repeat(20_000_000));
    for (const call of [1, 5, 12]) {
      const controller = new AbortController();
      let calls = 0;
      const taking = take('one', {
        signal: controller.signal,
        progress: () => {
          calls += 1;
          if (calls === call) controller.abort(new Error('enough'));
        },
      });
      await expect(taking).rejects.toThrow('enough');
      expect(treeOf(join(place.folder, 'copies/web/updates'))).toEqual([]);
    }
  });
});

describe('a folder that the copies lie in', () => {
  test('is copied and put back without them', async () => {
    place.close();
    place = openPlace({ sources: [{ kind: 'files', folder: 'DATA' }], copies: 'DATA/backups/copies' });
    place.write('file', 'before');
    place.write('backups/other', 'before');
    const snapshot = await take('one');
    expect((await take('two')).sources).toEqual(snapshot.sources);
    place.write('file', 'after');
    place.write('backups/other', 'after');
    await back(snapshot);
    expect(readFileSync(path('file'), 'utf8')).toBe('before');
    expect(readFileSync(path('backups/other'), 'utf8')).toBe('before');
    await verify(snapshot);
  });
});

describe('verifySnapshot', () => {
  const damages: [string, (file: string) => void][] = [
    [
      'a flipped bit',
      (file) => {
        const bytes = readFileSync(file);
        const middle = Math.floor(bytes.length / 2);
        bytes[middle] = (bytes[middle] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
    ],
    ['a cut end', (file) => truncateSync(file, statSync(file).size - 1)],
    ['bytes added', (file) => appendFileSync(file, 'x')],
    ['a missing file', (file) => rmSync(file)],
    ['an empty file', (file) => truncateSync(file, 0)],
    ['another file in its place', (file) => writeFileSync(file, 'x'.repeat(statSync(file).size))],
  ];
  test.each(
    ['0-sqlite', '1-files/a/b/c.txt', 'manifest.json'].flatMap((file) =>
      damages.map(([name, damage]) => [name, file, damage] as const),
    ),
  )('finds %s in %s', async (_, file, damage) => {
    const snapshot = await take('one');
    await verify(snapshot);
    damage(join(snapshot.folder, file));
    await expect(verify(snapshot)).rejects.toThrow(/damaged|Cannot read/);
  });

  test('refuses the copy of another service', async () => {
    const snapshot = await take('one');
    const other = { ...place.service, name: 'other' };
    await expect(verifySnapshot(place.app, other, snapshot)).rejects.toThrow(/is of web, not of other/);
    await expect(putBack(place.app, other, snapshot, 'back')).rejects.toThrow(/is of web, not of other/);
    await expect(dropSnapshot(place.app, other, snapshot.folder)).rejects.toThrow(/is of web, not of other/);
  });
});

describe('describeData', () => {
  test.each([
    ['a table', 'create table n (x)', true],
    ['a row in a table of migrations', `insert into app_migrations values ('two')`, true],
    ['the version that the application notes', 'pragma user_version = 7', true],
    ['rows', 'insert into t values (7)', false],
    ['statistics', 'create index i on t (x); drop index i; analyze', false],
  ])('sees in the schema %s', async (_, sql, isSeen) => {
    const database = new DatabaseSync(path('db.sqlite3'));
    database.exec(`create table app_migrations (name text); insert into app_migrations values ('one')`);
    const [before] = await describeData(place.app, place.service);
    database.exec(sql);
    const [after] = await describeData(place.app, place.service);
    expect(after?.schema !== before?.schema).toBe(isSeen);
    database.close();
  });
});

describe('putBack', () => {
  test('gives contents, modes, owners, times and links back, and leaves alone what was left out', async () => {
    chownSync(path('a/b/c.txt'), 1234, 4321);
    chmodSync(path('a/b/c.txt'), 0o4750);
    chmodSync(path('a/b'), 0o711);
    linkSync(path('a/b/c.txt'), path('a/twin'));
    symlinkSync('b/c.txt', path('a/link'));
    lutimesSync(path('a/link'), 1e9, 1e9);
    mkdirSync(path('empty'));
    chownSync(path('db.sqlite3'), 1234, 4321);
    for (const name of ['a/b/c.txt', 'a/b', 'a', 'empty', 'db.sqlite3']) utimesSync(path(name), 1e9, 1e9);
    const before = treeOf(place.data);
    const snapshot = await take('one');

    rmSync(path('a/b'), { recursive: true });
    place.write('a/b', 'a file now');
    place.write('a/new/deep.txt', 'new');
    place.write('cache/x', 'new cache');
    place.write('new/some.log', 'new log');
    rmSync(path('empty'), { recursive: true });
    const { aside } = await back(snapshot);

    const left = treeOf(place.data);
    // SQLite numbers the changes of a database in its first page.
    const isSame = ({ name }: { name: string }) => !/^(?:cache|new|\.steward-aside|db\.sqlite3)/.test(name);
    expect(left.filter(isSame)).toEqual(before.filter(isSame));
    expect(rows(path('db.sqlite3'))).toEqual([1, 2]);
    expect(statSync(path('db.sqlite3'))).toMatchObject({ uid: 1234, gid: 4321, mtimeMs: 1e12 });
    expect(readFileSync(path('cache/x'), 'utf8')).toBe('new cache');
    expect(readFileSync(path('new/some.log'), 'utf8')).toBe('new log');
    expect(readFileSync(path('a/keep.log'), 'utf8')).toBe('log');
    const [old = ''] = aside;
    expect(readFileSync(join(old, 'a/new/deep.txt'), 'utf8')).toBe('new');
    expect(readFileSync(join(old, 'a/b'), 'utf8')).toBe('a file now');
  });

  test('keeps the old database whole with its journal, and puts no old journal beside the new one', async () => {
    const snapshot = await take('one');
    const application = new DatabaseSync(path('db.sqlite3'));
    application.exec('insert into t values (3); alter table t add column y');
    for (const suffix of ['', '-wal', '-shm']) cpSync(path(`db.sqlite3${suffix}`), path(`kept${suffix}`));
    application.close();
    // As a kill leaves it.
    for (const suffix of ['', '-wal', '-shm']) renameSync(path(`kept${suffix}`), path(`db.sqlite3${suffix}`));
    const { aside, newer } = await back(snapshot);
    expect(rows(path('db.sqlite3'))).toEqual([1, 2]);
    expect(newer).toEqual([{ source: path('db.sqlite3'), table: 't', before: 2, after: 3 }]);
    expect(rows(join(aside[1] ?? '', 'db.sqlite3'))).toEqual([1, 2, 3]);
  });

  test('does nothing more once it has finished, whatever the application has written since', async () => {
    const snapshot = await take('one');
    writeFileSync(path('a/b/c.txt'), 'newer');
    const result = await back(snapshot);
    writeFileSync(path('a/b/c.txt'), 'after');
    const database = new DatabaseSync(path('db.sqlite3'));
    database.exec('insert into t values (4)');
    database.close();
    expect(await back(snapshot)).toEqual(result);
    expect(readFileSync(path('a/b/c.txt'), 'utf8')).toBe('after');
    expect(rows(path('db.sqlite3'))).toEqual([1, 2, 4]);
  });

  test('under another id puts it back once more', async () => {
    const snapshot = await take('one');
    await back(snapshot, 'first');
    writeFileSync(path('a/b/c.txt'), 'after');
    await back(snapshot, 'second');
    expect(readFileSync(path('a/b/c.txt'), 'utf8')).toBe('hello');
  });

  test('moves databases away that came after the copy', async () => {
    place.close();
    place = openPlace({ sources: [{ kind: 'sqlite', files: 'DATA/*.db' }] });
    makeDatabase(path('one.db'), 'create table t (x)');
    const snapshot = await take('one');
    makeDatabase(path('two.db'), 'create table t (x)');
    const { aside } = await back(snapshot);
    expect(existsSync(path('two.db'))).toBe(false);
    expect(existsSync(join(aside[1] ?? '', 'two.db'))).toBe(true);
  });

  test('brings back what is gone altogether, and what nobody can read any more', async () => {
    const snapshot = await take('one');
    writeFileSync(path('db.sqlite3'), 'no database'.repeat(1000));
    rmSync(path('a'), { recursive: true });
    const { newer } = await back(snapshot);
    expect(rows(path('db.sqlite3'))).toEqual([1, 2]);
    expect(readFileSync(path('a/b/c.txt'), 'utf8')).toBe('hello');
    expect(newer).toEqual([{ source: place.data, table: 'files', before: 1, after: 0 }]);
    expect(place.told).toContain(`not counted: ${path('db.sqlite3')}`);
    rmSync(place.data, { recursive: true });
    await back(snapshot, 'again');
    expect(rows(path('db.sqlite3'))).toEqual([1, 2]);
  });

  test.each(['0-sqlite', '1-files/a/b/c.txt'])('with a damaged %s changes nothing', async (file) => {
    const snapshot = await take('one');
    writeFileSync(path('a/b/c.txt'), 'newer');
    const before = treeOf(place.data);
    // Readers share that one, and write it as they look.
    const isData = ({ name }: { name: string }) => !name.endsWith('-shm');
    const size = statSync(join(snapshot.folder, file)).size;
    writeFileSync(join(snapshot.folder, file), 'x'.repeat(size));
    await expect(back(snapshot)).rejects.toThrow(/Cannot put back .* damaged/);
    expect(treeOf(place.data).filter(isData)).toEqual(before.filter(isData));
  });

  test('works where the folder is a file system of its own', async () => {
    place.close();
    place = openPlace({
      sources: [
        { kind: 'files', folder: 'DATA/disk' },
        { kind: 'sqlite', files: 'DATA/disk/db' },
      ],
    });
    mkdirSync(path('disk'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', path('disk')]);
    try {
      place.write('disk/sub/file', 'old');
      makeDatabase(path('disk/db'), 'create table t (x); insert into t values (1)');
      const snapshot = await take('one');
      place.write('disk/sub/file', 'new');
      const { aside } = await back(snapshot);
      expect(readFileSync(path('disk/sub/file'), 'utf8')).toBe('old');
      expect(rows(path('disk/db'))).toEqual([1]);
      expect(readFileSync(join(aside[0] ?? '', 'sub/file'), 'utf8')).toBe('new');
      expect((await take('two')).sources[0]?.counts).toEqual({ t: 1 });
      await dropSnapshot(place.app, place.service, snapshot.folder);
      expect(existsSync(path('disk/.steward-aside'))).toBe(false);

      place.write('disk/sub/file', 'x'.repeat(6_000_000));
      const large = await take('three');
      await expect(back(large, 'large')).rejects.toThrow(
        /Cannot put back .*: it needs 6 MB beside the present data/,
      );
      expect(statSync(path('disk/sub/file')).size).toBe(6_000_000);
    } finally {
      execFileSync('umount', [path('disk')]);
    }
  });

  test('refuses to copy another file system inside a folder without a word about it', async () => {
    mkdirSync(path('a/disk'));
    execFileSync('mount', ['-t', 'tmpfs', 'none', path('a/disk')]);
    try {
      await expect(take('one')).rejects.toThrow(`"${path('a/disk')}": it is another file system`);
    } finally {
      execFileSync('umount', [path('a/disk')]);
    }
  });
});

describe('a full disk', () => {
  test('is a clear failure at every fill level, with nothing left behind', async () => {
    const copies = join(place.folder, 'copies');
    mkdirSync(copies);
    place.write('files/many', 'x'.repeat(600_000));
    place.write('more', 'y'.repeat(900_000));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', copies]);
    try {
      const whole = await take('whole');
      for (let filler = 4_000_000 - 1_500_000; filler > 600_000; filler -= 250_000) {
        const file = join(copies, 'filler');
        // It fills up after the look at the free bytes.
        const service = openPlace({
          sources: SOURCES,
          folder: place.folder,
          onStep: (step) => {
            if (step.startsWith('copy')) {
              try {
                writeFileSync(file, 'z'.repeat(filler));
              } catch {
                // As full as it gets.
              }
            }
          },
        });
        const failed = takeSnapshot(service.app, service.service, join(copies, 'web/updates/two'));
        await failed.then(
          (snapshot) => verify(snapshot).then(() => dropSnapshot(place.app, place.service, snapshot.folder)),
          (error: Error) => expect(error.message).toMatch(/^Cannot copy ".*: .*full/),
        );
        rmSync(file);
        expect(execFileSync('ls', ['--almost-all', join(copies, 'web/updates')]).toString()).toBe('whole\n');
        await verify(whole);
      }
    } finally {
      execFileSync('umount', [copies]);
    }
  });
});

describe('dropSnapshot', () => {
  test('removes the copy and what was set aside for it, and nothing else', async () => {
    const before = treeOf(place.data);
    const snapshot = await take('one');
    await back(snapshot);
    await dropSnapshot(place.app, place.service, snapshot.folder);
    expect(existsSync(snapshot.folder)).toBe(false);
    expect(treeOf(place.data).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    expect(existsSync(join(place.folder, '.steward-aside'))).toBe(false);
    await dropSnapshot(place.app, place.service, snapshot.folder);
  });

  test('does not take the copy away from a putting back that was cut off', async () => {
    const snapshot = await take('one');
    const killed = openPlace({
      sources: SOURCES,
      folder: place.folder,
      onStep: (step) => {
        if (step === 'swapped') throw new Error('killed');
      },
    });
    await expect(putBack(killed.app, place.service, snapshot, 'back')).rejects.toThrow('killed');
    await expect(dropSnapshot(place.app, place.service, snapshot.folder)).rejects.toThrow(
      /it is being put back/,
    );
    await back(snapshot);
    await dropSnapshot(place.app, place.service, snapshot.folder);
    expect(existsSync(snapshot.folder)).toBe(false);
  });

  test('leaves a folder alone that no manifest of ours vouches for', async () => {
    const folder = snapshotFolder(place.app, place.service, 'mine');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'photo'), 'x');
    await expect(dropSnapshot(place.app, place.service, folder)).rejects.toThrow(/there is no manifest/);
    expect(existsSync(join(folder, 'photo'))).toBe(true);
  });
});

describe('snapshotFolder', () => {
  test.each(['../x', '', 'a/b', '.hidden'])('refuses %j', (id) => {
    expect(() => snapshotFolder(place.app, place.service, id)).toThrow(/cannot name a copy/);
  });
});
