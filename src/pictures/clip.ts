/**
 * A live photo's clip in Immich: hidden behind its still, and deleted with it by Immich itself. Only a clip that this
 * picture brought is tied to it: tying hides a video, and what is hidden behind a picture of ours goes when that goes.
 */
import type { Immich } from '../clients/immich.ts';
import { ImmichError } from '../clients/immich-answers.ts';
import type { Logger } from '../logger.ts';
import type { Clip, PictureChanges, PictureRow } from '../store/pictures.ts';
import type { PictureFolder } from './folder.ts';
import { MARK } from './mark.ts';
import { filedName } from './names.ts';

type ClipNeeds = {
  record: (number: number, changes: PictureChanges) => PictureRow;
  immich: Pick<Immich, 'upload' | 'asset' | 'mark' | 'delete'>;
  folder: PictureFolder;
  log: Logger;
};

export type ClipFiler = {
  /**
   * Bring the clip into Immich before its still.
   * @returns the picture as it is now, or undefined when Immich is not sure yet whose the clip is
   */
  file(row: PictureRow, signal: AbortSignal): Promise<PictureRow | undefined>;
  /** The still is not ours, or not in Immich: a clip without it would lie in the library for ever. */
  takeBack(row: PictureRow, signal: AbortSignal): Promise<PictureRow>;
};

/** The clip as one that Immich has lost. */
export const anew = ({ format, sha1, size }: Clip): Clip => ({ format, sha1, size, uploads: 1 });

const isOf = ({ number }: PictureRow, mark: unknown): boolean =>
  typeof mark === 'object' &&
  mark !== null &&
  'part' in mark &&
  mark.part === 'clip' &&
  'picture' in mark &&
  mark.picture === number;

/** Times that a clip of unknown origin is asked about: Immich writes the mark a moment after the asset. */
const MOST_LOOKS = 3;

export function createClipFiler({ record, immich, folder, log }: ClipNeeds): ClipFiler {
  const settle = (row: PictureRow, changes: Partial<Clip>) => {
    if (row.clip === undefined) return row;
    const { assetId: _, ...clip } = row.clip;
    return record(row.number, { clip: { ...clip, ...changes } });
  };

  const upload = async (row: PictureRow, clip: Clip, signal: AbortSignal) => {
    // Written down first: an upload that a kill cuts off may have been applied.
    const begun = settle(row, { uploads: clip.uploads + 1 });
    const { id, status } = await immich.upload(
      {
        file: folder.clip(row.number),
        name: filedName(row.number, clip.format, row.caption),
        sha1: clip.sha1,
        takenAt: row.receivedAt,
        deviceAssetId: `steward-${row.number}-clip-${clip.sha1}`,
        mark: {
          key: MARK,
          value: { picture: row.number, chat: row.chat, message: row.messageId, part: 'clip' },
        },
      },
      { signal },
    );
    if (status === 'created') return settle(begun, { assetId: id });

    const asset = await immich.asset(id, { signal });
    const isGoing = asset === undefined || asset.isTrashed;
    if (!isGoing && isOf(row, await immich.mark(id, MARK, { signal }))) return settle(begun, { assetId: id });
    // Being deleted, or an earlier try of ours: both show themselves in a moment. Else somebody has this video.
    if ((isGoing || clip.uploads > 0) && clip.uploads < MOST_LOOKS) return undefined;
    return settle(begun, { isLeft: true });
  };

  return {
    async file(row, signal) {
      const { clip } = row;
      if (clip === undefined || clip.assetId !== undefined || clip.isLeft === true) return row;
      try {
        return await upload(row, clip, signal);
      } catch (error) {
        const isFinal =
          error instanceof ImmichError && (error.reason === 'too-large' || error.reason === 'rejected');
        if (!isFinal) throw error;
        log.warn({ number: row.number, err: error }, 'Immich does not take the clip of a live photo');
        return settle(row, { isLeft: true });
      }
    },
    async takeBack(row, signal) {
      const id = row.clip?.assetId;
      if (id === undefined) return row;
      try {
        await immich.delete([id], { signal });
      } catch (error) {
        if (!(error instanceof ImmichError)) throw error;
        // Gone already, or the key may not delete: then the cleaning cannot either.
        log.warn({ number: row.number, err: error }, 'the clip of a live photo stays in Immich');
      }
      return settle(row, { isLeft: true });
    },
  };
}
