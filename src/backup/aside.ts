/**
 * Where data is prepared and where what it replaces is kept: a hidden folder on the same file system, because only
 * a rename there is done at once or not at all.
 */
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCode, makeFolder, sync } from './disk.ts';
import { ASIDE } from './patterns.ts';

/**
 * Of one source and one putting back. `fresh` holds what comes, `old` what goes, `undone` what came and went again. From
 * `emptied` on, a file, nothing of what came is in its place any more.
 */
export type Area = { path: string; fresh: string; old: string; undone: string; emptied: string };

export function areaAt(path: string): Area {
  const [fresh = '', old = '', undone = '', emptied = ''] = ['fresh', 'old', 'undone', 'emptied'].map(
    (name) => join(path, name),
  );
  return { path, fresh, old, undone, emptied };
}

/** Beside a file, in its folder, which is made where it is missing. */
export async function areaOfFile(file: string, id: string): Promise<string> {
  const folder = dirname(await targetOf(file));
  await makeFolder(join(folder, ASIDE, id));
  return join(folder, ASIDE, id, basename(file));
}

/** Beside a folder; inside it where it is a file system of its own, or where nothing may be written beside it. */
export async function areaOfFolder(folder: string, id: string): Promise<string> {
  const path = await targetOf(folder);
  await makeFolder(path);
  const beside = join(dirname(path), ASIDE, id);
  if (await canMove(beside, path)) return join(beside, basename(path));
  const inside = join(path, ASIDE, id);
  await makeFolder(inside);
  return join(inside, basename(path));
}

/** Removes what an area held, and the folders above it that are empty then. */
export async function removeArea(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY', 'EEXIST')) return;
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
}

/** Whether a path is one that {@link areaOfFile} or {@link areaOfFolder} gave for this id. */
export function isArea(path: string, id: string): boolean {
  return basename(dirname(path)) === id && basename(dirname(dirname(path))) === ASIDE;
}

/**
 * Move something aside, never over something else that is there.
 * @returns where it lies now
 */
export async function setAside(path: string, old: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const to = count === 1 ? old : `${old}~${count}`;
    if (await isThere(to)) continue;
    await rename(path, to);
    return to;
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** What a path leads to, which need not be there. */
export async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT') || dirname(path) === path) throw error;
    return join(await targetOf(dirname(path)), basename(path));
  }
}

/** Two mounts of one disk look alike in every way but this. */
async function canMove(from: string, to: string): Promise<boolean> {
  const probe = join(to, `${ASIDE}-probe`);
  try {
    await makeFolder(from);
    await rm(probe, { recursive: true, force: true });
    await mkdir(join(from, 'probe'), { recursive: true });
    await rename(join(from, 'probe'), probe);
    await rmdir(probe);
    return true;
  } catch (error) {
    if (!isCode(error, 'EXDEV', 'EROFS', 'EACCES', 'EPERM', 'EBUSY')) throw error;
    await removeArea(join(from, 'probe'));
    return false;
  }
}

/** Every folder below and the path itself, with all names in them, are on the disk. */
export async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(path, entry.name));
  }
  await sync(path);
}
