/** Windows bitmaps, uncompressed: 1, 4, 8, 16, 24 and 32 bits a pixel. */
import type { Pixels } from './tiff.ts';

export type BmpHeader = {
  width: number;
  height: number;
  /** Rows go from the top down; in most files they go up. */
  isTopDown: boolean;
  bits: number;
  compression: number;
  /** Where the palette and the pixels begin. */
  paletteAt: number;
  pixelsAt: number;
  colours: number;
  /** Bytes of a palette entry: the oldest header has three. */
  entry: 3 | 4;
  masksAt: number;
};

const PLAIN = 0;
const BITFIELDS = 3;
const ALPHA_BITFIELDS = 6;

/**
 * @param head at least the first 54 bytes of a file that starts with `BM`
 * @throws Error when it is none of the kinds that are read here
 */
export function readBmpHeader(head: Buffer): BmpHeader {
  const size = head.readUInt32LE(14);
  const pixelsAt = head.readUInt32LE(10);
  if (size === 12) {
    const bits = head.readUInt16LE(24);
    return checked({
      width: head.readUInt16LE(18),
      height: head.readUInt16LE(20),
      isTopDown: false,
      bits,
      compression: PLAIN,
      paletteAt: 26,
      pixelsAt,
      colours: 2 ** Math.min(bits, 8),
      entry: 3,
      masksAt: 0,
    });
  }
  if (head.length < 54) throw new Error('the header is cut off');
  const height = head.readInt32LE(22);
  const bits = head.readUInt16LE(28);
  const compression = head.readUInt32LE(30);
  // The short header keeps its bit masks behind itself, the longer ones in themselves: the same place.
  const masks = size === 40 && compression !== PLAIN ? (compression === ALPHA_BITFIELDS ? 16 : 12) : 0;
  return checked({
    width: head.readInt32LE(18),
    height: Math.abs(height),
    isTopDown: height < 0,
    bits,
    compression,
    paletteAt: 14 + size + masks,
    pixelsAt,
    colours: head.readUInt32LE(46) || 2 ** Math.min(bits, 8),
    entry: 4,
    masksAt: 54,
  });
}

function checked(header: BmpHeader): BmpHeader {
  const { width, height, bits, compression } = header;
  if (width <= 0 || height <= 0) throw new Error('it has no size');
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`${bits} bits a pixel`);
  const isMasked = compression === BITFIELDS || compression === ALPHA_BITFIELDS;
  if (compression !== PLAIN && !(isMasked && bits >= 16)) throw new Error(`compression ${compression}`);
  return header;
}

/** @throws Error when the file is cut off */
export function decodeBmp(file: Buffer): Pixels {
  const header = readBmpHeader(file);
  const { width, height, bits, pixelsAt, isTopDown } = header;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (file.length < pixelsAt + rowBytes * height) throw new Error('the file is cut off');
  const data = new Uint8Array(width * height * 3);
  const readRow = rowReader(file, header);
  for (let row = 0; row < height; row += 1) {
    readRow(pixelsAt + (isTopDown ? row : height - 1 - row) * rowBytes, data, row * width * 3);
  }
  return { data, width, height, channels: 3 };
}

/** Reads one row at a place of the file into RGB. */
type RowReader = (from: number, into: Uint8Array, at: number) => void;

function rowReader(file: Buffer, header: BmpHeader): RowReader {
  const { width, bits } = header;
  if (bits <= 8) return paletteReader(file, header);
  const [red, green, blue] = channelsOf(file, header);
  const bytes = bits / 8;
  return (from, into, at) => {
    for (let x = 0; x < width; x += 1) {
      const value = file.readUIntLE(from + x * bytes, bytes);
      into[at + x * 3] = red(value);
      into[at + x * 3 + 1] = green(value);
      into[at + x * 3 + 2] = blue(value);
    }
  };
}

function paletteReader(file: Buffer, { width, bits, paletteAt, colours, entry }: BmpHeader): RowReader {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  return (from, into, at) => {
    for (let x = 0; x < width; x += 1) {
      const byte = file[from + Math.floor(x / perByte)] ?? 0;
      const index = Math.min((byte >> (8 - bits * ((x % perByte) + 1))) & mask, colours - 1);
      const colour = paletteAt + index * entry;
      into[at + x * 3] = file[colour + 2] ?? 0;
      into[at + x * 3 + 1] = file[colour + 1] ?? 0;
      into[at + x * 3 + 2] = file[colour] ?? 0;
    }
  };
}

/** How each colour is cut out of a pixel's bits and spread to 0–255. */
function channelsOf(file: Buffer, { bits, compression, masksAt }: BmpHeader): [Channel, Channel, Channel] {
  const masks =
    compression === PLAIN
      ? bits === 16
        ? [0x7c_00, 0x03_e0, 0x00_1f]
        : [0xff_00_00, 0xff_00, 0xff]
      : [0, 4, 8].map((offset) => file.readUInt32LE(masksAt + offset));
  const [red = 0, green = 0, blue = 0] = masks;
  return [channel(red), channel(green), channel(blue)];
}

type Channel = (pixel: number) => number;

function channel(mask: number): Channel {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most);
}
