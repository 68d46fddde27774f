/** Copies of SQLite databases, taken while their application works or rests. */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  attributesOf,
  copyBytes,
  digestFile,
  failure,
  identityOf,
  isCode,
  linkCopy,
  stateOf,
  sync,
  type Told,
} from './disk.ts';
import { sleep } from '../sleep.ts';
import type { SourceFacts, SqlitePart } from './manifest.ts';
import { checkSqlite, factsOf, requireEqual } from './sqlite-check.ts';
import { inWorker } from './sqlite-thread.ts';
import type { SqliteAnswer, SqliteTask } from './sqlite-worker.ts';

/** What SQLite keeps beside a database; each belongs to exactly one state of it. */
export const JOURNALS = ['-wal', '-shm', '-journal'] as const;

/** A change within the tick of the clock that stamped the one before leaves no trace: so long is waited before. */
const TICK = 2000;

/** The database itself, its journals, and what they can be told from later. */
type State = {
  stats: BigIntStats;
  journals: readonly string[];
  state: string;
  identity: string | undefined;
  /** When any of them was written last. Milliseconds since 1970. A reader's look can touch the owner of a journal. */
  changedAt: number;
};

type Reading = (task: SqliteTask) => Promise<SqliteAnswer>;

/** Bytes that a copy takes at most. */
export async function measureSqlite(path: string): Promise<number> {
  const sizes = [path, `${path}-wal`].map(async (file) => Number((await statOf(file))?.size ?? 0n));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** @returns whether the database is as it was when that copy was taken */
export async function isUnchanged(part: SqlitePart): Promise<boolean> {
  return part.identity !== undefined && (await look(await realpath(part.path))).identity === part.identity;
}

/** Counts and schema as they are now. Never changes the database. */
export async function describeSqlite(path: string, signal?: AbortSignal): Promise<SourceFacts> {
  try {
    const { answer } = await readStill(path, (task) => inWorker('sqlite-worker.ts', task, { signal }));
    return factsOf(path, answer);
  } catch (error) {
    throw explain(`read "${path}"`, asSourceTrouble(error), signal);
  }
}

/**
 * @param target a name inside `folder`, which is the copy's
 * @param options.earlier a part whose copy is linked where the database has not changed since
 * @param options.digests what the rows hold is kept too, for the proof
 */
export async function takeSqlite(
  { files, path }: Pick<SqlitePart, 'files' | 'path'>,
  {
    folder,
    target,
    earlier,
    digests = false,
  }: {
    folder: string;
    target: string;
    earlier: { folder: string; part: SqlitePart } | undefined;
    digests?: boolean;
  },
  told: Told = {},
): Promise<SqlitePart> {
  const { signal } = told;
  const file = join(folder, target);
  if (earlier !== undefined && (await linkEarlier(earlier, file, { signal, digests }))) {
    return { ...earlier.part, files, copy: { ...earlier.part.copy, file: target } };
  }
  try {
    const { answer, before } = await copySqlite(path, file, { digests }, told);
    const copy = { file: target, ...(await digestFile(file, { signal })) };
    const facts = factsOf(path, answer);
    const copied = await checkSqlite(file, { signal, digests: facts.digests !== undefined }).catch(
      (error: unknown) => blame(path, error, signal),
    );
    requireEqual(copied, facts);
    return {
      kind: 'sqlite',
      files,
      path,
      facts,
      copy,
      attributes: attributesOf(before.stats),
      ...(before.identity !== undefined && { identity: before.identity }),
    };
  } catch (error) {
    throw explain(`copy "${path}"`, error, signal);
  }
}

/** The copy alone, on the disk when it returns, and what the database held at that moment. Nothing is checked. */
export async function copySqlite(
  path: string,
  file: string,
  { digests }: { digests: boolean },
  told: Told = {},
): Promise<{ answer: SqliteAnswer; before: State }> {
  let done = 0;
  const progress = (bytes: number) => {
    done += bytes;
    told.progress?.(bytes);
  };
  const copied = await readStill(path, async (task) => {
    await empty(file);
    return inWorker(
      'sqlite-worker.ts',
      { ...task, target: file, digests },
      { signal: told.signal, progress },
    );
  })
    .catch((error: unknown) => takeRaw(path, file, { told, digests, error }))
    .catch((error: unknown) => {
      throw asSourceTrouble(error);
    });
  await sync(file);
  told.progress?.(Math.max(0, Number(copied.before.stats.size) - done));
  return copied;
}

/** For a backup the earlier copy is read again first: one bad block must not spoil all that link to it. */
async function linkEarlier(
  earlier: { folder: string; part: SqlitePart },
  file: string,
  { signal, digests }: { signal: AbortSignal | undefined; digests: boolean },
): Promise<boolean> {
  const { copy, facts } = earlier.part;
  if (!(await isUnchanged(earlier.part))) return false;
  const from = join(earlier.folder, copy.file);
  if (digests) {
    if (facts.digests === undefined) return false;
    const found = await digestFile(from, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    if (found?.sha256 !== copy.sha256) return false;
  }
  return linkCopy(from, file, copy.size);
}

/**
 * A copy that is not whole has the pages of its source, unless the disk or the memory has failed on the way: the source is
 * read for it only then, so that a sound one is not held longer than for its copy.
 */
async function blame(path: string, error: unknown, signal: AbortSignal | undefined): Promise<never> {
  signal?.throwIfAborted();
  const { message } = error as Error;
  await readStill(path, (task) => inWorker('sqlite-worker.ts', { ...task, check: true }, { signal })).catch(
    (found: Error) => {
      signal?.throwIfAborted();
      throw new Error(`the source is damaged: ${found.message}`, { cause: found });
    },
  );
  throw new Error(`the copy is damaged, its source is not: ${message}`, { cause: error });
}

/** SQLITE_READONLY and SQLITE_CANTOPEN, of whatever kind. */
function isUnwritable(error: unknown): boolean {
  const { errcode = 0 } = error as { errcode?: number };
  return [8, 14].includes(errcode & 0xff);
}

/** What SQLite says of pages that make no sense. */
function asSourceTrouble(error: unknown): Error {
  const { message } = error as Error;
  if (!/malformed|not a database/.test(message)) return error as Error;
  return new Error(`the source is damaged: ${message}`, { cause: error });
}

/**
 * Read a database without locks where nobody has it open: an ordinary reader leaves a journal beside it. When somebody
 * came meanwhile, or is there, it is read as one reader among others.
 */
async function readStill(given: string, read: Reading): Promise<{ answer: SqliteAnswer; before: State }> {
  const path = await realpath(given);
  const still = await readAtRest(path, read);
  if (still !== undefined) return still;
  const before = await look(path);
  try {
    return { answer: await read({ path, isStill: false }), before };
  } catch (error) {
    // Where nothing may be written, no reader gets the journal that it shares with others.
    if (!isUnwritable(error)) throw error;
    await sleep(TICK);
    const later = await readAtRest(path, read);
    if (later === undefined) throw error;
    return later;
  }
}

/** @returns undefined for a database that somebody has open, or had a moment ago */
async function readAtRest(
  path: string,
  read: Reading,
): Promise<{ answer: SqliteAnswer; before: State } | undefined> {
  const before = await look(path);
  if (!isStill(before)) return undefined;
  const answer = await read({ path, isStill: true }).catch((error: unknown) => error as Error);
  if ((await look(path)).state !== before.state) return undefined;
  if (answer instanceof Error) throw answer;
  return { answer, before };
}

/**
 * The bytes of a database and its journals as they lie there: what a power cut would leave, which SQLite recovers. So
 * one can be copied that its application holds for itself alone, or has left in the middle of a transaction,
 * provided that nothing writes meanwhile.
 * @param error of the ordinary way, thrown where this one is not open either
 */
async function takeRaw(
  given: string,
  file: string,
  { told: { signal }, digests, error }: { told: Told; digests: boolean; error: unknown },
): Promise<{ answer: SqliteAnswer; before: State }> {
  signal?.throwIfAborted();
  try {
    const path = await realpath(given);
    const before = await look(path);
    if (!isSettled(before)) throw error;
    for (const suffix of ['', ...before.journals]) {
      await rm(file + suffix, { force: true });
      const source = await open(path + suffix);
      try {
        await copyBytes(source, file + suffix, { signal });
      } finally {
        await source.close();
      }
    }
    if ((await look(path)).state !== before.state) throw error;
    const answer = await inWorker(
      'sqlite-worker.ts',
      { path: file, isStill: false, recover: true, digests },
      { signal },
    );
    return { answer, before };
  } catch {
    signal?.throwIfAborted();
    throw error;
  } finally {
    for (const suffix of JOURNALS) await rm(file + suffix, { force: true });
  }
}

/** Applications that write have a journal open, those with a rollback journal while they do. */
function isStill(state: State): boolean {
  return state.journals.length === 0 && isSettled(state);
}

function isSettled({ changedAt }: State): boolean {
  return changedAt < Date.now() - TICK;
}

async function look(path: string): Promise<State> {
  const stats = await lstat(path, { bigint: true });
  const all = [stats];
  const journals: string[] = [];
  for (const suffix of JOURNALS) {
    // The memory that readers share changes with each of them, the data does not.
    if (suffix === '-shm') continue;
    const found = await statOf(path + suffix);
    if (found === undefined) continue;
    journals.push(suffix);
    all.push(found);
  }
  const state = JSON.stringify([journals, all.map(stateOf)]);
  return {
    stats,
    journals,
    state,
    identity: all.every((one) => identityOf(one) !== undefined) ? state : undefined,
    changedAt: Math.max(...all.map(({ mtimeNs }) => Number(mtimeNs / 1_000_000n))),
  };
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function empty(path: string): Promise<void> {
  const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;
  await (await open(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, 0o600)).close();
}

function explain(doing: string, error: unknown, signal: AbortSignal | undefined): Error {
  signal?.throwIfAborted();
  const { message } = error as Error;
  if (/database is locked/.test(message)) {
    return new Error(
      `Cannot ${doing}: its application holds it for itself alone. Stop it for the copy (backup.pause).`,
      {
        cause: error,
      },
    );
  }
  return failure(doing, error);
}
