/** An earlier copy of a folder, whose files get a second name where nothing has changed. For a thread of its own. */
import { linkSync, lstatSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { digestWaiting } from './blocking.ts';
import { isCode, stateOf } from './disk.ts';
import { readList } from './files-list.ts';
import { placeOf } from './files-walk.ts';
import { copyOf, lyingOf, type FileEntry, type FilesPart } from './manifest.ts';

export type EarlierFiles = {
  /** Of the copy. */
  folder: string;
  part: Pick<FilesPart, 'copies' | 'list' | 'fullAt'>;
  /** It was made a moment ago: its copies serve without being read again. */
  isFresh: boolean;
};

export type Earlier = {
  /**
   * Asked for in the order of a walk.
   * @returns the entry of a file that is in the very state in which it was copied
   */
  find(path: string, stats: BigIntStats): Promise<FileEntry | undefined>;
  /**
   * A second name for a copy.
   * @returns `spoilt`: it is not what was written, or cannot be read; `impossible`: it can have no other name there
   */
  link(entry: FileEntry, to: string): 'linked' | 'spoilt' | 'impossible';
  close(): Promise<void>;
};

/** Most files are smaller. */
const BUFFER = 256 * 1024;

/** @throws Error when its list is damaged */
export async function openEarlier({ folder, part, isFresh }: EarlierFiles): Promise<Earlier> {
  const entries = readList(folder, part.list);
  const buffer = Buffer.allocUnsafe(BUFFER);
  let next = await entries.next();
  return {
    async find(path, stats) {
      while (next.done !== true && next.value.path !== path && placeOf(next.value.path) < placeOf(path))
        next = await entries.next();
      if (next.done === true || next.value.path !== path) return undefined;
      const entry = next.value;
      return entry.type === 'file' && entry.identity === stateOf(stats) ? entry : undefined;
    },
    link(entry, to) {
      const copy = copyOf(part, entry);
      const from = join(folder, copy.file);
      const { size, sha256 } = lyingOf(copy);
      try {
        if (isFresh ? lstatSync(from).size !== size : !holds(from, { size, sha256, buffer })) return 'spoilt';
        // It may be stored under another name.
        linkSync(from, join(dirname(to), basename(from)));
        return 'linked';
      } catch (error) {
        // What holds it may have been removed, its name may be taken, and some file systems know no second names.
        if (isCode(error, 'ENOENT', 'EEXIST', 'EXDEV', 'EMLINK', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP'))
          return 'impossible';
        throw error;
      }
    },
    async close() {
      await entries.return(undefined);
    },
  };
}

function holds(path: string, { sha256, ...rest }: { size: number; sha256: string; buffer: Buffer }): boolean {
  try {
    const found = digestWaiting(path, rest);
    return found.size === rest.size && found.sha256 === sha256;
  } catch {
    // Whatever the reason: it will be copied anew, and told.
    return false;
  }
}
