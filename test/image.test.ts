import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeReadable, type ReadableOptions } from '../src/image.ts';
import { PictureError } from '../src/image/picture-error.ts';

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-image-'));
  target = join(folder, 'target');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = (bytes: Uint8Array | string) => {
  const file = join(folder, 'source');
  writeFileSync(file, bytes);
  return file;
};
const make = (bytes: Uint8Array | string, options: Partial<ReadableOptions> = {}) =>
  makeReadable(source(bytes), target, { maxEdge: 2000, ...options });

const problemOf = async (bytes: Uint8Array | string) => {
  const error = await make(bytes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PictureError);
  return (error as PictureError).problem;
};

type Colour = { r: number; g: number; b: number; alpha?: number };
const RED = { r: 220, g: 30, b: 30 };
const BLUE = { r: 20, g: 40, b: 200 };

/** Red above, blue below: tells which way is up. */
const halves = (width: number, height: number, top: Colour = RED, bottom: Colour = BLUE) =>
  sharp({ create: { width, height, channels: 3, background: bottom } }).composite([
    {
      input: { create: { width, height: Math.floor(height / 2), channels: 3, background: top } },
      left: 0,
      top: 0,
    },
  ]);
const noise = (width: number, height: number) =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
      background: RED,
    },
  });

/** The colour of the written picture at a place, as shares of its width and height. */
const colourAt = async (x: number, y: number) => {
  const { data, info } = await sharp(target).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at =
    (Math.floor(y * (info.height - 1)) * info.width + Math.floor(x * (info.width - 1))) * info.channels;
  return { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 };
};
const isRed = ({ r, b }: Colour) => r > 150 && b < 100;
const isBlue = ({ r, b }: Colour) => b > 120 && r < 100;

/** A PNG header that claims a size, with next to nothing behind it. */
const pngBomb = (width: number, height: number) => {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc32(body));
    return Buffer.concat([head, body, tail]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

describe('makeReadable', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns EXIF orientation %i upright and drops the tag',
    async (orientation) => {
      const upright = await halves(400, 300).png().toBuffer();
      // The stored picture is the one that its tag turns into `upright`.
      const turns: Record<number, (picture: Sharp) => Sharp> = {
        1: (picture) => picture,
        2: (picture) => picture.flop(),
        3: (picture) => picture.rotate(180),
        4: (picture) => picture.flip(),
        5: (picture) => picture.rotate(90),
        6: (picture) => picture.rotate(-90),
        7: (picture) => picture.rotate(-90),
        8: (picture) => picture.rotate(90),
      };
      const turned = await turns[orientation]?.(sharp(upright)).toBuffer();
      const stored = await sharp(turned).flop([5, 7].includes(orientation)).toBuffer();
      const result = await make(
        await sharp(stored).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer(),
      );
      expect(result).toMatchObject({
        width: 400,
        height: 300,
        source: { width: 400, height: 300 },
        damaged: false,
      });
      expect(isRed(await colourAt(0.5, 0.1)), 'red above').toBe(true);
      expect(isBlue(await colourAt(0.5, 0.9)), 'blue below').toBe(true);
      expect((await sharp(target).metadata()).orientation).toBeUndefined();
    },
  );

  it('strips EXIF with the place, XMP and the colour profile', async () => {
    const photo = await halves(300, 200)
      .withExif({
        IFD0: { Copyright: 'somebody' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '37/1 33/1 0/1' },
      })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>Seoul</place></x:xmpmeta>')
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    expect(await sharp(photo).metadata()).toMatchObject({ exif: expect.anything(), xmp: expect.anything() });
    await make(photo);
    const { exif, xmp, icc, space } = await sharp(target).metadata();
    expect({ exif, xmp, icc, space }).toEqual({
      exif: undefined,
      xmp: undefined,
      icc: undefined,
      space: 'srgb',
    });
    expect(readFileSync(target).includes('Seoul')).toBe(false);
  });

  it.each([
    [2000, { width: 2000, height: 1000 }],
    [1568, { width: 1568, height: 784 }],
    ['original' as const, { width: 3000, height: 1500 }],
  ])('with maxEdge %s a 3000×1500 picture becomes %o', async (maxEdge, size) => {
    expect(await make(await halves(3000, 1500).jpeg().toBuffer(), { maxEdge })).toMatchObject(size);
  });

  it('never enlarges, and keeps a 1×1 picture decodable', async () => {
    expect(await make(await halves(320, 200).jpeg().toBuffer())).toMatchObject({ width: 320, height: 200 });
    expect(
      await make(
        await sharp({ create: { width: 1, height: 1, channels: 3, background: RED } })
          .png()
          .toBuffer(),
      ),
    ).toMatchObject({ width: 1, height: 1 });
    expect(isRed(await colourAt(0, 0))).toBe(true);
  });

  it('keeps a PNG screenshot without loss, and makes a PNG that is too large a JPEG', async () => {
    const text = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#fff"/><rect x="50" y="40" width="1" height="300" fill="#c00"/></svg>',
    );
    const screenshot = await sharp(text).flatten().png().toBuffer();
    expect(await make(screenshot)).toMatchObject({ format: 'png' });
    expect(await sharp(target).raw().toBuffer()).toEqual(await sharp(screenshot).raw().toBuffer());

    const large = await make(await noise(1400, 1400).png().toBuffer());
    expect(large).toMatchObject({ format: 'jpeg', width: 1400 });
    expect(large.size).toBeLessThanOrEqual(3_700_000);
  });

  it('steps quality before size until the file fits', async () => {
    const photo = await noise(1200, 1200).jpeg({ quality: 98 }).toBuffer();
    const free = await make(photo);
    const stepped = await make(photo, { maxBytes: Math.floor(free.size * 0.6) });
    expect(stepped.size).toBeLessThanOrEqual(free.size * 0.6);
    expect(stepped.width).toBe(1200);
    const shrunk = await make(photo, { maxBytes: 60_000 });
    expect(shrunk.size).toBeLessThanOrEqual(60_000);
    expect(shrunk.width).toBeLessThan(1200);
    expect(statSync(target).size).toBe(shrunk.size);
  });

  it('does not subsample the colours of a JPEG', async () => {
    await make(await halves(300, 200).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer());
    expect((await sharp(target).metadata()).chromaSubsampling).toBe('4:4:4');
  });

  it.each([
    ['CMYK JPEG', () => halves(300, 200).toColourspace('cmyk').jpeg().toBuffer()],
    ['16-bit PNG', () => halves(300, 200).toColourspace('rgb16').png().toBuffer()],
    ['palette PNG', () => halves(300, 200).png({ palette: true }).toBuffer()],
    ['interlaced PNG', () => halves(300, 200).png({ progressive: true }).toBuffer()],
    ['progressive JPEG', () => halves(300, 200).jpeg({ progressive: true }).toBuffer()],
    ['WebP', () => halves(300, 200).webp().toBuffer()],
    ['lossless WebP', () => halves(300, 200).webp({ lossless: true }).toBuffer()],
    ['GIF', () => halves(300, 200).gif().toBuffer()],
    ['AVIF', () => halves(300, 200).avif({ effort: 0 }).toBuffer()],
    ['TIFF', () => halves(300, 200).tiff({ compression: 'lzw' }).toBuffer()],
    [
      '16-bit TIFF',
      () => halves(300, 200).toColourspace('rgb16').tiff({ compression: 'deflate' }).toBuffer(),
    ],
    ['CMYK TIFF', () => halves(300, 200).toColourspace('cmyk').tiff().toBuffer()],
    ['P3 JPEG', () => halves(300, 200).withIccProfile('p3').jpeg().toBuffer()],
  ])('%s becomes an 8-bit sRGB picture of the same colours', async (_, bytes) => {
    expect(await make(await bytes())).toMatchObject({ width: 300, height: 200, damaged: false });
    expect(await sharp(target).metadata()).toMatchObject({ space: 'srgb', depth: 'uchar' });
    expect(isRed(await colourAt(0.5, 0.1)), 'red above').toBe(true);
    expect(isBlue(await colourAt(0.5, 0.9)), 'blue below').toBe(true);
  });

  it('greyscale stays readable', async () => {
    await make(
      await halves(300, 200, { r: 255, g: 255, b: 255 }, { r: 0, g: 0, b: 0 }).greyscale().jpeg().toBuffer(),
    );
    expect((await colourAt(0.5, 0.1)).r).toBeGreaterThan(230);
    expect((await colourAt(0.5, 0.9)).r).toBeLessThan(25);
  });

  it.each([
    ['dark', { r: 0, g: 0, b: 0 }, 255],
    ['white', { r: 255, g: 255, b: 255 }, 0x44],
  ])(
    'puts %s drawing on transparent ground onto a ground that it stands out from',
    async (_, ink, ground) => {
      const drawing = sharp({
        create: { width: 300, height: 300, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
      });
      const box = {
        create: { width: 100, height: 100, channels: 4 as const, background: { ...ink, alpha: 1 } },
      };
      const result = await make(
        await drawing
          .composite([{ input: box, left: 100, top: 100 }])
          .png()
          .toBuffer(),
      );
      expect(result.format).toBe('png');
      expect((await sharp(target).metadata()).hasAlpha).toBe(false);
      expect(await colourAt(0, 0)).toEqual({ r: ground, g: ground, b: ground });
      expect(await colourAt(0.5, 0.5)).toEqual(ink);
    },
  );

  it('reads by content, not by name, and tells what is no picture', async () => {
    expect(await problemOf('')).toEqual({ kind: 'empty' });
    expect(await problemOf(Buffer.from('PK\x03\x04 and so on', 'latin1'))).toEqual({
      kind: 'not-an-image',
      found: 'a ZIP archive',
    });
    expect(await problemOf('%PDF-1.7\n')).toEqual({ kind: 'not-an-image', found: 'pdf' });
    expect(await problemOf('just words')).toEqual({ kind: 'not-an-image', found: 'txt' });
    expect(await problemOf(Buffer.from([1, 2, 3, 0, 255, 254, 0, 9]))).toEqual({
      kind: 'not-an-image',
      found: undefined,
    });
    expect(await problemOf(Buffer.from([0xff, 0x0a, 1, 2, 3]))).toEqual({
      kind: 'unsupported',
      format: 'JPEG XL',
    });
  });

  it('a truncated picture gives what is there and says so', async () => {
    const file = source(await noise(800, 600).jpeg({ quality: 90 }).toBuffer());
    truncateSync(file, Math.floor(statSync(file).size * 0.6));
    expect(await makeReadable(file, target, { maxEdge: 2000 })).toMatchObject({
      damaged: true,
      width: 800,
      height: 600,
    });
    expect((await sharp(target).stats()).channels).toHaveLength(3);
  });

  it("junk behind a picture's first bytes is `undecodable`, with one line of cause", async () => {
    const problem = await problemOf(
      Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(5000, 0x5a)]),
    );
    expect(problem).toEqual({ kind: 'undecodable', cause: 'premature end of JPEG image' });
  });

  it('a decompression bomb is refused by its claimed size before it is decoded', async () => {
    expect(await problemOf(pngBomb(60_000, 60_000))).toEqual({
      kind: 'too-many-pixels',
      width: 60_000,
      height: 60_000,
    });
  });

  it('a picture of 12 000×9 000 is taken', async () => {
    const large = await sharp({ create: { width: 12_000, height: 9000, channels: 3, background: RED } })
      .jpeg()
      .toBuffer();
    expect(await make(large)).toMatchObject({ width: 2000, height: 1500 });
    expect(await make(large, { maxEdge: 'original' })).toMatchObject({ width: 8000, height: 6000 });
  });
});
