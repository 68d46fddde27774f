/** What a SQLite database holds, told so that it can be compared. */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { digestRows, quote } from './sqlite-digest.ts';

/** The rows of a table in which an application notes what it has migrated are part of its schema, its lock is not. */
const MIGRATIONS = /migration|schema_version/i;
const LOCK = /lock/i;
const MOST_MIGRATIONS = 10_000;

export type Table = { name: string; type: string };

/** Sorted by name; not SQLite's own, and no views. */
export function tablesOf(database: DatabaseSync): Table[] {
  const rows = database.prepare('pragma table_list').all() as (Table & { schema: string })[];
  return rows
    .filter(({ schema, name, type }) => schema === 'main' && type !== 'view' && !/^sqlite_/i.test(name))
    .map(({ name, type }) => ({ name, type }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Rows by table. */
export function countRows(database: DatabaseSync): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, type } of tablesOf(database)) {
    // A virtual table may need a module that only its application has; the rows are in its shadow tables.
    if (type !== 'table') continue;
    const row = database.prepare(`select count(*) as rows from ${quote(name)} not indexed`).get();
    counts[name] = Number(row?.['rows']);
  }
  return counts;
}

/** Digests of all rows by table. The rows of a virtual table are those of its shadow tables. */
export function digestTables(database: DatabaseSync): Record<string, string> {
  const sequences = database.prepare(`select name from sqlite_schema where name = 'sqlite_sequence'`).all();
  const all = [...tablesOf(database), ...sequences] as Partial<Table>[];
  const names = all.flatMap(({ name = '', type }) => (type === 'virtual' ? [] : [name]));
  return Object.fromEntries(names.map((name) => [name, digestRows(database, name)]));
}

/**
 * SHA-256 of the schema.
 * @param readable the same database, where its rows can be read
 */
export function digestSchema(database: DatabaseSync, readable: DatabaseSync): string {
  const hash = createHash('sha256');
  const parts = database
    .prepare(
      `select type, name, tbl_name, sql from sqlite_schema where name not like 'sqlite\\_%' escape '\\' order by type, name`,
    )
    .all();
  const { user_version: version } = database.prepare('pragma user_version').get() ?? {};
  hash.update(JSON.stringify([version, parts.map((part) => Object.values(part))]));
  for (const { name, type } of tablesOf(readable)) {
    if (type !== 'table' || !MIGRATIONS.test(name) || LOCK.test(name)) continue;
    const rows = readable.prepare(`select * from ${quote(name)} not indexed limit ${MOST_MIGRATIONS}`);
    rows.setReadBigInts(true);
    const texts = rows.all().map((row) => JSON.stringify(Object.values(row).map(String)));
    hash.update(JSON.stringify([name, texts.sort()]));
  }
  return hash.digest('hex');
}
