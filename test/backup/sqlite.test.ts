import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SqlitePart } from '../../src/backup/manifest.ts';
import { proveSqlite } from '../../src/backup/sqlite-check.ts';
import { digestRows } from '../../src/backup/sqlite-digest.ts';
import { takeSqlite } from '../../src/backup/sqlite.ts';
import { makeDatabase } from './place.ts';
import { startWriter } from './writer.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
  mkdirSync(join(folder, 'copies'));
  mkdirSync(join(folder, 'data'));
  path = join(folder, 'data/db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const copy = (target = 'one') => join(folder, 'copies', target);
const take = (target = 'one', earlier?: { folder: string; part: SqlitePart }) =>
  takeSqlite({ files: path, path }, { folder: join(folder, 'copies'), target, earlier, digests: true });
const prove = (part: SqlitePart) => proveSqlite(part, copy(part.copy.file));
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const withDatabase = <Result>(file: string, work: (database: DatabaseSync) => Result): Result => {
  const database = new DatabaseSync(file, { timeout: 30_000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
};
/** Long enough ago that nobody may be writing it. */
const age = (...files: string[]) => {
  for (const file of files) utimesSync(file, 1e9, 1e9);
};

describe('digestRows', () => {
  const digestOf = (...values: string[]) => {
    const database = new DatabaseSync(':memory:');
    database.exec(
      `create table t (x); insert into t values ${values.map((value) => `(${value})`).join(', ')}`,
    );
    return digestRows(database, 't');
  };
  const DIFFERENT = [
    'null', '0', '1', '1.0', `'1'`, `x'31'`, `''`, `x''`, '0.0', '-0.0', '9e999', '-9e999', '5e-324',
    '9223372036854775807', '9223372036854775806', '-9223372036854775808', '0.1', '0.30000000000000004', '0.3',
    `'a'`, `'a' || char(0)`, `'a' || char(0) || 'b'`, `x'610062'`, `char(65533)`, `cast(x'ff' as text)`,
    `cast(x'fe' as text)`, `cast(x'c328' as text)`, `'é'`, `'e' || char(769)`, `char(128512)`,
    `zeroblob(300000)`, `cast(zeroblob(300000) as text)`, `zeroblob(300001)`, `hex(zeroblob(200000))`,
  ]; // prettier-ignore

  test('is another one for each value, of whatever storage class', () => {
    const digests = new Map(DIFFERENT.map((value) => [digestOf(value), value]));
    expect(digests.size).toBe(DIFFERENT.length);
  });

  test('tells where one value ends and the next begins, and the order of the rows', () => {
    const digests = [
      digestOf(`'ab'`, `'c'`),
      digestOf(`'a'`, `'bc'`),
      digestOf(`'a'`, `'b'`, `'c'`),
      digestOf(`'c'`, `'ab'`),
      digestOf(`x'ff'`, `'a'`),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf(`'ab'`, `'c'`)).toBe(digests[0]);
  });

  test('tells many rows from as many with one bit changed in the last', () => {
    const database = new DatabaseSync(':memory:');
    database.exec(`create table t (id integer primary key, x text, y blob);
      with n(i) as (select 1 union all select i + 1 from n where i < 20000) insert into t select i, 'row ' || i, zeroblob(30) from n`);
    const before = digestRows(database, 't');
    database.exec(`update t set y = zeroblob(29) || x'01' where id = 20000`);
    expect(digestRows(database, 't')).not.toBe(before);
  });
});

describe('takeSqlite', () => {
  test('has the rows of one moment while a writer works, and never touches what it reads', async () => {
    makeDatabase(
      path,
      'create table t (id integer primary key, x); create table u (x); insert into u values (1)',
    );
    withDatabase(path, (database) =>
      database.exec(
        `with n(i) as (select 1 union all select i + 1 from n where i < 30000) insert into t select i, randomblob(100) from n`,
      ),
    );
    const writer = await startWriter(path, 'insert into t (x) values (randomblob(100) || :n)');
    try {
      for (const target of ['one', 'two', 'three']) {
        const part = await take(target);
        await writer.more();
        const live = withDatabase(path, (database) => ({
          t: digestRows(database, 't'),
          u: digestRows(database, 'u'),
        }));
        const copied = withDatabase(copy(target), (database) => ({
          t: digestRows(database, 't'),
          u: digestRows(database, 'u'),
        }));
        expect(part.facts.digests).toEqual(copied);
        expect(copied.t).not.toBe(live.t);
        expect(copied.u).toBe(live.u);
      }
    } finally {
      await writer.stop();
    }
  });

  test('leaves a database and its journals as they are, bit for bit', async () => {
    const application = new DatabaseSync(path);
    application.exec(`pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (x);
      with n(i) as (select 1 union all select i + 1 from n where i < 5000) insert into t select randomblob(100) from n`);
    const before = [sha256(path), sha256(`${path}-wal`)];
    const part = await take();
    expect(part.facts.counts).toEqual({ t: 5000 });
    expect([sha256(path), sha256(`${path}-wal`)]).toEqual(before);
    application.close();
  });

  test('digests shadow tables, sequences and tables of every kind, and not what is computed', async () => {
    makeDatabase(
      path,
      `create table t (id integer primary key autoincrement, x); insert into t (x) values (1);
       create virtual table notes using fts5(text); insert into notes values ('found'); create view v as select 1;
       create table w (k text primary key) without rowid; insert into w values ('k')`,
    );
    const part = await take();
    const names = Object.keys(part.facts.digests ?? {});
    expect(names).toEqual(
      expect.arrayContaining(['t', 'w', 'sqlite_sequence', 'notes_content', 'notes_data']),
    );
    expect(names).not.toContain('notes');
    expect(names).not.toContain('v');
    expect(await prove(part)).toMatchObject({ level: 'restored' });
  });

  describe('of a database whose application sorts by rules of its own', () => {
    const make = () => {
      const database = new DatabaseSync(path, { defensive: false });
      database.exec(`create table tags (tag text not null primary key collate nocase, usn int) without rowid;
        create table notes (id integer primary key, text text); create table decks (id integer primary key, name text not null collate nocase);
        create unique index byName on decks (name); create index byText on notes (text);
        insert into tags values ('b', 1), ('A', 2), ('C', 3); insert into notes values (1, 'one'), (2, 'two'); insert into decks values (1, 'b'), (2, 'A');
        pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'nocase', 'unicase')`);
      database.close();
    };

    test('has every table of it, and proves it', async () => {
      make();
      expect(() => withDatabase(path, (database) => database.prepare('select * from tags').all())).toThrow(
        /no query solution/,
      );
      const part = await take();
      expect(part.facts.counts).toEqual({ decks: 2, notes: 2, tags: 3 });
      expect(Object.keys(part.facts.digests ?? {})).toEqual(['decks', 'notes', 'tags']);
      expect(await prove(part)).toMatchObject({ level: 'restored' });
    });

    test('tells another row in a table that SQLite does not read here', async () => {
      make();
      const part = await take();
      const bytes = readFileSync(copy());
      // A record of one letter and a number: its header, the letter, the number.
      bytes.write('D', bytes.indexOf(Buffer.from([0x03, 0x0f, 0x01, 0x43, 0x03])) + 3);
      writeFileSync(copy(), bytes);
      expect(await prove(part)).toMatchObject({ level: 'copied' });
    });

    test.each([
      ['notes', 'byText'],
      ['tags', 'tags'],
    ])('sees a damaged page of %s in the source', async (_, name) => {
      make();
      const root = withDatabase(
        path,
        (database) =>
          database.prepare('select rootpage from sqlite_schema where name = ?').get(name)?.['rootpage'],
      );
      const bytes = readFileSync(path);
      bytes.fill(0, (Number(root) - 1) * 4096, Number(root) * 4096);
      writeFileSync(path, bytes);
      await expect(take()).rejects.toThrow(/the source is damaged/);
    });
  });

  test('digests a database without a write-ahead log in the same transaction as it copies it', async () => {
    withDatabase(path, (database) =>
      database.exec('create table t (x); create table u (x); insert into t values (0)'),
    );
    const writer = await startWriter(path, 'insert into t values (:n)');
    const part = await take();
    await writer.stop();
    expect(part.facts.digests).toEqual(
      withDatabase(copy(), (database) => ({ t: digestRows(database, 't'), u: digestRows(database, 'u') })),
    );
  });

  test('without being asked for digests keeps none', async () => {
    makeDatabase(path, 'create table t (x)');
    const part = await takeSqlite(
      { files: path, path },
      { folder: join(folder, 'copies'), target: 'one', earlier: undefined },
    );
    expect(part.facts.digests).toBeUndefined();
    expect(await prove(part)).toMatchObject({
      level: 'decoded',
      checks: expect.arrayContaining([expect.objectContaining({ name: 'restore', result: 'left out' })]),
    });
  });

  test.each<[string, (bytes: Buffer) => void, RegExp]>([
    ['an index that lacks a row', () => {}, /the source is damaged: its integrity check says: .*index/],
    ['a page of zeros', (bytes) => bytes.fill(0, 2 * 4096, 3 * 4096), /the source is damaged: /],
  ])('says that the source is damaged which has %s', async (name, damage, message) => {
    makeDatabase(
      path,
      `create table t (x); create index i on t (x);
      with n(i) as (select 1 union all select i + 1 from n where i < 5000) insert into t select i from n`,
    );
    if (name.includes('index')) {
      const database = new DatabaseSync(path, { defensive: false });
      database.exec(`pragma writable_schema = on; create table copy (sql); insert into copy select sql from sqlite_schema where name = 'i';
        update sqlite_schema set sql = sql || ' where x < 4990' where name = 'i'`);
      database.close();
      withDatabase(path, (again) => again.exec('update t set x = 9999 where x = 10'));
      const over = new DatabaseSync(path, { defensive: false });
      over.exec(
        `pragma writable_schema = on; update sqlite_schema set sql = (select sql from copy) where name = 'i'; drop table copy`,
      );
      over.close();
    }
    const bytes = readFileSync(path);
    damage(bytes);
    writeFileSync(path, bytes);
    await expect(take()).rejects.toThrow(message);
  });

  test('links an earlier copy that is whole still, and copies anew where it is not', async () => {
    makeDatabase(path, 'create table t (x); insert into t values (1)');
    const now = Date.now;
    Date.now = () => now() + 65_000;
    try {
      const first = await take('one');
      const second = await take('two', { folder: join(folder, 'copies'), part: first });
      const inode = (target: string) => execFileSync('stat', ['--format=%i', copy(target)]).toString();
      expect(inode('two')).toBe(inode('one'));
      expect(second.facts).toEqual(first.facts);
      const bytes = readFileSync(copy());
      bytes.fill(1, 5000, 5001);
      writeFileSync(copy(), bytes);
      const third = await take('three', { folder: join(folder, 'copies'), part: first });
      expect(inode('three')).not.toBe(inode('one'));
      expect(await prove(third)).toMatchObject({ level: 'restored' });
    } finally {
      Date.now = now;
    }
  });
});

describe('a database on a disk that is mounted read-only', () => {
  const disk = () => join(folder, 'data');
  beforeEach(() => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', disk()]));
  afterEach(() => execFileSync('umount', [disk()]));
  const freeze = () => execFileSync('mount', ['-o', 'remount,ro', disk()]);

  /** As a kill leaves it: the last rows are in the write-ahead log alone. */
  const leaveJournals = (...suffixes: string[]) => {
    const other = join(folder, 'other');
    const application = new DatabaseSync(other);
    application.exec(
      'pragma journal_mode = wal; create table t (x); insert into t values (1); pragma wal_checkpoint; insert into t values (2)',
    );
    for (const suffix of ['', ...suffixes]) cpSync(other + suffix, path + suffix);
    application.close();
    age(path, ...suffixes.map((suffix) => path + suffix));
  };

  test.each<[string, () => void, number]>([
    [
      'closed',
      () => {
        makeDatabase(path, 'create table t (x); insert into t values (1), (2)');
        age(path);
      },
      2,
    ],
    ['closed a moment ago', () => makeDatabase(path, 'create table t (x); insert into t values (1), (2)'), 2],
    ['left with its journals', () => leaveJournals('-wal', '-shm'), 2],
    ['left with its write-ahead log alone', () => leaveJournals('-wal'), 2],
  ])('is copied whole when it was %s', async (_, prepare, rows) => {
    prepare();
    freeze();
    const part = await take();
    expect(part.facts.counts).toEqual({ t: rows });
    expect(await prove(part)).toMatchObject({ level: 'restored' });
  });

  test('is copied while an application writes it elsewhere', async () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const application = new DatabaseSync(path);
    application.exec('pragma journal_mode = wal; create table t (x); insert into t values (1)');
    execFileSync('mount', ['--bind', disk(), elsewhere]);
    execFileSync('mount', ['-o', 'remount,bind,ro', elsewhere]);
    try {
      const there = join(elsewhere, 'db');
      application.exec('insert into t values (2)');
      const part = await takeSqlite(
        { files: there, path: there },
        { folder: join(folder, 'copies'), target: 'one', earlier: undefined, digests: true },
      );
      expect(part.facts.counts).toEqual({ t: 2 });
    } finally {
      application.close();
      execFileSync('umount', [elsewhere]);
    }
  });
});

describe('proveSqlite', () => {
  const SQL = `create table users (id integer primary key, name text); create table posts (id integer primary key, user references users, text text);
    insert into users values (1, 'ann'), (2, 'bob'); insert into posts values (1, 1, 'hello'), (2, 2, 'you')`;

  test('is restored when rows and schema are those of the source', async () => {
    makeDatabase(path, SQL);
    const part = await take();
    expect(await prove(part)).toEqual({
      level: 'restored',
      checks: ['integrity', 'references', 'restore'].map((name) => ({
        name,
        source: path,
        result: 'passed',
      })),
    });
  });

  test.each([
    ['lacks one row', 'delete from posts where id = 2', /1 instead of 2 rows in "posts"/],
    [
      'has one value changed',
      `update posts set text = 'hellp' where id = 1`,
      /other contents than it had in "posts"/,
    ],
    ['has another schema', 'create table more (x)', /another schema/],
    ['has one row more', `insert into users values (3, 'eve')`, /3 instead of 2 rows in "users"/],
  ])('fails for a copy that %s', async (_, sql, message) => {
    makeDatabase(path, SQL);
    const part = await take();
    withDatabase(copy(), (database) => database.exec(`pragma journal_mode = delete; ${sql}`));
    const { level, checks } = await prove(part);
    expect(level).toBe('copied');
    const { result, detail = '' } = checks.find(({ name }) => name === 'restore') ?? {};
    expect(result).toBe('failed');
    expect(detail).toMatch(message);
  });

  test('tells rows that name one which is not there, and is no failure for it', async () => {
    makeDatabase(path, `pragma foreign_keys = off; ${SQL}; delete from users where id = 2`);
    const { level, checks } = await prove(await take());
    expect(level).toBe('restored');
    expect(checks).toContainEqual({
      name: 'references',
      source: path,
      result: 'passed',
      detail: 'Rows whose reference leads nowhere, as in the source: 1 of posts → users.',
    });
  });

  test('is copied at most for a file that is missing, or no database', async () => {
    makeDatabase(path, SQL);
    const part = await take();
    writeFileSync(copy(), 'x'.repeat(5000));
    expect(await prove(part)).toMatchObject({
      level: 'copied',
      checks: [{ name: 'integrity', result: 'failed' }],
    });
    rmSync(copy());
    expect(await prove(part)).toMatchObject({ level: 'copied' });
    expect(existsSync(copy())).toBe(false);
  });
});
