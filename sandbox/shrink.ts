/** What Telegram makes of a photo: a JPEG of at most 1280 pixels, without EXIF. */
import sharp from 'sharp';
import type { Picture } from './telegram/media.ts';

const EDGES = [90, 320, 800, 1280];

/** @returns the sizes, smallest first; none larger than the original */
export async function shrinkPhoto(bytes: Uint8Array): Promise<Picture[]> {
  const { width, height } = await sharp(bytes).metadata();
  const longest = Math.max(width, height);
  const edges = EDGES.filter(
    (edge, index) => index === 0 || edge < longest || (EDGES[index - 1] ?? 0) < longest,
  );
  return Promise.all(
    edges.map(async (edge) => {
      const { data, info } = await sharp(bytes)
        .rotate()
        .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality: 87 })
        .toBuffer({ resolveWithObject: true });
      return { bytes: data, width: info.width, height: info.height };
    }),
  );
}
