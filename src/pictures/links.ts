/** Names that people give, and the end of the copies: what happens to a file of PICTURES_DIR after it was published. */
import { lstat, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureRow } from '../store/pictures.ts';
import { isCode } from './folder.ts';
import { originalName } from './names.ts';

/**
 * Let a file be opened by a further name.
 * @param target its own name, which goes on to work
 * @returns false when something else bears that name
 */
export async function addName(folder: string, target: string, name: string): Promise<boolean> {
  try {
    // Relative, so that it holds where the folder is mounted under another path.
    await symlink(target, join(folder, name));
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    return (await targetOf(join(folder, name))) === target;
  }
}

/** Remove what a picture has in the folder. What is there under its names but is not its own stays. */
export async function removeCopies(folder: string, row: PictureRow): Promise<void> {
  const { number, name, tiles, moving, names, format } = row;
  if (name === undefined) return;
  const links = [...names, ...(await readdir(folder)).filter((file) => file.startsWith('latest.'))];
  for (const link of links) {
    if ((await targetOf(join(folder, link))) === name) await rm(join(folder, link), { force: true });
  }
  const beside = [moving, format === undefined ? undefined : originalName(number, format)];
  const files = [name, ...tiles, ...beside.filter((file) => file !== undefined)];
  for (const file of files) {
    if (await isFile(join(folder, file))) await rm(join(folder, file), { force: true });
  }
}

/** If a picture's file is there to be opened. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return false;
    throw error;
  }
}

async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // EINVAL: it is no link.
    if (isCode(error, 'ENOENT') || isCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}
