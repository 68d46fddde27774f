/** One file of the inbox into the owner's library: uploaded once, and removed when Immich is known to hold it. */
import { createHash } from 'node:crypto';
import { realpath, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Immich } from '../clients/immich.ts';
import { ImmichError, type Asset } from '../clients/immich-answers.ts';
import { causeOf } from '../errors.ts';
import type { Guard } from '../guard.ts';
import { sniff } from '../image/sniff.ts';
import { MARK } from '../pictures/mark.ts';
import { troubleOf } from '../pictures/trouble.ts';
import type { ImmichTrouble, InboxProblem } from '../report/pictures.ts';
import type { OwnAlbum } from './album.ts';
import { isMedia, mediaName } from './media.ts';
import { stampOf, type Found } from './scan.ts';
import { openWithin, pathOf, removeWithin } from './within.ts';

export type Delivery =
  /** Immich holds it; `known`: it did before. */
  | { end: 'done'; known: boolean; removed: boolean }
  /** No photo or video: none of our business. */
  | { end: 'left' }
  /** It was changed, moved or removed meanwhile. */
  | { end: 'changed' }
  | { end: 'kept'; problem: InboxProblem }
  /** Nothing can be delivered now. */
  | { end: 'blocked'; reason: ImmichTrouble; cause: string };

type Needs = {
  immich: Pick<Immich, 'upload' | 'asset' | 'mark' | 'addToAlbum'>;
  album: OwnAlbum;
  guard: Guard;
  /** INBOX_DIR. */
  folder: string;
};

/** Not the mark of the pictures for the agent: those are deleted in the morning. */
const INBOX_MARK = 'steward-inbox';
/** Bytes: what tells a file's kind, and what is hashed at a time. */
const HEAD = 4096;
const BLOCK = 1 << 18;
/** What holds up every file alike. */
const GENERAL: readonly ImmichTrouble[] = ['down', 'maintenance', 'key', 'permission', 'disk-full'];

/** @returns what takes a file as far as it goes; it can be cut off anywhere and be done again */
export function createDelivery(needs: Needs): (file: Found, signal: AbortSignal) => Promise<Delivery> {
  const { immich, album, guard, folder } = needs;

  const upload = async (
    path: string,
    file: { name: string; sha1: string; takenAt: number },
    signal: AbortSignal,
  ): Promise<{ asset: Asset; known: boolean } | InboxProblem> => {
    const { sha1 } = file;
    const { id, status } = await immich.upload(
      { ...file, file: path, deviceAssetId: `steward-inbox-${sha1}`, mark: { key: INBOX_MARK, value: {} } },
      { signal },
    );
    const known = status === 'duplicate';
    const asset = await immich.asset(id, { signal });
    if (asset === undefined) return { kind: 'vanishing' };
    if (asset.isTrashed) return { kind: 'trashed' };
    if (asset.sha1 !== sha1) return { kind: 'differs' };
    if (known && (await immich.mark(id, MARK, { signal })) !== undefined) return { kind: 'temporary' };
    return { asset, known };
  };

  const addToAlbum = async ({ id, ownerId }: Asset, signal: AbortSignal) => {
    const [result] = await immich
      .addToAlbum(await album.id(ownerId, signal), [id], { signal })
      .catch((error: unknown) => {
        if (error instanceof ImmichError && error.reason === 'missing') album.forget();
        throw error;
      });
    if (result?.success === true || result?.reason === 'duplicate') return;
    throw new Error(`Immich does not add it to the album: ${result?.reason ?? 'no answer'}`);
  };

  const deliver = async (file: Found, signal: AbortSignal): Promise<Delivery> => {
    const root = await realpath(folder);
    const handle = await openWithin(root, file.path);
    if (handle === undefined) return { end: 'changed' };
    try {
      const stats = await handle.stat();
      if (stampOf(stats) !== file.stamp) return { end: 'changed' };
      const media = await identify(handle, stats.size, signal);
      if (media === undefined) return { end: 'left' };
      const name = mediaName(basename(file.path), media.format);
      const sent = await upload(pathOf(handle), { name, sha1: media.sha1, takenAt: stats.mtimeMs }, signal);
      if ('kind' in sent) return { end: 'kept', problem: sent };
      const { asset, known } = sent;
      if (known && isSameEnd(asset.originalPath, join(root, file.path))) {
        return { end: 'kept', problem: { kind: 'own-file' } };
      }
      await addToAlbum(asset, signal);
      const removed = await guard.change(`remove "${file.path}" from the inbox`, () =>
        removeWithin(root, file.path, file.stamp),
      );
      return removed === false ? { end: 'changed' } : { end: 'done', known, removed: removed === true };
    } finally {
      await handle.close();
    }
  };

  return async (file, signal) => {
    try {
      return await deliver(file, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && 'syscall' in error) {
        return { end: 'kept', problem: { kind: 'unreadable', cause: causeOf(error) } };
      }
      const trouble = troubleOf(error);
      if (GENERAL.includes(trouble.reason)) return { end: 'blocked', ...trouble };
      return { end: 'kept', problem: { kind: 'immich', ...trouble } };
    }
  };
}

/** @returns undefined when it is no photo or video */
async function identify(
  file: FileHandle,
  size: number,
  signal: AbortSignal,
): Promise<{ format: string; sha1: string } | undefined> {
  const block = Buffer.allocUnsafe(Math.max(HEAD, Math.min(size, BLOCK)));
  const { bytesRead: first } = await file.read(block, 0, HEAD, 0);
  if (first === 0) return undefined;
  const kind = sniff(block.subarray(0, first));
  if (!isMedia(kind)) return undefined;
  const hash = createHash('sha1').update(block.subarray(0, first));
  for (let position = first; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(block, 0, block.length, position);
    if (bytesRead === 0) return { format: kind.format, sha1: hash.digest('hex') };
    hash.update(block.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/**
 * If a file may be Immich's own, looked at from the host: a folder of the library in the place of an inbox must not
 * be emptied. Three parts of a path do not agree by chance.
 */
const isSameEnd = (a: string, b: string): boolean => {
  const end = (path: string) => path.split('/').slice(-3).join('/');
  return end(a) === end(b);
};
