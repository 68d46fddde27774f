import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageSize } from '../../../sandbox/telegram/image-size.ts';

const picture = () => sharp({ create: { width: 40, height: 30, channels: 4, background: '#1f7a6d80' } });

describe('imageSize', () => {
  it.each([
    ['JPEG', () => picture().jpeg(), 'image/jpeg'],
    ['progressive JPEG', () => picture().jpeg({ progressive: true }), 'image/jpeg'],
    ['PNG', () => picture().png(), 'image/png'],
    ['GIF', () => picture().gif(), 'image/gif'],
    ['WebP', () => picture().flatten().webp(), 'image/webp'],
    ['lossless WebP', () => picture().webp({ lossless: true }), 'image/webp'],
    ['WebP with alpha', () => picture().webp(), 'image/webp'],
  ])('reads a %s', async (_, make, type) => {
    expect(imageSize(await make().toBuffer())).toEqual({ width: 40, height: 30, type });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns a JPEG with EXIF orientation %i as a phone shows it',
    async (orientation) => {
      const bytes = await picture().jpeg().withMetadata({ orientation }).toBuffer();
      const sideways = orientation >= 5;
      expect(imageSize(bytes)).toMatchObject(
        sideways ? { width: 30, height: 40 } : { width: 40, height: 30 },
      );
    },
  );

  it('knows nothing of junk, of nothing, and of headers cut off', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    expect(imageSize(new Uint8Array())).toBeUndefined();
    expect(imageSize(new Uint8Array(64))).toBeUndefined();
    expect(imageSize(Buffer.from('not a picture, though long enough'))).toBeUndefined();
    for (let length = 1; length < 30; length++) expect(imageSize(jpeg.subarray(0, length))).toBeUndefined();
  });
});
