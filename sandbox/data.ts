/**
 * What the services of the machine in a box keep: SQLite databases and files that change while one looks, so that copies and
 * ways back have something to show. A newer version of Uptime Kuma migrates its database when it first runs.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { EngineSandbox } from './engine.ts';
import type { Database } from './engine/postgres.ts';

export type SandboxData = {
  /** What services.yaml says of each service beside the rest. */
  entries: Readonly<Record<string, { update: object; backup: object }>>;
  /** Uptime Kuma's database is deleted. */
  lose(): void;
  close(): void;
};

/** Milliseconds between two heartbeats; Uptime Kuma's own are a minute apart, which nobody watches. */
const BEAT = 2000;
/** After so many of them somebody saves a password. */
const BEATS_TO_CIPHER = 10;
/** And after so many the phone uploads a photo. */
const BEATS_TO_PHOTO = 5;
/** Rows that are there from the start: of a day with two monitors. */
const DAY_OF_BEATS = 2880;

const HOUR = 3_600_000;

/**
 * @param folder the services' folders are made in it
 * @param options.uploads Immich's folder of what was just uploaded
 * @param options.every milliseconds between two heartbeats
 */
export function startData(
  folder: string,
  engine: Pick<EngineSandbox, 'version' | 'database'>,
  { uploads, every = BEAT }: { uploads: string; every?: number },
): SandboxData {
  const kuma = makeKuma(join(folder, 'uptime-kuma/data'));
  const vault = makeVault(join(folder, 'vaultwarden/data'));
  fillImmich(engine.database('immich-postgres', 'immich'), uploads);
  let beats = 0;
  const timer = setInterval(() => {
    const version = engine.version('uptime-kuma');
    // At rest nobody writes: its files may be on their way.
    if (version !== undefined && existsSync(kuma.database))
      inDatabase(kuma.database, (database) => beat(database, version));
    beats += 1;
    if (
      beats % BEATS_TO_CIPHER === 0 &&
      engine.version('vaultwarden') !== undefined &&
      existsSync(vault.database)
    ) {
      inDatabase(vault.database, addCipher);
    }
    const isImmichUp = ['immich-postgres', 'immich-server'].every(
      (name) => engine.version(name) !== undefined,
    );
    if (beats % BEATS_TO_PHOTO === 0 && isImmichUp) {
      addPhoto(engine.database('immich-postgres', 'immich'));
    }
  }, every);
  timer.unref();
  return {
    entries: {
      immich: {
        update: { rollback: 'with-data' },
        backup: {
          at: '05:30',
          sources: [
            { kind: 'postgres', container: 'immich-postgres', user: 'immich', database: 'immich' },
            { kind: 'files', folder: uploads },
          ],
          expect: { tables: { user: 1 } },
          not_covered: 'photos in /mnt/data/immich/photos',
        },
      },
      'uptime-kuma': {
        update: { rollback: 'with-data' },
        backup: {
          at: '04:15',
          sources: [
            { kind: 'sqlite', files: kuma.database },
            { kind: 'files', folder: kuma.folder, exclude: ['kuma.db*'] },
          ],
          expect: { tables: { user: 1, monitor: 1 }, files: ['db-config.json'] },
        },
      },
      vaultwarden: {
        update: { rollback: 'with-data' },
        backup: {
          at: '04:30',
          sources: [
            { kind: 'sqlite', files: vault.database },
            { kind: 'files', folder: vault.folder, exclude: ['db.sqlite3*', 'icon_cache'] },
          ],
          expect: { tables: { users: 1 }, files: ['rsa_key.pem'] },
        },
      },
    },
    lose() {
      for (const end of ['', '-wal', '-shm']) rmSync(kuma.database + end, { force: true });
    },
    close: () => clearInterval(timer),
  };
}

function inDatabase<Result>(file: string, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    database.exec('pragma journal_mode = wal');
    return work(database);
  } finally {
    database.close();
  }
}

function makeKuma(folder: string): { folder: string; database: string } {
  const database = join(folder, 'kuma.db');
  mkdirSync(join(folder, 'upload'), { recursive: true });
  writeFileSync(join(folder, 'db-config.json'), '{"type":"sqlite"}\n');
  writeFileSync(join(folder, 'upload/logo1.png'), new Uint8Array(40_000).fill(7));
  inDatabase(database, (made) => {
    made.exec(`
      create table user (id integer primary key, username text not null);
      create table monitor (id integer primary key, name text not null, url text not null, active integer not null default 1);
      create table heartbeat (id integer primary key, monitor_id integer not null references monitor, status integer not null, ping integer, time text not null);
      create table setting (key text primary key, value text not null);
      insert into user values (1, 'owner');
      insert into monitor (name, url) values ('immich', 'https://immich.example.dev'), ('vaultwarden', 'https://vault.example.dev');
      insert into setting values ('migrated', '1.23.16');
      begin`);
    const insert = made.prepare('insert into heartbeat (monitor_id, status, ping, time) values (?, 1, ?, ?)');
    const now = Date.now();
    for (let index = DAY_OF_BEATS; index > 0; index -= 1) {
      insert.run(
        1 + (index % 2),
        20 + (index % 60),
        new Date(now - (index * 24 * HOUR) / DAY_OF_BEATS).toISOString(),
      );
    }
    made.exec('commit');
  });
  return { folder, database };
}

/** @param version that runs: one that the database has not seen changes its form first */
function beat(database: DatabaseSync, version: string): void {
  const seen = database.prepare("select value from setting where key = 'migrated'").get()?.['value'];
  if (String(seen) < version) {
    database.exec(`alter table monitor add column "since_${version.replaceAll('.', '_')}" text`);
    database.prepare("update setting set value = ? where key = 'migrated'").run(version);
  }
  const insert = database.prepare(
    'insert into heartbeat (monitor_id, status, ping, time) values (?, 1, ?, ?)',
  );
  for (const monitor of [1, 2]) {
    insert.run(monitor, 20 + Math.floor(Math.random() * 60), new Date().toISOString());
  }
}

function makeVault(folder: string): { folder: string; database: string } {
  const database = join(folder, 'db.sqlite3');
  mkdirSync(join(folder, 'attachments'), { recursive: true });
  mkdirSync(join(folder, 'icon_cache'), { recursive: true });
  writeFileSync(join(folder, 'rsa_key.pem'), 'Not a key: everything here is made up.\n', { mode: 0o600 });
  writeFileSync(join(folder, 'config.json'), '{"signups_allowed":false}\n');
  for (const name of ['passport', 'recovery-codes', 'wifi']) {
    writeFileSync(join(folder, 'attachments', name), new Uint8Array(120_000).fill(name.length));
  }
  writeFileSync(join(folder, 'icon_cache/example.dev.png'), new Uint8Array(900));
  inDatabase(database, (made) => {
    made.exec(`
      create table users (uuid text primary key, email text not null);
      create table ciphers (id integer primary key, user_uuid text not null references users, data text not null, updated_at text not null);
      insert into users values ('8f1c', 'owner@example.dev')`);
    for (let index = 0; index < 240; index += 1) addCipher(made);
  });
  return { folder, database };
}

function addCipher(database: DatabaseSync): void {
  database
    .prepare("insert into ciphers (user_uuid, data, updated_at) values ('8f1c', ?, ?)")
    .run(`2.${crypto.randomUUID()}`, new Date().toISOString());
}

function fillImmich(database: Database, uploads: string): void {
  const migrations = ['InitialMigration', 'AddAssetFiles', 'RenameTables'].map((name) => [name]);
  Object.assign(database, {
    album: { columns: ['id', 'name'], rows: [[1, 'Summer']] },
    asset: { columns: ['id', 'ownerId', 'originalFileName', 'checksum', 'createdAt'], rows: [] },
    kysely_migrations: { columns: ['name'], rows: migrations },
    user: { columns: ['id', 'email', 'isAdmin'], rows: [[1, 'owner@example.dev', true]] },
  } satisfies Database);
  for (let index = 0; index < 1840; index += 1) addPhoto(database);
  mkdirSync(join(uploads, 'owner'), { recursive: true });
  for (const name of ['one', 'two', 'three']) {
    writeFileSync(join(uploads, 'owner', `${name}.jpg`), new Uint8Array(90_000).fill(name.length));
  }
}

function addPhoto({ asset }: Database): void {
  const id = (asset?.rows.length ?? 0) + 1;
  asset?.rows.push([id, 1, `IMG_${id}.jpg`, crypto.randomUUID(), new Date().toISOString()]);
}
