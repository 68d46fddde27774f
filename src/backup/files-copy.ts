/** Copying a folder, for a thread of its own: all its calls wait. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  rmSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { during, unlessGone, type Progress } from './blocking.ts';
import { attributesOf, failure, identityOf, stateOf } from './disk.ts';
import { openEarlier, type EarlierFiles } from './files-earlier.ts';
import { writeList } from './files-list.ts';
import { walk, type FilesSource, type Found } from './files-walk.ts';
import type { Entry, FileEntry, FilesPart, Named } from './manifest.ts';

export type CopyTask = {
  source: FilesSource;
  /** Of the copy, where two names begin with `name`: the folder of the copies, and their list. */
  folder: string;
  name: string;
  earlier: EarlierFiles | undefined;
  /** Milliseconds since 1970. */
  now: number;
};

/** A file that changes while it is read is read so often; the pauses between are milliseconds. */
const PAUSES = [200, 1000] as const;
const BUFFER = 1024 * 1024;
/** As many files at once keep a disk busy and leave the thread pool to others. */
const SYNCS_AT_ONCE = 3;
/** So many names are kept of what is only counted otherwise. */
const NAMED = 20;

type Taken = { entry: FileEntry; stats: BigIntStats };

/**
 * @returns the part of the manifest; all that it names is on the disk then
 * @throws Error for what cannot be copied, and where the folder or its copy is taken away meanwhile
 */
export async function copyFolder(task: CopyTask, progress: Progress): Promise<FilesPart> {
  const { source, folder, name, now } = task;
  const target = join(folder, name);
  const writing = `copy "${source.folder}" to "${target}"`;
  const { folder: from, root, found } = walk(source);
  const isThere = during(writing, () => {
    mkdirSync(target, { mode: 0o700 });
    return createSameTest(target);
  });
  const list = during(writing, () => writeList(`${target}.jsonl`));
  const copier = createCopier(now, progress);
  const spoilt = createNames();
  const skipped = createNames();
  const earlier =
    task.earlier &&
    (await openEarlier(task.earlier).catch(() => {
      // A damaged list says of no file what it was: all of them are copied anew, and that is told.
      spoilt.add(task.earlier?.part.list.file ?? '');
      return undefined;
    }));
  const folders = [target];
  /** Files that may have more names, by inode. */
  const firstOf = new Map<string, FileEntry>();
  let [files, linked, size] = [0, 0, 0];

  const add = (entry: Entry) => during(writing, () => list.add(entry));
  const takeOnce = async ({ path, stats }: Found): Promise<Taken | undefined> => {
    const to = join(target, path);
    const known = await earlier?.find(path, stats);
    const outcome = known && during(writing, () => earlier?.link(known, to));
    if (outcome === 'spoilt') spoilt.add(path);
    if (known === undefined || outcome !== 'linked') return copier.copy(join(from, path), to, path);
    linked += 1;
    progress(known.size);
    const { sameAs: _, ...entry } = known;
    return { entry, stats };
  };
  const takeFile = async (one: Found): Promise<void> => {
    const { path, stats } = one;
    const first = stats.nlink > 1n ? firstOf.get(inodeOf(stats)) : undefined;
    if (first !== undefined) {
      add({ ...first, path, sameAs: first.path });
    } else {
      const taken = await takeOnce(one);
      if (taken === undefined) return;
      add(taken.entry);
      size += taken.entry.size;
      if (taken.stats.nlink > 1n) firstOf.set(inodeOf(taken.stats), taken.entry);
    }
    files += 1;
  };

  try {
    for (const one of found) {
      const { path, stats } = one;
      if (stats.isFile()) {
        await takeFile(one);
      } else if (stats.isDirectory()) {
        during(writing, () => mkdirSync(join(target, path), { mode: 0o700 }));
        folders.push(join(target, path));
        add({ type: 'folder', path, ...attributesOf(stats) });
      } else if (stats.isSymbolicLink()) {
        const to = unlessGone(`read "${join(from, path)}"`, () => readlinkSync(join(from, path)));
        if (to !== undefined) add({ type: 'link', path, ...attributesOf(stats), target: to });
      } else {
        skipped.add(path);
      }
    }
    const copy = during(writing, () => list.end());
    for (const path of folders.toReversed())
      await copier.sync(
        during(writing, () => openSync(path, constants.O_RDONLY)),
        path,
      );
    await copier.end();
    if (!isThere()) throw new Error(`"${target}" is gone.`);
    return {
      kind: 'files',
      ...source,
      facts: { name: source.folder, kind: 'files', counts: { files } },
      copies: name,
      list: copy,
      size,
      attributes: attributesOf(root),
      linked,
      fullAt: linked === 0 ? now : (task.earlier?.part.fullAt ?? now),
      skipped: skipped.all,
      spoilt: spoilt.all,
    };
  } catch (error) {
    await copier.end().catch(() => undefined);
    if (isThere()) throw error;
    throw new Error(
      `Cannot ${writing}: the folder of the copy is gone. Is the disk of the copies still mounted?`,
      { cause: error },
    );
  } finally {
    await earlier?.close();
  }
}

/** What copies files; each is on the disk once `end` has returned. */
function createCopier(now: number, progress: Progress) {
  const buffer = Buffer.allocUnsafe(BUFFER);
  const underway = new Set<Promise<void>>();
  const failures: unknown[] = [];

  /** Takes the open file over, and closes it. */
  const sync = async (file: number, path: string): Promise<void> => {
    const one = promisify(fsync)(file)
      .catch((error: unknown) => void failures.push(failure(`copy to "${path}"`, error)))
      .finally(() => {
        closeSync(file);
        underway.delete(one);
      });
    underway.add(one);
    if (underway.size >= SYNCS_AT_ONCE) await Promise.race(underway);
    if (failures.length > 0) throw failures[0];
  };

  /** @returns undefined when it changed meanwhile */
  const readOnce = (source: number, target: number, names: { from: string; to: string }) => {
    const digest = createHash('sha256');
    const before = fstatSync(source, { bigint: true });
    if (!before.isFile()) throw new Error(`Cannot read "${names.from}": it is no file any more.`);
    // It can grow faster than it is read.
    const most = Number(before.size);
    let size = 0;
    for (;;) {
      const read = during(`read "${names.from}"`, () => readSync(source, buffer, 0, buffer.length, size));
      if (read === 0 || size > most) break;
      digest.update(buffer.subarray(0, read));
      during(`copy "${names.from}" to "${names.to}"`, () => {
        for (let at = 0; at < read;) at += writeSync(target, buffer, at, read - at);
      });
      size += read;
      progress(read);
    }
    const after = fstatSync(source, { bigint: true });
    if (stateOf(before) !== stateOf(after) || BigInt(size) !== after.size) return undefined;
    return { stats: before, size, sha256: digest.digest('hex') };
  };

  /** One state of a file. @returns undefined when it is gone */
  const copy = async (from: string, to: string, path: string): Promise<Taken | undefined> => {
    for (const pause of [...PAUSES, undefined]) {
      const source = unlessGone(`read "${from}"`, () =>
        openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
      );
      if (source === undefined) return undefined;
      let target: number | undefined;
      try {
        target = during(`copy "${from}" to "${to}"`, () => openSync(to, 'wx', 0o600));
        const read = readOnce(source, target, { from, to });
        if (read !== undefined) {
          const { stats, size, sha256 } = read;
          const whole = target;
          target = undefined;
          await sync(whole, to);
          const identity = identityOf(stats, now);
          const known = identity === undefined ? {} : { identity };
          return { stats, entry: { type: 'file', path, ...attributesOf(stats), size, sha256, ...known } };
        }
      } finally {
        closeSync(source);
        if (target !== undefined) closeSync(target);
      }
      rmSync(to);
      if (pause !== undefined) await wait(pause);
    }
    throw new Error(
      `Cannot copy "${from}": it changed each of the ${PAUSES.length + 1} times that it was read. Stop its writer for the copy, or leave it out (exclude).`,
    );
  };

  return {
    copy,
    sync,
    async end(): Promise<void> {
      await Promise.all(underway);
      if (failures.length > 0) throw failures[0];
    },
  };
}

function createNames() {
  const all: Named = { count: 0, names: [] };
  return {
    all,
    add(path: string): void {
      all.count += 1;
      if (all.names.length < NAMED) all.names.push(path);
    },
  };
}

/** @returns whether a folder is still the one that it is now */
function createSameTest(folder: string): () => boolean {
  const own = lstatSync(folder, { bigint: true });
  return () => {
    const present = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
    return present?.ino === own.ino && present.dev === own.dev;
  };
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}
