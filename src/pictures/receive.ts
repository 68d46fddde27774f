/** From Telegram to a file that the agent can open: fetched, looked at, made readable, published. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { causeOf, TooLargeError, UnreachableError } from '../errors.ts';
import { makeReadable, type Readable } from '../image.ts';
import { PictureError } from '../image/picture-error.ts';
import { sniffFile } from '../image/sniff.ts';
import type { Logger } from '../logger.ts';
import type { PictureProblem } from '../report.ts';
import type { Store } from '../store.ts';
import type { PictureChanges, PictureRow, PictureSource } from '../store/pictures.ts';
import { isCode, type PictureFolder } from './folder.ts';
import { extensionOf, originalName, stemOf } from './names.ts';
import { backOff, type Timing } from './timing.ts';

export const RECEIVING = ['new', 'stored'] as const;

export type Download = (
  source: PictureSource,
  target: string,
  options: { signal: AbortSignal },
) => Promise<{ size: number }>;

export type ReceiveNeeds = {
  store: Pick<Store, 'pictures' | 'facts' | 'database'>;
  /** Change a picture's row and what its card says, at once. */
  record: (number: number, changes: PictureChanges) => PictureRow;
  folder: PictureFolder;
  download: Download;
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

/** @returns what takes a picture from `new` or `stored` to `readable`, or to an end */
export function createReceiver(needs: ReceiveNeeds): (row: PictureRow, signal: AbortSignal) => Promise<void> {
  const { store, record, folder, download, maxEdge, hasImmich, timing, clock, log } = needs;
  const { pictures } = store;

  const refuse = async ({ number }: PictureRow, problem: PictureProblem) => {
    record(number, { state: 'refused', problem, trouble: undefined });
    await folder.drop(number);
  };

  /** @returns undefined when the picture came to an end */
  const fetch = async (row: PictureRow, signal: AbortSignal): Promise<PictureRow | undefined> => {
    const part = folder.part(row.number, 'download');
    const { source } = row;
    if (source.kind !== 'upload') await download(source, part, { signal });
    else if (!(await folder.linkUpload(source.fileId, part))) {
      await refuse(row, { kind: 'lost', folder: folder.path });
      return undefined;
    }
    const { size } = await stat(part);
    const sha1 = await hashOf(part, signal);
    await folder.keepOriginal(row.number, part);
    const stored = record(row.number, { state: 'stored', sha1, size, attempts: 0, trouble: undefined });
    if (source.kind === 'upload') await folder.dropUpload(source.fileId);
    return stored;
  };

  const prepare = async (row: PictureRow, signal: AbortSignal): Promise<void> => {
    const kind = await sniffFile(folder.original(row.number));
    if (kind === undefined) return refuse(row, { kind: 'empty' });
    if (kind.kind === 'other') return refuse(row, { kind: 'not-an-image', found: kind.found });
    const published =
      kind.kind === 'image' ? await makeCopy(row, kind.format, signal) : await publishAsIs(row, kind, {});
    if (published === undefined) return undefined;

    // Immich takes pictures and videos only.
    const state = hasImmich && kind.kind !== 'document' ? 'readable' : 'local';
    if (state === 'local') await keepBeside(folder, { ...row, ...published });
    await folder.setLatest(published.name ?? '');
    store.database.transaction(() => {
      const isShrunk = published.shrunk === true && isDue();
      if (isShrunk) store.facts.put(SHRUNK_SAID, true);
      record(row.number, { ...published, shrunk: isShrunk, state, attempts: 0, trouble: undefined });
    });
    if (state === 'local') await folder.drop(row.number);
  };

  const isDue = () => clock.now() - (store.facts.at(SHRUNK_SAID) ?? -Infinity) >= A_DAY;

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
      return publishAsIs(row, { kind: 'image', format }, { problem: error.problem });
    }
    const name = `${stemOf(row.number)}${extensionOf(made.format)}`;
    if (!(await folder.publish(part, name))) return renumber(row);
    const tiles: string[] = [];
    for (const [index, { format: kind }] of made.tiles.entries()) {
      const piece = `${stemOf(row.number)}-${index + 1}${extensionOf(kind)}`;
      if (!(await folder.publish(folder.part(row.number, `tile${index + 1}`), piece))) return renumber(row);
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

  const publishAsIs = async (
    row: PictureRow,
    { format }: { kind: string; format: string },
    changes: PictureChanges,
  ): Promise<PictureChanges | undefined> => {
    const name = `${stemOf(row.number)}${extensionOf(format, row.source.name)}`;
    if (!(await folder.publishOriginal(row.number, name))) return renumber(row);
    return { format, name, copySize: row.size, ...changes };
  };

  /** Somebody else's file bears its name. The lane takes it up again under the new number. */
  const renumber = async (row: PictureRow): Promise<undefined> => {
    const { number } = pictures.renumber(row.number, folder.last());
    log.warn({ from: row.number, to: number }, 'the name of a picture was taken');
    await rename(folder.original(row.number), folder.original(number));
    await folder.drop(row.number);
  };

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
      if (current.state === 'stored' && !(await exists(folder.original(current.number)))) {
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
  if (!isWhole || row.width === undefined) return;
  await folder.publishOriginal(row.number, originalName(row.number, row.format ?? ''));
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

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha1');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), hash, { signal });
  return hash.digest('hex');
}
