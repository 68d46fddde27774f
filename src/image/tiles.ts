/** How a long screenshot is cut: scaled down whole its text would be lost. */

export type Tile = { top: number; height: number };
export type Cut = {
  /** The whole picture is scaled to this first. */
  width: number;
  height: number;
  /** From top to bottom; empty where the picture need not be cut. */
  tiles: readonly Tile[];
};

/** Height to width from which on a screenshot is a long one. */
const LONG = 2.5;
/** Share of a tile that is in the next one too, so that no line of text is cut in both. */
const OVERLAP = 0.1;
/** Facts: with more pictures than this in a request, each may have 2000 px at most, and nobody reads so many. */
const MOST_TILES = 20;
/** A strip narrower than this shows nothing that is worth tiles. */
const NARROWEST = 200;

/** @param edge pixels of a tile's long edge at most */
export function cutIntoTiles(width: number, height: number, edge: number): Cut {
  if (height <= width * LONG || width < NARROWEST) return { width, height, tiles: [] };
  const overlap = Math.round(edge * OVERLAP);
  // The most that the tiles can show, each but the first giving up its overlap.
  const reach = edge + (MOST_TILES - 1) * (edge - overlap);
  const scale = Math.min(1, edge / width, reach / height);
  const scaled = { width: Math.max(1, Math.round(width * scale)), height: Math.floor(height * scale) };
  const count = Math.ceil((scaled.height - overlap) / (edge - overlap));
  if (count < 2) return { ...scaled, tiles: [] };
  // All of one height, so that the last is no sliver.
  const tall = Math.min(edge, Math.ceil((scaled.height + (count - 1) * overlap) / count));
  const tiles = Array.from({ length: count }, (_, index) => ({
    top: Math.round((index * (scaled.height - tall)) / (count - 1)),
    height: tall,
  }));
  return { ...scaled, tiles };
}
