/** Makes a picture readable for a coding agent. The only importer of sharp, which is loaded when the first picture comes. */
import type { Sharp, SharpOptions } from 'sharp';
import { writeWithin, type Bounds, type Written } from './image/encode.ts';
import { openPicture, type LoadedSharp, type OpenPicture } from './image/open.ts';
import { PictureError, plainCause } from './image/picture-error.ts';
import type { ImageFormat } from './image/sniff.ts';
import { contactSheet, MOST_FRAMES } from './image/sheet.ts';
import { cutIntoTiles } from './image/tiles.ts';

export type ReadableOptions = {
  /** Pixels of the long edge; `original` keeps it up to what a coding agent takes at all. */
  maxEdge: number | 'original';
  /** Of a file. */
  maxBytes?: number;
  /** Where the pieces of a long screenshot are written, from 1; without it none are made. */
  tile?: (index: number) => string;
  signal?: AbortSignal;
};

export type Readable = Written & {
  /** What it was made from, upright. */
  source: { format: ImageFormat; width: number; height: number };
  /** How many frames of an animation are shown, side by side. */
  frames: number;
  /** From top to bottom. */
  tiles: readonly Written[];
  /** The file is cut off or broken: what could be read is there. */
  damaged: boolean;
};

/** 5 MB as base64 is the most that a request takes (facts: "exceeds 5 MB maximum … 5242880"). */
export const MAX_BYTES = 3_700_000;
/** More than this on an edge is refused by the model's API. */
const LARGEST_EDGE = 8000;
/** Of a tile: what a request with many pictures allows. */
const LARGEST_TILE = 2000;
/** Drawn or captured with sharp edges and few colours: kept without loss as long as that is small enough. */
const LOSSLESS: readonly ImageFormat[] = ['png', 'gif', 'bmp'];

/**
 * Write a readable copy of `source`: upright, sRGB, 8 bits, JPEG or PNG, within the limits, without metadata
 * (the place where a photo was taken stays with the original). Of an animation a sheet of frames.
 * @param target written whether it exists or not
 * @throws PictureError when there is nothing to decode; the signal's reason
 */
export async function makeReadable(
  source: string,
  target: string,
  options: ReadableOptions,
): Promise<Readable> {
  const { maxEdge, maxBytes = MAX_BYTES, signal = new AbortController().signal } = options;
  const sharp = await loadSharp();
  const picture = await openPicture(sharp, source, signal);
  const { format, width, height } = picture;
  const edge = edgeOf(maxEdge);
  const bounds = { edge, maxBytes, lossless: LOSSLESS.includes(format) };

  const write = async (failOn: 'error' | 'none') => {
    const frames = Math.min(MOST_FRAMES, picture.frames);
    const whole =
      frames > 1
        ? await sheetOf(sharp, picture, frames, edge)
        : await flattened(sharp, picture, failOn, edge);
    const written = await writeWithin(whole, target, bounds);
    const tiles =
      frames > 1 ? [] : await writeTiles(sharp, picture, failOn, { ...bounds, tile: options.tile });
    return { ...written, tiles, frames };
  };
  const result = await write('error').then(
    (written) => ({ ...written, damaged: false }),
    async (error: unknown) => {
      signal.throwIfAborted();
      // Broken or cut off: the part that can be read is worth more than nothing.
      const written = await write('none').catch((cause: unknown) => {
        throw new PictureError({ kind: 'undecodable', cause: plainCause(error) }, { cause });
      });
      return { ...written, damaged: true };
    },
  );
  return { ...result, source: { format, width, height } };
}

/**
 * Write one picture that shows what these files do, in rows of three.
 * @param frames pictures of one size
 * @param target written whether it exists or not
 */
export async function makeSheet(
  frames: readonly string[],
  target: string,
  { maxEdge, maxBytes = MAX_BYTES }: Pick<ReadableOptions, 'maxEdge' | 'maxBytes'>,
): Promise<Written> {
  const sharp = await loadSharp();
  const edge = edgeOf(maxEdge);
  const { width, height } = await sharp(frames[0] ?? '').metadata();
  const frame = (index: number) => sharp(frames[index] ?? '');
  const sheet = await contactSheet(sharp, { count: frames.length, width, height, frame }, edge);
  return writeWithin(sheet, target, { edge, maxBytes, lossless: false });
}

const edgeOf = (maxEdge: number | 'original') =>
  Math.min(maxEdge === 'original' ? LARGEST_EDGE : maxEdge, LARGEST_EDGE);

/** Loading takes tens of milliseconds and some megabytes, which a bot that gets no pictures need not spend. */
async function loadSharp(): Promise<LoadedSharp> {
  const { default: sharp } = await import('sharp');
  // Every file is read once; a cache by file name could give the picture that a reused name had before.
  sharp.cache(false);
  return (input: string | Uint8Array, options?: SharpOptions) => sharp(input, options);
}

const inside = (edge: number) =>
  ({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true }) as const;

/** A transparent picture on a ground that it stands out from: white, or dark grey where the picture itself is nearly white. */
async function flattened(
  sharp: LoadedSharp,
  picture: OpenPicture,
  failOn: 'error' | 'none',
  edge: number,
): Promise<() => Sharp> {
  if (!picture.hasAlpha) return () => picture.read({ failOn });
  const { data, info } = await picture
    .read({ failOn })
    .resize(inside(edge))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const background = isNearlyWhite(data, info.channels) ? '#444444' : '#ffffff';
  const { width, height, channels } = info;
  return () => sharp(data, { raw: { width, height, channels } }).flatten({ background });
}

/** By some thousand pixels, weighed by how much of each is seen. */
function isNearlyWhite(data: Uint8Array, channels: number): boolean {
  const stride = channels * Math.max(1, Math.floor(data.length / channels / 5000));
  let seen = 0;
  let bright = 0;
  for (let at = 0; at + channels <= data.length; at += stride) {
    const alpha = data[at + channels - 1] ?? 0;
    const green = data[at + (channels > 2 ? 1 : 0)] ?? 0;
    seen += alpha;
    bright += alpha * green;
  }
  return seen > 0 && bright / seen > 200;
}

/** From the first frame of an animation to its last. */
const sheetOf = (sharp: LoadedSharp, picture: OpenPicture, count: number, edge: number) => {
  const { width, height, frames } = picture;
  const frame = (index: number) =>
    picture.read({ failOn: 'none', page: Math.round((index * (frames - 1)) / (count - 1)) });
  return contactSheet(sharp, { count, width, height, frame }, edge);
};

async function writeTiles(
  sharp: LoadedSharp,
  picture: OpenPicture,
  failOn: 'error' | 'none',
  { tile, ...bounds }: Bounds & { tile: ReadableOptions['tile'] },
): Promise<Written[]> {
  const edge = Math.min(bounds.edge, LARGEST_TILE);
  const cut = cutIntoTiles(picture.width, picture.height, edge);
  if (tile === undefined || cut.tiles.length === 0) return [];
  // Decoded once: each tile would otherwise read all that is above it.
  const { data, info } = await picture
    .read({ failOn })
    .resize({ width: cut.width, height: cut.height, fit: 'fill' })
    .flatten({ background: '#ffffff' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const written: Written[] = [];
  for (const [index, { top, height: tall }] of cut.tiles.entries()) {
    const piece = () =>
      sharp(data, { raw: { width, height, channels } }).extract({ left: 0, top, width, height: tall });
    written.push(await writeWithin(piece, tile(index + 1), { ...bounds, edge }));
  }
  return written;
}
