/** A question to the copy of a SQLite database, answered beside the main thread: nobody knows how long it takes. */
import { parentPort, workerData } from 'node:worker_threads';
import { openReadable, openStill } from './sqlite-readable.ts';

export type QueryTask = {
  /** Nobody writes it. */
  path: string;
  /** A single statement; nothing can be written. */
  sql: string;
};
/** By the names of the columns. */
export type Row = Readonly<Record<string, null | bigint | number | string | Uint8Array>>;

const { path, sql, scratch } = workerData as QueryTask & { scratch: string };
const database = openStill(path);
const readable = await openReadable(database, scratch);
try {
  const statement = readable.database.prepare(sql);
  statement.setReadBigInts(true);
  parentPort?.postMessage({ answer: statement.all().map((row) => ({ ...row })) });
} finally {
  readable.close();
  database.close();
}
