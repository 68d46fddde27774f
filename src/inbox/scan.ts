/** What lies in the inbox: plain files, in sub-folders too. Links are not followed, and what is hidden or half loaded is not seen. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from '../pictures/folder.ts';

export type Found = {
  /** Relative to the folder. */
  path: string;
  /** Changes with the file. */
  stamp: string;
  size: number;
};

export type Inventory = {
  files: Found[];
  /** The folder itself and those in it, absolute. */
  folders: string[];
  /** Folders that cannot be read, with the reason. */
  closed: { path: string; cause: unknown }[];
};

/** What browsers, file servers and sync programs call a file on its way. */
const PARTIAL = /(?:~|\.(?:part|partial|crdownload|download|opdownload|filepart|tmp|temp|aria2|!qb))$/i;
/** Hidden, of an office program, of Syncthing. */
const HIDDEN = /^(?:\.|~)/;
const DEEPEST = 32;

/** @throws when the folder itself cannot be read */
export async function scan(root: string): Promise<Inventory> {
  const inventory: Inventory = { files: [], folders: [], closed: [] };
  await walk(root, '', inventory);
  return inventory;
}

async function walk(root: string, folder: string, inventory: Inventory): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  inventory.folders.push(join(root, folder));
  const names = new Set(entries.map(({ name }) => name.toLowerCase()));
  const isSeen = (name: string) => !HIDDEN.test(name) && !PARTIAL.test(name) && !isOnItsWay(name, names);
  const seen = entries.filter(({ name }) => isSeen(name));
  const files = seen.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  const found = await Promise.all(files.map((path) => look(root, path)));
  inventory.files.push(...found.filter((file) => file !== undefined));

  if (folder.split('/').length > DEEPEST) return;
  for (const entry of seen) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    try {
      await walk(root, path, inventory);
    } catch (error) {
      // Gone meanwhile, or somebody's own.
      if (!isCode(error, 'ENOENT')) inventory.closed.push({ path, cause: error });
    }
  }
}

/** Some programs keep a second file beside the one that they fill. */
const isOnItsWay = (name: string, names: ReadonlySet<string>): boolean =>
  ['part', 'aria2', 'crdownload', 'partial'].some((end) => names.has(`${name}.${end}`.toLowerCase()));

async function look(root: string, path: string): Promise<Found | undefined> {
  try {
    const stats = await lstat(join(root, path));
    return stats.isFile() && stats.size > 0 ? { path, stamp: stampOf(stats), size: stats.size } : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

export const stampOf = (stats: { dev: number; ino: number; size: number; mtimeMs: number }): string =>
  [stats.dev, stats.ino, stats.size, stats.mtimeMs].join(':');
