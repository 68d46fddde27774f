import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeReadable } from '../../src/image.ts';
import { PictureError } from '../../src/image/picture-error.ts';
import { toTiff } from '../../src/image/tiff.ts';

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-formats-'));
  target = join(folder, 'target');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = (bytes: Uint8Array) => {
  const file = join(folder, 'source');
  writeFileSync(file, bytes);
  return file;
};
const make = (bytes: Uint8Array) => makeReadable(source(bytes), target, { maxEdge: 2000 });
const fixture = (name: string) => readFileSync(new URL(`../fixtures/pictures/${name}`, import.meta.url));
const pixel = async (x: number, y: number) => {
  const { data, info } = await sharp(target).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
};
const near = (found: number[], wanted: number[], by = 12) =>
  found.every((value, index) => Math.abs(value - (wanted[index] ?? 0)) <= by);

describe('HEIC', () => {
  // 300×200, red (220, 30, 30) above blue (20, 40, 200), made with heif-enc.
  it.each(['plain.heic', 'display-p3.heic', 'ten-bit.heic'])('%s gives its colours in sRGB', async (name) => {
    expect(await make(fixture(name))).toMatchObject({
      format: 'jpeg',
      width: 300,
      height: 200,
      damaged: false,
      source: { format: 'heic' },
    });
    expect(await pixel(150, 20)).toSatisfy((found: number[]) => near(found, [220, 30, 30]));
    expect(await pixel(150, 180)).toSatisfy((found: number[]) => near(found, [20, 40, 200]));
  });

  it('cut off is `undecodable`', async () => {
    const whole = fixture('plain.heic');
    const error = await make(whole.subarray(0, whole.length - 200)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PictureError);
    expect((error as PictureError).problem).toMatchObject({ kind: 'undecodable' });
  });

  it('a signal ends the decoding with its reason', async () => {
    const reason = new Error('shutting down');
    const signal = AbortSignal.abort(reason);
    await expect(makeReadable(source(fixture('plain.heic')), target, { maxEdge: 2000, signal })).rejects.toBe(
      reason,
    );
  });

  it('leaves the main thread free', async () => {
    let done = false;
    const making = make(fixture('plain.heic')).finally(() => (done = true));
    // Turns of the event loop while it is decoded: a decoder in this thread would leave next to none.
    let turns = 0;
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    await making;
    expect(turns).toBeGreaterThan(100);
  });
});

/** A picture of 3×2: red, green, blue above white, black, grey. */
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
  [0, 0, 0],
  [123, 123, 123],
] as const;

type Bmp = {
  bits: number;
  compression?: number;
  masks?: number[];
  topDown?: boolean;
  oldHeader?: boolean;
  encode: (index: number) => number;
};

const bmp = ({ bits, compression = 0, masks = [], topDown = false, oldHeader = false, encode }: Bmp) => {
  const rowBytes = Math.ceil((3 * bits) / 32) * 4;
  const palette = bits > 8 ? [] : COLOURS.slice(0, 2 ** bits);
  const entry = oldHeader ? 3 : 4;
  const header = oldHeader ? 12 : 40;
  const pixelsAt = 14 + header + masks.length * 4 + palette.length * entry;
  const file = Buffer.alloc(pixelsAt + rowBytes * 2);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(pixelsAt, 10);
  file.writeUInt32LE(header, 14);
  if (oldHeader) {
    for (const [at, value] of [
      [18, 3],
      [20, 2],
      [22, 1],
      [24, bits],
    ] as const)
      file.writeUInt16LE(value, at);
  } else {
    file.writeInt32LE(3, 18);
    file.writeInt32LE(topDown ? -2 : 2, 22);
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(bits, 28);
    file.writeUInt32LE(compression, 30);
    file.writeUInt32LE(palette.length, 46);
  }
  for (const [index, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + index * 4);
  for (const [index, [r, g, b]] of palette.entries()) file.set([b, g, r], 14 + header + index * entry);
  for (let row = 0; row < 2; row += 1) {
    const from = pixelsAt + (topDown ? row : 1 - row) * rowBytes;
    for (let x = 0; x < 3; x += 1) {
      const value = encode(row * 3 + x);
      if (bits >= 8) file.writeUIntLE(value, from + (x * bits) / 8, bits / 8);
      else
        file[from + Math.floor((x * bits) / 8)] =
          (file[from + Math.floor((x * bits) / 8)] ?? 0) | (value << (8 - bits - ((x * bits) % 8)));
    }
  }
  return file;
};
const rgb = (index: number) => COLOURS[index] ?? [0, 0, 0];
const packed = (index: number) => ((rgb(index)[0] << 16) | (rgb(index)[1] << 8) | rgb(index)[2]) >>> 0;
const to565 = (index: number) =>
  ((rgb(index)[0] >> 3) << 11) | ((rgb(index)[1] >> 2) << 5) | (rgb(index)[2] >> 3);
const to555 = (index: number) =>
  ((rgb(index)[0] >> 3) << 10) | ((rgb(index)[1] >> 3) << 5) | (rgb(index)[2] >> 3);

describe('BMP', () => {
  it.each([
    ['4 bits', bmp({ bits: 4, encode: (index) => index })],
    ['8 bits', bmp({ bits: 8, encode: (index) => index })],
    ['8 bits under the oldest header', bmp({ bits: 8, oldHeader: true, encode: (index) => index })],
    ['16 bits, 5-5-5', bmp({ bits: 16, encode: to555 })],
    [
      '16 bits, 5-6-5 by masks',
      bmp({ bits: 16, compression: 3, masks: [0xf8_00, 0x07_e0, 0x1f], encode: to565 }),
    ],
    ['24 bits', bmp({ bits: 24, encode: packed })],
    ['24 bits from the top down', bmp({ bits: 24, topDown: true, encode: packed })],
    ['32 bits', bmp({ bits: 32, encode: packed })],
    [
      '32 bits by masks',
      bmp({
        bits: 32,
        compression: 3,
        masks: [0xff_00_00_00, 0xff_00_00, 0xff_00],
        encode: (index) => (packed(index) * 256) >>> 0,
      }),
    ],
  ])('of %s gives its colours', async (_, file) => {
    expect(await make(file)).toMatchObject({ format: 'png', width: 3, height: 2 });
    for (const [index, colour] of COLOURS.entries()) {
      const found = await pixel(index % 3, Math.floor(index / 3));
      expect(found).toSatisfy((value: number[]) => near(value, [...colour], 5));
    }
  });

  it('of 1 bit gives its two colours', async () => {
    await make(bmp({ bits: 1, encode: (index) => index % 2 }));
    expect([await pixel(0, 0), await pixel(1, 0), await pixel(0, 1)]).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 255, 0],
    ]);
  });

  it.each([
    ['cut off', bmp({ bits: 24, encode: packed }).subarray(0, 60), 'cut off'],
    ['compressed', bmp({ bits: 8, compression: 1, encode: (index) => index }), 'compression 1'],
  ])('that is %s is `undecodable`', async (_, file, cause) => {
    const error = (await make(file).catch((reason: unknown) => reason)) as PictureError;
    expect(error.problem).toMatchObject({ kind: 'undecodable', cause: expect.stringContaining(cause) });
  });

  it('that claims a size nobody decodes is refused before it is read', async () => {
    const file = bmp({ bits: 24, encode: packed });
    file.writeInt32LE(50_000, 18);
    file.writeInt32LE(50_000, 22);
    const error = (await make(file).catch((reason: unknown) => reason)) as PictureError;
    expect(error.problem).toEqual({ kind: 'too-many-pixels', width: 50_000, height: 50_000 });
  });
});

describe('animations', () => {
  const frame = (red: number) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background: { r: red, g: 0, b: 0 } } })
      .png()
      .toBuffer();
  it.each(['gif', 'webp'] as const)(
    'a %s becomes a sheet of its frames, from the first to the last',
    async (format) => {
      const frames = await Promise.all([0, 50, 100, 150, 250].map(frame));
      const animation = await sharp(frames, { join: { animated: true } })
        .toFormat(format)
        .toBuffer();
      expect(await make(animation)).toMatchObject({ width: 128, height: 64, frames: 5 });
      const reds = [
        (await pixel(20, 15))[0],
        (await pixel(64, 15))[0],
        (await pixel(108, 15))[0],
        (await pixel(20, 49))[0],
        (await pixel(64, 49))[0],
      ];
      expect(reds).toSatisfy((found: number[]) => near(found, [0, 50, 100, 150, 250]));
    },
  );

  it('of many frames six are shown, the first and the last among them', async () => {
    const frames = await Promise.all(Array.from({ length: 26 }, (_, index) => frame(index * 10)));
    const animation = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect(await make(animation)).toMatchObject({ frames: 6, width: 128, height: 64 });
    expect([(await pixel(20, 15))[0], (await pixel(108, 49))[0]]).toEqual([0, 250]);
    // Between two frames.
    expect(near(await pixel(42, 15), [128, 128, 128])).toBe(true);
  });
});

describe('tiles', () => {
  const bands = (width: number, height: number, count: number) => {
    const tall = height / count;
    const rows = Array.from(
      { length: count },
      (_, index) =>
        `<rect y="${index * tall}" width="${width}" height="${tall}" fill="rgb(${index * 10},0,0)"/>`,
    );
    return sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rows.join('')}</svg>`,
      ),
    ).flatten();
  };
  const tile = (index: number) => join(folder, `tile${index}`);

  it('a long screenshot is cut from top to bottom at full width, and nothing is lost', async () => {
    const file = source(await bands(600, 5000, 25).png().toBuffer());
    const { tiles, width, height } = await makeReadable(file, target, { maxEdge: 2000, tile });
    expect({ width, height }).toEqual({ width: 240, height: 2000 });
    expect(tiles.length).toBe(3);
    const seen = new Set<number>();
    for (const [index, piece] of tiles.entries()) {
      expect(piece).toMatchObject({ width: 600, format: 'png' });
      expect(piece.height).toBeLessThanOrEqual(2000);
      const { data, info } = await sharp(tile(index + 1))
        .raw()
        .toBuffer({ resolveWithObject: true });
      for (let y = 0; y < info.height; y += 1) seen.add(data[y * info.width * info.channels] ?? -1);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, index) => index * 10));
  });

  it('a picture of 2.5:1 is not cut, and none where no place for tiles is given', async () => {
    const square = source(await bands(400, 1000, 2).png().toBuffer());
    expect((await makeReadable(square, target, { maxEdge: 2000, tile })).tiles).toEqual([]);
    const long = source(await bands(400, 3000, 2).png().toBuffer());
    expect((await makeReadable(long, target, { maxEdge: 2000 })).tiles).toEqual([]);
  });
});

it.each([1, 63, 64, 65, 200])(
  'toTiff of %i rows is read back as the same pixels, with and without alpha',
  async (height) => {
    for (const channels of [3, 4] as const) {
      const data = Uint8Array.from({ length: 7 * height * channels }, (_, index) => (index * 31) % 256);
      const { data: read, info } = await sharp(toTiff({ data, width: 7, height, channels }))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 7, height, channels });
      expect(Buffer.compare(read, data)).toBe(0);
    }
  },
);
