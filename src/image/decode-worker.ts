/** Decodes, beside the main thread, what sharp does not read: a second of work must not hold up the chat. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import heic from 'heic-decode';
import { decodeBmp } from './bmp.ts';
import { toTiff, type Pixels } from './tiff.ts';

export type DecodeTask = {
  path: string;
  format: 'heic' | 'bmp';
  /** Which of several pictures in the file is the one to show. */
  primary: number;
  /** An ICC profile that the pixels are in. */
  profile: Uint8Array | undefined;
};

const { path, format, primary, profile } = workerData as DecodeTask;
const file = await readFile(path);
const tiff = toTiff(format === 'bmp' ? decodeBmp(file) : await decodeHeic(file), profile);
parentPort?.postMessage(tiff, [tiff.buffer]);

async function decodeHeic(buffer: Uint8Array): Promise<Pixels> {
  const pictures = await heic.all({ buffer });
  try {
    const picture = pictures[primary] ?? pictures[0];
    if (picture === undefined) throw new Error('there is no picture in the file');
    return withoutEmptyAlpha(await picture.decode());
  } finally {
    pictures.dispose();
  }
}

/** The decoder always gives an alpha channel; a camera's picture has none worth a quarter of the memory. */
function withoutEmptyAlpha({ data, width, height }: Omit<Pixels, 'channels'>): Pixels {
  for (let at = 3; at < data.length; at += 4) {
    if (data[at] !== 255) return { data, width, height, channels: 4 };
  }
  const opaque = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    opaque[to] = data[from] ?? 0;
    opaque[to + 1] = data[from + 1] ?? 0;
    opaque[to + 2] = data[from + 2] ?? 0;
  }
  return { data: opaque, width, height, channels: 3 };
}
