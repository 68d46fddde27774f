/** Puts files that came by HTTP into INBOX_DIR, each complete under its name or not at all. */
import { randomUUID } from 'node:crypto';
import { chmod, chown, link, readdir, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { sniffFile } from '../image/sniff.ts';
import { isCode, isSame, sync } from '../pictures/folder.ts';
import { isMedia, mediaName } from './media.ts';

/** What is missing for an inbox. */
export type InboxOff = 'INBOX_DIR' | 'INBOX_API_KEY';

export type InboxDoor = {
  /** Clear away what a kill left, once. @throws when the folder is not there */
  open(): Promise<void>;
  /** A hidden name for a file to come. */
  place: () => { id: string; path: string };
  /**
   * Give files their names. A file of that name with the same bytes is taken for an earlier try of the same sender.
   * @returns for each its name, or why it is not taken
   */
  keep(files: readonly { path: string; name: string | undefined }[]): Promise<Kept[]>;
};

type Kept = {
  name: string;
  /** It is no media file; `found` names what it seems to be, where that is known. */
  problem?: { found: string | undefined };
};

const PART = /^\.steward-[\da-f-]{36}\.part$/;
/** Whoever owns the folder may read and delete what is in it. */
const FILE_MODE = 0o664;
/** Names that are tried: `IMG_0001.jpg`, `IMG_0001-2.jpg` … */
const MOST_NAMES = 1000;

/** @param folder INBOX_DIR */
export function createInboxDoor(folder: string): InboxDoor {
  let opened: Promise<void> | undefined;

  const clear = async () => {
    const parts = (await readdir(folder)).filter((name) => PART.test(name));
    await Promise.all(parts.map((name) => rm(join(folder, name), { force: true })));
  };

  const publish = async (part: string, wanted: string): Promise<string> => {
    const { name, ext } = parse(wanted);
    for (let index = 1; index <= MOST_NAMES; index += 1) {
      const candidate = `${name}${index === 1 ? '' : `-${index}`}${ext}`;
      const target = join(folder, candidate);
      try {
        await link(part, target);
        return candidate;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
        if (await isSame(part, target)) return candidate;
      }
    }
    throw new Error(`Cannot name a file "${wanted}": ${MOST_NAMES} of that name are in the inbox`);
  };

  const keepOne = async (
    part: string,
    name: string | undefined,
    owner: { uid: number; gid: number },
  ): Promise<Kept> => {
    const kind = await sniffFile(part);
    if (kind === undefined || !isMedia(kind)) {
      await rm(part, { force: true });
      return { name: name ?? '', problem: { found: kind?.kind === 'other' ? kind.found : kind?.format } };
    }
    await chmod(part, FILE_MODE);
    await chown(part, owner.uid, owner.gid);
    const published = await publish(part, mediaName(name ?? '', kind.format));
    await rm(part, { force: true });
    return { name: published };
  };

  return {
    async open() {
      opened ??= clear();
      try {
        await opened;
      } catch (error) {
        opened = undefined;
        throw error;
      }
      // It may be a disk that is not mounted now.
      await stat(folder);
    },
    place() {
      const id = randomUUID();
      return { id, path: join(folder, `.steward-${id}.part`) };
    },
    async keep(files) {
      const { uid, gid } = await stat(folder);
      const kept: Kept[] = [];
      try {
        // One after another: two of one name must see each other.
        for (const { path, name } of files) kept.push(await keepOne(path, name, { uid, gid }));
        await sync(folder);
      } finally {
        await Promise.all(files.map(({ path }) => rm(path, { force: true })));
      }
      return kept;
    },
  };
}
