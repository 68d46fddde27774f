/**
 * Reading and removing a file that lies in a folder, and nowhere else. Others can write there, and put a link in the
 * place of a file or of a folder at any moment; what was opened is asked of the kernel where it really is.
 */
import { constants } from 'node:fs';
import { lstat, open, readlink, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCode } from '../pictures/folder.ts';
import { stampOf } from './scan.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/** The path of what is open, for everything that takes a path: another file cannot be put there. Linux. */
export const pathOf = (file: FileHandle): string => `/proc/self/fd/${file.fd}`;

/**
 * @param root a real path, without links in it
 * @param path relative to it
 * @returns undefined when it is not there, or is reached through a link
 */
export async function openWithin(root: string, path: string): Promise<FileHandle | undefined> {
  // A pipe would otherwise wait for somebody to write.
  return openAs(join(root, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

/** @returns false when another file is there, or none */
export async function removeWithin(root: string, path: string, stamp: string): Promise<boolean> {
  const folder = await openAs(dirname(join(root, path)), O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
  if (folder === undefined) return false;
  try {
    const file = join(pathOf(folder), basename(path));
    if (stampOf(await lstat(file)) !== stamp) return false;
    await unlink(file);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  } finally {
    await folder.close();
  }
}

async function openAs(path: string, flags: number): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, flags);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].some((code) => isCode(error, code))) return undefined;
    throw error;
  }
  if ((await readlink(pathOf(file))) === path) return file;
  await file.close();
  return undefined;
}
