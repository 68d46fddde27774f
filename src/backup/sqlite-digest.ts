/** What the rows of a SQLite table hold, as one digest. */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** Bytes that are collected before the hash takes them. */
const ROOM = 256 * 1024;
/** UTF-8 takes at most so many bytes for a unit of a JavaScript text. */
const WIDEST = 3;
/** A tag and a length. */
const HEAD = 9;
/** What text that is no UTF-8 becomes on its way here: two of such may look alike. */
const REPLACED = '\uFFFD';

/** The five storage classes. */
const TAGS = { null: 0, integer: 1, real: 2, text: 3, blob: 4 } as const;

type Value = null | bigint | number | string | Uint8Array;

/**
 * SHA-256 of all rows in the order of the table: every stored value with its storage class, to the bit. Columns that are
 * computed as they are read, and may need a function that only the application has, are left out.
 */
export function digestRows(database: DatabaseSync, table: string): string {
  const columns = storedColumns(database, table);
  const { isExact, digest } = digestValues(database, table, columns);
  if (isExact) return digest;
  const asBytes = columns.map(
    (column) => `typeof(${column}), iif(typeof(${column}) = 'text', cast(${column} as blob), ${column})`,
  );
  return digestValues(database, table, asBytes).digest;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function storedColumns(database: DatabaseSync, table: string): string[] {
  const all = database.prepare('select name, hidden from pragma_table_xinfo(?)').all(table);
  const stored = all.filter(({ hidden }) => hidden === 0 || hidden === 3);
  return stored.map(({ name }) => quote(String(name)));
}

/** Ends at the first text that cannot be told from another one. */
function digestValues(
  database: DatabaseSync,
  table: string,
  expressions: readonly string[],
): { isExact: boolean; digest: string } {
  const rows = database.prepare(`select ${expressions.join(', ')} from ${quote(table)} not indexed`);
  rows.setReadBigInts(true);
  rows.setReturnArrays(true);
  const digest = createDigest();
  digest.add(JSON.stringify(expressions));
  for (const row of rows.iterate() as Iterable<unknown> as Iterable<Value[]>) {
    for (const value of row) {
      if (typeof value === 'string' && value.includes(REPLACED))
        return { isExact: false, digest: digest.end() };
      digest.add(value);
    }
  }
  return { isExact: true, digest: digest.end() };
}

function createDigest() {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(ROOM);
  let at = 0;
  const flush = () => {
    hash.update(buffer.subarray(0, at));
    at = 0;
  };
  const head = (tag: number, length: number) => {
    buffer[at] = tag;
    at = buffer.writeDoubleLE(length, at + 1);
  };
  const addBytes = (tag: number, bytes: Uint8Array) => {
    if (at + HEAD + bytes.length > ROOM) flush();
    head(tag, bytes.length);
    if (HEAD + bytes.length > ROOM) {
      flush();
      hash.update(bytes);
    } else {
      buffer.set(bytes, at);
      at += bytes.length;
    }
  };
  const addText = (text: string) => {
    const most = HEAD + text.length * WIDEST;
    if (most > ROOM) return addBytes(TAGS.text, Buffer.from(text));
    if (at + most > ROOM) flush();
    const begin = at;
    const length = buffer.write(text, begin + HEAD);
    head(TAGS.text, length);
    at = begin + HEAD + length;
  };
  return {
    add(value: Value): void {
      if (typeof value === 'string') return addText(value);
      if (at + HEAD > ROOM) flush();
      if (value === null) {
        buffer[at] = TAGS.null;
        at += 1;
      } else if (typeof value === 'bigint') {
        buffer[at] = TAGS.integer;
        at = buffer.writeBigInt64LE(value, at + 1);
      } else if (typeof value === 'number') {
        buffer[at] = TAGS.real;
        at = buffer.writeDoubleLE(value, at + 1);
      } else addBytes(TAGS.blob, value);
    },
    end(): string {
      flush();
      return hash.digest('hex');
    },
  };
}
