/** Work on one SQLite database beside the main thread: counting and checking read all of it. */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { backup, DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

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
};
export type SqliteAnswer = { schema: string; counts: Record<string, number> };
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

type Table = { name: string; type: string; isShadow: boolean };

const task = workerData as SqliteTask;
const tell = (message: SqliteMessage) => parentPort?.postMessage(message);

const database = open(task);
try {
  tell({ answer: await work() });
} finally {
  database.close();
}

async function work(): Promise<SqliteAnswer> {
  const { target, check, isStill } = task;
  if (target !== undefined && !isStill && !hasWal()) {
    // Whoever reads such a database keeps its application from writing: the copy is made at one go, and tells the rest.
    await copyTo(target, ALL);
    return describe(open({ path: target, isStill: true }));
  }
  // One read transaction holds one state of the database, for the counts and the copy alike.
  database.exec('begin');
  const answer = describe(database);
  if (check === true) checkAll();
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

function describe(source: DatabaseSync): SqliteAnswer {
  return { schema: fingerprint(source), counts: count(source) };
}

/** Readers and a writer do not wait for each other. */
function hasWal(): boolean {
  return database.prepare('pragma journal_mode').get()?.['journal_mode'] === 'wal';
}

async function copyTo(target: string, rate: number): Promise<void> {
  const pageSize = Number(database.prepare('pragma page_size').get()?.['page_size']);
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
    .map(({ name, type }) => ({ name, type, isShadow: type === 'shadow' }))
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

function requireOk(row: Record<string, unknown> | undefined): void {
  const [found] = Object.values(row ?? {});
  if (found !== 'ok') throw new Error(`its integrity check says: ${String(found)}`);
}

function isUnknownCollation(error: unknown): boolean {
  return error instanceof Error && /no such collation sequence/.test(error.message);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
