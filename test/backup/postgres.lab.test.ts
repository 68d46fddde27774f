import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkExpected } from '../../src/backup/expect.ts';
import type { PostgresPart } from '../../src/backup/manifest.ts';
import { drillPostgres, type DrillOptions } from '../../src/backup/postgres-drill.ts';
import type { Query } from '../../src/backup/postgres-queries.ts';
import { PLAIN_TEXTS, readRows } from '../../src/backup/postgres-rows.ts';
import { LABEL } from '../../src/backup/postgres-scratch.ts';
import { checkDump, takePostgres, type PostgresLimits } from '../../src/backup/postgres.ts';
import { openSession } from '../../src/backup/psql.ts';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import { lab } from '../lab/index.ts';
import type { DrilledOptions } from './drilled.ts';

const DAMAGES = process.env['STEWARD_SOAK'] === '1' ? 1000 : 50;
const CONTAINER = 'drilled-postgres';
const API = 'drilled-api';
const PLACE = { container: CONTAINER, user: 'owner', database: 'photos' };
const LIMITS: PostgresLimits = { longest: 600_000, lockPatience: 60_000, digested: 4e9 };
const SERVICE = 'drilled-photos';
/** Two cores carry the machine in the box and everything else. */
const PATIENTLY = { timeout: 30_000, interval: 50 };
const here = lab();
let engine: Engine;
let folder: string;
/** Of the database as it was made; the tests that change it take copies of their own. */
let part: PostgresPart;

const psqlIn = (container: string, database: string, sql: string) =>
  here.podman(
    'exec',
    container,
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
const psql = async (sql: string, database = 'photos') => (await psqlIn(CONTAINER, database, sql)).trim();

const reach = (signal = new AbortController().signal) => ({
  engine,
  application: 'steward copy photos',
  signal,
});
type Taking = {
  limits?: Partial<PostgresLimits>;
  place?: typeof PLACE;
  queries?: readonly Query[];
  signal?: AbortSignal;
};
const take = (target: string, { limits = {}, place = PLACE, queries = [], signal }: Taking = {}) =>
  takePostgres(reach(signal), place, {
    folder,
    target,
    digests: true,
    queries,
    limits: { ...LIMITS, ...limits },
  });
const drill = (copied: PostgresPart, options: Partial<DrillOptions> = {}) =>
  drillPostgres(reach(), copied, join(folder, copied.copy.file), { service: SERVICE, ...options });
/** By name: what failed, and why. */
const failedOf = ({ checks }: Awaited<ReturnType<typeof drill>>) =>
  Object.fromEntries(
    checks.filter(({ result }) => result === 'failed').map(({ name, detail }) => [name, detail]),
  );
/** Names of all checks that say more than that they passed. */
const leftOutOf = ({ checks }: Awaited<ReturnType<typeof drill>>) =>
  checks.filter(({ result }) => result === 'left out').map(({ name }) => name);
/** Of this file's drills. */
const scratches = async () => (await engine.list()).filter(({ labels }) => labels[LABEL] === SERVICE);
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const volumesOf = async (container: string) =>
  linesOf(await here.podman('inspect', '--format={{range .Mounts}}{{println .Name}}{{end}}', container));
const volumes = async () => linesOf(await here.podman('volume', 'ls', '--quiet'));
const sessions = () =>
  psql(`select count(*) from pg_stat_activity where application_name like 'steward%'`, 'template1');

beforeAll(async () => {
  engine = createEngine(here.socket);
  const data = join(here.folder, CONTAINER);
  await mkdir(data, { recursive: true });
  const unit = await here.addContainerUnit(CONTAINER, here.image('postgres', '15'), {
    args: [
      '--network=none',
      `--volume=${data}:/var/lib/postgresql/data`,
      '--env=POSTGRES_USER=owner',
      '--shm-size=128m',
    ],
  });
  await here.systemd('start', unit);
  await here.waitForLog(CONTAINER, /ready to accept connections/);
  await psql(
    `create role app login createdb connection limit 7; create role readers; grant readers to app with admin option`,
    'template1',
  );
  folder = await mkdtemp(join(tmpdir(), 'drilled-'));
  await psql('create database photos owner app', 'template1');
  await psql(
    `create extension pgcrypto;
     create table assets (id serial primary key, name varchar(80) check (name in ('a', 'b') or name like 'row%'), t text,
       taken timestamptz default '2026-11-20 14:40:00+01', size double precision default 0.1, "data" bytea default '\\x00ff', gone int);
     alter table assets drop column gone; alter table assets owner to app;
     insert into assets (name, t) select 'row ' || n, repeat('x', n % 50) from generate_series(1, 3000) n;
     create index by_text on assets (t); comment on index by_text is 'of texts';
     create schema other; create table other.kysely_migrations (name text); insert into other.kysely_migrations values ('one');
     create table empty (id int);
     create sequence unused; create sequence down increment -3; select nextval('down'), nextval('down');
     create materialized view filled as select count(*) from assets;
     create materialized view unfilled as select 1 with no data;
     create view looked as select * from assets where name in ('a', 'b');
     grant select on looked to readers; alter default privileges in schema other grant select on tables to readers;
     select lo_from_bytea(0, repeat('large', 2000)::bytea);
     select lo_put(lo_create(777), 10000, 'after a hole');
     comment on database photos is 'It''s ours';
     alter database photos set work_mem to '8MB'; alter role app in database photos set statement_timeout to '1min';
     revoke connect on database photos from public; grant connect on database photos to readers`,
  );
  part = await take('photos.dump');
});

afterAll(async () => {
  await here.removeUnit(`podman-${CONTAINER}.service`);
  await rm(folder, { recursive: true, force: true });
  await engine.close();
});

describe('takePostgres', () => {
  test('with a writer at work holds what the snapshot had, and not what is there now', async () => {
    await psql('create table written (id serial primary key, text text)');
    const writer = psql(
      `do $$ begin for i in 1..100000000 loop
         insert into written (text) values (repeat('w', i % 100)); commit; end loop; end $$`,
    ).catch(() => 'ended');
    await expect.poll(() => psql('select count(*) > 50 from written'), PATIENTLY).toBe('t');
    const taken = await take('written.dump');
    const drilled = await drill(taken);
    const live = Number(await psql('select count(*) from written'));
    await psql(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'do %'`);
    expect(await writer).toBe('ended');
    expect(failedOf(drilled)).toEqual({});
    const { counts, digests } = taken.facts;
    expect(counts['written']).toBeGreaterThan(50);
    expect(live).toBeGreaterThan(counts['written'] ?? Infinity);
    const now = await take('later.dump');
    expect(now.facts.digests).toEqual({ ...digests, written: expect.any(String) });
    expect(now.facts.digests?.['written']).not.toBe(digests?.['written']);
    await psql('drop table written');
  });

  test('digests do not depend on the order of rows, and tell one that changed, by either hash', async () => {
    await psql(`create table turned (id int, text text);
      insert into turned select n, repeat('x', n) from generate_series(1, 50) n`);
    const session = openSession(reach(), PLACE);
    await session.ask(PLAIN_TEXTS);
    for (const version of [150_000, 100_000]) {
      const read = async () => {
        const { digests } = await readRows(session, { version, digested: { names: ['turned'] } });
        expect(Object.keys(digests)).toEqual(['turned']);
        return digests['turned'];
      };
      const first = await read();
      await session.ask('create table public.other as select * from public.turned order by id desc');
      await session.ask('drop table public.turned; alter table public.other rename to turned');
      expect(await read()).toBe(first);
      await session.ask(`update public.turned set text = text || ' ' where id = 7`);
      expect(await read()).not.toBe(first);
      await session.ask(`update public.turned set text = rtrim(text)`);
      expect(await read()).toBe(first);
    }
    await session.ask('drop table public.turned');
    await session.close();
  });

  test('keeps what its queries answer in the snapshot, and says why one does not', async () => {
    const of = (name: string, sql: string, database = 'photos') => ({ name, database, sql, least: 1 });
    const queries = [
      of('assets', `select count(*) from assets -- of "public"`),
      of('none', 'with few as (select 1 where false) select count(*) from few'),
      of('gone', 'select count(*) from "user"'),
      of('open', `select 'a`),
      of('writes', `select setval('unused', 5)`),
      of('nothing', 'select null'),
      of('endless', `select 'infinity'::float8`),
      of('elsewhere', 'select 1', 'other'),
    ];
    const taken = await take('asked.dump', { queries });
    expect(taken.facts.answers).toEqual({ assets: 3000, none: 0 });
    expect(taken.facts.unanswered).toEqual({
      gone: 'PostgreSQL says: relation "user" does not exist',
      open: expect.stringMatching(/^PostgreSQL says: unterminated quoted string/),
      writes: 'PostgreSQL says: cannot execute setval() in a read-only transaction',
      nothing: 'it gives no number.',
      endless: 'it gives no number.',
    });
    expect({ ...taken.facts, answers: undefined, unanswered: undefined }).toEqual(part.facts);
    const expected = { tables: {}, files: [], pem: [], values: [], rows: [], queries };
    const checks = await checkExpected({ parts: [taken] }, folder, expected);
    expect(checks.map(({ result, detail }) => `${result}: ${detail}`).slice(0, 3)).toEqual([
      'passed: assets: 3000.',
      'failed: none: 0; at least 1 is expected.',
      'failed: gone: PostgreSQL says: relation "user" does not exist',
    ]);
  });

  test('leaves out the rows of the largest tables, and the drill says so', async () => {
    const taken = await take('small.dump', { limits: { digested: 100_000 } });
    expect(Object.keys(taken.facts.digests ?? {}).sort()).toEqual([
      'empty',
      'large objects',
      'other.kysely_migrations',
    ]);
    expect(taken.facts.counts['assets']).toBe(3000);
    const drilled = await drill(taken);
    expect(failedOf(drilled)).toEqual({});
    expect(leftOutOf(drilled)).toEqual(['contents of large tables']);
  });

  test('ends a pg_dump that hangs, and leaves nothing of it in the container', async () => {
    const other = psql('begin; lock table pg_largeobject in access exclusive mode; select pg_sleep(1000)');
    const ended = other.catch(() => 'ended');
    await expect
      .poll(
        () => psql(`select count(*) from pg_locks where mode = 'AccessExclusiveLock'`, 'template1'),
        PATIENTLY,
      )
      .not.toBe('0');
    await expect(take('hung.dump', { limits: { longest: 3000 } })).rejects.toThrow(
      'Cannot copy the database "photos" in "drilled-postgres": it took longer than 0.05 min.',
    );
    expect(await sessions()).toBe('0');
    await psql(`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(1000)'`);
    expect(await ended).toBe('ended');
  });

  test('gives up on a table that somebody else has locked', async () => {
    const other = psql('begin; lock table assets; select pg_sleep(1000)').catch(() => 'ended');
    await expect
      .poll(
        () => psql(`select count(*) from pg_stat_activity where query like '%pg_sleep(1000)'`, 'template1'),
        PATIENTLY,
      )
      .toBe('1');
    await expect(take('locked.dump', { limits: { lockPatience: 200 } })).rejects.toThrow(
      'canceling statement due to lock timeout',
    );
    expect(await sessions()).toBe('0');
    await psql(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(1000)' and pid <> pg_backend_pid()`,
    );
    expect(await other).toBe('ended');
  });

  test('whose engine is killed in the middle of the dump fails, and leaves nothing in the container', async () => {
    await here.addUnit(`${API}.socket`, `[Socket]\nListenStream=${here.folder}/${API}.sock\n`);
    await here.addUnit(
      `${API}.service`,
      `[Service]\nType=exec\nKillMode=process\nDelegate=true\nExecStart=podman system service --time=0\n`,
    );
    await here.systemd('start', `${API}.socket`);
    await psql(`create table big as select md5(n::text) as text from generate_series(1, 300000) n`);
    const mortal = createEngine(`unix://${here.folder}/${API}.sock`);
    let killed: Promise<unknown> | undefined;
    const taking = takePostgres(
      { ...reach(), engine: mortal },
      PLACE,
      { folder, target: 'cut.dump' },
      {
        progress: () => {
          killed ??= here.systemd('kill', '--kill-who=main', '--signal=KILL', `${API}.service`);
        },
      },
    );
    await expect(taking).rejects.toThrow('Cannot copy the database "photos"');
    await killed;
    await expect.poll(sessions, PATIENTLY).toBe('0');
    await mortal.close();
    await psql('drop table big');
    for (const unit of ['socket', 'service']) await here.removeUnit(`${API}.${unit}`);
  });
});

describe('checkDump', () => {
  test(
    `finds each of ${DAMAGES} damages, and none in the dump as it was`,
    { timeout: 60_000 + DAMAGES * 1000 },
    async () => {
      const file = join(folder, 'damaged.dump');
      const intact = await readFile(join(folder, part.copy.file));
      await writeFile(file, intact);
      await checkDump(reach(), PLACE, file, part.copy);
      for (let seed = 0; seed < DAMAGES; seed += 1) {
        await writeFile(file, damage(intact, seed));
        await expect(checkDump(reach(), PLACE, file, part.copy), `damage ${seed}`).rejects.toThrow();
      }
    },
  );
});

describe('drillPostgres', () => {
  test('finds a copy equal to what it was taken of, and leaves nothing behind', async () => {
    let done = 0;
    let own: string[] = [];
    const drilled = await drill(part, {
      onRestored: async ({ container }) => {
        own = await volumesOf(container);
      },
      progress: (bytes) => {
        done += bytes;
      },
    });
    expect(drilled.checks.map(({ name, result }) => `${name}: ${result}`)).toEqual([
      'restore: passed',
      'rows: passed',
      'contents: passed',
      'materialized views: passed',
      'settings: passed',
      'sequences: passed',
      'extensions: passed',
      'owners: passed',
      'grants: passed',
      'schema: passed',
    ]);
    expect(drilled.image).toBe(part.besides?.server.image);
    expect(drilled.took).toBeGreaterThan(0);
    expect(done).toBe(part.copy.size);
    expect(await scratches()).toEqual([]);
    expect(own).toHaveLength(1);
    expect(await volumes()).not.toContain(own[0]);
  });

  test('tells each thing that is not as it was', async () => {
    const drilled = await drill(part, {
      onRestored: async ({ container, database }) => {
        await psqlIn(
          container,
          database,
          `insert into empty values (1);
           update assets set t = 'changed' where id = 5;
           refresh materialized view unfilled;
           alter database photos set work_mem to '9MB'; alter role app in database photos reset all;
           grant temporary on database photos to readers;
           select setval('assets_id_seq', 2999);
           update pg_extension set extversion = '1.2' where extname = 'pgcrypto';
           alter table assets owner to owner; alter sequence assets_id_seq owner to owner;
           revoke select on looked from readers;
           alter table empty add column more int; drop index by_text`,
        );
      },
    });
    expect(failedOf(drilled)).toEqual({
      rows: '"empty" has 1 rows instead of 0 rows',
      contents: '"empty" holds other rows, "assets" holds other rows',
      'materialized views': '"unfilled" is filled',
      settings:
        '"statement_timeout of app" is missing, "work_mem" has "9MB" instead of "8MB", other rights on the database',
      sequences: '"assets_id_seq" is at 2999 instead of 3000',
      extensions: '"pgcrypto" has 1.2 instead of 1.3',
      owners: expect.stringContaining('missing: ALTER TABLE public.assets OWNER TO app;'),
      grants: 'missing: GRANT SELECT ON TABLE public.looked TO readers;',
      schema: expect.stringContaining('missing: CREATE INDEX by_text ON public.assets USING btree (t);'),
    });
  });

  test('finds one row that is missing, a dump of another database, and an empty one', async () => {
    await psql(`create database fewer template photos owner app`, 'template1');
    await psql(`delete from assets where id = 1234`, 'fewer');
    await psql(`create database stranger`, 'template1');
    const copies = {
      fewer: await take('fewer.dump', { place: { ...PLACE, database: 'fewer' } }),
      stranger: await take('stranger.dump', { place: { ...PLACE, database: 'stranger' } }),
    };
    const swapped = { ...part, copy: copies.fewer.copy };
    expect(failedOf(await drill(swapped))).toEqual({
      rows: '"assets" has 2999 rows instead of 3000 rows',
      contents: '"assets" holds other rows',
    });
    const strange = failedOf(await drill({ ...part, copy: copies.stranger.copy }));
    expect(strange).toMatchObject({
      rows: expect.stringContaining('is missing'),
      contents: expect.stringContaining('holds other rows'),
      schema: expect.stringContaining('not those of the source'),
    });
    await writeFile(join(folder, 'none.dump'), '');
    const sha256 = createHash('sha256').digest('hex');
    const empty = failedOf(await drill({ ...part, copy: { file: 'none.dump', size: 0, sha256 } }));
    expect(empty).toEqual({ restore: expect.stringMatching(/^pg_restore says: /) });
    for (const name of Object.keys(copies)) await psql(`drop database ${name}`, 'template1');
    expect(await scratches()).toEqual([]);
  });

  test('leaves out indexes that would take hours, and says so', async () => {
    const besides = part.besides && {
      ...part.besides,
      vectorIndexes: [{ schema: 'public', name: 'by_text' }],
    };
    let indexes = '';
    const drilled = await drill(
      { ...part, besides },
      {
        skipVectorIndexes: true,
        onRestored: async ({ container, database }) => {
          indexes = await psqlIn(
            container,
            database,
            `select indexname from pg_indexes where schemaname = 'public'`,
          );
        },
      },
    );
    expect(failedOf(drilled)).toEqual({});
    expect(leftOutOf(drilled)).toEqual(['vector indexes']);
    expect(indexes.trim()).toBe('assets_pkey');
  });

  test('uses the image that runs now where the copied one is gone, and says what it cannot do without any', async () => {
    const besides = part.besides && {
      ...part.besides,
      server: { ...part.besides.server, image: `sha256:${'0'.repeat(64)}` },
    };
    const drilled = await drill({ ...part, besides });
    expect(failedOf(drilled)).toEqual({});
    expect(leftOutOf(drilled)).toEqual(['same image']);
    await expect(drill({ ...part, besides, container: 'nothing-of-the-kind' })).rejects.toThrow(
      'Cannot restore the database "photos" into a scratch container: neither the image that "nothing-of-the-kind" ran nor one that it runs now is here',
    );
  });

  test('whose container goes meanwhile, or that is called off or too late, proves nothing and leaves nothing', async () => {
    const gone = drill(part, {
      onRestored: async ({ container }) => void (await here.podman('rm', '--force', '--time=0', container)),
    });
    await expect(gone).rejects.toThrow(
      'Cannot restore the database "photos" into a scratch container: the scratch container was removed meanwhile.',
    );
    const controller = new AbortController();
    const off = drillPostgres(reach(controller.signal), part, join(folder, part.copy.file), {
      service: SERVICE,
      progress: () => controller.abort(new Error('enough')),
    });
    await expect(off).rejects.toThrow('enough');
    await expect(drill(part, { limit: 300 })).rejects.toThrow('it took longer than 0.005 min.');
    expect(await scratches()).toEqual([]);
  });

  test('killed by SIGKILL leaves its container, and the next one takes it away', async () => {
    const options: DrilledOptions = {
      socket: here.socket,
      part,
      file: join(folder, part.copy.file),
      service: SERVICE,
    };
    const child = fork(new URL('drilled.ts', import.meta.url), [JSON.stringify(options)]);
    const ended = once(child, 'exit');
    expect((await once(child, 'message'))[0]).toBe('restored');
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    const left = await scratches();
    expect(left).toHaveLength(1);
    const [volume] = await volumesOf(left[0]?.id ?? '');
    expect(await volumes()).toContain(volume);
    expect(failedOf(await drill(part))).toEqual({});
    expect(await scratches()).toEqual([]);
    expect(await volumes()).not.toContain(volume);
  });
});

// The last one: systemd starts the container again in its own time.
test('takePostgres whose container goes in the middle of the dump says so', async () => {
  await psql(`create table big as select md5(n::text) as text from generate_series(1, 300000) n`);
  let gone: Promise<unknown> | undefined;
  const progress = () => {
    gone ??= here.podman('rm', '--force', '--time=0', CONTAINER);
  };
  const taking = takePostgres(reach(), PLACE, { folder, target: 'gone.dump' }, { progress });
  await expect(taking).rejects.toThrow('Cannot copy the database "photos" in "drilled-postgres"');
  await gone;
});

/** Cut off, a bit turned, or a stretch of zeros. */
function damage(intact: Buffer, seed: number): Buffer {
  const random = createHash('sha256').update(`damage ${seed}`).digest();
  const at = random.readUInt32BE(0) % intact.length;
  if (seed % 3 === 0) return intact.subarray(0, at);
  const damaged = Buffer.from(intact);
  const index = seed % 3 === 1 ? at : Math.min(at, intact.length - 64);
  if (seed % 3 === 1) damaged.writeUInt8(damaged.readUInt8(index) ^ (1 << (random.readUInt8(4) % 8)), index);
  else damaged.fill(0x5a, index, index + 64);
  return damaged;
}
