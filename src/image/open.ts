/** Opens a picture of any format that is read, checked for its pixels before they are decoded. */
import { open, stat } from 'node:fs/promises';
import type { Sharp, SharpOptions } from 'sharp';
import { readBmpHeader } from './bmp.ts';
import { decode } from './decode.ts';
import { PictureError, plainCause } from './picture-error.ts';
import { sniffFile, type ImageFormat } from './sniff.ts';

export type LoadedSharp = (input: string | Uint8Array, options?: SharpOptions) => Sharp;

export type OpenPicture = {
  format: ImageFormat;
  /** Upright. */
  width: number;
  height: number;
  frames: number;
  hasAlpha: boolean;
  /** The picture upright and in sRGB. @param page of an animation */
  read(options: Pick<SharpOptions, 'failOn' | 'page'>): Sharp;
};

/**
 * Pixels that are decoded at most: a file of a few kilobytes can claim billions. The largest phone cameras make
 * JPEGs of 200 million, which are read in strips; other formats are held whole where they are turned or interlaced,
 * and HEIC in the memory of WebAssembly.
 */
const MOST_PIXELS: Partial<Record<ImageFormat, number>> = { jpeg: 220_000_000, heic: 64_000_000 };
const MOST_PIXELS_OF_OTHERS = 120_000_000;
/** Seconds of work, against a file that was made to take for ever. */
const PATIENCE = 60;

/** @throws PictureError when it is no picture, or one that is not decoded */
export async function openPicture(
  sharp: LoadedSharp,
  source: string,
  signal: AbortSignal,
): Promise<OpenPicture> {
  const kind = await sniffFile(source);
  if (kind === undefined) throw new PictureError({ kind: 'empty' });
  if (kind.kind !== 'image') {
    throw new PictureError({ kind: 'not-an-image', found: kind.kind === 'other' ? kind.found : kind.format });
  }
  const { format } = kind;
  if (format === 'jxl') throw new PictureError({ kind: 'unsupported', format: 'JPEG XL' });

  const header = await describe(sharp, source, format);
  const { width, height, frames, hasAlpha, primary, profile } = header;
  const most = MOST_PIXELS[format] ?? MOST_PIXELS_OF_OTHERS;
  if (width * height > most) throw new PictureError({ kind: 'too-many-pixels', width, height });

  let input: string | Uint8Array = source;
  if (format === 'heic' || format === 'bmp') {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE * 1000)]);
    input = await decode({ path: source, format, primary, profile }, patience).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new PictureError({ kind: 'undecodable', cause: plainCause(cause) }, { cause });
    });
  }
  return {
    format,
    width,
    height,
    frames,
    hasAlpha,
    read: (options) =>
      sharp(input, { ...options, limitInputPixels: most })
        .timeout({ seconds: PATIENCE })
        .autoOrient()
        .toColourspace('srgb'),
  };
}

type Header = Pick<OpenPicture, 'width' | 'height' | 'frames' | 'hasAlpha'> & {
  primary: number;
  profile: Uint8Array | undefined;
};

/** From the header alone. sharp reads that of a HEIC, whose pixels it cannot decode. */
async function describe(sharp: LoadedSharp, source: string, format: ImageFormat): Promise<Header> {
  try {
    if (format === 'bmp') {
      const { width, height } = readBmpHeader(await headOf(source));
      return { width, height, frames: 1, hasAlpha: false, primary: 0, profile: undefined };
    }
    const header = await sharp(source, { limitInputPixels: false }).metadata();
    return {
      width: header.autoOrient.width,
      height: header.autoOrient.height,
      frames: format === 'heic' || format === 'tiff' ? 1 : (header.pages ?? 1),
      // What the decoder gives tells more than the file's claim.
      hasAlpha: header.hasAlpha && format !== 'heic',
      primary: header.pagePrimary ?? 0,
      profile: header.icc,
    };
  } catch (cause) {
    throw new PictureError({ kind: 'undecodable', cause: plainCause(cause) }, { cause });
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const size = Math.min(4096, (await stat(path)).size);
    const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
    return buffer;
  } finally {
    await file.close();
  }
}
