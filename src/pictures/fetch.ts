/** From Telegram, or from where an upload lies, to where the folder keeps what waits: the file and a live photo's clip. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { causeOf, UnreachableError } from '../errors.ts';
import { sniffFile } from '../image/sniff.ts';
import type { Logger } from '../logger.ts';
import type { PictureChanges, PictureRow, PictureSource } from '../store/pictures.ts';
import type { PictureFolder } from './folder.ts';

export type Download = (
  source: PictureSource,
  target: string,
  options: { signal: AbortSignal },
) => Promise<{ size: number }>;

type FetchNeeds = { folder: PictureFolder; download: Download; log: Logger };
type Fetched = Pick<PictureChanges, 'sha1' | 'size' | 'clip' | 'problem'>;

/** Tries after which the still goes on without its clip. */
const CLIP_TRIES = 4;

/**
 * @returns what fetches a picture's bytes; undefined when those of an upload are gone
 * @throws TooLargeError, UnreachableError when a later try may go better, Error when Telegram will not give it
 */
export function createFetcher({ folder, download, log }: FetchNeeds) {
  const fetchFile = async (
    { number, source }: PictureRow,
    signal: AbortSignal,
  ): Promise<Fetched | undefined> => {
    const part = folder.part(number, 'download');
    if (source.kind !== 'upload') await download(source, part, { signal });
    else if (!(await folder.linkUpload(source.fileId, part))) return undefined;
    const { size } = await stat(part);
    const sha1 = await hashOf(part, signal);
    await folder.keep(number, 'original', part);
    return { sha1, size };
  };

  const fetchClip = async (row: PictureRow, signal: AbortSignal): Promise<Fetched> => {
    const { number, source, attempts } = row;
    if (source.clip === undefined) return {};
    const part = folder.part(number, 'clip');
    try {
      const { size } = await download({ ...source.clip, kind: 'video' }, part, { signal });
      const kind = await sniffFile(part);
      if (kind?.kind !== 'video') throw new Error('it is no video');
      const sha1 = await hashOf(part, signal);
      await folder.keep(number, 'clip', part);
      return { clip: { format: kind.format, sha1, size, uploads: 0 }, problem: undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (isPassing(error) && attempts < CLIP_TRIES) throw error;
      log.warn({ number, err: error }, 'the clip of a live photo cannot be had');
      return { problem: { kind: 'no-clip', cause: causeOf(error) } };
    }
  };

  return async (row: PictureRow, signal: AbortSignal): Promise<Fetched | undefined> => {
    // Both to their ends: one that still writes would get in the way of the next try.
    const both = await Promise.allSettled([fetchFile(row, signal), fetchClip(row, signal)]);
    for (const one of both) if (one.status === 'rejected') throw one.reason;
    const [file, clip] = both.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
    return file === undefined ? undefined : { ...file, ...clip };
  };
}

/** Telegram away, or something about the disk. */
const isPassing = (error: unknown) =>
  error instanceof UnreachableError || (error instanceof Error && 'syscall' in error);

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha1');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), hash, { signal });
  return hash.digest('hex');
}
