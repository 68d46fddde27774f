import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { sniff, sniffFile } from '../../src/image/sniff.ts';

const bytes = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(64)]);
const ftyp = (...brands: string[]) => {
  const body = `ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 4);
  return Buffer.concat([size, Buffer.from(body, 'latin1'), Buffer.from('mdat and so on avif')]);
};
const plain = { create: { width: 8, height: 8, channels: 3 as const, background: 'red' } };

it.each(['jpeg', 'png', 'gif', 'webp', 'avif', 'tiff'] as const)('tells a real %s', async (format) => {
  const file = await sharp(plain).toFormat(format).toBuffer();
  expect(sniff(file)).toEqual({ kind: 'image', format });
});

it.each([
  ['heic', ftyp('heic', 'mif1', 'heic'), { kind: 'image', format: 'heic' }],
  ['heic that calls itself mif1', ftyp('mif1', 'miaf', 'heic'), { kind: 'image', format: 'heic' }],
  ['avif that calls itself mif1', ftyp('mif1', 'avif', 'miaf'), { kind: 'image', format: 'avif' }],
  ['mp4', ftyp('isom', 'iso2', 'avc1', 'mp41'), { kind: 'video', format: 'mp4' }],
  ['mov', ftyp('qt  '), { kind: 'video', format: 'mov' }],
  ['3gp', ftyp('3gp5', 'isom'), { kind: 'video', format: '3gp' }],
  ['webm', bytes('\x1aE\xdf\xa3'), { kind: 'video', format: 'webm' }],
  ['avi', bytes('RIFF\0\0\0\0AVI LIST'), { kind: 'video', format: 'avi' }],
  ['JPEG XL', bytes('\xff\x0a'), { kind: 'image', format: 'jxl' }],
  ['JPEG XL in its container', bytes('\0\0\0\x0cJXL \r\n\x87\n'), { kind: 'image', format: 'jxl' }],
  [
    'bmp',
    Buffer.concat([bytes('BM').subarray(0, 14), Buffer.from([40, 0, 0, 0]), Buffer.alloc(60)]),
    { kind: 'image', format: 'bmp' },
  ],
  [
    'a text that starts like a bmp',
    Buffer.from('BMW is a maker of cars and of motorcycles'),
    { kind: 'document', format: 'txt' },
  ],
  ['pdf', bytes('%PDF-1.4'), { kind: 'document', format: 'pdf' }],
  [
    'svg',
    Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
    { kind: 'document', format: 'svg' },
  ],
  [
    'text with colours and CRLF',
    Buffer.from('\x1b[31mred\x1b[0m\r\n\t로그'),
    { kind: 'document', format: 'txt' },
  ],
  [
    'a zip with a picture in front of nothing',
    bytes('PK\x03\x04'),
    { kind: 'other', found: 'a ZIP archive' },
  ],
  ['a sound in an ISO file', ftyp('M4A ', 'isom'), { kind: 'other', found: 'a sound' }],
  ['UTF-16 text', Buffer.from('\ufefflog 로그\r\n', 'utf16le'), { kind: 'document', format: 'txt' }],
  ['bytes', Buffer.from([0, 1, 2, 3]), { kind: 'other', found: undefined }],
  ['latin-1 text', Buffer.from([0x63, 0x61, 0x66, 0xe9]), { kind: 'other', found: undefined }],
])('tells %s', (_, head, kind) => {
  expect(sniff(head)).toEqual(kind);
});

it('a character that the end of what is looked at cuts does not make a text bytes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-sniff-'));
  const file = join(folder, 'x');
  writeFileSync(file, `x${'글'.repeat(3000)}`);
  return sniffFile(file)
    .then((kind) => expect(kind).toEqual({ kind: 'document', format: 'txt' }))
    .finally(() => rmSync(folder, { recursive: true }));
});
