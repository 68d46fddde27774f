/** Moments of an animation or a video on one picture. */
import type { Sharp } from 'sharp';
import type { LoadedSharp } from './open.ts';

/** How many moments are shown, and how many of them in a row. */
export const MOST_FRAMES = 6;
const COLUMNS = 3;
/** Pixels of grey between them, so that one can see where each ends. */
const GAP = 4;

type Moments = {
  count: number;
  /** Pixels of each. */
  width: number;
  height: number;
  /** From the first to the last. */
  frame: (index: number) => Sharp;
};

/** @param edge pixels of the whole at most; frames are never enlarged */
export async function contactSheet(sharp: LoadedSharp, moments: Moments, edge: number): Promise<() => Sharp> {
  const { count, frame } = moments;
  const columns = Math.min(COLUMNS, count);
  const rows = Math.ceil(count / columns);
  const [across, down] = [GAP * (columns - 1), GAP * (rows - 1)];
  const scale = Math.min(
    1,
    (edge - across) / (moments.width * columns),
    (edge - down) / (moments.height * rows),
  );
  const width = Math.max(1, Math.floor(moments.width * scale));
  const height = Math.max(1, Math.floor(moments.height * scale));
  const parts: {
    input: Buffer;
    raw: { width: number; height: number; channels: 3 };
    left: number;
    top: number;
  }[] = [];
  for (let index = 0; index < count; index += 1) {
    const input = await frame(index)
      .resize({ width, height, fit: 'fill' })
      .flatten({ background: '#ffffff' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [left, top] = [column * (width + GAP), row * (height + GAP)];
    parts.push({ input, raw: { width, height, channels: 3 }, left, top });
  }
  const whole = { width: width * columns + across, height: height * rows + down, channels: 3 } as const;
  const sheet = sharp(Buffer.alloc(whole.width * whole.height * whole.channels, 0x80), { raw: whole });
  const { data, info } = await sheet.composite(parts).raw().toBuffer({ resolveWithObject: true });
  return () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
}
