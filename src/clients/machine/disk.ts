/** One disk: how full it is, and whether it is there at all. */
import { opendir, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../exec.ts';
import type { DiskState, LostDisk } from '../../report/services.ts';

const CHILD = fileURLToPath(new URL('disk-child.ts', import.meta.url));

/** @param isMount the path is to be where a disk is mounted: a mere folder there is none */
export async function lookAtDisk(path: string, isMount: boolean): Promise<DiskState | LostDisk> {
  try {
    const [own, above] = await Promise.all([stat(path), stat(dirname(path))]);
    if (isMount && path !== '/' && own.dev === above.dev) return { path, lost: 'not-mounted' };
    const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
    // Like df: what is reserved for root counts neither as used nor as free.
    const used = (blocks - bfree) * bsize;
    const free = bavail * bsize;
    return {
      path,
      size: used + free,
      used,
      free,
      // Some file systems make room for files as they come, and count none.
      ...(files > 0 ? { files: { size: files, free: ffree } } : {}),
      ...(isMount && (await isEmpty(path)) ? { isEmpty: true as const } : {}),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return { path, lost: 'gone' };
  }
}

/**
 * The same in a process of its own: one that waits for a disk of the network for ever holds none of Node's few threads,
 * and can be ended.
 * @param timeout milliseconds
 * @throws Error at the limit
 */
export async function lookAtDiskFromOutside(
  path: string,
  isMount: boolean,
  timeout: number,
): Promise<DiskState | LostDisk> {
  const { code, stdout, stderr } = await run([process.execPath, CHILD, path, String(isMount)], { timeout });
  if (code !== 0) throw new Error(`Cannot look at "${path}": ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as DiskState | LostDisk;
}

async function isEmpty(path: string): Promise<boolean> {
  for await (const { name } of await opendir(path)) if (name !== 'lost+found') return false;
  return true;
}
