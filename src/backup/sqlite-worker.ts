/** Work on one SQLite database beside the main thread: counting, digesting and checking read all of it. */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { backup, DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { digestRows, quote } from './sqlite-digest.ts';

export type SqliteTask = {
  path: string;
  /** Nobody writes it: it is read without locks, and no journal is left beside it. */
  isStill: boolean;
  /** A copy is made there; the file exists and is empty. */
  target?: string;
  /** What its journals hold is brought into it first: it is a copy of ours. */
  recover?: boolean;
  /** Every page and every row is read. */
  check?: boolean;
  /** The rows of every table are digested. */
  digests?: boolean;
  /** Rows are looked for that name a row which is not there. */
  references?: boolean;
};
export type SqliteAnswer = {
  schema: string;
  counts: Record<string, number>;
  digests?: Record<string, string>;
  /** How many rows name one that is not there, by `table → other table`; or why that cannot be said. */
  dangling?: Record<string, number> | string;
};
export type SqliteMessage = { progress: number } | { answer: SqliteAnswer };

/** Pages that are copied at a time. */
const SOME = 2000;
const ALL = 2 ** 31 - 1;
/** Milliseconds that a writer may hold the database before it is given up. */
const PATIENCE = 5000;
/** The rows of a table in which an application notes what it has migrated are part of its schema, its lock is not. */
const MIGRATIONS = /migration|schema_version/i;
const LOCK = /lock/i;
const MOST_MIGRATIONS = 10_000;
/**
 * Bytes of a database without a write-ahead log whose application waits while its rows are digested: about a second.
 * Five seconds is what Django, Python and better-sqlite3 have an application wait before it gives up.
 */
const MOST_HELD = 128e6;

type Table = { name: string; type: string };

const task = workerData as SqliteTask;
const tell = (message: SqliteMessage) => parentPort?.postMessage(message);

const database = open(task);
try {
  tell({ answer: await work() });
} finally {
  database.close();
}

async function work(): Promise<SqliteAnswer> {
  const { target, check, digests = false, references, isStill } = task;
  if (target !== undefined && !isStill && !hasWal() && (!digests || sizeOf(database) > MOST_HELD)) {
    // Whoever reads such a database keeps its application from writing: the copy is made at one go, and tells the rest.
    await copyTo(target, ALL);
    return describe(open({ path: target, isStill: true }), false);
  }
  // One read transaction holds one state of the database, for the counts, the digests and the copy alike.
  database.exec('begin');
  const answer = describe(database, digests);
  if (check === true) checkAll();
  if (references === true) answer.dangling = countDangling();
  if (target !== undefined) await copyTo(target, SOME);
  database.exec('commit');
  return answer;
}

function open({ path, isStill, recover = false }: SqliteTask): DatabaseSync {
  const url = pathToFileURL(path);
  if (isStill) url.searchParams.set('immutable', '1');
  const opened = new DatabaseSync(url, { readOnly: !recover, timeout: PATIENCE });
  if (recover) opened.exec('pragma wal_checkpoint(truncate)');
  return opened;
}

function describe(source: DatabaseSync, digests: boolean): SqliteAnswer {
  const answer = { schema: fingerprint(source), counts: count(source) };
  return digests ? { ...answer, digests: digestAll(source) } : answer;
}

/** Readers and a writer do not wait for each other. */
function hasWal(): boolean {
  return database.prepare('pragma journal_mode').get()?.['journal_mode'] === 'wal';
}

function pageSizeOf(source: DatabaseSync): number {
  return Number(source.prepare('pragma page_size').get()?.['page_size']);
}

function sizeOf(source: DatabaseSync): number {
  return Number(source.prepare('pragma page_count').get()?.['page_count']) * pageSizeOf(source);
}

async function copyTo(target: string, rate: number): Promise<void> {
  const pageSize = pageSizeOf(database);
  let done = 0;
  await backup(database, target, {
    rate,
    progress({ totalPages, remainingPages }) {
      const pages = totalPages - remainingPages;
      tell({ progress: (pages - done) * pageSize });
      done = pages;
    },
  });
}

function tables(source: DatabaseSync): Table[] {
  const rows = source.prepare(`pragma table_list`).all() as {
    schema: string;
    name: string;
    type: string;
  }[];
  return rows
    .filter(({ schema, name, type }) => schema === 'main' && type !== 'view' && !/^sqlite_/i.test(name))
    .map(({ name, type }) => ({ name, type }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function count(source: DatabaseSync): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, type } of tables(source)) {
    // A virtual table may need a module that only its application has; the rows are in its shadow tables.
    if (type !== 'table') continue;
    // An index may need a collation that only the application has.
    const row = source.prepare(`select count(*) as rows from ${quote(name)} not indexed`).get();
    counts[name] = Number(row?.['rows']);
  }
  return counts;
}

/** The rows of a virtual table are those of its shadow tables. */
function digestAll(source: DatabaseSync): Record<string, string> {
  const sequences = source.prepare(`select name from sqlite_schema where name = 'sqlite_sequence'`).all();
  const all = [...tables(source), ...sequences] as Partial<Table>[];
  const names = all.flatMap(({ name = '', type }) => (type === 'virtual' ? [] : [name]));
  return Object.fromEntries(names.map((name) => [name, digestRows(source, name)]));
}

function fingerprint(source: DatabaseSync): string {
  const hash = createHash('sha256');
  const parts = source
    .prepare(
      `select type, name, tbl_name, sql from sqlite_schema where name not like 'sqlite\\_%' escape '\\' order by type, name`,
    )
    .all();
  const { user_version: version } = source.prepare('pragma user_version').get() ?? {};
  hash.update(JSON.stringify([version, parts.map((part) => Object.values(part))]));
  for (const { name, type } of tables(source)) {
    if (type !== 'table' || !MIGRATIONS.test(name) || LOCK.test(name)) continue;
    const rows = source.prepare(`select * from ${quote(name)} not indexed limit ${MOST_MIGRATIONS}`);
    rows.setReadBigInts(true);
    const texts = rows.all().map((row) => JSON.stringify(Object.values(row).map(String)));
    hash.update(JSON.stringify([name, texts.sort()]));
  }
  return hash.digest('hex');
}

/** @throws Error with the first that is wrong */
function checkAll(): void {
  try {
    requireOk(database.prepare('pragma integrity_check(1)').get());
  } catch (error) {
    if (!isUnknownCollation(error)) throw error;
    for (const { name } of tables(database)) checkTable(name);
  }
}

/** Where an index needs a collation that only its application has, the rows are read at least. */
function checkTable(name: string): void {
  try {
    requireOk(database.prepare(`pragma integrity_check(${quote(name)})`).get());
  } catch (error) {
    if (!isUnknownCollation(error)) throw error;
    const rows = database.prepare(`select * from ${quote(name)} not indexed`);
    rows.setReadBigInts(true);
    for (const _row of rows.iterate());
  }
}

/** An application that does not ask SQLite to keep its references may well have such rows. */
function countDangling(): Record<string, number> | string {
  const found: Record<string, number> = {};
  try {
    for (const row of database.prepare('pragma foreign_key_check').iterate()) {
      const { table, parent } = row as { table: string; parent: string };
      const name = `${table} → ${parent}`;
      found[name] = (found[name] ?? 0) + 1;
    }
    return found;
  } catch (error) {
    return (error as Error).message;
  }
}

function requireOk(row: Record<string, unknown> | undefined): void {
  const [found] = Object.values(row ?? {});
  if (found !== 'ok') throw new Error(`its integrity check says: ${String(found)}`);
}

function isUnknownCollation(error: unknown): boolean {
  return error instanceof Error && /no such collation sequence/.test(error.message);
}
