/** Whether a SQLite database is sound, as SQLite sees it. */
import type { DatabaseSync } from 'node:sqlite';
import { quote } from './sqlite-digest.ts';
import { tablesOf } from './sqlite-facts.ts';
import type { Readable } from './sqlite-readable.ts';

/** More than there are rows: what is of no interest here must not hide the rest. */
const ALL = 2 ** 31 - 1;

/** Reads every page. @throws Error with the first that is wrong */
export function requireSound({ database, reordered }: Readable): void {
  if (reordered.size === 0) return requireOk(database, 'pragma integrity_check(1)');
  // Every page and its place, but nothing of an order that is not known here.
  requireOk(database, `pragma quick_check(${ALL})`, (found) =>
    [...reordered].some((table) => found === `row not in PRIMARY KEY order for ${table}`),
  );
  for (const { name } of tablesOf(database)) {
    if (!reordered.has(name)) requireOk(database, `pragma integrity_check(${quote(name)})`);
  }
}

function requireOk(
  database: DatabaseSync,
  check: string,
  isAllowed: (found: string) => boolean = () => false,
): void {
  for (const row of database.prepare(check).iterate()) {
    const found = String(Object.values(row)[0]);
    if (found !== 'ok' && !isAllowed(found)) throw new Error(`its integrity check says: ${found}`);
  }
}

/**
 * How many rows name one that is not there, by `table → other table`; or why that cannot be said. An application that does
 * not ask SQLite to keep its references may well have such rows.
 */
export function countDangling(database: DatabaseSync): Record<string, number> | string {
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
