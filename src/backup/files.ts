/** Copies of folders: files, links, empty folders, with modes, owners and times. */
import { isUtf8 } from 'node:buffer';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, mkdir, open, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  attributesOf,
  copyBytes,
  eachOf,
  failure,
  identityOf,
  isCode,
  linkCopy,
  stateOf,
  sync,
  type Told,
} from './disk.ts';
import type { Entry, FileEntry, FilesPart, SourceFacts } from './manifest.ts';
import { createDatabaseTest, createExclude } from './patterns.ts';

export type FilesSource = Pick<FilesPart, 'folder' | 'exclude' | 'databases'>;

/** Something in a folder that is to be copied, by its path relative to it. */
export type Found = { path: string; stats: BigIntStats };
type Walked = { root: BigIntStats; found: Found[]; skipped: number };

/** A file that changes while it is read is read so often; the pauses between are milliseconds. */
const PAUSES = [200, 1000] as const;

/**
 * All in a folder that is not left out, parents first. Sockets and devices are counted only.
 * @throws Error for what cannot be copied: another file system inside, a name that is no text
 */
export async function walk(source: FilesSource, signal?: AbortSignal): Promise<Walked> {
  const isLeftOut = createLeftOut(source);
  const folder = await realpath(source.folder);
  const root = await lstat(folder, { bigint: true });
  const found: Found[] = [];
  let skipped = 0;
  const enter = async (inside: string): Promise<void> => {
    signal?.throwIfAborted();
    const paths = (await namesIn(join(folder, inside))).map((name) => join(inside, name));
    const looked: Found[] = [];
    await eachOf(
      paths.filter((path) => !isLeftOut(path)),
      async (path) => {
        const stats = await unlessGone(lstat(join(folder, path), { bigint: true }));
        if (stats !== undefined) looked.push({ path, stats });
      },
    );
    looked.sort((one, other) => (one.path < other.path ? -1 : 1));
    for (const one of looked) {
      if (one.stats.isDirectory() && one.stats.dev !== root.dev) {
        throw new Error(
          `"${join(source.folder, one.path)}" is another file system. Name it as a source of its own, and leave it out here.`,
        );
      }
      if (one.stats.isDirectory() || one.stats.isFile() || one.stats.isSymbolicLink()) found.push(one);
      else skipped += 1;
      if (one.stats.isDirectory()) await enter(one.path);
    }
  };
  await enter('');
  return { root, found, skipped };
}

/** What stays as it is, by its path relative to the folder: what is excluded, and databases that other sources hold. */
export function createLeftOut({ folder, exclude, databases }: FilesSource): (path: string) => boolean {
  const isExcluded = createExclude(exclude);
  const isDatabase = createDatabaseTest(databases);
  return (path) => isExcluded(path) || isDatabase(join(folder, path));
}

export async function describeFiles(source: FilesSource, signal?: AbortSignal): Promise<SourceFacts> {
  try {
    const { found } = await walk(source, signal);
    return factsOf(source, found.filter(({ stats }) => stats.isFile()).length);
  } catch (error) {
    throw explain(`read "${source.folder}"`, error, signal);
  }
}

/** Bytes that a copy takes. @param earlier what is unchanged since takes none */
export async function measureFiles(
  source: FilesSource,
  earlier?: FilesPart,
  signal?: AbortSignal,
): Promise<number> {
  try {
    const known = entriesByPath(earlier);
    const { found } = await walk(source, signal);
    return found.reduce((sum, { path, stats }) => {
      const isLinked = known.get(path)?.identity === stateOf(stats);
      return stats.isFile() && !isLinked ? sum + Number(stats.size) : sum;
    }, 0);
  } catch (error) {
    throw explain(`read "${source.folder}"`, error, signal);
  }
}

/**
 * @param copies a name inside `folder`, which is the copy's
 * @param earlier a part whose copies are linked where files have not changed since
 */
export async function takeFiles(
  source: FilesSource,
  {
    folder,
    copies,
    earlier,
  }: { folder: string; copies: string; earlier: { folder: string; part: FilesPart } | undefined },
  told: Told = {},
): Promise<FilesPart> {
  const { signal } = told;
  try {
    const target = join(folder, copies);
    const known = entriesByPath(earlier?.part);
    const { root, found, skipped } = await walk(source, signal);
    const entries = new Map<string, Entry>();
    const firstOf = new Map<string, string>();
    const files: Found[] = [];
    const others: { path: string; stats: BigIntStats; first: string }[] = [];
    const folders = [target];

    await mkdir(target, { mode: 0o700 });
    for (const { path, stats } of found) {
      if (stats.isDirectory()) {
        await mkdir(join(target, path), { mode: 0o700 });
        folders.push(join(target, path));
        entries.set(path, { type: 'folder', path, ...attributesOf(stats) });
      } else if (stats.isSymbolicLink()) {
        const to = await unlessGone(readlink(join(source.folder, path)));
        if (to !== undefined) entries.set(path, { type: 'link', path, ...attributesOf(stats), target: to });
      } else {
        const first = stats.nlink > 1n ? firstOf.get(inodeOf(stats)) : undefined;
        if (first !== undefined) others.push({ path, stats, first });
        else {
          firstOf.set(inodeOf(stats), path);
          files.push({ path, stats });
        }
      }
    }
    await eachOf(files, async ({ path, stats }) => {
      signal?.throwIfAborted();
      const before = known.get(path);
      const to = join(target, path);
      if (earlier !== undefined && before?.identity === stateOf(stats) && before.sameAs === undefined) {
        if (await linkCopy(join(earlier.folder, earlier.part.copies, path), to, before.size)) {
          entries.set(path, before);
          told.progress?.(before.size);
          return;
        }
      }
      const entry = await copyFile(join(source.folder, path), to, told);
      if (entry !== undefined) entries.set(path, { ...entry, path });
    });
    for (const { path, first } of others) {
      const entry = entries.get(first);
      if (entry?.type === 'file') entries.set(path, { ...entry, path, sameAs: first });
      // The first name went away meanwhile.
      else {
        const own = await copyFile(join(source.folder, path), join(target, path), told);
        if (own !== undefined) entries.set(path, { ...own, path });
      }
    }
    await eachOf(folders.toReversed(), sync);
    const kept = [...entries.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
    return {
      kind: 'files',
      ...source,
      facts: factsOf(source, kept.filter(({ type }) => type === 'file').length),
      copies,
      attributes: attributesOf(root),
      entries: kept,
      skipped,
    };
  } catch (error) {
    throw explain(`copy "${source.folder}"`, error, signal);
  }
}

/** One state of a file. @returns undefined when it is gone */
async function copyFile(from: string, to: string, told: Told): Promise<FileEntry | undefined> {
  for (const pause of [...PAUSES, undefined]) {
    const handle = await unlessGone(
      open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    );
    if (handle === undefined) return undefined;
    try {
      const before = await handle.stat({ bigint: true });
      const { size, sha256 } = await copyBytes(handle, to, { ...told, most: Number(before.size) });
      const after = await handle.stat({ bigint: true });
      if (stateOf(before) === stateOf(after) && BigInt(size) === after.size) {
        const identity = identityOf(before);
        return {
          type: 'file',
          path: from,
          ...attributesOf(before),
          size,
          sha256,
          ...(identity !== undefined && { identity }),
        };
      }
    } catch (error) {
      throw explain(`copy "${from}"`, error, told.signal);
    } finally {
      await handle.close();
    }
    await rm(to);
    if (pause !== undefined)
      await wait(pause, undefined, told.signal === undefined ? {} : { signal: told.signal });
  }
  throw new Error(
    `Cannot copy "${from}": it changed each of the ${PAUSES.length + 1} times that it was read. Stop its writer for the copy, or leave it out (exclude).`,
  );
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}

function entriesByPath(part: FilesPart | undefined): Map<string, FileEntry> {
  const files = part?.entries.filter((entry) => entry.type === 'file') ?? [];
  return new Map(files.map((entry) => [entry.path, entry]));
}

async function namesIn(folder: string): Promise<string[]> {
  const names = (await unlessGone(readdir(folder, { encoding: 'buffer' }))) ?? [];
  return names.map((name) => {
    if (isUtf8(name)) return name.toString();
    throw new Error(`"${join(folder, name.toString())}" has a name that is no UTF-8.`);
  });
}

/** A file may go away while a service works. */
async function unlessGone<Value>(looking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function factsOf({ folder }: FilesSource, files: number): SourceFacts {
  return { name: folder, kind: 'files', schema: undefined, counts: { files } };
}

function explain(doing: string, error: unknown, signal: AbortSignal | undefined): Error {
  signal?.throwIfAborted();
  return (error as Error).message.startsWith('Cannot ') ? (error as Error) : failure(doing, error);
}

/** Parents before what is in them. */
export function foldersFirst(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((one, other) => depthOf(one) - depthOf(other));
}

function depthOf({ path }: { path: string }): number {
  return path.split('/').length;
}
