/**
 * Since when an image is of no use, as far as can be told. An engine knows when it was built, which may be years before
 * it was pulled, and not when it was needed last; so each look remembers what it found to be of no use.
 */
import type { ImageSummary } from '../../clients/engine.ts';
import type { Store } from '../../store.ts';

/** By id: when it was found of no use first, and at every look since; 0 at the first look ever. */
type Memory = Readonly<Record<string, number>>;

const keyOf = (host: string) => `prune:${host}`;

/**
 * @param useless what nothing needs at this look
 * @returns since when an image is here and of no use, in milliseconds since 1970
 */
export function rememberUseless(
  { facts }: Pick<Store, 'facts'>,
  host: string,
  useless: readonly ImageSummary[],
  now: number,
): (image: ImageSummary) => number {
  const before = facts.get<Memory>(keyOf(host));
  const seen: Memory = Object.fromEntries(
    useless.map(({ id }) => [id, before === undefined ? 0 : (before[id] ?? now)]),
  );
  facts.put(keyOf(host), seen);
  return ({ id, createdAt }) => Math.max(createdAt ?? 0, seen[id] ?? now);
}
