/** Work on one SQLite database beside the main thread: counting, digesting and checking read all of it. */
import { pathToFileURL } from 'node:url';
import { backup, DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { countRows, digestSchema, digestTables } from './sqlite-facts.ts';
import { countDangling, requireSound } from './sqlite-integrity.ts';
import { openReadable, openStill, type Readable } from './sqlite-readable.ts';

type Wanted = {
  /** Every page and every row is read. */
  check?: boolean;
  /** The rows of every table are digested. */
  digests?: boolean;
  /** Rows are looked for that name a row which is not there. */
  references?: boolean;
};
export type SqliteTask = Wanted & {
  path: string;
  /** Nobody writes it: it is read without locks, and no journal is left beside it. */
  isStill: boolean;
  /** A copy is made there; the file exists and is empty. */
  target?: string;
  /** What its journals hold is brought into it first: it is a copy of ours. */
  recover?: boolean;
};
export type SqliteAnswer = {
  schema: string;
  counts: Record<string, number>;
  digests?: Record<string, string>;
  dangling?: ReturnType<typeof countDangling>;
};

/** Pages that are copied at a time. */
const SOME = 2000;
const ALL = 2 ** 31 - 1;
/** Milliseconds that a writer may hold the database before it is given up. */
const PATIENCE = 5000;
/**
 * Bytes of a database without a write-ahead log whose application waits while its rows are digested: about a second.
 * Five seconds is what Django, Python and better-sqlite3 have an application wait before it gives up.
 */
const MOST_HELD = 128e6;

const { scratch, ...task } = workerData as SqliteTask & { scratch: string };
const tell = (message: { progress: number } | { answer: SqliteAnswer }) => parentPort?.postMessage(message);

const database = open(task);
try {
  tell({ answer: await work() });
} finally {
  database.close();
}

async function work(): Promise<SqliteAnswer> {
  const { target, digests = false, isStill } = task;
  if (target !== undefined && !isStill && !hasWal() && (!digests || size() > MOST_HELD)) {
    // Whoever reads such a database keeps its application from writing: the copy is made at one go, and tells the rest.
    await copyTo(target, ALL);
    return describe(openStill(target), { digests: false });
  }
  // One read transaction holds one state of the database, for the counts, the digests and the copy alike.
  database.exec('begin');
  const answer = await describe(database, task);
  if (target !== undefined) await copyTo(target, SOME);
  database.exec('commit');
  return answer;
}

function open({ path, isStill, recover = false }: SqliteTask): DatabaseSync {
  if (isStill) return openStill(path);
  const opened = new DatabaseSync(pathToFileURL(path), { readOnly: !recover, timeout: PATIENCE });
  if (recover) opened.exec('pragma wal_checkpoint(truncate)');
  return opened;
}

async function describe(source: DatabaseSync, wanted: Wanted): Promise<SqliteAnswer> {
  const readable = await openReadable(source, scratch);
  try {
    return { schema: digestSchema(source, readable.database), ...read(readable, wanted) };
  } finally {
    readable.close();
  }
}

function read(
  readable: Readable,
  { digests = false, check = false, references = false }: Wanted,
): Omit<SqliteAnswer, 'schema'> {
  if (check) requireSound(readable);
  return {
    counts: countRows(readable.database),
    ...(digests && { digests: digestTables(readable.database) }),
    ...(references && { dangling: countDangling(readable.database) }),
  };
}

/** Readers and a writer do not wait for each other. */
function hasWal(): boolean {
  return database.prepare('pragma journal_mode').get()?.['journal_mode'] === 'wal';
}

/** Bytes. */
function pageSize(): number {
  return Number(database.prepare('pragma page_size').get()?.['page_size']);
}

/** Bytes. */
function size(): number {
  return Number(database.prepare('pragma page_count').get()?.['page_count']) * pageSize();
}

async function copyTo(target: string, rate: number): Promise<void> {
  const bytes = pageSize();
  let done = 0;
  await backup(database, target, {
    rate,
    progress({ totalPages, remainingPages }) {
      const pages = totalPages - remainingPages;
      tell({ progress: (pages - done) * bytes });
      done = pages;
    },
  });
}
