/** What a file is, by its first bytes: names and MIME types come from outside and may say anything. */
import { open } from 'node:fs/promises';

export type Kind =
  | { kind: 'image'; format: ImageFormat }
  | { kind: 'video'; format: 'mp4' | 'mov' | '3gp' | 'webm' | 'avi' }
  | { kind: 'document'; format: 'pdf' | 'svg' | 'txt' }
  /** `found` names what it seems to be, where that is known. */
  | { kind: 'other'; found: string | undefined };

export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'heic' | 'avif' | 'tiff' | 'bmp' | 'jxl';

/** Enough for the brands of an ISO file and for a fair look at a text. */
const HEAD = 4096;

/** @returns undefined for an empty file */
export async function sniffFile(path: string): Promise<Kind | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return bytesRead === 0 ? undefined : sniff(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

const image = (format: ImageFormat): Kind => ({ kind: 'image', format });
const other = (found: string): Kind => ({ kind: 'other', found });

const SIGNATURES: readonly (readonly [bytes: string, at: number, is: Kind])[] = [
  ['\xff\xd8\xff', 0, image('jpeg')],
  ['\x89PNG\r\n\x1a\n', 0, image('png')],
  ['GIF87a', 0, image('gif')],
  ['GIF89a', 0, image('gif')],
  ['II*\0', 0, image('tiff')],
  ['MM\0*', 0, image('tiff')],
  ['II+\0', 0, image('tiff')],
  ['MM\0+', 0, image('tiff')],
  ['\xff\x0a', 0, image('jxl')],
  ['\0\0\0\x0cJXL \r\n\x87\n', 0, image('jxl')],
  ['WEBP', 8, image('webp')],
  ['AVI ', 8, { kind: 'video', format: 'avi' }],
  ['WAVE', 8, other('a sound')],
  ['\x1aE\xdf\xa3', 0, { kind: 'video', format: 'webm' }],
  ['%PDF-', 0, { kind: 'document', format: 'pdf' }],
  ['PK\x03\x04', 0, other('a ZIP archive')],
  ['\x1f\x8b', 0, other('a gzip archive')],
  ['7z\xbc\xaf\x27\x1c', 0, other('a 7-Zip archive')],
  ['Rar!\x1a\x07', 0, other('a RAR archive')],
  ['\x7fELF', 0, other('a program')],
  ['MZ', 0, other('a program')],
  ['ID3', 0, other('a sound')],
  ['OggS', 0, other('a sound')],
  ['fLaC', 0, other('a sound')],
  ['8BPS', 0, other('a Photoshop file')],
  ['SQLite format 3\0', 0, other('a database')],
];

/** By the brand of an ISO base media file; the first that the file names decides. */
const BRANDS: Readonly<Record<string, Kind>> = {
  avif: image('avif'),
  avis: image('avif'),
  ...Object.fromEntries(
    ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'].map((brand) => [brand, image('heic')]),
  ),
  'qt  ': { kind: 'video', format: 'mov' },
  'M4A ': other('a sound'),
  'crx ': other('a camera raw file'),
};

/** @param head the first bytes of a file, at least 32 of them where there are so many */
export function sniff(head: Buffer): Kind {
  const text = head.toString('latin1');
  if (text.startsWith('ftyp', 4)) return byBrand(text, head);
  if (isBmp(head)) return image('bmp');
  const known = SIGNATURES.find(([bytes, at]) => text.startsWith(bytes, at));
  if (known !== undefined) return known[2];
  if (!isText(head)) return { kind: 'other', found: undefined };
  return { kind: 'document', format: /<svg[\s>]/i.test(text) ? 'svg' : 'txt' };
}

function byBrand(text: string, head: Buffer): Kind {
  const end = Math.min(head.length, head.readUInt32BE(0));
  const brands = [text.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text.slice(at, at + 4));
  // `mif1` and `isom` say nothing of the codec: the compatible brands do.
  const brand = brands.find((name) => name in BRANDS);
  if (brand !== undefined) return BRANDS[brand] ?? other('an unknown file');
  if (brands.includes('mif1') || brands.includes('msf1')) return image('heic');
  return { kind: 'video', format: brands[0]?.startsWith('3g') === true ? '3gp' : 'mp4' };
}

/** Two letters are too little to go by: the length of the header that follows must be one that exists. */
const isBmp = (head: Buffer) =>
  head.length >= 26 &&
  head.toString('latin1', 0, 2) === 'BM' &&
  [12, 40, 52, 56, 64, 108, 124].includes(head.readUInt32LE(14));

const UTF_16 = [
  ['\xff\xfe', 'utf-16le'],
  ['\xfe\xff', 'utf-16be'],
] as const;

function isText(head: Buffer): boolean {
  const encoding = UTF_16.find(([mark]) => head.indexOf(mark, 0, 'latin1') === 0)?.[1] ?? 'utf-8';
  try {
    // The head of a longer file may end within a character.
    const decoded = new TextDecoder(encoding, { fatal: true }).decode(head, { stream: head.length >= HEAD });
    // eslint-disable-next-line no-control-regex -- control characters are what tells bytes from text
    return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(decoded);
  } catch {
    return false;
  }
}
