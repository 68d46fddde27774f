import { readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import { checkExpected } from '../../src/backup/expect.ts';
import { readManifest, type Manifest } from '../../src/backup/manifest.ts';
import type { Check } from '../../src/backup/proof.ts';
import { snapshotFolder, takeSnapshot } from '../../src/operations/backup.ts';
import { openPlace, type Place } from './place.ts';
import { backupOf, PRESETS } from './presets.ts';

let place: Place;
afterEach(() => place.close());

/** The data of a preset. @param expect in the place of what services.yaml says */
function open(name: string, expected?: unknown): void {
  const backup = backupOf(name);
  place = openPlace({ ...backup, expect: expected ?? backup.expect });
  PRESETS.find((preset) => preset.name === name)?.make(place.data);
}

const at = (name: string) => join(place.data, name);
const filesOf = (name: string) => PRESETS.find((preset) => preset.name === name)?.files ?? [];

async function check(change?: (manifest: Manifest) => void): Promise<Check[]> {
  const { app, service } = place;
  const { folder } = await takeSnapshot(app, service, snapshotFolder(app, service, 'one'));
  const manifest = await readManifest(folder);
  change?.(manifest);
  return checkExpected(manifest, folder, service.backup?.expect as never);
}
const failures = async (change?: (manifest: Manifest) => void) =>
  (await check(change)).filter(({ result }) => result === 'failed').map(({ detail }) => detail);

const withDatabase = (name: string, sql: string) => {
  const database = new DatabaseSync(at(name), { enableForeignKeyConstraints: false });
  database.exec(sql);
  database.close();
};

describe('rows and their files', () => {
  const attachment = () => filesOf('vaultwarden').find((file) => file.startsWith('attachments/')) ?? '';

  test.each<[string, () => void, RegExp]>([
    [
      'is missing',
      () => rmSync(at(attachment())),
      /^attachments: 1 of 3 are not in the copy, such as .*\/attachments\//,
    ],
    [
      'has another size',
      () => truncateSync(at(attachment()), 3),
      /^attachments: 1 of 3 are not as their rows say: ".*" has 3 bytes instead of \d+\.$/,
    ],
    [
      'is a link',
      () => {
        renameSync(at(attachment()), at('elsewhere'));
        symlinkSync(at('elsewhere'), at(attachment()));
      },
      /is a link/,
    ],
  ])('fail where a file %s', async (_, damage, message) => {
    open('vaultwarden');
    damage();
    expect(await failures()).toEqual([expect.stringMatching(message)]);
  });

  test('fail where a file has other contents than the SHA-1 of its row', async () => {
    open('anki-sync');
    const file = at(filesOf('anki-sync')[0] ?? '');
    const bytes = readFileSync(file);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await failures()).toEqual([
      expect.stringMatching(/^media: 1 of 3 are not as their rows say: ".*" has other contents\.$/),
    ]);
  });

  test('let so many be missing as are known to be lost, and tell it', async () => {
    const sql = `select 'attachments/' || cipher_uuid || '/' || id as path from attachments`;
    open('vaultwarden', { rows: [{ name: 'attachments', database: 'db.sqlite3', sql, missing: 1 }] });
    rmSync(at(attachment()));
    expect(await check()).toMatchObject([
      { result: 'passed', detail: 'attachments: 2 of 3 files, 1 are missing as before.' },
    ]);
  });

  test.each([
    [
      'no database',
      { database: 'other.db', sql: 'select 1' },
      'x: no database of the copy is called "other.db".',
    ],
    ['no table', { database: 'db.sqlite3', sql: 'select y from elsewhere' }, 'x: no such table: elsewhere'],
    [
      'no path',
      { database: 'db.sqlite3', sql: 'select 1 as size' },
      'x: its query gives a row without a path.',
    ],
    [
      'no right to write',
      { database: 'db.sqlite3', sql: 'delete from users' },
      'x: attempt to write a readonly database',
    ],
  ])('fail for a query that has %s', async (_, rule, message) => {
    open('vaultwarden', { rows: [{ name: 'x', ...rule }] });
    expect(await failures()).toEqual([message]);
  });
});

describe('files', () => {
  test('are found by names with * and braces, at their place', async () => {
    open('vaultwarden', { files: ['rsa_key*', '{config,settings}.json', 'attachments/**', 'sends/*/*'] });
    expect(await failures()).toEqual([]);
    place.close();
    open('vaultwarden', { files: ['sends/*', 'missing*', 'db.sqlite3'] });
    expect(await failures()).toEqual(
      ['sends/*', 'missing*', 'db.sqlite3'].map((name) => `No file of the copy is called "${name}".`),
    );
  });

  test.each([
    ['cut short', () => truncateSync(at('rsa_key.pem'), 900)],
    ['no key', () => writeFileSync(at('rsa_key.pem'), 'secret')],
  ])('fail as PEM that is %s, without a word of what they hold', async (_, damage) => {
    open('vaultwarden');
    damage();
    expect(await failures()).toEqual(['"rsa_key.pem" holds no key and no certificate that can be read.']);
  });
});

describe('settings', () => {
  test.each([
    [
      '{"type":"mariadb"}',
      '"db-config.json" says type = "mariadb": its database is kept in MariaDB, which is not covered yet.',
    ],
    [
      '{"type":"embedded-mariadb"}',
      '"db-config.json" says type = "embedded-mariadb": its database is kept in MariaDB, which is not covered yet.',
    ],
    [
      '{}',
      '"db-config.json" says type = nothing: its database is kept in MariaDB, which is not covered yet.',
    ],
    ['{', expect.stringMatching(/^"db-config.json" cannot be read as JSON: /)],
  ])('of %s are refused before anything is copied', async (text, message) => {
    open('uptime-kuma');
    writeFileSync(at('db-config.json'), text);
    // MariaDB leaves none of these.
    rmSync(at('kuma.db'));
    await expect(check()).rejects.toThrow(expect.objectContaining({ message }));
  });

  test('that are not there are never guessed', async () => {
    open('uptime-kuma');
    rmSync(at('db-config.json'));
    await expect(check()).rejects.toThrow(`Cannot find "db-config.json" in ${place.data}.`);
  });

  test('are read in the copy, too', async () => {
    open('uptime-kuma', { values: [{ file: 'db-config.json', key: 'type', is: 'sqlite' }] });
    const { app, service } = place;
    const { folder } = await takeSnapshot(app, service, snapshotFolder(app, service, 'one'));
    const other = { values: [{ file: 'db-config.json', key: 'type', is: 'other', otherwise: undefined }] };
    const checks = await checkExpected(await readManifest(folder), folder, {
      ...(service.backup?.expect as never as object),
      ...other,
    } as never);
    expect(checks).toMatchObject([
      { result: 'failed', detail: '"db-config.json" says type = "sqlite": "other" is expected.' },
    ]);
  });
});

describe('rows and queries', () => {
  test('fail for fewer rows than expected, and for a table that nobody has', async () => {
    open('vaultwarden', { tables: { users: 3, ciphers: 60, none: 0 } });
    expect(await failures()).toEqual([
      `"${at('db.sqlite3')}" has 2 rows in "users"; at least 3 are expected.`,
      'No database of the copy has a table "none".',
    ]);
  });

  test('fail where the numbers of an application contradict one another', async () => {
    open('anki-sync');
    withDatabase('bob/media.db', 'update meta set total_nonempty_files = 4');
    expect(await failures()).toEqual([
      'media files as the server has counted them: 0; at least 1 is expected.',
    ]);
  });

  test('take the answer of PostgreSQL from the moment of the copy, and say why there is none', async () => {
    open('vaultwarden', { queries: [{ name: 'admins', database: 'photos', sql: 'select 1' }] });
    const checksWith = (answers?: Record<string, number>, unanswered?: Record<string, string>) =>
      check(({ parts }) => {
        const facts = {
          name: 'postgres photos',
          kind: 'postgres' as const,
          counts: {},
          schema: 'x',
          answers,
          unanswered,
        };
        parts.push({ kind: 'postgres', container: 'db', user: 'u', database: 'photos', facts } as never);
      });
    expect(await checksWith({ admins: 1 })).toMatchObject([{ result: 'passed', detail: 'admins: 1.' }]);
    rmSync(join(place.folder, 'copies'), { recursive: true });
    expect(await checksWith({ admins: 0 })).toMatchObject([
      { result: 'failed', detail: 'admins: 0; at least 1 is expected.' },
    ]);
    rmSync(join(place.folder, 'copies'), { recursive: true });
    expect(await checksWith(undefined, { admins: 'there is no such table' })).toMatchObject([
      { result: 'failed', detail: 'admins: there is no such table' },
    ]);
    rmSync(join(place.folder, 'copies'), { recursive: true });
    expect(await checksWith()).toMatchObject([{ result: 'left out' }]);
  });
});
