/** Whether the copy of a SQLite database is whole, and holds what its source held. */
import { failure } from './disk.ts';
import type { SourceFacts, SqlitePart } from './manifest.ts';
import type { Check, Level } from './proof.ts';
import { inWorker } from './sqlite-thread.ts';
import type { SqliteAnswer } from './sqlite-worker.ts';

export type Proven = { level: Level; checks: Check[] };

/**
 * Reads all of a copy.
 * @param options.digests what the rows hold is told too
 * @throws Error that says what is wrong with it
 */
export async function checkSqlite(
  copy: string,
  { signal, digests = false }: { signal?: AbortSignal | undefined; digests?: boolean } = {},
): Promise<SourceFacts> {
  return factsOf(
    copy,
    await inWorker('sqlite-worker.ts', { path: copy, isStill: true, check: true, digests }, { signal }),
  );
}

export function factsOf(path: string, { schema, counts, digests }: SqliteAnswer): SourceFacts {
  return { name: path, kind: 'sqlite', schema, counts, ...(digests !== undefined && { digests }) };
}

/** @throws Error that says in which way one is not the other */
export function requireEqual(copied: SourceFacts, { schema, counts, digests = {} }: SourceFacts): void {
  if (copied.schema !== schema) throw new Error('the copy has another schema than it had.');
  const others = differing(copied.counts, counts).map(
    (table) => `${copied.counts[table] ?? 'no'} instead of ${counts[table] ?? 'no'} rows in "${table}"`,
  );
  if (others.length > 0) throw new Error(`the copy has other rows than it had: ${others.join(', ')}.`);
  const changed = differing(copied.digests ?? {}, digests).map((table) => `"${table}"`);
  if (changed.length > 0)
    throw new Error(`the copy has other contents than it had in ${changed.join(', ')}.`);
}

/** The keys whose values are not the same. */
function differing(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys({ ...one, ...other }).filter((key) => one[key] !== other[key]);
}

/** Reads all of a copy, and compares it with what is known of its source. @throws Error that says what is wrong */
export async function verifySqlite(
  { facts }: Pick<SqlitePart, 'facts'>,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const copied = await checkSqlite(file, { signal, digests: facts.digests !== undefined });
  requireEqual(copied, { ...facts, schema: facts.schema });
}

/**
 * Opens a copy, as a restore would, and reads all of it.
 * @param file the copy as SQLite reads it
 * @returns `restored` where its rows, digested, equal those of the source at the moment of the copy; `decoded` where no
 * digests were taken there; `copied` where a check failed
 */
export async function proveSqlite(
  { facts, path }: Pick<SqlitePart, 'facts' | 'path'>,
  file: string,
  signal?: AbortSignal,
): Promise<Proven> {
  const source = path;
  const digests = facts.digests !== undefined;
  let answer: SqliteAnswer;
  try {
    answer = await inWorker(
      'sqlite-worker.ts',
      { path: file, isStill: true, check: true, digests, references: true },
      { signal },
    );
  } catch (error) {
    signal?.throwIfAborted();
    const { message } = failure(`read "${file}"`, error);
    return { level: 'copied', checks: [{ name: 'integrity', source, result: 'failed', detail: message }] };
  }
  const checks: Check[] = [{ name: 'integrity', source, result: 'passed' }, referencesOf(source, answer)];
  try {
    requireEqual(factsOf(file, answer), { ...facts, schema: facts.schema });
  } catch (error) {
    checks.push({ name: 'restore', source, result: 'failed', detail: (error as Error).message });
    return { level: 'copied', checks };
  }
  if (digests)
    return { level: 'restored', checks: [...checks, { name: 'restore', source, result: 'passed' }] };
  const detail =
    'The rows were counted and not digested: the database has no write-ahead log and is so large that its application would have waited too long.';
  return { level: 'decoded', checks: [...checks, { name: 'restore', source, result: 'left out', detail }] };
}

/** Rows that name one which is not there are the application's own: the copy has them as the source does. */
function referencesOf(source: string, { dangling = {} }: SqliteAnswer): Check {
  const name = 'references';
  if (typeof dangling === 'string') {
    return { name, source, result: 'left out', detail: `SQLite cannot check them here: ${dangling}.` };
  }
  const found = Object.entries(dangling).map(([which, rows]) => `${rows} of ${which}`);
  return {
    name,
    source,
    result: 'passed',
    ...(found.length > 0 && {
      detail: `Rows whose reference leads nowhere, as in the source: ${found.join(', ')}.`,
    }),
  };
}
