/** From a stored picture to one in Immich's album, exactly once, whatever is cut off in between. */
import { stat } from 'node:fs/promises';
import { parse } from 'node:path';
import type { Immich } from '../clients/immich.ts';
import { ImmichError, type Asset } from '../clients/immich-answers.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ImmichTrouble, PictureProblem } from '../report/pictures.ts';
import type { Pictures, PictureChanges, PictureRow } from '../store/pictures.ts';
import type { PictureAlbum } from './album.ts';
import { anew, createClipFiler } from './clip.ts';
import { isCode, type PictureFolder } from './folder.ts';
import { MARK } from './mark.ts';
import { filedName } from './names.ts';
import { toHostPath, type Mapping } from './paths.ts';
import { keepBeside } from './receive.ts';
import { backOff, type Timing } from './timing.ts';
import { troubleOf } from './trouble.ts';

export const FILING = ['readable', 'uploaded', 'filed'] as const;

export type FileNeeds = {
  pictures: Pick<Pictures, 'get' | 'isOwnAsset' | 'isTwinUploading'>;
  record: (number: number, changes: PictureChanges) => PictureRow;
  immich: Immich;
  album: PictureAlbum;
  folder: PictureFolder;
  /** Empty while the engine cannot tell. */
  mappings(): Promise<readonly Mapping[]>;
  /** Immich answered, or did not: the way of all pictures, not only of this one. */
  reached: () => void;
  /** @returns until when nothing is tried */
  blocked: (trouble: PictureProblem) => number;
  timing: Timing;
  clock: Clock;
  log: Logger;
};

/** Of a step that ought to succeed in a moment. */
const MOST_TRIES = 5;
/** What holds up every picture alike, so that trying the next one is of no use. */
const GENERAL: readonly ImmichTrouble[] = ['down', 'maintenance', 'key', 'permission'];
/** Waiting will not change Immich's mind. */
const FINAL: readonly ImmichTrouble[] = ['too-large', 'rejected'];

/** @returns what takes a picture from `readable`, `uploaded` or `filed` as far as it goes now */
export function createFiler(needs: FileNeeds): (row: PictureRow, signal: AbortSignal) => Promise<void> {
  const { pictures, record, immich, album, folder, timing, clock, log } = needs;

  const clips = createClipFiler(needs);

  const upload = async (picture: PictureRow, signal: AbortSignal): Promise<PictureRow | undefined> => {
    const row = await clips.file(picture, signal);
    if (row === undefined) return later(picture, timing.afterDelete);
    // Written down first: an upload that a kill cuts off may have been applied.
    const begun = record(row.number, { uploads: row.uploads + 1 });
    const { id, status } = await immich.upload(
      {
        file: folder.original(row.number),
        name: filedName(row.number, row.format ?? '', row.caption ?? nameOf(row)),
        sha1: row.sha1 ?? '',
        takenAt: row.receivedAt,
        deviceAssetId: `steward-${row.number}-${row.sha1}`,
        mark: { key: MARK, value: { picture: row.number, chat: row.chat, message: row.messageId } },
        clip: row.clip?.assetId,
      },
      { signal },
    );
    if (status === 'created') return record(row.number, { state: 'uploaded', assetId: id, attempts: 0 });
    return resolveDuplicate(begun, id, signal);
  };

  /** Somebody's asset has the same bytes: an earlier try of ours, another picture of ours, or a photo of the user. */
  const resolveDuplicate = async (
    row: PictureRow,
    id: string,
    signal: AbortSignal,
  ): Promise<PictureRow | undefined> => {
    const asset = await immich.asset(id, { signal });
    const mark = asset === undefined ? undefined : await immich.mark(id, MARK, { signal });
    const isOwn = mark !== undefined || pictures.isOwnAsset(id, row.number);
    if (asset === undefined || asset.isTrashed) {
      // About to be gone for good, most likely: then the same bytes can be filed anew in a moment.
      if (row.attempts < MOST_TRIES) return later(row, timing.afterDelete);
      if (asset === undefined) throw new Error(`Immich names ${id} as a duplicate but does not show it`);
      if (isOwn) await immich.restore([id], { signal });
    }
    const isMaybeOwn = row.uploads > 1 || pictures.isTwinUploading(row.number, row.sha1 ?? '');
    if (!isOwn && isMaybeOwn && row.attempts < MOST_TRIES) {
      // Immich writes the mark a moment after the asset.
      return later(row, timing.afterDelete);
    }
    const isThisPicture =
      typeof mark === 'object' && mark !== null && 'picture' in mark && mark.picture === row.number;
    if (!isThisPicture) await clips.takeBack(row, signal);
    if (!isOwn) {
      const paths = await pathsOf(asset, row);
      return record(row.number, { ...filed(), ...paths, assetId: id, duplicate: 'library' });
    }
    const duplicate = isThisPicture && !pictures.isOwnAsset(id, row.number) ? undefined : 'own';
    return record(row.number, { state: 'uploaded', assetId: id, duplicate, attempts: 0 });
  };

  const later = (row: PictureRow, wait: number): undefined => {
    record(row.number, { attempts: row.attempts + 1, notBefore: clock.now() + wait });
  };

  const addToAlbum = async (row: PictureRow, signal: AbortSignal): Promise<PictureRow | undefined> => {
    const id = row.assetId ?? '';
    const albumId = await album.id(signal);
    const [result] = await immich.addToAlbum(albumId, [id], { signal }).catch((error: unknown) => {
      if (error instanceof ImmichError && error.reason === 'missing') album.forget();
      throw error;
    });
    const asset = await immich.asset(id, { signal });
    const isIn = result?.success === true || result?.reason === 'duplicate';
    if (!isIn || asset === undefined || asset.isTrashed) {
      if (row.attempts >= MOST_TRIES)
        throw new Error(`Immich does not add ${id} to the album: ${result?.reason ?? 'it is in the trash'}`);
      // Deleted between upload and now, and the clip with it: file the bytes anew.
      const clip = row.clip && anew(row.clip);
      record(row.number, { state: 'readable', assetId: undefined, duplicate: undefined, clip });
      return later(row, timing.afterDelete);
    }
    if (row.caption !== undefined) await describe(row, id, row.caption, signal);
    return record(row.number, { ...filed(), ...(await pathsOf(asset, row)), albumId });
  };

  /** A caption is a courtesy: a key without `asset.update` files pictures all the same. */
  const describe = async ({ number }: PictureRow, id: string, caption: string, signal: AbortSignal) => {
    try {
      await immich.describe(id, caption, { signal });
    } catch (error) {
      if (!(error instanceof ImmichError) || error.reason !== 'permission') throw error;
      log.warn({ number, permission: error.permission }, 'cannot write the caption into Immich');
    }
  };

  const filed = (): PictureChanges => ({
    state: 'filed',
    filedAt: clock.now(),
    trouble: undefined,
    attempts: 0,
    checks: 0,
    notBefore: clock.now() + (timing.checks[0] ?? 0),
  });

  /** The host's path only where a file of the right size is there. */
  const pathsOf = async (asset: Asset | undefined, row: PictureRow): Promise<PictureChanges> => {
    if (asset === undefined) return {};
    const hostPath = toHostPath(asset.originalPath, await needs.mappings());
    const size = hostPath === undefined ? undefined : await sizeOf(hostPath);
    return { immichPath: asset.originalPath, hostPath: size === row.size ? hostPath : undefined };
  };

  const check = async (row: PictureRow, signal: AbortSignal): Promise<undefined> => {
    const asset = await immich.asset(row.assetId ?? '', { signal });
    const paths = await pathsOf(asset, row);
    const checks = row.checks + 1;
    const next = timing.checks[checks];
    if (next !== undefined) {
      record(row.number, { ...paths, checks, attempts: 0, notBefore: (row.filedAt ?? clock.now()) + next });
      return;
    }
    record(row.number, { ...paths, checks, attempts: 0, state: 'settled' });
    await folder.drop(row.number);
  };

  const fail = async (row: PictureRow, error: unknown, signal: AbortSignal): Promise<void> => {
    const trouble: PictureProblem & ReturnType<typeof troubleOf> = { kind: 'immich', ...troubleOf(error) };
    const { reason } = trouble;
    log[GENERAL.includes(reason) ? 'info' : 'warn'](
      { number: row.number, state: row.state, err: error },
      'picture not filed',
    );
    if (GENERAL.includes(reason)) {
      // Behind the others: the trouble may lie in this picture after all, and one of them finds that out.
      return void record(row.number, { notBefore: needs.blocked(trouble) + 1 });
    }
    if (FINAL.includes(reason) && row.state === 'readable') {
      const { clip } = pictures.get(row.number) ?? row;
      await clips.takeBack({ ...row, clip }, signal);
      // It may be the clip that Immich does not want behind the still: once more, without it.
      if (reason === 'rejected' && clip?.assetId !== undefined) return;
      await keepBeside(folder, row);
      record(row.number, { state: 'local', problem: trouble, trouble: undefined });
      return folder.drop(row.number);
    }
    // The first failures are the race after a delete more often than real trouble.
    const isRace = row.attempts < 2 && error instanceof ImmichError;
    record(row.number, {
      attempts: row.attempts + 1,
      notBefore: clock.now() + (isRace ? timing.afterDelete : backOff(timing, row.attempts)),
      // What is filed already has nothing to complain of.
      ...(isRace || row.state === 'filed' ? {} : { trouble }),
    });
  };

  return async (row, signal) => {
    let current: PictureRow | undefined = row;
    try {
      if (current.state === 'readable' && !(await hasOriginal(folder, current.number))) {
        // Lost between two starts: it can be fetched again.
        record(current.number, { state: 'new' });
        return;
      }
      if (current.state === 'readable') current = await upload(current, signal);
      if (current?.state === 'uploaded') current = await addToAlbum(current, signal);
      else if (current?.state === 'filed' && current === row) await check(current, signal);
      needs.reached();
    } catch (error) {
      if (signal.aborted) return;
      await fail(current ?? row, error, signal);
    }
  };
}

/** A file's own name says something; Telegram's photos have none. */
const nameOf = ({ source }: PictureRow) => (source.name === undefined ? undefined : parse(source.name).name);

const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    const file = await stat(path);
    return file.isFile() ? file.size : undefined;
  } catch (error) {
    // Moved this moment by the storage template, or on a disk that is not there.
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR') || isCode(error, 'EACCES')) return undefined;
    throw error;
  }
};

const hasOriginal = async (folder: PictureFolder, number: number) =>
  (await sizeOf(folder.original(number))) !== undefined;
