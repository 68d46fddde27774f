/** Width and height from the first bytes of a JPEG, PNG, GIF or WebP; turned sideways where EXIF says so. */
export type Size = {
  width: number;
  height: number;
  type: 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';
};

/** Nothing where the bytes are none of these, or end too early. */
export function imageSize(bytes: Uint8Array): Size | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (
      data.length >= 24 &&
      data.toString('latin1', 1, 4) === 'PNG' &&
      data.toString('latin1', 12, 16) === 'IHDR'
    ) {
      return found(data.readUInt32BE(16), data.readUInt32BE(20), 'image/png');
    }
    if (/^GIF8[79]a$/.test(data.toString('latin1', 0, 6))) {
      return found(data.readUInt16LE(6), data.readUInt16LE(8), 'image/gif');
    }
    if (data.toString('latin1', 0, 4) === 'RIFF' && data.toString('latin1', 8, 12) === 'WEBP')
      return webp(data);
    if (data.readUInt16BE(0) === 0xffd8) return jpeg(data);
  } catch (error) {
    // Reading past the end is how a header that was cut off shows.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

const found = (width: number, height: number, type: Size['type']): Size | undefined =>
  width > 0 && height > 0 ? { width, height, type } : undefined;

/** The three forms of developers.google.com/speed/webp/docs/riff_container. */
function webp(data: Buffer): Size | undefined {
  switch (data.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return found(data.readUInt16LE(26) & 0x3fff, data.readUInt16LE(28) & 0x3fff, 'image/webp');
    case 'VP8L': {
      const bits = data.readUInt32LE(21);
      return found((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, 'image/webp');
    }
    case 'VP8X':
      return found(data.readUIntLE(24, 3) + 1, data.readUIntLE(27, 3) + 1, 'image/webp');
    default:
      return undefined;
  }
}

function jpeg(data: Buffer): Size | undefined {
  let at = 2;
  let sideways = false;
  for (;;) {
    while (data.readUInt8(at) === 0xff && data.readUInt8(at + 1) === 0xff) at++;
    if (data.readUInt8(at) !== 0xff) return undefined;
    const marker = data.readUInt8(at + 1);
    const length = data.readUInt16BE(at + 2);
    if (marker === 0xe1) sideways ||= turned(data.subarray(at + 4, at + 2 + length));
    // Start of frame, all kinds; C4, C8 and CC lie between them and are tables.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const height = data.readUInt16BE(at + 5);
      const width = data.readUInt16BE(at + 7);
      return sideways ? found(height, width, 'image/jpeg') : found(width, height, 'image/jpeg');
    }
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + length;
  }
}

/** EXIF orientation 5 to 8: the picture lies on its side. */
function turned(app1: Buffer): boolean {
  if (app1.toString('latin1', 0, 6) !== 'Exif\0\0') return false;
  const tiff = app1.subarray(6);
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const start = long(4);
  for (let index = 0; index < short(start); index++) {
    const entry = start + 2 + index * 12;
    if (short(entry) === 0x0112) return short(entry + 8) >= 5;
  }
  return false;
}
