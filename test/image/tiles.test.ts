import { describe, expect, it } from 'vitest';
import { cutIntoTiles } from '../../src/image/tiles.ts';

describe('cutIntoTiles', () => {
  it.each([
    [591, 1280],
    [1290, 2796],
    [1000, 2500],
    [2000, 1000],
    [100, 9000],
    [1, 1],
  ])('%i×%i is not cut', (width, height) => {
    expect(cutIntoTiles(width, height, 2000).tiles).toEqual([]);
  });

  const SIZES = [300, 591, 750, 1080, 1290, 2200].flatMap((width) =>
    [2.6, 3, 4.7, 9, 20, 60].map((ratio) => [width, Math.round(width * ratio)] as const),
  );
  it.each(SIZES)(
    '%i×%i is covered from top to bottom, each piece within the edge, neighbours overlapping',
    (width, height) => {
      for (const edge of [1568, 2000]) {
        const cut = cutIntoTiles(width, height, edge);
        // A picture that fits whole needs no pieces.
        expect(cut.tiles.length > 1).toBe(height > edge);
        expect(cut.tiles.length).toBeLessThanOrEqual(20);
        expect(cut.width).toBeLessThanOrEqual(edge);
        expect(cut.tiles.at(0)?.top ?? 0).toBe(0);
        const last = cut.tiles.at(-1);
        expect(last === undefined ? cut.height : last.top + last.height).toBe(cut.height);
        for (const [index, tile] of cut.tiles.entries()) {
          expect(tile.height).toBeLessThanOrEqual(edge);
          const before = cut.tiles[index - 1];
          const shared = before === undefined ? Infinity : before.top + before.height - tile.top;
          expect(shared).toBeGreaterThanOrEqual(Math.floor(edge * 0.1) - 1);
        }
      }
    },
  );
});
