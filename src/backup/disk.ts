/** Files that are on the disk when a call returns, and know what they hold. */
import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import {
  chmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rename,
  statfs,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Attributes } from './manifest.ts';

export type Told = { signal?: AbortSignal | undefined; progress?: ((bytes: number) => void) | undefined };

const CHUNK = 1024 * 1024;
/** Most files are smaller than a chunk. */
const FIRST_CHUNK = 32 * 1024;
/** As many files at once keep a disk busy and leave the thread pool to others. */
const AT_ONCE = 3;

/** A folder that only its owner enters, with its parents; each one's name is on the disk. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder))
    await sync(dirname(folder));
}

/** Of a file its bytes, of a folder the names in it. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whole or not at all, under its name or not at all. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await move(temporary, path);
}

/** Rename, and have it on the disk. */
export async function move(from: string, to: string): Promise<void> {
  await rename(from, to);
  await sync(dirname(to));
  if (dirname(from) !== dirname(to)) await sync(dirname(from));
}

/**
 * @param to made anew, mode 0600
 * @param options.most ends soon after so many bytes: a file can grow faster than it is read
 * @param options.attributes that the copy gets
 * @returns what was read
 */
export async function copyBytes(
  from: FileHandle,
  to: string,
  { attributes, ...told }: Told & { most?: number; attributes?: Attributes } = {},
): Promise<{ size: number; sha256: string }> {
  const target = await open(to, 'wx', 0o600);
  try {
    const read = await readAll(from, told, async (bytes) => {
      await writeAll(target, bytes);
    });
    if (attributes !== undefined) await setOpen(target, attributes);
    await target.sync();
    return read;
  } finally {
    await target.close();
  }
}

/** Owner, mode and time of an open file. */
export async function setOpen(target: FileHandle, attributes: Attributes): Promise<void> {
  // Before the mode: a change of the owner takes the set-user-id bit away.
  await target.chown(attributes.uid, attributes.gid);
  await target.chmod(attributes.mode);
  await target.utimes(...timesOf(attributes));
}

/** SHA-256 and size of a file. */
export async function digestFile(path: string, told: Told = {}): Promise<{ size: number; sha256: string }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await readAll(handle, told, async () => {});
  } finally {
    await handle.close();
  }
}

export async function writeAll(target: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await target.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

async function readAll(
  handle: FileHandle,
  { signal, progress, most = Infinity }: Told & { most?: number },
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let buffer = Buffer.allocUnsafe(FIRST_CHUNK);
  let size = 0;
  for (;;) {
    signal?.throwIfAborted();
    if (size === FIRST_CHUNK) buffer = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0 || size > most) return { size, sha256: hash.digest('hex') };
    const bytes = buffer.subarray(0, bytesRead);
    hash.update(bytes);
    await take(bytes);
    size += bytesRead;
    progress?.(bytesRead);
  }
}

/** A few of them at a time, in their order; the first error ends it once those under way have ended. */
export async function eachOf<Item>(
  items: AsyncIterator<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const lane = async () => {
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      if (failures.length > 0) return;
      await work(next.value);
    }
  };
  const lanes = Array.from({ length: AT_ONCE }, () => lane().catch((error: unknown) => failures.push(error)));
  await Promise.all(lanes);
  await items.return?.();
  if (failures.length > 0) throw failures[0];
}

export function attributesOf(stats: BigIntStats): Attributes {
  return {
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: String(stats.mtimeNs),
  };
}

/** Owner, mode and time as they were. @param isLink leaves what it points to alone */
export async function setAttributes(path: string, attributes: Attributes, isLink = false): Promise<void> {
  await lchown(path, attributes.uid, attributes.gid);
  if (isLink) return lutimes(path, ...timesOf(attributes));
  await chmod(path, attributes.mode);
  await utimes(path, ...timesOf(attributes));
}

/** Seconds, to the microsecond. */
function timesOf({ mtime }: Attributes): [number, number] {
  const seconds = Number(BigInt(mtime) / 1000n) / 1e6;
  return [seconds, seconds];
}

/** A second name for an earlier copy. @returns false where that cannot be had */
export async function linkCopy(from: string, to: string, size: number): Promise<boolean> {
  try {
    if ((await lstat(from)).size !== size) return false;
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'EXDEV', 'EMLINK', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP')) return false;
    throw error;
  }
}

/** Bytes that are free on the disk of a folder, or of the nearest one above it that exists. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (!isCode(error, 'ENOENT') || dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

/**
 * A state of a file that no later one shares: inode, size and times. Undefined for a file that changed in the last
 * minute: a second change may leave the same time, and one through a memory map does so until the kernel has written
 * the page back (30 s by default).
 */
export function identityOf(stats: BigIntStats, now = Date.now()): string | undefined {
  const isSettled = Number(stats.ctimeNs / 1_000_000n) < now - 60_000;
  return isSettled ? stateOf(stats) : undefined;
}

export function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && codes.includes(code);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist.',
  EACCES: 'permission is denied.',
  EPERM: 'permission is denied.',
  ENOSPC: 'the disk is full.',
  EDQUOT: 'the disk quota is used up.',
  EROFS: 'the file system is read-only.',
  EIO: 'the disk gives a read or write error.',
  ENOTDIR: 'it is no folder.',
  ELOOP: 'it has become a symbolic link.',
};

/** A plain sentence: `Cannot copy "/x": the disk is full.` */
export function failure(doing: string, error: unknown): Error {
  const why = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
  return new Error(`Cannot ${doing}: ${why}`, { cause: error });
}
