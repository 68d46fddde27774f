/** Pictures of a given size in bytes, each one different from all others. */
import sharp from 'sharp';

export type Look = { width: number; height: number; bytes: number };

/** A screenshot of a large phone, and what a camera of 48 million pixels makes; Telegram gives no more than 20 MiB. */
export const SCREENSHOT: Look = { width: 1290, height: 2796, bytes: 1_200_000 };
export const CAMERA: Look = { width: 8064, height: 6048, bytes: 20_000_000 };

/** Noise is slow to make: a part of it, repeated so often in each direction. */
const TILES = 6;
const START_OF_IMAGE = 2;
/** A comment's marker, and the most bytes that one holds after it. */
const COMMENT = Buffer.from([0xff, 0xfe]);
const LARGEST_COMMENT = 0xffff;

/** @returns gives another picture at each call: the same pixels, other bytes */
export async function createPictures({ width, height, bytes }: Look): Promise<() => Buffer<ArrayBuffer>> {
  const tile = { width: width / TILES, height: height / TILES };
  const noise = await sharp({
    create: {
      ...tile,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 12 },
    },
  })
    .raw()
    .toBuffer();
  const encode = (raw: Buffer, size: { width: number; height: number }, quality: number) =>
    sharp(raw, { raw: { ...size, channels: 3 } })
      .jpeg({ quality })
      .toBuffer();
  // The best quality that leaves room for the comments that fill it up.
  let quality = 94;
  while ((await encode(noise, tile, quality)).length * TILES ** 2 > bytes * 0.97) quality -= 2;
  const jpeg = await encode(repeat(noise, tile), { width, height }, quality);
  let count = 0;
  return () => {
    const filled = fill(jpeg, bytes);
    filled.writeUInt32BE((count += 1), START_OF_IMAGE + COMMENT.length + 2);
    return filled;
  };
}

/** The tile beside and below itself. */
function repeat(noise: Buffer, { width, height }: { width: number; height: number }): Buffer {
  const rows = Array.from({ length: height }, (_, y) => {
    const row = noise.subarray(y * width * 3, (y + 1) * width * 3);
    return Buffer.concat(Array.from({ length: TILES }, () => row));
  });
  const band = Buffer.concat(rows);
  return Buffer.concat(Array.from({ length: TILES }, () => band));
}

/** Comments behind the start of the image until it has the size. */
function fill(jpeg: Buffer, bytes: number): Buffer<ArrayBuffer> {
  const comments: Buffer[] = [];
  for (let missing = bytes - jpeg.length; missing > 0;) {
    // One of fewer than its own header cannot be; the rest after the last whole one is left enough.
    const length = Math.min(missing - COMMENT.length, LARGEST_COMMENT);
    const size =
      missing - COMMENT.length - length < 100 && length === LARGEST_COMMENT ? length - 100 : length;
    const comment = Buffer.alloc(COMMENT.length + size);
    COMMENT.copy(comment);
    comment.writeUInt16BE(size, COMMENT.length);
    comments.push(comment);
    missing -= comment.length;
  }
  return Buffer.concat([jpeg.subarray(0, START_OF_IMAGE), ...comments, jpeg.subarray(START_OF_IMAGE)]);
}
