/** Rows that name files: each file has to be in the copy, as its row says. */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Expect } from '../services/schema.ts';
import type { Entry, SqlitePart } from './manifest.ts';
import type { Check } from './proof.ts';
import type { Row } from './sqlite-query-worker.ts';

export type RowsRule = Expect['rows'][number];

/** Digests in hexadecimal digits. */
type Wanted = { size: number | undefined; sha1: string | undefined; sha256: string | undefined };

export type FilesOfRows = {
  /** @param path absolute, as the source had it. @param bytes of that file */
  see(path: string, entry: Entry, bytes: () => AsyncIterable<Uint8Array>): Promise<void>;
  check(): Check;
};

/** As many are named in a message. */
const NAMED = 3;

/**
 * @param rows what the query of the rule gives
 * @throws Error for a row that names no file
 */
export function createFilesOfRows(rule: RowsRule, part: SqlitePart, rows: readonly Row[]): FilesOfRows {
  const wanted = new Map(rows.map((row) => [pathIn(row, part), wantedOf(row)]));
  const total = wanted.size;
  const wrong: string[] = [];
  return {
    async see(path, entry, bytes) {
      const asked = wanted.get(path);
      if (asked === undefined) return;
      wanted.delete(path);
      const trouble = await troubleOf(asked, entry, bytes);
      if (trouble !== undefined) wrong.push(`"${path}" ${trouble}`);
    },
    check() {
      const about = { name: 'rows and files', source: part.path };
      const troubles = [
        ...(wanted.size > rule.missing
          ? [`${wanted.size} of ${total} are not in the copy, such as ${some([...wanted.keys()])}`]
          : []),
        ...(wrong.length > 0
          ? [`${wrong.length} of ${total} are not as their rows say: ${some(wrong)}`]
          : []),
      ];
      if (troubles.length > 0)
        return { ...about, result: 'failed', detail: `${rule.name}: ${troubles.join('; ')}.` };
      const lost = wanted.size === 0 ? '' : `, ${wanted.size} are missing as before`;
      return {
        ...about,
        result: 'passed',
        detail: `${rule.name}: ${total - wanted.size} of ${total} files${lost}.`,
      };
    },
  };
}

async function troubleOf(
  { size, sha1, sha256 }: Wanted,
  entry: Entry,
  bytes: () => AsyncIterable<Uint8Array>,
): Promise<string | undefined> {
  if (entry.type !== 'file') {
    const isPlain = size === undefined && sha1 === undefined && sha256 === undefined;
    return isPlain ? undefined : `is a ${entry.type}`;
  }
  if (size !== undefined && size !== entry.size) return `has ${entry.size} bytes instead of ${size}`;
  if (sha256 !== undefined && sha256 !== entry.sha256) return 'has other contents';
  if (sha1 !== undefined && sha1 !== (await sha1Of(bytes()))) return 'has other contents';
  return undefined;
}

async function sha1Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}

function pathIn({ path }: Row, part: SqlitePart): string {
  if (typeof path !== 'string' || path === '') throw new Error('its query gives a row without a path.');
  return resolve(dirname(part.path), path);
}

function wantedOf({ size, sha1, sha256 }: Row): Wanted {
  return {
    size: size === null || size === undefined ? undefined : Number(size),
    sha1: digitsOf(sha1),
    sha256: digitsOf(sha256),
  };
}

function digitsOf(value: Row[string] | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value).toLowerCase();
}

function some(names: readonly string[]): string {
  return names.slice(0, NAMED).join(', ');
}
