import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDatabaseTest, createExclude, filesOf, presentFilesOf } from '../../src/backup/patterns.ts';

describe('createExclude', () => {
  test.each([
    ['cache', 'cache', true],
    ['cache', 'a/cache', true],
    ['cache', 'cached', false],
    ['*.log', 'a/b/x.log', true],
    ['*.log', 'x.log.gz', false],
    ['db.sqlite3*', 'db.sqlite3-wal', true],
    ['a/cache', 'a/cache', true],
    ['a/cache', 'b/a/cache', false],
    ['/cache', 'cache', true],
    ['/cache', 'a/cache', false],
    ['cache/', 'cache', true],
    ['./a/b', 'a/b', true],
    ['a/*/c', 'a/b/c', true],
    ['a/*/c', 'a/b/b/c', false],
    ['a/**/c', 'a/b/b/c', true],
    ['*', '.hidden', true],
    ['a.b', 'aXb', false],
    ['[x]', '[x]', true],
    ['a+(b)', 'a+(b)', true],
    ['none', 'deep/.steward-aside', true],
  ])('%j on %j: %j', (pattern, path, isLeftOut) => {
    expect(createExclude([pattern])(path)).toBe(isLeftOut);
  });
});

describe('createDatabaseTest', () => {
  test.each([
    ['/d/*/{a.db,b.db}', '/d/x/b.db-wal', true],
    ['/d/*/{a.db,b.db}', '/d/x/y/b.db', false],
    ['/d/a.db', '/d/a.db-journal', true],
    ['/d/a.db', '/d/a.db-old', false],
    ['/d/{a,b}{1,2}', '/d/b2-shm', true],
  ])('%j on %j: %j', (glob, path, isOne) => {
    expect(createDatabaseTest([glob])(path)).toBe(isOne);
  });
});

describe('filesOf', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patterns-'));
    for (const name of ['ann', 'bob', '.hidden', '.steward-aside']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a.db'), '');
    }
    writeFileSync(join(folder, 'bob/b.db'), '');
    mkdirSync(join(folder, 'c.db'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('gives the files that are there, sorted, hidden folders and folders aside', async () => {
    expect(await filesOf(`${folder}/*/{b.db,a.db}`)).toEqual(
      ['ann/a.db', 'bob/a.db', 'bob/b.db'].map((name) => join(folder, name)),
    );
    expect(await filesOf(`${folder}/.h*/a.db`)).toEqual([join(folder, '.hidden/a.db')]);
  });

  test('asks for each name that has no star', async () => {
    await expect(filesOf(`${folder}/bob/{a.db,z.db}`)).rejects.toThrow(`Cannot find "${folder}/bob/z.db".`);
    expect(await presentFilesOf(`${folder}/bob/{a.db,z.db}`)).toEqual([join(folder, 'bob/a.db')]);
    await expect(filesOf(`${folder}/c.db`)).rejects.toThrow('Cannot find');
  });

  test('asks for at least one file', async () => {
    await expect(filesOf(`${folder}/*/none.db`)).rejects.toThrow(`No file matches "${folder}/*/none.db".`);
    await expect(filesOf(`${folder}/missing/*.db`)).rejects.toThrow('No file matches');
  });
});
