/** Makes a picture readable for a coding agent. The only importer of sharp, which is loaded when the first picture comes. */
import { stat } from 'node:fs/promises';
import type { Sharp, SharpOptions } from 'sharp';
import type { PictureProblem } from './report.ts';
import { sniffFile, type ImageFormat } from './image/sniff.ts';

export type ReadableOptions = {
  /** Pixels of the long edge; `original` keeps it up to what a coding agent takes at all. */
  maxEdge: number | 'original';
  /** Of the file. */
  maxBytes?: number;
};

export type Readable = {
  format: 'jpeg' | 'png';
  /** With its dot. */
  extension: '.jpg' | '.png';
  width: number;
  height: number;
  size: number;
  /** What it was made from, upright. */
  source: { format: ImageFormat; width: number; height: number; frames: number };
  /** The file is cut off or broken: what could be read is there. */
  damaged: boolean;
};

/** The picture cannot be made readable; `problem` says why, in plain data. */
export class PictureError extends Error {
  override name = 'PictureError';
  readonly problem: PictureProblem;

  constructor(problem: PictureProblem, options?: ErrorOptions) {
    super(`Cannot make the picture readable: ${problem.kind}`, options);
    this.problem = problem;
  }
}

/** 5 MB as base64 is the most that a request takes (facts: "exceeds 5 MB maximum … 5242880"). */
export const MAX_BYTES = 3_700_000;
/** More than this on an edge is refused by the model's API. */
const LARGEST_EDGE = 8000;
/**
 * Pixels that are decoded at most: a file of a few kilobytes can claim billions. The largest phone cameras make
 * JPEGs of 200 million, which are read in strips; other formats are held whole where they are turned or interlaced.
 */
const MOST_PIXELS: Partial<Record<ImageFormat, number>> = { jpeg: 220_000_000 };
const MOST_PIXELS_OF_OTHERS = 120_000_000;
/** Seconds of decoding and encoding, against a file that was made to take for ever. */
const PATIENCE = 60;
const QUALITIES = [90, 82, 74, 66];
/** Drawn or captured with sharp edges and few colours: kept without loss as long as that is small enough. */
const LOSSLESS: readonly ImageFormat[] = ['png', 'gif', 'bmp'];

type Pixels = { data: Uint8Array; width: number; height: number; channels: 1 | 2 | 3 | 4 };

/**
 * Write a readable copy of `source`: upright, sRGB, 8 bits, JPEG or PNG, within the limits, without metadata
 * (a place where a photo was taken stays with the original).
 * @param target written whether it exists or not
 * @throws PictureError when there is nothing to decode
 */
export async function makeReadable(
  source: string,
  target: string,
  options: ReadableOptions,
): Promise<Readable> {
  const { maxEdge, maxBytes = MAX_BYTES } = options;
  const kind = await sniffFile(source);
  if (kind === undefined) throw new PictureError({ kind: 'empty' });
  if (kind.kind !== 'image') {
    throw new PictureError({ kind: 'not-an-image', found: kind.kind === 'other' ? kind.found : kind.format });
  }
  const { format } = kind;
  if (format === 'jxl') throw new PictureError({ kind: 'unsupported', format: 'JPEG XL' });

  const sharp = await loadSharp();
  const about = await describe(sharp(source, { limitInputPixels: false }), format);
  const edge = Math.min(maxEdge === 'original' ? LARGEST_EDGE : maxEdge, LARGEST_EDGE);
  const write = (failOn: NonNullable<SharpOptions['failOn']>) => {
    const upright = (within: number) =>
      sharp(source, { failOn, limitInputPixels: mostPixels(format) })
        .timeout({ seconds: PATIENCE })
        .autoOrient()
        .resize({ width: within, height: within, fit: 'inside', withoutEnlargement: true })
        .toColourspace('srgb');
    return about.hasAlpha
      ? writeFlattened(sharp, upright(edge), target, { format, edge, maxBytes })
      : writeWithin(upright, target, { format, edge, maxBytes });
  };

  let written: Written;
  let damaged = false;
  try {
    written = await write('error');
  } catch (error) {
    // Broken or cut off: the part that can be read is worth more than nothing.
    written = await write('none').catch((cause: unknown) => {
      throw new PictureError({ kind: 'undecodable', cause: plainCause(error) }, { cause });
    });
    damaged = true;
  }
  const { size } = await stat(target);
  const { width, height, frames } = about;
  return { ...written, size, source: { format, width, height, frames }, damaged };
}

type Loaded = (input: string | Uint8Array, options?: SharpOptions) => Sharp;

/** Loading takes tens of milliseconds and some megabytes, which a bot that gets no pictures need not spend. */
async function loadSharp(): Promise<Loaded> {
  const { default: sharp } = await import('sharp');
  // Every file is read once; a cache by file name could give the picture that a reused name had before.
  sharp.cache(false);
  return sharp;
}

const mostPixels = (format: ImageFormat) => MOST_PIXELS[format] ?? MOST_PIXELS_OF_OTHERS;

type About = { width: number; height: number; frames: number; hasAlpha: boolean };

/** From the header alone. */
async function describe(picture: Sharp, format: ImageFormat): Promise<About> {
  const header = await picture.metadata().catch((cause: unknown) => {
    throw new PictureError({ kind: 'undecodable', cause: plainCause(cause) }, { cause });
  });
  const { width, height } = header.autoOrient;
  if (width * height > mostPixels(format)) throw new PictureError({ kind: 'too-many-pixels', width, height });
  return { width, height, frames: header.pages ?? 1, hasAlpha: header.hasAlpha };
}

type Written = Pick<Readable, 'format' | 'extension' | 'width' | 'height'>;
type Bounds = { format: ImageFormat; edge: number; maxBytes: number };

/** The best that fits: without loss where that suits, else JPEG of falling quality, and only then fewer pixels. */
async function writeWithin(
  picture: (edge: number) => Sharp,
  target: string,
  { format, edge, maxBytes }: Bounds,
): Promise<Written> {
  if (LOSSLESS.includes(format)) {
    const { width, height, size } = await picture(edge).png().toFile(target);
    if (size <= maxBytes) return { format: 'png', extension: '.png', width, height };
  }
  const jpeg = async (within: number, quality: number) => {
    // Subsampled colours smear the thin coloured text of screenshots. Optimised tables would take a third of the
    // time for a twentieth of the bytes.
    const { width, height, size } = await picture(within)
      .jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: false })
      .toFile(target);
    return { written: { format: 'jpeg', extension: '.jpg', width, height } as const, size };
  };
  let last = await jpeg(edge, QUALITIES[0] ?? 90);
  for (const quality of QUALITIES.slice(1)) {
    if (last.size <= maxBytes) return last.written;
    last = await jpeg(edge, quality);
  }
  while (last.size > maxBytes) {
    const { width, height } = last.written;
    const smaller = Math.floor(Math.max(width, height) * Math.sqrt(maxBytes / last.size) * 0.97);
    last = await jpeg(Math.max(1, smaller), QUALITIES.at(-1) ?? 66);
  }
  return last.written;
}

/** A transparent picture on a ground that it stands out from: white, or dark grey where the picture itself is nearly white. */
async function writeFlattened(
  sharp: Loaded,
  picture: Sharp,
  target: string,
  bounds: Bounds,
): Promise<Written> {
  const { data, info } = await picture.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const pixels: Pixels = { data, width: info.width, height: info.height, channels: info.channels };
  const background = isNearlyWhite(pixels) ? '#444444' : '#ffffff';
  const raw = { width: pixels.width, height: pixels.height, channels: pixels.channels };
  return writeWithin(
    (edge) =>
      sharp(data, { raw })
        .flatten({ background })
        .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true }),
    target,
    bounds,
  );
}

/** By some thousand pixels, weighed by how much of each is seen. */
function isNearlyWhite({ data, channels }: Pixels): boolean {
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

/** libvips gives its whole log; the first line says what happened. */
const plainCause = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.trim() ?? '';
