/** How far a copy is proven, kept beside its manifest: a later drill proves it further. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSealed, writeSealed } from './sealed.ts';
import { isThere } from './aside.ts';

/**
 * `copied`: complete, checksummed and synced. `decoded`: every byte read back, its integrity checked, expected items
 * present. `restored`: put into a scratch place and equal, row for row and in schema, to what the source held at the
 * moment of its snapshot. Only decoded or better counts for retention and freshness.
 */
export const LEVELS = ['copied', 'decoded', 'restored'] as const;
export const Level = z.enum(LEVELS);
export type Level = z.infer<typeof Level>;

const Check = z.object({
  /** `manifest`, `integrity`, `decode`, `source`, `expected rows`, `expected files`, `rows and files`, `restore`, `schema` … */
  name: z.string(),
  /** The source's name; absent for what is about all of them. */
  source: z.string().optional(),
  /** `left out` is told with its reason, and is no failure. */
  result: z.enum(['passed', 'failed', 'left out']),
  detail: z.string().optional(),
});
/** One thing that was looked at. */
export type Check = z.infer<typeof Check>;

const Proof = z.object({
  version: z.literal(1),
  level: Level,
  /** The level of each source by its name; `level` is the lowest of them. */
  sources: z.record(z.string(), Level),
  /** Milliseconds since 1970. */
  at: z.number(),
  checks: z.array(Check),
  /** When it was last restored into a scratch place, how long that took (ms), and with which images. */
  drill: z.object({ at: z.number(), took: z.number(), images: z.record(z.string(), z.string()) }).optional(),
});
export type Proof = z.infer<typeof Proof>;

export const PROOF = 'proof.json';

export async function writeProof(folder: string, proof: Proof): Promise<void> {
  await writeSealed(join(folder, PROOF), proof);
}

/** @returns undefined for a copy that nothing was proven of yet. @throws Error for a damaged one */
export async function readProof(folder: string): Promise<Proof | undefined> {
  const path = join(folder, PROOF);
  return (await isThere(path)) ? readSealed(path, Proof, `the proof in "${folder}"`) : undefined;
}

export function lowestOf(levels: readonly Level[]): Level {
  return LEVELS.find((level) => levels.includes(level)) ?? 'copied';
}

/** Whether a level counts for retention and freshness. */
export const isProven = (level: Level): boolean => level !== 'copied';
