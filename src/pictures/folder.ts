/**
 * PICTURES_DIR: what the agent opens, under short names that keep their meaning, and `.waiting` with what is on its
 * way. A file appears under its final name complete and for good, or not at all.
 */
import { createReadStream, readdirSync } from 'node:fs';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Logger } from '../logger.ts';
import { numberOf } from './names.ts';

/** What came: the file itself, and the moving part of a live photo. */
export type Waiting = 'original' | 'clip';

export type PictureFolder = {
  readonly path: string;
  /** The highest number that a file here bears; 0 without any. */
  last(): number;
  /** Make the folders, give them to the agent's group, clear away what waits for none of these pictures and uploads. */
  prepare(owners: readonly (number | string)[]): Promise<void>;
  /** Where something on its way is written: `what` tells several files of one picture apart. */
  part(number: number, what: string): string;
  /** Forget an upload whose bytes the picture has. */
  dropUpload(id: string): Promise<void>;
  /** Give them a second name, as a part: that costs nothing, and can be done again after a kill. @returns false when they are gone */
  linkUpload(id: string, part: string): Promise<boolean>;
  /** Where the original waits. */
  original(number: number): string;
  /** Where the clip of a live photo waits. */
  clip(number: number): string;
  /** The written `part` is the original, or the clip, from now on, whatever happens. */
  keep(number: number, what: Waiting, part: string): Promise<void>;
  /**
   * Give a written part its final name. A file of that name with the same content is taken for an earlier try of ours.
   * @returns false when somebody else's file bears the name
   */
  publish(part: string, name: string): Promise<boolean>;
  /** The same for the original or the clip, which stays where it waits. */
  publishWaiting(number: number, what: Waiting, name: string): Promise<boolean>;
  /** Point `latest.*` to a picture, unless it points to a newer one. */
  setLatest(name: string): Promise<void>;
  /** Forget all parts: a kill may have left one as a second name of a published file, not to be written over. */
  dropParts(number: number): Promise<void>;
  /** Forget what waits and all parts. */
  drop(number: number): Promise<void>;
};

/** Where the bytes of an upload wait for their picture's row. */
export const uploadPath = (folder: string, id: string): string => join(folder, WAITING, `${id}.upload`);

const WAITING = '.waiting';
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;
const BLOCKS = { highWaterMark: 1 << 18 };

/**
 * @param path PICTURES_DIR
 * @param options.group gid of the group that may read; undefined leaves the group as it is
 */
export function createPictureFolder(
  path: string,
  options: { group: number | undefined; log: Logger },
): PictureFolder {
  const { group, log } = options;
  const waiting = join(path, WAITING);
  const pathOf = (number: number, what: Waiting) => join(waiting, `${number}.${what}`);
  let groupRefused = false;
  let latest: Promise<void> = Promise.resolve();

  const giveToGroup = async (file: string) => {
    if (group === undefined || groupRefused) return;
    try {
      await chown(file, -1, group);
    } catch (error) {
      // Not root, and not a member of that group: said once, then the files stay as they are.
      groupRefused = true;
      log.warn({ group, cause: String(error) }, 'cannot give pictures to the group of the agent');
    }
  };

  /** @param outermost of the folders that were made on the way to this one */
  const letOnlyGroupIn = async (outermost: string) => {
    for (let made = path; made.startsWith(outermost); made = dirname(made)) {
      await giveToGroup(made);
      await chmod(made, FOLDER_MODE);
    }
  };

  /** A folder that was there keeps the modes that its owner gave it, unless they shut the agent out. */
  const letGroupIn = async () => {
    const { mode, gid } = await stat(path);
    const isOpen = (mode & 0o005) === 0o005 || (gid === group && (mode & 0o050) === 0o050);
    if (isOpen || group === undefined) return;
    await giveToGroup(path);
    await chmod(path, (mode & 0o7777) | 0o050);
  };

  const switchLatest = async (name: string) => {
    const links = (await readdir(path)).filter((file) => file.startsWith('latest.'));
    const targets = await Promise.all(links.map((file) => readlink(join(path, file)).catch(() => '')));
    const newest = Math.max(0, ...targets.map((target) => numberOf(target) ?? 0));
    if (newest > (numberOf(name) ?? 0)) return;
    const link_ = `latest${extname(name)}`;
    const temporary = join(waiting, 'latest');
    await rm(temporary, { force: true });
    await symlink(name, temporary);
    await rename(temporary, join(path, link_));
    await Promise.all(
      links.filter((file) => file !== link_).map((file) => rm(join(path, file), { force: true })),
    );
  };

  const removeWaiting = async (isMeant: (file: string) => boolean) => {
    const files = (await readdir(waiting)).filter(isMeant);
    await Promise.all(files.map((file) => rm(join(waiting, file), { force: true })));
  };

  const partOf = (number: number, what: string) => join(waiting, `${number}.${what}.part`);

  const publish = async (part: string, name: string) => {
    const target = join(path, name);
    await chmod(part, FILE_MODE);
    await giveToGroup(part);
    await sync(part);
    try {
      await link(part, target);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      if (!(await isSame(part, target))) return false;
    }
    await sync(path);
    await rm(part, { force: true });
    return true;
  };

  return {
    path,
    last() {
      let files: string[];
      try {
        files = readdirSync(path);
      } catch (error) {
        if (isCode(error, 'ENOENT')) return 0;
        throw error;
      }
      return files.reduce((most, file) => Math.max(most, numberOf(file) ?? 0), 0);
    },
    async prepare(owners) {
      const made = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
      await mkdir(waiting, { recursive: true, mode: 0o700 });
      await (made === undefined ? letGroupIn() : letOnlyGroupIn(made));
      const owned = new Set(owners.map(String));
      await removeWaiting((file) => !owned.has(file.split('.')[0] ?? ''));
    },
    part: partOf,
    dropUpload: (id) => rm(uploadPath(path, id), { force: true }),
    async linkUpload(id, part) {
      await rm(part, { force: true });
      try {
        await link(uploadPath(path, id), part);
        return true;
      } catch (error) {
        if (isCode(error, 'ENOENT')) return false;
        throw error;
      }
    },
    original: (number) => pathOf(number, 'original'),
    clip: (number) => pathOf(number, 'clip'),
    async keep(number, what, part) {
      await sync(part);
      await rename(part, pathOf(number, what));
      await sync(waiting);
    },
    publish,
    async publishWaiting(number, what, name) {
      const part = partOf(number, 'link');
      await rm(part, { force: true });
      await link(pathOf(number, what), part);
      return publish(part, name);
    },
    setLatest(name) {
      // One after another: two at a time would both see the state before them.
      latest = latest.then(() => switchLatest(name));
      const done = latest;
      latest = latest.catch(() => undefined);
      return done;
    },
    dropParts: (number) => removeWaiting((file) => file.startsWith(`${number}.`) && file.endsWith('.part')),
    drop: (number) => removeWaiting((file) => file.startsWith(`${number}.`)),
  };
}

/** To the disk, so that a power cut does not take what was told to be there. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** If both are plain files with the same bytes. */
export async function isSame(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a), lstat(b)]);
  if (!other.isFile() || one.size !== other.size) return false;
  if (one.ino === other.ino && one.dev === other.dev) return true;
  const [left, right] = [createReadStream(a, BLOCKS), createReadStream(b, BLOCKS)];
  try {
    const others = right[Symbol.asyncIterator]();
    // A block of a file is as long as can be, so that the blocks of two are the same pieces.
    for await (const block of left) {
      const { value } = (await others.next()) as { value: Buffer | undefined };
      if (value === undefined || !value.equals(block as Buffer)) return false;
    }
    return true;
  } finally {
    left.destroy();
    right.destroy();
  }
}

/** If an error of the file system has this code. */
export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
