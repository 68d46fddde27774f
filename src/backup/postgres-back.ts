/** A PostgreSQL database replaced by a copy of it: restored beside, compared, and named in one transaction. */
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { failure, type Told } from './disk.ts';
import type { PostgresPart, Properties } from './manifest.ts';
import { feedDump } from './postgres.ts';
import { makeRoles } from './postgres-roles.ts';
import { countRows } from './postgres-rows.ts';
import {
  PSQL,
  ask,
  endOthers,
  identifier,
  literal,
  openSession,
  runTool,
  type Place,
  type Reach,
  type Session,
} from './psql.ts';

/** PostgreSQL cuts names off behind it, silently. Bytes. */
const LONGEST_NAME = 63;
/** Somebody who comes back at once is sent away again so often. */
const TRIES = 5;
/** Of a function that is there, and not found. */
const MISSED = /does not exist/;
const EMPTY_PATH = `SELECT pg_catalog.set_config('search_path', '', false);`;
/** Bytes in which a dump has set it. */
const LONGEST_HEAD = 64 * 1024;
/** Milliseconds for tidying up after a failure. */
const CLEANUP = 30_000;
/** Where a database can be worked on from outside; every cluster has it. */
const ELSEWHERE = 'template1';
/** Their value is a list of names, which is not written as one text. */
const LISTS = ['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries'];

/** What the database is called that a copy replaces, and the one that is made ready to do so. */
const replacedName = (database: string, id: string) => fitName(database, `_before_${id}`);
const besideName = (database: string, id: string) => fitName(database, `_putback_${id}`);
/** And the one that a copy was restored into, once it has gone again. */
const undoneName = (database: string, id: string) => fitName(database, `_undone_${id}`);

/** Restore the copy beside the database, whole and compared. Called again it begins anew. */
export async function stagePostgres(
  reach: Reach,
  { part, file, id }: { part: PostgresPart; file: string; id: string },
  { progress }: Told,
): Promise<void> {
  const beside = { ...part, database: besideName(part.database, id) };
  try {
    // On a new machine only the one is there that the server was made for.
    await makeRoles(reach, { ...part, database: ELSEWHERE }, part.besides?.roles ?? []);
    await restoreInto(reach, beside, { file, part }, { progress });
    const session = openSession(reach, beside);
    await session.ask('set row_security = off');
    const counts = await countRows(session);
    if (!isDeepStrictEqual(counts, part.facts.counts)) {
      throw new Error('the restored database has other rows than the copy was taken of.');
    }
    await finish(session, beside, part);
    await session.close();
  } catch (error) {
    // What is left of it in the container goes at the next try, should it not go now.
    await drop({ ...reach, signal: AbortSignal.timeout(CLEANUP) }, part, beside.database).catch(() => {});
    reach.signal.throwIfAborted();
    throw explain('put back', part, error);
  }
}

/**
 * Make a database, also in place of one of that name, and restore the copy into it.
 * @param options.args of pg_restore
 */
export async function restoreInto(
  reach: Reach,
  target: Place,
  { file, part, args = [] }: { file: string; part: PostgresPart; args?: readonly string[] },
  { progress }: Told,
): Promise<void> {
  const begin = () =>
    ask(
      reach,
      { ...target, database: ELSEWHERE },
      `${dropStatements(reach, target.database)}; ${createStatement(target.database, part.properties)}`,
    );
  await begin();
  try {
    await restore(reach, target, { file, part, args, progress });
  } catch (error) {
    if (!MISSED.test((error as Error).message)) throw error;
    await begin();
    await restoreAsText(reach, target, { file, part, args });
  }
}

/** What a restored database is beside its tables. @param session inside it */
export async function finish(
  session: Session,
  { database }: Place,
  { properties }: PostgresPart,
): Promise<void> {
  // Without statistics the first queries of an application can take hours.
  await session.ask('analyze');
  for (const statement of propertyStatements(database, properties)) await session.ask(statement);
}

/**
 * Give the restored database its name; the one that had it is kept. Called again it finishes, or does nothing.
 * @returns the name of the one that is kept; undefined when there was none
 */
export async function swapPostgres(
  reach: Reach,
  { part, id }: { part: PostgresPart; id: string },
): Promise<string | undefined> {
  const { database } = part;
  const [replaced, beside] = [replacedName(database, id), besideName(database, id)];
  try {
    return await renameDatabases(reach, part, [database, replaced, beside], (there) => {
      if (!there.has(beside)) return { kept: there.has(replaced) ? replaced : undefined };
      const aside = there.has(database) ? [[database, replaced] as const] : [];
      return { renames: [...aside, [beside, database]] };
    });
  } catch (error) {
    throw explain('put back', part, error);
  }
}

/**
 * Give the old database its name again; the one that took it is kept. Called again it does nothing.
 * @returns the name of the one that is kept; undefined when none had taken its name
 */
export async function returnPostgres(
  reach: Reach,
  { part, id }: { part: PostgresPart; id: string },
): Promise<string | undefined> {
  const { database } = part;
  const [replaced, beside, undone] = [
    replacedName(database, id),
    besideName(database, id),
    undoneName(database, id),
  ];
  try {
    return await renameDatabases(reach, part, [database, replaced, beside, undone], (there) => {
      if (there.has(undone)) return { kept: undone };
      // It was made ready, and no more.
      if (there.has(beside)) return { kept: undefined };
      const back = there.has(replaced) ? [[replaced, database] as const] : [];
      const away = there.has(database) ? [[database, undone] as const] : [];
      return { renames: [...away, ...back] };
    });
  } catch (error) {
    throw explain('bring back', part, error);
  }
}

type Renaming =
  | { kept: string | undefined }
  /** From one name to another, in their order. */
  | { renames: readonly (readonly [string, string])[] };

/**
 * All names change in one transaction, so that either none or all have. Asked again after it, until nothing is left.
 * @param decide from the names that there are
 */
async function renameDatabases(
  reach: Reach,
  place: Place,
  names: readonly string[],
  decide: (there: ReadonlySet<string>) => Renaming,
): Promise<string | undefined> {
  const elsewhere = { ...place, database: ELSEWHERE };
  const all = names.map(literal).join(', ');
  for (let tries = 1; ; tries += 1) {
    const found = await ask<string>(
      reach,
      elsewhere,
      `select to_json(datname) from pg_catalog.pg_database where datname in (${all})`,
    );
    const decided = decide(new Set(found));
    if ('kept' in decided) return decided.kept;
    const renames = decided.renames.map(
      ([from, to]) => `alter database ${identifier(from)} rename to ${identifier(to)};`,
    );
    try {
      await ask(
        reach,
        elsewhere,
        `select to_json(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity
          where datname in (${all}) and pid <> pg_catalog.pg_backend_pid();
        begin;
        ${renames.join('\n')}
        commit`,
      );
    } catch (error) {
      reach.signal.throwIfAborted();
      if (tries === TRIES) throw error;
    }
  }
}

/** Deletes what {@link swapPostgres} and {@link returnPostgres} have kept, and what was made ready and never used. */
export async function dropKept(reach: Reach, part: PostgresPart, id: string): Promise<void> {
  try {
    await drop(reach, part, besideName(part.database, id));
    await drop(reach, part, replacedName(part.database, id));
    await drop(reach, part, undoneName(part.database, id));
  } catch (error) {
    throw explain('delete what was kept of', part, error);
  }
}

/** Deletes one that was made ready and is not to be used. */
export async function dropBeside(reach: Reach, part: PostgresPart, id: string): Promise<void> {
  try {
    await drop(reach, part, besideName(part.database, id));
  } catch (error) {
    throw explain('tidy up after', part, error);
  }
}

async function drop(reach: Reach, place: Place, name: string): Promise<void> {
  await ask(reach, { ...place, database: ELSEWHERE }, dropStatements(reach, name));
}

function dropStatements(reach: Reach, name: string): string {
  return `${endOthers(reach)}; drop database if exists ${identifier(name)}`;
}

/**
 * Restore with the search path of the application: a function of its own may name others without their schema, which
 * nothing finds under the empty path that a dump sets.
 */
async function restoreAsText(
  reach: Reach,
  beside: Place,
  { file, part, args }: { file: string; part: PostgresPart; args: readonly string[] },
): Promise<void> {
  const { value = 'public' } =
    part.properties.settings.find(({ role, name }) => role === undefined && name === 'search_path') ?? {};
  const statements = new PassThrough();
  const writing = feedDump(reach, file, part.copy, {}, (stdin) =>
    runTool(reach, beside, ['pg_restore', '--file=-', ...args], { stdin, stdout: statements }),
  );
  const reading = runTool(reach, beside, [...PSQL, '--output=/dev/null', '--file=-'], {
    stdin: withPath(statements, value),
  }).finally(() => statements.destroy());
  const [read, written] = await Promise.allSettled([reading, writing]);
  for (const one of [read, written]) if (one.status === 'rejected') throw one.reason;
}

/** Replaces the empty path that a dump sets before everything else. */
async function* withPath(statements: AsyncIterable<Buffer>, path: string): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of statements) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const at = head.indexOf(EMPTY_PATH);
    if (at === -1 && head.length < LONGEST_HEAD) continue;
    if (at === -1) throw new Error('the dump sets no search path.');
    yield head.subarray(0, at);
    yield Buffer.from(`select pg_catalog.set_config('search_path', ${literal(path)}, false);`);
    yield head.subarray(at + EMPTY_PATH.length);
    head = undefined;
  }
  if (head !== undefined) throw new Error('the dump sets no search path.');
}

async function restore(
  reach: Reach,
  beside: Place,
  {
    file,
    part,
    args,
    progress,
  }: { file: string; part: PostgresPart; args: readonly string[]; progress: Told['progress'] },
): Promise<void> {
  const name = beside.database.replace(/[\\']/g, '\\$&');
  await feedDump(reach, file, part.copy, { progress }, (stdin) =>
    runTool(
      reach,
      beside,
      ['pg_restore', '--exit-on-error', '--no-password', `--dbname=dbname='${name}'`, ...args],
      { stdin },
    ),
  );
}

function createStatement(name: string, { provider, locale, icuRules, ...properties }: Properties): string {
  const option = (word: string, value: string | undefined) =>
    value === undefined ? '' : ` ${word} ${literal(value)}`;
  const PROVIDERS: Readonly<Record<string, string>> = {
    c: ' locale_provider libc',
    i: ` locale_provider icu${option('icu_locale', locale)}${option('icu_rules', icuRules)}`,
    b: ` locale_provider builtin${option('builtin_locale', locale)}`,
  };
  return (
    `create database ${identifier(name)} template template0 owner ${identifier(properties.owner)}` +
    `${option('encoding', properties.encoding)}${option('lc_collate', properties.collate)}${option('lc_ctype', properties.ctype)}` +
    `${PROVIDERS[provider ?? ''] ?? ''} tablespace ${identifier(properties.tablespace)}`
  );
}

/** They are run by a session inside that database. */
function propertyStatements(name: string, properties: Properties): string[] {
  const database = identifier(name);
  const { comment, connectionLimit, grants, owner, settings } = properties;
  const statements = [`alter database ${database} connection limit ${connectionLimit}`];
  if (comment !== undefined) statements.push(`comment on database ${database} is ${literal(comment)}`);
  if (grants !== undefined) {
    statements.push(
      `revoke all on database ${database} from public`,
      `revoke all on database ${database} from ${identifier(owner)}`,
      ...grants.map(
        ({ to, privilege, grantable }) =>
          `grant ${privilege} on database ${database} to ${to === undefined ? 'public' : identifier(to)}${grantable ? ' with grant option' : ''}`,
      ),
    );
  }
  for (const { role, name: setting, value } of settings) {
    const target =
      role === undefined
        ? `alter database ${database}`
        : `alter role ${identifier(role)} in database ${database}`;
    // `a.b` is a setting of an extension; each part is a name.
    const key = setting.split('.').map(identifier).join('.');
    statements.push(
      ...(LISTS.includes(setting)
        ? [
            `select null where pg_catalog.set_config(${literal(setting)}, ${literal(value)}, false) is null`,
            `${target} set ${key} from current`,
          ]
        : [`${target} set ${key} to ${literal(value)}`]),
    );
  }
  return statements;
}

/** A name that PostgreSQL takes as it is. */
export function fitName(database: string, suffix: string): string {
  const whole = Buffer.from(database + suffix);
  if (whole.length <= LONGEST_NAME) return database + suffix;
  // Two long names that begin alike stay two.
  const mark = `~${createHash('sha256').update(database).digest('hex').slice(0, 6)}`;
  const room = LONGEST_NAME - Buffer.byteLength(mark + suffix);
  let begin = database;
  while (Buffer.byteLength(begin) > room) begin = begin.slice(0, -1);
  return begin + mark + suffix;
}

function explain(doing: string, { database, container }: Place, error: unknown): Error {
  return failure(`${doing} the database "${database}" in "${container}"`, error);
}
