/** If another user of this machine gets through to a folder. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The outermost folder on the way to `path`, itself included, that a user may not enter, by the modes alone.
 * @param path absolute
 * @param user.group gid of one group that the user is in
 */
export async function closedTo(
  path: string,
  user: { uid: number; group: number | undefined },
): Promise<string | undefined> {
  const parent = dirname(path);
  const outer = parent === path ? undefined : await closedTo(parent, user);
  if (outer !== undefined || user.uid === 0) return outer;
  const { mode, uid, gid } = await stat(path);
  if (uid === user.uid) return (mode & 0o100) === 0 ? path : undefined;
  if (gid === user.group) return (mode & 0o010) === 0 ? path : undefined;
  return (mode & 0o001) === 0 ? path : undefined;
}
