/**
 * Since when an image is here, as far as can be told. An engine knows when it was built, which may be years before it was
 * pulled; so each look remembers which images it has seen.
 */
import type { ImageSummary } from '../../clients/engine.ts';
import type { Store } from '../../store.ts';

/** By id: when it was seen first, 0 for those of the first look ever. */
type Memory = Readonly<Record<string, number>>;

const keyOf = (host: string) => `prune:${host}`;

/** @returns when each image came at the latest, in milliseconds since 1970; undefined where nothing tells */
export function rememberImages(
  { facts }: Pick<Store, 'facts'>,
  host: string,
  images: readonly ImageSummary[],
  now: number,
): (image: ImageSummary) => number | undefined {
  const before = facts.get<Memory>(keyOf(host));
  const seen: Memory = Object.fromEntries(
    images.map(({ id }) => [id, before === undefined ? 0 : (before[id] ?? now)]),
  );
  facts.put(keyOf(host), seen);
  return ({ id, createdAt }) => {
    const since = Math.max(createdAt ?? 0, seen[id] ?? now);
    return since === 0 ? undefined : since;
  };
}
