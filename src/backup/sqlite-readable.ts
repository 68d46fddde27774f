/** Databases whose application sorts by rules of its own, read all the same. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { backup, DatabaseSync } from 'node:sqlite';

/** A collation as a schema names it. */
const COLLATION = /\bcollate\s+(?:"([^"]+)"|'([^']+)'|`([^`]+)`|\[([^\]]+)\]|(\w+))/gi;
/** SQLite's own; its list of them has what a schema names, known or not. */
const KNOWN = ['binary', 'nocase', 'rtrim'];
/** SQLite has it, and to read all of a table in its order nothing is compared. */
const OTHER = 'collate binary';

type Part = { rowid: number; table: string; sql: string };

export type Readable = {
  database: DatabaseSync;
  /** Tables whose order, and that of their indexes, is not to be judged here. */
  reordered: ReadonlySet<string>;
  close(): void;
};

/** Opened without locks, and without a journal beside it: nobody writes it. */
export function openStill(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

/**
 * Without the collation that a table without row ids names, SQLite reads nothing of it, not even its number of rows, and
 * there is no way to give it one. So such a database is read in a copy whose schema names another one. The pages are the same but
 * for those of the schema.
 * @param scratch a folder for that copy, made if it is needed
 */
export async function openReadable(database: DatabaseSync, scratch: string): Promise<Readable> {
  const parts = unreadableParts(database);
  if (parts.length === 0) return { database, reordered: new Set(), close() {} };
  mkdirSync(scratch, { mode: 0o700 });
  const path = join(scratch, 'readable');
  await backup(database, path, { rate: 2 ** 31 - 1 });
  const copy = new DatabaseSync(path, { defensive: false });
  try {
    copy.exec('pragma writable_schema = on; begin');
    const rename = copy.prepare('update sqlite_schema set sql = ? where rowid = ?');
    for (const { rowid, sql } of parts) rename.run(sql, rowid);
    copy.exec('commit');
  } finally {
    copy.close();
  }
  const opened = openStill(path);
  return {
    database: opened,
    reordered: new Set(parts.map(({ table }) => table)),
    close: () => opened.close(),
  };
}

/** What of the schema names a collation that is unknown here, with the known one in its place. */
function unreadableParts(database: DatabaseSync): Part[] {
  const all = database
    .prepare('select rowid, tbl_name as "table", sql from sqlite_schema where sql is not null')
    .all() as Part[];
  return all.flatMap(({ rowid, table, sql }) => {
    const changed = sql.replace(COLLATION, (found, ...names: (string | undefined)[]) => {
      const name = names.slice(0, 5).find((one) => one !== undefined);
      return name === undefined || KNOWN.includes(name.toLowerCase()) ? found : OTHER;
    });
    return changed === sql ? [] : [{ rowid, table, sql: changed }];
  });
}
