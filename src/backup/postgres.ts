/** Copies of PostgreSQL databases: a dump, and what is read in the same snapshot to prove it by. */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { failure, writeAll, type Told } from './disk.ts';
import { readCopy } from './stored.ts';
import type { Besides, Copy, PostgresPart, Properties, SourceFacts } from './manifest.ts';
import {
  readCatalog,
  readMigrations,
  readProperties,
  readSequences,
  type Positions,
} from './postgres-facts.ts';
import { askQueries, type Query } from './postgres-queries.ts';
import { countRows, PLAIN_TEXTS, readRows, readViews, relationsOf } from './postgres-rows.ts';
import { digestSchema, readSchema } from './postgres-text.ts';
import { ask, endOthers, openSession, runTool, type Place, type Reach, type Session } from './psql.ts';

/** What is given up, and when: the tests wait less. Milliseconds, bytes. */
export type PostgresLimits = {
  /** Nothing takes so long; what hangs must not hold its locks for days. */
  longest: number;
  /** For a table that somebody else has locked. */
  lockPatience: number;
  /** Of tables that are digested altogether; the largest are left out. */
  digested: number;
};

const LIMITS: PostgresLimits = { longest: 6 * 3_600_000, lockPatience: 60_000, digested: 4 * 1024 ** 3 };
/** Bytes of a dump that are written at once; as many again may wait for it. */
const PIECE = 256 * 1024;
/** Milliseconds for tidying up after a failure. */
const CLEANUP = 30_000;

/** Only PostgreSQL 17 and later know it. */
const NO_TRANSACTION_LIMIT = `select to_json(case when exists (select from pg_catalog.pg_settings where name = 'transaction_timeout')
  then pg_catalog.set_config('transaction_timeout', '0', false) end)`;

/** Held to the end: a table that is emptied by TRUNCATE is empty in older snapshots too. */
const LOCKS = `select format('lock table only %I.%I in access share mode', n.nspname, c.relname)
  from ${relationsOf('r')} order by c.oid
  \\gexec
select null where false`;

/** Bytes that a dump takes at most, about: the tables without their indexes. */
export async function measurePostgres(reach: Reach, place: Place): Promise<number> {
  const sql = `select to_json(coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)) from ${relationsOf('r')}`;
  const [size = 0] = await ask<number>(reach, place, sql).catch((error: unknown) =>
    fail('measure', place, error),
  );
  return size;
}

/** Counts and schema as they are now. */
export async function describePostgres(reach: Reach, place: Place): Promise<SourceFacts> {
  return withSnapshot(reach, place, { doing: 'read', limits: LIMITS }, async ({ session, ...at }) => ({
    ...nameOf(place),
    schema: (await describeSchema({ session, ...at }, place, LIMITS)).schema,
    counts: await countRows(session),
  }));
}

/**
 * Dump a database, read in the same snapshot what the dump is compared by, and read the dump back whole.
 * @param options.target a name inside `folder`, which is the copy's
 * @param options.digests what the rows hold is read as well, which takes about as long as the dump
 * @param options.queries what is to be asked of it in that snapshot
 */
export async function takePostgres(
  reach: Reach,
  place: Place,
  {
    folder,
    target,
    digests = false,
    queries = [],
    limits = LIMITS,
  }: {
    folder: string;
    target: string;
    digests?: boolean;
    queries?: readonly Query[];
    limits?: PostgresLimits;
  },
  told: Told = {},
): Promise<PostgresPart> {
  const begun = performance.now();
  let copied = begun;
  const file = join(folder, target);
  const part = await withSnapshot(reach, place, { doing: 'copy', limits }, async (at) => {
    await at.session.ask(LOCKS);
    const before = await readSequences(at.session);
    const copy = await dump(at, place, { file, target, limits }, told);
    copied = performance.now();
    const answers = await askQueries(at.reach, place, { queries, snapshot: at.snapshot });
    const { facts, ...read } = await describe(at, place, { before, digests, limits });
    return { kind: 'postgres' as const, ...place, copy, facts: { ...facts, ...answers }, ...read };
  });
  // The snapshot is let go of by now: what waits for its locks need not wait for this.
  const limited = { ...reach, signal: AbortSignal.any([reach.signal, AbortSignal.timeout(limits.longest)]) };
  await checkDump(limited, place, file, part.copy).catch((error: unknown) => {
    reach.signal.throwIfAborted();
    return fail('copy', place, error);
  });
  return { ...part, took: { copy: copied - begun, proof: performance.now() - copied } };
}

/**
 * Read a dump to its end with the tools of the container, which is where it would be restored.
 * @throws Error for a dump that does not decode, or is another one
 */
export async function checkDump(reach: Reach, place: Place, file: string, copy: Copy): Promise<void> {
  await feedDump(reach, file, copy, {}, (stdin) =>
    runTool(reach, place, ['pg_restore', '--file=/dev/null'], { stdin }),
  );
}

/** Give a dump to a program. @throws Error also for a dump that is another one, once the program has read it */
export async function feedDump(
  { identityFile, signal }: Pick<Reach, 'identityFile' | 'signal'>,
  file: string,
  copy: Copy,
  { progress }: Told,
  read: (dump: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const options = { identityFile, signal, progress, lent: true };
  const bytes = readCopy(dirname(file), { ...copy, file: basename(file) }, options);
  try {
    // Without a way to close it: a program may have all it needs before it has seen the end, and the rest is still to be read.
    await read({ [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) });
    for await (const chunk of bytes) void chunk;
  } finally {
    await bytes.return(undefined);
  }
}

/** An open session in one snapshot, which others can take up; `reach` ends with it. */
type At = { session: Session; snapshot: string; reach: Reach };

/** Work with a session that holds one snapshot of the database open. On a failure nothing of it goes on in the container. */
async function withSnapshot<Result>(
  reach: Reach,
  place: Place,
  { doing, limits }: { doing: string; limits: PostgresLimits },
  work: (at: At) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const late = AbortSignal.timeout(limits.longest);
  const limited = { ...reach, signal: AbortSignal.any([reach.signal, over.signal, late]) };
  try {
    const session = openSession(limited, place);
    // Of a run that was killed.
    await session.ask(endOthers(reach));
    await session.ask(
      `set idle_in_transaction_session_timeout = 0; set statement_timeout = 0; set lock_timeout = ${limits.lockPatience};
       ${PLAIN_TEXTS}; ${NO_TRANSACTION_LIMIT}; begin isolation level repeatable read read only`,
    );
    const [snapshot = ''] = await session.ask<string>('select to_json(pg_catalog.pg_export_snapshot())');
    const result = await work({ session, snapshot, reach: limited });
    await session.ask('commit');
    await session.close();
    return result;
  } catch (error) {
    over.abort();
    // Should it fail, the next run does it.
    const tidying = { ...reach, signal: AbortSignal.timeout(CLEANUP) };
    await ask(tidying, place, endOthers(reach)).catch(() => {});
    reach.signal.throwIfAborted();
    return fail(doing, place, late.aborted ? tooLong(limits) : error);
  }
}

async function dump(
  { reach, snapshot }: At,
  place: Place,
  { file, target, limits }: { file: string; target: string; limits: PostgresLimits },
  told: Told,
): Promise<Copy> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const sink = createSink(handle, told);
    await runTool(
      reach,
      place,
      ['pg_dump', '--format=custom', '--no-password', ...inSnapshot(snapshot, limits)],
      { stdout: sink.stream, lent: true },
    );
    await handle.sync();
    return { file: target, ...sink.result() };
  } finally {
    await handle.close();
  }
}

async function describe(
  at: At,
  place: Place,
  { before, digests, limits }: { before: Positions; digests: boolean; limits: PostgresLimits },
): Promise<{ facts: SourceFacts; properties: Properties; besides: Besides }> {
  const { session, reach } = at;
  const { schema, properties } = await describeSchema(at, place, limits);
  const { version, superuser, ...catalog } = await readCatalog(session);
  const most = limits.digested;
  const rows = digests
    ? await readRows(session, { version, digested: { most } })
    : { counts: await countRows(session) };
  const views = digests ? { views: await readViews(session, { version, most }) } : {};
  const after = await readSequences(session);
  const sequences = Object.entries(before).map(([name, first]) => [name, [first, after[name] ?? first]]);
  return {
    facts: { ...nameOf(place), schema, ...rows },
    properties,
    besides: {
      server: { version, superuser, ...(await programOf(reach, place)) },
      ...catalog,
      sequences: Object.fromEntries(sequences) as Besides['sequences'],
      ...views,
    },
  };
}

async function describeSchema({ session, snapshot, reach }: At, place: Place, limits: PostgresLimits) {
  const migrations = await readMigrations(session);
  const properties = await readProperties(session);
  const statements = await readSchema(reach, place, inSnapshot(snapshot, limits));
  return { schema: digestSchema(statements, migrations), properties };
}

async function programOf(
  { engine, signal }: Reach,
  { container }: Place,
): Promise<Pick<Besides['server'], 'image' | 'entrypoint' | 'command'>> {
  const raw = await engine.inspectRaw(container, { signal });
  if (raw === undefined) return {};
  const { Entrypoint: entrypoint, Cmd: command } = raw.Config;
  return { image: raw.Image, entrypoint: listOf(entrypoint), command: listOf(command) };
}

const listOf = (value: string | string[] | null | undefined): string[] =>
  value === null || value === undefined || value === '' ? [] : [value].flat();

const nameOf = ({ database }: Place) => ({ name: `postgres ${database}`, kind: 'postgres' as const });

const inSnapshot = (snapshot: string, { lockPatience }: PostgresLimits) => [
  `--snapshot=${snapshot}`,
  `--lock-wait-timeout=${lockPatience}`,
];

const tooLong = ({ longest }: PostgresLimits) => new Error(`it took longer than ${longest / 60_000} min.`);

/** The engine gives some kilobytes at a time, and the disk is asked once for many of them. */
function createSink(handle: FileHandle, { progress }: Told) {
  const hash = createHash('sha256');
  let size = 0;
  // One for all pieces: a new one each time would be memory that nobody takes back in time.
  const piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  const flush = async () => {
    const bytes = piece.subarray(0, filled);
    hash.update(bytes);
    await writeAll(handle, bytes);
    size += filled;
    progress?.(filled);
    filled = 0;
  };
  const add = async (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(piece, filled, at);
      at += taken;
      filled += taken;
      if (filled === PIECE) await flush();
    }
  };
  const stream = new Writable({
    // One chunk at a time: it is lent.
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, taken) {
      add(chunk).then(() => taken(), taken);
    },
    final(ended) {
      flush().then(() => ended(), ended);
    },
  });
  return { stream, result: () => ({ size, sha256: hash.digest('hex') }) };
}

function fail(doing: string, { database, container }: Place, error: unknown): never {
  throw failure(`${doing} the database "${database}" in "${container}"`, error);
}
