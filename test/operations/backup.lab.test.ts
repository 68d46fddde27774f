import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import {
  describeData,
  dropSnapshot,
  putBack,
  readSnapshot,
  snapshotFolder,
  takeSnapshot,
  verifySnapshot,
} from '../../src/operations/backup.ts';
import { forkKilled } from '../backup/fork-killed.ts';
import type { KilledOptions } from '../backup/killed.ts';
import { openPlace, type Place } from '../backup/place.ts';
import { lab } from '../lab/index.ts';

const CONTAINER = 'copied-postgres';
const SOURCES = [{ kind: 'postgres', container: CONTAINER, user: 'owner', database: 'my app' }];
/** Two cores carry the machine in the box and everything else. */
const PATIENTLY = { timeout: 30_000, interval: 50 };
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
  place = openPlace({ sources: SOURCES, engine, containers: [CONTAINER] });
});

afterEach(() => place.close());

const take = (id: string) => {
  const { app, service } = place;
  return takeSnapshot(app, service, snapshotFolder(app, service, id));
};

/** Sessions of ours that are still there. */
const sessions = () =>
  ask('template1', `select count(*) from pg_stat_activity where application_name like 'steward%'`);
const databases = async () =>
  (await ask('template1', `select datname from pg_database where datname like '%app%' order by 1`)).split(
    '\n',
  );

/** So many rows that copying them takes a moment. */
const grow = () =>
  psql(
    'my app',
    `insert into "Odd ""name""" (text) select repeat(md5(n::text), 100) from generate_series(1, 60000) n`,
  );

/** Run in a process of its own until PostgreSQL has such a session, and kill it then. */
async function killWhile(verb: KilledOptions['verb'], condition: string): Promise<void> {
  const options: KilledOptions = {
    folder: place.folder,
    sources: SOURCES,
    verb,
    socket: here.socket,
    containers: [CONTAINER],
  };
  const child = forkKilled(options);
  const ended = once(child, 'exit');
  await expect
    .poll(() => ask('template1', `select count(*) from pg_stat_activity where ${condition}`), {
      timeout: 30_000,
      interval: 50,
    })
    .toBe('1');
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

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
    expect(await sessions()).toBe('0');
  });

  test('is of one moment while a writer works', async () => {
    const { app, service } = place;
    const writer = here.podman(
      'exec',
      CONTAINER,
      'psql',
      '--username=owner',
      '--dbname=my app',
      '--quiet',
      '--set=ON_ERROR_STOP=0',
      `--command=create table twin (id int)`,
      `--command=do $$ begin for i in 1..100000000 loop
         insert into "Odd ""name""" (text) values ('w'); insert into twin values (i); commit; end loop; end $$`,
    );
    // It ends with its connection, which is what is done to it below.
    const ended = writer.catch(() => {});
    await expect
      .poll(() => ask('my app', `select coalesce(to_regclass('twin')::text, 'none')`), PATIENTLY)
      .toBe('twin');
    const snapshot = await take('one');
    const live = Number(await ask('my app', 'select count(*) from twin'));
    await psql('template1', `select pg_terminate_backend(pid) from pg_stat_activity where query like 'do %'`);
    await ended;
    const { 'Odd "name"': odd = 0, twin = 0 } = snapshot.sources[0]?.counts ?? {};
    expect(odd - 5000).toBe(twin);
    expect(live).toBeGreaterThan(twin);
    await putBack(app, service, snapshot, 'back');
    expect(await ask('my app', 'select count(*) from twin')).toBe(String(twin));
  });

  test('called off or killed leaves no copy, and the next one ends what it left in the container', async () => {
    const controller = new AbortController();
    const { app, service } = place;
    await psql(
      'my app',
      `insert into "Odd ""name""" (text) select repeat(md5(n::text), 100) from generate_series(1, 20000) n`,
    );
    const taking = takeSnapshot(app, service, snapshotFolder(app, service, 'one'), {
      signal: controller.signal,
      progress: () => controller.abort(new Error('enough')),
    });
    await expect(taking).rejects.toThrow('enough');
    await expect.poll(sessions, PATIENTLY).toBe('0');
    // As a killed run leaves it: a session that nobody speaks to any more, with its snapshot.
    const left = here.podman(
      'exec',
      '--env=PGAPPNAME=steward copy web',
      CONTAINER,
      'psql',
      '--username=owner',
      '--dbname=my app',
      '--command=begin; select pg_export_snapshot(); select pg_sleep(1000)',
    );
    const ended = left.catch(() => 'ended');
    await expect.poll(sessions, PATIENTLY).toBe('1');
    const snapshot = await take('one');
    expect(await ended).toBe('ended');
    expect(snapshot.sources[0]?.counts['Odd "name"']).toBe(25_000);
  });

  test('killed by SIGKILL while it dumps leaves no copy, and the next one nothing of it', async () => {
    const { app, service } = place;
    await grow();
    await killWhile('take', `application_name like 'steward copy%' and query ilike 'copy %'`);
    await expect(readSnapshot(snapshotFolder(app, service, 'one'))).rejects.toThrow(/there is no manifest/);
    const snapshot = await take('one');
    await verifySnapshot(app, service, snapshot);
    expect(await sessions()).toBe('0');
    expect(await readdir(dirname(snapshot.folder))).toEqual(['one']);
  });

  test('says that the disk is full, and leaves nothing behind', async () => {
    await grow();
    const copies = join(place.folder, 'copies');
    await mkdir(copies);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'none', copies]);
    try {
      const full = openPlace({
        sources: SOURCES,
        engine,
        containers: [CONTAINER],
        folder: place.folder,
        // It fills up after the look at the free bytes.
        onStep: (step) => {
          if (step.startsWith('copy ')) execFileSync('fallocate', ['--length=299M', join(copies, 'filler')]);
        },
      });
      const folder = snapshotFolder(full.app, full.service, 'one');
      await expect(takeSnapshot(full.app, full.service, folder)).rejects.toThrow(
        'Cannot copy the database "my app" in "copied-postgres": the disk is full.',
      );
      expect(await readdir(dirname(folder))).toEqual([]);
      expect(await sessions()).toBe('0');
    } finally {
      execFileSync('umount', [copies]);
    }
  });

  test.each([
    [
      'a database that is not there',
      { database: 'none' },
      /Cannot measure the database "none" in ".*": PostgreSQL says: database "none" does not exist/,
    ],
    ['a user that is not there', { user: 'none' }, /PostgreSQL says: role "none" does not exist/],
    [
      'a container that is not there',
      { container: 'web' },
      /Cannot measure .* in "web": .*no such container/i,
    ],
  ])('says what is wrong with %s', async (_, wrong, message) => {
    place.close();
    place = openPlace({
      sources: [{ kind: 'postgres', container: CONTAINER, user: 'owner', database: 'my app', ...wrong }],
      engine,
      containers: [CONTAINER],
    });
    await expect(take('one')).rejects.toThrow(message);
  });
});

describe('verifySnapshot of PostgreSQL', () => {
  test('finds a damaged dump, and a dump that is another one', async () => {
    const { app, service } = place;
    const snapshot = await take('one');
    const file = join(snapshot.folder, '0-postgres.dump');
    const intact = await readFile(file);
    const damaged = Buffer.from(intact);
    damaged.fill(0, intact.length - 2000, intact.length - 1900);
    for (const bytes of [damaged, intact.subarray(0, -1), Buffer.alloc(0)]) {
      await writeFile(file, bytes);
      await expect(verifySnapshot(app, service, snapshot)).rejects.toThrow(/The copy ".*" is damaged/);
      await expect(putBack(app, service, snapshot, 'back')).rejects.toThrow(
        /Cannot put back the database "my app"/,
      );
    }
    expect(await databases()).toEqual(['my app']);
    await writeFile(file, intact);
    await verifySnapshot(app, service, snapshot);
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

  test('works while others hold the database open', async () => {
    const { app, service } = place;
    const snapshot = await take('one');
    await psql('my app', 'drop view looked');
    const other = here.podman(
      'exec',
      CONTAINER,
      'psql',
      '--username=owner',
      '--dbname=my app',
      '--command=select pg_sleep(1000)',
    );
    const ended = other.catch(() => 'ended');
    await expect
      .poll(
        () => ask('template1', `select count(*) from pg_stat_activity where query like '%pg_sleep(1000)'`),
        PATIENTLY,
      )
      .toBe('1');
    await putBack(app, service, snapshot, 'back');
    expect(await ended).toBe('ended');
    expect(await describeData(app, service)).toEqual(snapshot.sources);
  });

  test('finds functions that name others without their schema', async () => {
    const { app, service } = place;
    await psql(
      'my app',
      `create function inner_part(int) returns int language sql immutable as 'select $1 + 1';
       create function outer_part(int) returns int language plpgsql immutable as 'begin return inner_part($1); end';
       create index by_part on "Odd ""name""" (outer_part(id))`,
    );
    const before = await whole('my app');
    const snapshot = await take('one');
    await psql('my app', `delete from "Odd ""name"""`);
    await putBack(app, service, snapshot, 'back');
    expect(await whole('my app')).toEqual(before);
    expect(await databases()).toEqual(['my app', 'my app_before_back']);
  });

  test('of a database that is gone makes it anew', async () => {
    const { app, service } = place;
    const before = await whole('my app');
    const snapshot = await take('one');
    await psql('template1', 'drop database "my app"');
    expect(await putBack(app, service, snapshot, 'back')).toEqual({ aside: [], newer: [] });
    expect(await whole('my app')).toEqual(before);
  });

  test.each(['look', 'stage postgres my app', 'staged', 'swap postgres my app', 'swapped'])(
    'cut off before "%s" and called again ends with the copy, and keeps what was there',
    async (step) => {
      const { app, service, folder } = place;
      const before = await whole('my app');
      const snapshot = await take('one');
      await psql('my app', 'create table migrated (id int)');
      const migrated = await whole('my app');
      // Between two steps nothing is tidied up: what is thrown there leaves what a kill leaves.
      const killed = openPlace({
        sources: SOURCES,
        engine,
        containers: [CONTAINER],
        folder,
        onStep: (at) => {
          if (at === step) throw new Error('killed');
        },
      });
      await expect(putBack(killed.app, service, snapshot, 'back')).rejects.toThrow('killed');
      const { aside } = await putBack(app, service, snapshot, 'back');
      expect(await whole('my app')).toEqual(before);
      expect(aside).toEqual(['my app_before_back']);
      expect(await whole('my app_before_back')).toEqual(migrated);
      expect(await databases()).toEqual(['my app', 'my app_before_back']);
    },
  );

  test('killed by SIGKILL while it restores, and called again, ends with the copy', async () => {
    const { app, service } = place;
    await grow();
    const before = await whole('my app');
    const snapshot = await take('one');
    await psql('my app', 'create table migrated (id int)');
    await killWhile('put back', `datname = 'my app_putback_back' and query ilike 'copy %'`);
    expect(await ask('my app', `select to_regclass('migrated')`)).toBe('migrated');
    await putBack(app, service, snapshot, 'back');
    expect(await whole('my app')).toEqual(before);
    expect(await databases()).toEqual(['my app', 'my app_before_back']);
    expect(await sessions()).toBe('0');
  });
});
