/** From Telegram to a file that the agent can open: fetched, looked at, made readable, published. */
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { causeOf, TooLargeError, UnreachableError } from '../errors.ts';
import { makeReadable, makeSheet, type Readable } from '../image.ts';
import { PictureError, plainCause } from '../image/picture-error.ts';
import { sniffFile } from '../image/sniff.ts';
import type { Logger } from '../logger.ts';
import type { PictureProblem } from '../report/pictures.ts';
import type { Store } from '../store.ts';
import type { PictureChanges, PictureRow, PictureSource } from '../store/pictures.ts';
import { createFetcher, type Download } from './fetch.ts';
import { isCode, type PictureFolder } from './folder.ts';
import { takeFrames } from './frames.ts';
import { extensionOf, originalName, stemOf } from './names.ts';
import { backOff, type Timing } from './timing.ts';

export const RECEIVING = ['new', 'stored'] as const;

export type ReceiveNeeds = {
  store: Pick<Store, 'pictures' | 'facts' | 'database'>;
  /** Change a picture's row and what its card says, at once. */
  record: (number: number, changes: PictureChanges) => PictureRow;
  folder: PictureFolder;
  download: Download;
  /** The program, with its first arguments. */
  ffmpeg: readonly string[];
  maxEdge: number | 'original';
  /** Without Immich a picture stays where it is. */
  hasImmich: boolean;
  timing: Timing;
  clock: Clock;
  log: Logger;
};

/** Tries after which an answer of Telegram is taken for its last word. */
const MOST_TRIES = 6;
/** Under this on its long edge a picture shows an agent little. */
const TINY = 200;
const A_DAY = 86_400_000;
const SHRUNK_SAID = 'pictures:shrunk-said';
const NO_FFMPEG_SAID = 'pictures:no-ffmpeg-said';

/** @returns what takes a picture from `new` or `stored` to `readable`, or to an end */
export function createReceiver(needs: ReceiveNeeds): (row: PictureRow, signal: AbortSignal) => Promise<void> {
  const { store, record, folder, ffmpeg, maxEdge, hasImmich, timing, clock, log } = needs;
  const { pictures, facts } = store;
  const fetchBytes = createFetcher(needs);

  const refuse = async ({ number }: PictureRow, problem: PictureProblem) => {
    record(number, { state: 'refused', problem, trouble: undefined });
    await folder.drop(number);
  };

  /** @returns undefined when the picture came to an end */
  const fetch = async (row: PictureRow, signal: AbortSignal): Promise<PictureRow | undefined> => {
    const { source } = row;
    const fetched = await fetchBytes(row, signal);
    if (fetched === undefined) {
      await refuse(row, { kind: 'lost', folder: folder.path });
      return undefined;
    }
    const stored = record(row.number, { ...fetched, state: 'stored', attempts: 0, trouble: undefined });
    if (source.kind === 'upload') await folder.dropUpload(source.fileId);
    return stored;
  };

  const prepare = async (row: PictureRow, signal: AbortSignal): Promise<void> => {
    const kind = await sniffFile(folder.original(row.number));
    if (kind === undefined) return refuse(row, { kind: 'empty' });
    if (kind.kind === 'other') return refuse(row, { kind: 'not-an-image', found: kind.found });
    const made = await makes[kind.kind](row, kind.format, signal);
    const published = made === undefined ? undefined : await publishClip(row, made);
    if (published === undefined) return undefined;

    // Immich takes pictures and videos only.
    const state = hasImmich && kind.kind !== 'document' ? 'readable' : 'local';
    if (state === 'local') await keepBeside(folder, { ...row, ...published });
    await folder.setLatest(published.name ?? '');
    store.database.transaction(() => {
      const isShrunk = published.shrunk === true && isDue();
      if (isShrunk) facts.put(SHRUNK_SAID, true);
      const problem = notAgain(published.problem) ?? row.problem;
      record(row.number, { ...published, problem, shrunk: isShrunk, state, attempts: 0, trouble: undefined });
    });
    if (state === 'local') await folder.drop(row.number);
  };

  const isDue = () => clock.now() - (facts.at(SHRUNK_SAID) ?? -Infinity) >= A_DAY;

  /** That there is no ffmpeg is said once. */
  const notAgain = (problem: PictureProblem | undefined): PictureProblem | undefined => {
    if (problem?.kind !== 'no-ffmpeg') return problem;
    if (facts.get(NO_FFMPEG_SAID) === true) return undefined;
    facts.put(NO_FFMPEG_SAID, true);
    return problem;
  };

  /** @returns undefined when the picture came to an end, or got another number */
  const makeCopy = async (
    row: PictureRow,
    format: string,
    signal: AbortSignal,
  ): Promise<PictureChanges | undefined> => {
    const part = folder.part(row.number, 'readable');
    await folder.dropParts(row.number);
    let made: Readable;
    try {
      const tile = (index: number) => folder.part(row.number, `tile${index}`);
      made = await makeReadable(folder.original(row.number), part, { maxEdge, tile, signal });
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      if (error.problem.kind === 'too-many-pixels') {
        await refuse(row, error.problem);
        return undefined;
      }
      // Kept as it is: Immich may know what to do with it, and so may its owner.
      log.info({ number: row.number, cause: causeOf(error) }, 'picture cannot be made readable');
      return publishAsIs(row, format, { problem: error.problem });
    }
    const name = `${stemOf(row.number)}${extensionOf(made.format)}`;
    if (!(await folder.publish(part, name))) return renumber(row);
    const tiles: string[] = [];
    for (const [index, { format: kind }] of made.tiles.entries()) {
      const piece = `${stemOf(row.number)}-${index + 1}${extensionOf(kind)}`;
      const isGiven = await folder.publish(folder.part(row.number, `tile${index + 1}`), piece);
      if (!isGiven) return renumber(row, [name, ...tiles]);
      tiles.push(piece);
    }
    return {
      tiles,
      format,
      name,
      width: made.width,
      height: made.height,
      copySize: made.size,
      problem: problemOf(made),
      shrunk: isSentSmaller(row.source) && looksShrunk(made.source),
    };
  };

  /** A video as some of its frames, with itself beside them. */
  const showVideo = async (
    row: PictureRow,
    format: string,
    signal: AbortSignal,
  ): Promise<PictureChanges | undefined> => {
    const { number } = row;
    await folder.dropParts(number);
    const frame = (index: number) => folder.part(number, `frame${index}`);
    const frames = await takeFrames(ffmpeg, folder.original(number), frame, signal);
    if ('missing' in frames) return publishAsIs(row, format, { problem: { kind: 'no-ffmpeg' } });
    facts.delete(NO_FFMPEG_SAID);
    if ('cause' in frames) {
      log.info({ number, cause: frames.cause }, 'no frames of a video');
      return publishAsIs(row, format, { problem: { kind: 'no-frames', cause: frames.cause } });
    }
    const part = folder.part(number, 'readable');
    const sheet = await makeSheet(frames.files, part, { maxEdge }).catch((error: unknown) => {
      // sharp's own errors are about the picture; what the disk has to say is for another try.
      if (error instanceof Error && 'syscall' in error) throw error;
      return { cause: plainCause(error) };
    });
    await Promise.all(frames.files.map((file) => rm(file, { force: true })));
    if ('cause' in sheet) return publishAsIs(row, format, { problem: { kind: 'no-frames', ...sheet } });
    const { width, height, size } = sheet;
    const [name, moving] = [`${stemOf(number)}.jpg`, `${stemOf(number)}${extensionOf(format)}`];
    if (!(await folder.publish(part, name))) return renumber(row);
    if (!(await folder.publishWaiting(number, 'original', moving))) return renumber(row, [name]);
    return { format, name, moving, width, height, copySize: size };
  };

  const publishAsIs = async (
    row: PictureRow,
    format: string,
    changes: PictureChanges = {},
  ): Promise<PictureChanges | undefined> => {
    const name = `${stemOf(row.number)}${extensionOf(format, row.source.name)}`;
    if (!(await folder.publishWaiting(row.number, 'original', name))) return renumber(row);
    return { format, name, copySize: row.size, ...changes };
  };

  const publishClip = async (row: PictureRow, made: PictureChanges): Promise<PictureChanges | undefined> => {
    if (row.clip === undefined) return made;
    const moving = `${stemOf(row.number)}${extensionOf(row.clip.format)}`;
    if (await folder.publishWaiting(row.number, 'clip', moving)) return { ...made, moving };
    return renumber(row, [made.name ?? '', ...(made.tiles ?? [])]);
  };

  const makes = {
    image: makeCopy,
    video: showVideo,
    document: (row: PictureRow, format: string) => publishAsIs(row, format),
  };

  /**
   * Somebody else's file bears one of its names. The lane takes it up again under the new number.
   * @param given names that are this picture's already
   */
  const renumber = async (row: PictureRow, given: readonly string[] = []): Promise<undefined> => {
    const { number } = pictures.renumber(row.number, folder.last());
    log.warn({ from: row.number, to: number }, 'the name of a picture was taken');
    await rename(folder.original(row.number), folder.original(number));
    if (row.clip !== undefined) await rename(folder.clip(row.number), folder.clip(number));
    await folder.drop(row.number);
    await Promise.all(given.map((name) => rm(join(folder.path, name), { force: true })));
  };

  const isComplete = async ({ number, clip }: PictureRow) =>
    (await exists(folder.original(number))) && (clip === undefined || (await exists(folder.clip(number))));

  const fail = async (row: PictureRow, error: unknown): Promise<void> => {
    const { number, attempts } = row;
    const later = { attempts: attempts + 1, notBefore: clock.now() + backOff(timing, attempts) };
    if (error instanceof TooLargeError) {
      return refuse(row, { kind: 'too-large', size: error.size, limit: error.limit });
    }
    if (error instanceof UnreachableError) {
      log.info({ number, cause: causeOf(error) }, 'picture cannot be fetched now');
      return void record(number, later);
    }
    if (isCode(error, 'ENOSPC')) {
      return void record(number, { ...later, trouble: { kind: 'disk-full', folder: folder.path } });
    }
    log.error({ number, state: row.state, err: error }, 'picture failed');
    if (row.state === 'stored' || (error instanceof Error && 'syscall' in error)) {
      const trouble: PictureProblem = { kind: 'storage', folder: folder.path, cause: causeOf(error) };
      return void record(number, { ...later, trouble });
    }
    if (later.attempts < MOST_TRIES) return void record(number, later);
    return refuse(row, { kind: 'telegram', cause: causeOf(error) });
  };

  return async (row, signal) => {
    let current: PictureRow | undefined = row;
    try {
      if (current.state === 'stored' && !(await isComplete(current))) {
        current = record(current.number, { state: 'new' });
      }
      if (current.state === 'new') current = await fetch(current, signal);
      if (current !== undefined) await prepare(current, signal);
    } catch (error) {
      if (signal.aborted) return;
      await fail(current ?? row, error);
    }
  };
}

/** Keep what a readable copy was made from where no Immich holds it; Telegram's photos are no more than their copy. */
export async function keepBeside(folder: PictureFolder, row: PictureRow): Promise<void> {
  const isWhole = row.source.kind === 'document' || row.source.kind === 'upload';
  if (!isWhole || row.width === undefined || row.moving !== undefined) return;
  await folder.publishWaiting(row.number, 'original', originalName(row.number, row.format ?? ''));
}

const problemOf = ({ damaged, source }: Readable): PictureProblem | undefined => {
  if (damaged) return { kind: 'damaged' };
  const { width, height } = source;
  return Math.max(width, height) < TINY ? { kind: 'tiny', width, height } : undefined;
};

const isSentSmaller = ({ kind }: PictureSource) => kind === 'photo' || kind === 'live-photo';

/** Telegram's usual long edges, in the shape of a screen: what was taken by a camera has no small text to lose. */
const looksShrunk = ({ width, height }: { width: number; height: number }): boolean => {
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  return (long === 1280 || long === 2560) && long / short > 1.55;
};

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );
