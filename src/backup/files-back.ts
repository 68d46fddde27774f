/** A folder's contents replaced by a copy of them; what the copy leaves out stays where it is. */
import { link, lstat, mkdir, readdir, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { areaAt, isThere, setAside, syncTree } from './aside.ts';
import {
  attributesOf,
  eachOf,
  failure,
  freeBytes,
  isCode,
  makeFolder,
  setAttributes,
  sync,
  writeDurably,
  type Told,
} from './disk.ts';
import { readList } from './files-list.ts';
import { createLeftOut } from './files-walk.ts';
import { copyOf, type Attributes, type Entry, type FileEntry, type FilesPart } from './manifest.ts';
import { extractCopy } from './stored.ts';
import { formatSize } from '../units.ts';

export type FilesBack = {
  part: FilesPart;
  /** Where the folder lies. */
  folder: string;
  /** Of the copy. */
  copy: string;
  identityFile: string | undefined;
  area: string;
};

/** Lay the contents ready on the disk where they will be. Called again it begins anew. */
export async function stageFiles({ part, copy, identityFile, area }: FilesBack, told: Told): Promise<void> {
  const { path, fresh } = areaAt(area);
  const folders: Entry[] = [];
  const twins: FileEntry[] = [];
  const lay = async (entry: Entry): Promise<void> => {
    const to = join(fresh, entry.path);
    if (entry.type === 'folder') folders.push(entry);
    else if (entry.type === 'link') {
      await symlink(entry.target, to);
      await setAttributes(to, entry, true);
    } else if (entry.sameAs !== undefined) twins.push(entry);
    else await extractCopy(copy, copyOf(part, entry), to, { ...told, identityFile, attributes: entry });
  };
  try {
    await rm(path, { recursive: true, force: true });
    await makeFolder(fresh);
    await requireRoom(part, path);
    await eachOf(foldersMade(readList(copy, part.list), fresh), lay);
    for (const { path: name, sameAs = '' } of twins) await link(join(fresh, sameAs), join(fresh, name));
    // Last, because what is put into a folder changes its time.
    for (const entry of folders.toReversed()) await setAttributes(join(fresh, entry.path), entry);
    await syncTree(path);
  } catch (error) {
    told.signal?.throwIfAborted();
    throw failure(`put back "${part.folder}"`, error);
  }
}

/** Each folder is there before what is in it is given. */
async function* foldersMade(entries: AsyncIterable<Entry>, fresh: string): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    if (entry.type === 'folder') await mkdir(join(fresh, entry.path), { mode: 0o700 });
    yield entry;
  }
}

/** Replace the contents. Called again it finishes, or does nothing. @returns where the old ones are kept */
export async function swapFiles({ part, folder, copy, area }: FilesBack): Promise<string> {
  const { fresh, old } = areaAt(area);
  const cleared = clearedAt(area);
  try {
    if (!(await isThere(fresh))) return old;
    if (!(await isThere(cleared))) {
      await makeFolder(old);
      const present = attributesOf(await lstat(folder, { bigint: true }));
      await clear({ folder, old, isLeftOut: createLeftOut(part) }, '');
      await setAttributes(old, present);
      await syncTree(old);
      await writeDurably(cleared, '');
    }
    const attributes = new Map<string, Attributes>();
    for await (const entry of readList(copy, part.list)) {
      if (entry.type === 'folder') attributes.set(entry.path, entry);
    }
    await place({ fresh, folder, old, attributes }, '');
    await setAttributes(folder, part.attributes);
    await sync(folder);
    await rmdir(fresh);
    await sync(dirname(fresh));
    return old;
  } catch (error) {
    throw failure(`put back "${part.folder}"`, error);
  }
}

/**
 * Bring the old contents back, or what of them {@link swapFiles} had moved when it was cut off. Called again it finishes,
 * or does nothing.
 * @returns where those that were in their place are kept; undefined where there were none
 */
export async function returnFiles({ part, folder, area }: FilesBack): Promise<string | undefined> {
  const { fresh, old, undone, emptied } = areaAt(area);
  try {
    if (await isThere(old)) {
      if (!(await isThere(emptied))) {
        // Before all of the old had gone, what is in the folder is old still.
        const isReplaced = !(await isThere(fresh)) || (await isThere(clearedAt(area)));
        if (isReplaced) {
          await makeFolder(undone);
          await clear({ folder, old: undone, isLeftOut: createLeftOut(part) }, '');
          await syncTree(undone);
        }
        await writeDurably(emptied, '');
      }
      const own = attributesOf(await lstat(old, { bigint: true }));
      const attributes = await attributesBelow(old);
      await place({ fresh: old, folder, old: undone, attributes }, '');
      await setAttributes(folder, own);
      await sync(folder);
      await rmdir(old);
      await sync(area);
    }
    return (await isThere(undone)) ? undone : undefined;
  } catch (error) {
    throw failure(`bring back "${part.folder}"`, error);
  }
}

/** Of all folders in a folder. */
async function attributesBelow(
  folder: string,
  inside = '',
  found = new Map<string, Attributes>(),
): Promise<Map<string, Attributes>> {
  for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(inside, entry.name);
    found.set(path, attributesOf(await lstat(join(folder, path), { bigint: true })));
    await attributesBelow(folder, path, found);
  }
  return found;
}

/** A file: once all of the old has gone, what is in the folder is new. */
const clearedAt = (area: string): string => join(area, 'cleared');

type Clearing = { folder: string; old: string; isLeftOut: (path: string) => boolean };

async function clear(clearing: Clearing, inside: string): Promise<void> {
  const { folder, old, isLeftOut } = clearing;
  for (const name of await readdir(join(folder, inside))) {
    const path = join(inside, name);
    if (isLeftOut(path)) continue;
    const present = join(folder, path);
    const stats = await lstat(present, { bigint: true });
    if (stats.isDirectory() && (await holdsLeftOut(clearing, path))) {
      await mkdir(join(old, path)).catch((error: unknown) => {
        if (!isCode(error, 'EEXIST')) throw error;
      });
      await clear(clearing, path);
      await setAttributes(join(old, path), attributesOf(stats));
    } else {
      await setAside(present, join(old, path));
    }
  }
  await sync(join(folder, inside));
}

async function holdsLeftOut(clearing: Clearing, inside: string): Promise<boolean> {
  for (const entry of await readdir(join(clearing.folder, inside), { withFileTypes: true })) {
    const path = join(inside, entry.name);
    if (clearing.isLeftOut(path)) return true;
    if (entry.isDirectory() && (await holdsLeftOut(clearing, path))) return true;
  }
  return false;
}

type Placing = {
  fresh: string;
  folder: string;
  old: string;
  /** Of the folders, by path. */
  attributes: ReadonlyMap<string, Attributes>;
};

async function place(placing: Placing, inside: string): Promise<void> {
  const { fresh, folder, old, attributes } = placing;
  for (const entry of await readdir(join(fresh, inside), { withFileTypes: true })) {
    const path = join(inside, entry.name);
    const to = join(folder, path);
    if (await isThere(to)) {
      if (entry.isDirectory() && (await lstat(to)).isDirectory()) {
        await place(placing, path);
        const own = attributes.get(path);
        if (own !== undefined) await setAttributes(to, own);
        await sync(to);
        await rmdir(join(fresh, path));
        continue;
      }
      // Somebody has been at work since a kill cut this off.
      await makeFolder(dirname(join(old, path)));
      await setAside(to, join(old, path));
    }
    await rename(join(fresh, path), to);
  }
  await sync(join(folder, inside));
}

async function requireRoom({ size: needed }: FilesPart, area: string): Promise<void> {
  const free = await freeBytes(area);
  if (free < needed)
    throw new Error(`it needs ${formatSize(needed)} beside the present data, ${formatSize(free)} are free.`);
}
