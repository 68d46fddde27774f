import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import {
  describeData,
  dropSnapshot,
  putBack,
  snapshotFolder,
  takeSnapshot,
  verifySnapshot,
} from '../../src/operations/backup.ts';
import { openPlace, type Place } from '../backup/place.ts';
import { lab } from '../lab/index.ts';

const CONTAINER = 'copied-postgres';
const here = lab();
let engine: Engine;
let place: Place;

const psql = (database: string, sql: string) =>
  here.podman(
    'exec',
    CONTAINER,
    'psql',
    '--username=owner',
    `--dbname=${database}`,
    '--no-psqlrc',
    '--quiet',
    '--tuples-only',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
    `--command=${sql}`,
  );
const ask = async (database: string, sql: string) => (await psql(database, sql)).trim();

/** All that a database is: its rows, its schema, what belongs to it in the cluster. */
async function whole(database: string): Promise<object> {
  const rows = await ask(
    database,
    `select md5(string_agg(t::text, ',' order by id)) || ' ' || count(*) from "Odd ""name""" t`,
  );
  const dump = await here.podman('exec', CONTAINER, 'pg_dump', '--username=owner', '--schema-only', database);
  // A random key, each time another.
  const schema = dump.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
  const cluster = await ask(
    'template1',
    `select pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, datacl,
       shobj_description(oid, 'pg_database'),
       (select json_agg(json_build_array(setrole::regrole::text, setconfig) order by setrole) from pg_db_role_setting where setdatabase = d.oid)
     from pg_database d where datname = '${database}'`,
  );
  return { rows, schema, cluster };
}

beforeAll(async () => {
  engine = createEngine(here.socket);
  const folder = join(here.folder, 'copied-postgres');
  await mkdir(folder, { recursive: true });
  const unit = await here.addContainerUnit(CONTAINER, here.image('postgres', '15'), {
    args: [
      '--memory=512m',
      '--network=none',
      `--volume=${folder}:/var/lib/postgresql/data`,
      '--env=POSTGRES_USER=owner',
      '--env=POSTGRES_DB=app',
      '--shm-size=128m',
    ],
  });
  await here.systemd('start', unit);
  await here.waitForLog(CONTAINER, /ready to accept connections/);
  await psql('app', `create role reader; create role writer login`);
});

afterAll(async () => {
  await here.removeUnit(`podman-${CONTAINER}.service`);
  await engine.close();
});

beforeEach(async () => {
  for (const name of (
    await ask('template1', `select datname from pg_database where datname like '%app%'`)
  ).split('\n')) {
    if (name !== '') await psql('template1', `drop database "${name}" with (force)`);
  }
  await psql('template1', `create database "my app" owner writer`);
  await psql(
    'my app',
    `create table "Odd ""name""" (id serial primary key, text text not null);
     insert into "Odd ""name""" (text) select 'row ' || n || E' \\\\ \\' ü' from generate_series(1, 5000) n;
     create schema other; create table other.kysely_migrations (name text); insert into other.kysely_migrations values ('one');
     create view looked as select * from "Odd ""name"""; grant select on looked to reader; alter table other.kysely_migrations owner to reader;
     select lo_from_bytea(0, 'large');
     comment on database "my app" is 'It''s mine';
     alter database "my app" connection limit 40;
     alter database "my app" set search_path to "$user", public, other;
     alter database "my app" set work_mem to '8MB';
     alter database "my app" set my.thing to 'it''s; a';
     alter role reader in database "my app" set statement_timeout to '1min';
     revoke connect on database "my app" from public; grant connect on database "my app" to reader with grant option`,
  );
  place = openPlace({
    sources: [{ kind: 'postgres', container: CONTAINER, user: 'owner', database: 'my app' }],
    engine,
    containers: [CONTAINER],
  });
});

afterEach(() => place.close());

const take = (id: string) => {
  const { app, service } = place;
  return takeSnapshot(app, service, snapshotFolder(app, service, id));
};

describe('takeSnapshot of PostgreSQL', () => {
  test('has the counts of its dump', async () => {
    const { app, service } = place;
    const snapshot = await take('one');
    expect(snapshot.sources).toEqual([
      {
        name: 'postgres my app',
        kind: 'postgres',
        schema: expect.stringMatching(/^[0-9a-f]{64}$/),
        counts: { 'Odd "name"': 5000, 'other.kysely_migrations': 1, 'large objects': 1 },
      },
    ]);
    await verifySnapshot(app, service, snapshot);
    expect(await describeData(app, service)).toEqual(snapshot.sources);
  });
});

describe('putBack of PostgreSQL', () => {
  test('gives rows, schema, owner, grants and settings back, and keeps what was there', async () => {
    const { app, service } = place;
    const before = await whole('my app');
    const snapshot = await take('one');
    await psql(
      'my app',
      `insert into "Odd ""name""" (text) values ('new'); alter table "Odd ""name""" add column extra int;
       alter database "my app" set work_mem to '16MB'; alter database "my app" owner to owner; create table added (id int)`,
    );
    const migrated = await whole('my app');
    const result = await putBack(app, service, snapshot, '7-back');
    expect(result).toEqual({
      aside: ['my app_before_7-back'],
      newer: [{ source: 'postgres my app', table: 'Odd "name"', before: 5000, after: 5001 }],
    });
    expect(await whole('my app')).toEqual(before);
    expect(await describeData(app, service)).toEqual(snapshot.sources);
    const kept = await whole('my app_before_7-back');
    expect(kept).toEqual(migrated);
    expect(await putBack(app, service, snapshot, '7-back')).toEqual(result);
    await dropSnapshot(app, service, snapshot.folder);
    expect(await ask('template1', `select count(*) from pg_database where datname like '%my app%'`)).toBe(
      '1',
    );
  });
});
