/** Writes a picture within the limits of what a coding agent takes. */
import type { Sharp } from 'sharp';

export type Written = { format: 'jpeg' | 'png'; width: number; height: number; size: number };
export type Bounds = {
  /** Pixels of the long edge, and bytes of the file. */
  edge: number;
  maxBytes: number;
  /** Try without loss first. */
  lossless: boolean;
};

const QUALITIES = [90, 82, 74, 66] as const;
const LOWEST = 66;

/**
 * The best that fits: without loss where that suits, else JPEG of falling quality, and only then fewer pixels.
 * @param picture gives the same picture each time
 */
export async function writeWithin(picture: () => Sharp, target: string, bounds: Bounds): Promise<Written> {
  const { edge, maxBytes, lossless } = bounds;
  const sized = (within: number) =>
    picture().resize({ width: within, height: within, fit: 'inside', withoutEnlargement: true });
  if (lossless) {
    const { width, height, size } = await sized(edge).png().toFile(target);
    if (size <= maxBytes) return { format: 'png', width, height, size };
  }
  const jpeg = async (within: number, quality: number): Promise<Written> => {
    // Subsampled colours smear the thin coloured text of screenshots. Optimised tables would take a third of the
    // time for a twentieth of the bytes.
    const { width, height, size } = await sized(within)
      .jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: false })
      .toFile(target);
    return { format: 'jpeg', width, height, size };
  };
  let last = await jpeg(edge, QUALITIES[0]);
  for (const quality of QUALITIES.slice(1)) {
    if (last.size <= maxBytes) return last;
    last = await jpeg(edge, quality);
  }
  while (last.size > maxBytes) {
    const smaller = Math.floor(Math.max(last.width, last.height) * Math.sqrt(maxBytes / last.size) * 0.97);
    last = await jpeg(Math.max(1, smaller), LOWEST);
  }
  return last;
}
