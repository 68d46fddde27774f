/** Copies of SQLite databases, taken while their application works or rests. */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
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
import type { SourceFacts, SqlitePart } from './manifest.ts';
import type { SqliteAnswer, SqliteMessage, SqliteTask } from './sqlite-worker.ts';

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
    const { answer } = await readStill(path, (task) => inWorker(task, { signal }));
    return factsOf(path, answer);
  } catch (error) {
    throw explain(`read "${path}"`, error, signal);
  }
}

/**
 * @param target a name inside `folder`, which is the copy's
 * @param earlier a part whose copy is linked where the database has not changed since
 */
export async function takeSqlite(
  { files, path }: Pick<SqlitePart, 'files' | 'path'>,
  {
    folder,
    target,
    earlier,
  }: { folder: string; target: string; earlier: { folder: string; part: SqlitePart } | undefined },
  told: Told = {},
): Promise<SqlitePart> {
  const file = join(folder, target);
  if (earlier !== undefined && (await isUnchanged(earlier.part))) {
    const copy = join(earlier.folder, earlier.part.copy.file);
    if (await linkCopy(copy, file, earlier.part.copy.size)) {
      return { ...earlier.part, files, copy: { ...earlier.part.copy, file: target } };
    }
  }
  let done = 0;
  const progress = (bytes: number) => {
    done += bytes;
    told.progress?.(bytes);
  };
  try {
    const { answer, before } = await readStill(path, async (task) => {
      await empty(file);
      return inWorker({ ...task, target: file }, { signal: told.signal, progress });
    }).catch((error: unknown) => takeRaw(path, file, { told, error }));
    await sync(file);
    told.progress?.(Math.max(0, Number(before.stats.size) - done));
    const copy = { file: target, ...(await digestFile(file, { signal: told.signal })) };
    const facts = factsOf(path, answer);
    const copied = await checkSqlite(file, told.signal);
    if (!isDeepStrictEqual({ ...copied, name: path }, facts))
      throw new Error('the copy has other rows than it had.');
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
    throw explain(`copy "${path}"`, error, told.signal);
  }
}

/** Reads all of a copy. @throws Error that says what is wrong with it */
export async function checkSqlite(copy: string, signal?: AbortSignal): Promise<SourceFacts> {
  const answer = await inWorker({ path: copy, isStill: true, check: true }, { signal });
  return factsOf(copy, answer);
}

/**
 * Read a database without locks where nobody has it open: an ordinary reader leaves a journal beside it. When somebody
 * came meanwhile, or is there, it is read as one reader among others.
 */
async function readStill(
  given: string,
  read: (task: SqliteTask) => Promise<SqliteAnswer>,
): Promise<{ answer: SqliteAnswer; before: State }> {
  const path = await realpath(given);
  const before = await look(path);
  if (isStill(before)) {
    const answer = await read({ path, isStill: true }).catch((error: unknown) => error as Error);
    const after = await look(path);
    if (after.state === before.state) {
      if (answer instanceof Error) throw answer;
      return { answer, before };
    }
  }
  const now = await look(path);
  return { answer: await read({ path, isStill: false }), before: now };
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
  { told: { signal }, error }: { told: Told; error: unknown },
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
    return { answer: await inWorker({ path: file, isStill: false, recover: true }, { signal }), before };
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

async function inWorker(task: SqliteTask, { signal, progress }: Told): Promise<SqliteAnswer> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL('sqlite-worker.ts', import.meta.url), {
    workerData: task,
    // Older versions of Node warn of SQLite each time.
    stderr: true,
  });
  const left = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: SqliteMessage) => {
        if ('answer' in message) resolve(message.answer);
        else progress?.(message.progress);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('its reader ended without an answer.')));
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: left.signal });
    });
  } finally {
    left.abort();
    await worker.terminate();
  }
}

function factsOf(path: string, { schema, counts }: SqliteAnswer): SourceFacts {
  return { name: path, kind: 'sqlite', schema, counts };
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
