/** Copies of PostgreSQL databases: a dump, and what is counted in the same snapshot. */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { failure, writeAll, type Told } from './disk.ts';
import type { Copy, PostgresPart, Properties, SourceFacts } from './manifest.ts';
import { ask, endSessions, openSession, runTool, type Place, type Reach, type Session } from './psql.ts';

/** Nothing takes so long; what hangs must not hold its locks for days. */
const LONGEST = 6 * 3_600_000;
/** Milliseconds that a dump waits for a table that somebody else has locked. */
const LOCK_PATIENCE = 60_000;
/** Milliseconds for tidying up after a failure. */
const CLEANUP = 30_000;

/** Tables of the application, by name; what extensions bring comes with them. */
const TABLES = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;
const NAME = `case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end`;

/** A statement for each table, which psql runs; each gives `[name, rows]`. */
const COUNTS = `select format('select json_build_array(%L::text, count(*)) from only %I.%I', ${NAME}, n.nspname, c.relname)
  from ${TABLES} order by 1
  \\gexec
select json_build_array('large objects', count(*)) from pg_catalog.pg_largeobject_metadata having count(*) > 0`;

/** The tables in which applications note what they have migrated, each as a digest of its rows. */
const MIGRATIONS = `select format('select json_build_array(%L::text, md5(string_agg(t::text, chr(10) order by t::text))) from only %I.%I t',
    ${NAME}, n.nspname, c.relname)
  from ${TABLES} and c.relname ~* 'migration|schema_version' and c.relname !~* 'lock' order by 1
  \\gexec
select null where false`;

const PROPERTIES = `select jsonb_build_object(
  'row', to_jsonb(d) - 'datacl',
  'owner', pg_catalog.pg_get_userbyid(d.datdba),
  'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
  'tablespace', (select spcname from pg_catalog.pg_tablespace t where t.oid = d.dattablespace),
  'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),
  'grants', (select jsonb_agg(jsonb_build_object('to', r.rolname, 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    from pg_catalog.aclexplode(d.datacl) a left join pg_catalog.pg_roles r on r.oid = a.grantee),
  'settings', (select jsonb_agg(jsonb_build_object('role', r.rolname, 'setting', s.setting) order by s.at)
    from pg_catalog.pg_db_role_setting o cross join lateral unnest(o.setconfig) with ordinality s (setting, at)
      left join pg_catalog.pg_roles r on r.oid = o.setrole
    where o.setdatabase = d.oid))
  from pg_catalog.pg_database d where d.datname = current_database()`;

/** Bytes that a dump takes at most, about: the tables without their indexes. */
export async function measurePostgres(reach: Reach, place: Place): Promise<number> {
  const sql = `select to_json(coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)) from ${TABLES}`;
  const [size = 0] = await ask<number>(reach, place, sql).catch((error: unknown) =>
    fail('measure', place, error),
  );
  return size;
}

/** Counts and schema as they are now. */
export async function describePostgres(reach: Reach, place: Place): Promise<SourceFacts> {
  return withSnapshot(reach, place, 'read', async (session, snapshot) => {
    const { facts } = await describe(reach, place, session, snapshot);
    return facts;
  });
}

/**
 * Dump a database, and read the dump back whole.
 * @param target a name inside `folder`, which is the copy's
 */
export async function takePostgres(
  reach: Reach,
  place: Place,
  { folder, target }: { folder: string; target: string },
  told: Told = {},
): Promise<PostgresPart> {
  const file = join(folder, target);
  return withSnapshot(reach, place, 'copy', async (session, snapshot, limited) => {
    const { facts, properties } = await describe(limited, place, session, snapshot);
    const handle = await open(file, 'wx', 0o600);
    let copy: Copy;
    try {
      const sink = createSink(handle, told);
      await runTool(
        limited,
        place,
        [
          'pg_dump',
          '--format=custom',
          `--snapshot=${snapshot}`,
          `--lock-wait-timeout=${LOCK_PATIENCE}`,
          '--no-password',
        ],
        { stdout: sink.stream },
      );
      await handle.sync();
      copy = { file: target, ...sink.result() };
    } finally {
      await handle.close();
    }
    await checkDump(limited, place, file, copy);
    return { kind: 'postgres', ...place, facts, copy, properties };
  });
}

/**
 * Read a dump to its end with the tools of the container, which is where it would be restored.
 * @throws Error for a dump that does not decode, or is another one
 */
export async function checkDump(reach: Reach, place: Place, file: string, copy: Copy): Promise<void> {
  await feedDump(file, copy, {}, (stdin) =>
    runTool(reach, place, ['pg_restore', '--file=/dev/null'], { stdin }),
  );
}

/** Give a dump to a program. @throws Error also for a dump that is another one, once the program has read it */
export async function feedDump(
  file: string,
  copy: Copy,
  { progress }: Told,
  read: (dump: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const source = await open(file);
  const hash = createHash('sha256');
  const bytes = async function* () {
    for await (const chunk of source.createReadStream({ autoClose: false })) {
      hash.update(chunk as Buffer);
      progress?.((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  };
  try {
    await read(bytes());
  } finally {
    await source.close();
  }
  if (hash.digest('hex') !== copy.sha256) throw new Error(`"${file}" is damaged.`);
}

export async function countRows(session: Session): Promise<Record<string, number>> {
  return Object.fromEntries(await session.ask<[string, number]>(COUNTS));
}

/** Work with a session that holds one snapshot of the database open. On a failure nothing of it goes on in the container. */
async function withSnapshot<Result>(
  reach: Reach,
  place: Place,
  doing: string,
  work: (session: Session, snapshot: string, limited: Reach) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const signal = AbortSignal.any([reach.signal, over.signal, AbortSignal.timeout(LONGEST)]);
  const limited = { ...reach, signal };
  try {
    // Of a run that was killed.
    await endSessions(limited, place);
    const session = openSession(limited, place);
    await session.ask(
      `set idle_in_transaction_session_timeout = 0; set statement_timeout = 0; set timezone = 'UTC'; set row_security = off;
       begin isolation level repeatable read read only`,
    );
    const [snapshot = ''] = await session.ask<string>('select to_json(pg_catalog.pg_export_snapshot())');
    const result = await work(session, snapshot, limited);
    await session.ask('commit');
    await session.close();
    return result;
  } catch (error) {
    over.abort();
    // Should it fail, the next run does it.
    await endSessions({ ...reach, signal: AbortSignal.timeout(CLEANUP) }, place).catch(() => {});
    reach.signal.throwIfAborted();
    return fail(doing, place, error);
  }
}

async function describe(
  reach: Reach,
  place: Place,
  session: Session,
  snapshot: string,
): Promise<{ facts: SourceFacts; properties: Properties }> {
  const counts = await countRows(session);
  const migrations = await session.ask(MIGRATIONS);
  const [found] = await session.ask<FoundProperties>(PROPERTIES);
  if (found === undefined) throw new Error('the database has no entry.');
  const text = collectText();
  await runTool(
    reach,
    place,
    [
      'pg_dump',
      '--schema-only',
      `--snapshot=${snapshot}`,
      `--lock-wait-timeout=${LOCK_PATIENCE}`,
      '--no-password',
    ],
    { stdout: text.stream },
  );
  const schema = createHash('sha256')
    .update(JSON.stringify([statementsOf(text.result()), migrations]))
    .digest('hex');
  return {
    facts: { name: `postgres ${place.database}`, kind: 'postgres', schema, counts },
    properties: toProperties(found),
  };
}

/** Without what changes from one dump of the same schema to the next: comments, a random key, the order of equals. */
function statementsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^(?:--|\\(?:un)?restrict )/.test(line))
    .sort();
}

type FoundProperties = {
  row: Record<string, unknown>;
  owner: string;
  encoding: string;
  tablespace: string;
  comment: string | null;
  grants: { to: string | null; privilege: string; grantable: boolean }[] | null;
  settings: { role: string | null; setting: string }[] | null;
};

function toProperties({ row, grants, settings, comment, ...rest }: FoundProperties): Properties {
  const textOf = (...names: string[]) => {
    const value = names.map((name) => row[name]).find((one) => typeof one === 'string');
    return typeof value === 'string' ? value : undefined;
  };
  return {
    ...rest,
    collate: textOf('datcollate') ?? 'C',
    ctype: textOf('datctype') ?? 'C',
    connectionLimit: Number(row['datconnlimit']),
    provider: textOf('datlocprovider'),
    locale: textOf('datlocale', 'daticulocale'),
    icuRules: textOf('daticurules'),
    comment: comment ?? undefined,
    ...(grants !== null && { grants: grants.map(({ to, ...grant }) => ({ to: to ?? undefined, ...grant })) }),
    settings: (settings ?? []).map(({ role, setting }) => ({
      role: role ?? undefined,
      name: setting.slice(0, setting.indexOf('=')),
      value: setting.slice(setting.indexOf('=') + 1),
    })),
  };
}

function createSink(handle: FileHandle, { progress }: Told) {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      hash.update(chunk);
      size += chunk.length;
      progress?.(chunk.length);
      writeAll(handle, chunk).then(() => taken(), taken);
    },
  });
  return { stream, result: () => ({ size, sha256: hash.digest('hex') }) };
}

function collectText() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      chunks.push(chunk);
      taken();
    },
  });
  return { stream, result: () => Buffer.concat(chunks).toString() };
}

function fail(doing: string, { database, container }: Place, error: unknown): never {
  throw failure(`${doing} the database "${database}" in "${container}"`, error);
}
