/** How often somebody may ask: a bucket for each, which fills up again at a steady pace. */
import type { Clock } from '../clock.ts';

export type Rate = {
  /** @returns milliseconds until the next one is allowed; 0: this one is */
  take(key: string): number;
};

/** Buckets that are held at most: whoever comes with ever new addresses must not fill the memory. */
const MOST_BUCKETS = 1000;

/**
 * @param burst how many at once
 * @param every milliseconds until one more is allowed
 */
export function createRate(clock: Clock, { burst, every }: { burst: number; every: number }): Rate {
  /** When each bucket was, or will be, full: what is left follows from the time alone. */
  const fullAt = new Map<string, number>();

  const forgetFull = (now: number) => {
    for (const [key, at] of fullAt) if (at <= now) fullAt.delete(key);
    // All of them are in use: the one that was used longest ago has waited enough.
    const [oldest] = fullAt.keys();
    if (fullAt.size >= MOST_BUCKETS && oldest !== undefined) fullAt.delete(oldest);
  };

  return {
    take(key) {
      const now = clock.now();
      // A clock that was set back must not lock anybody out.
      const from = Math.min(Math.max(fullAt.get(key) ?? 0, now), now + burst * every);
      const wait = from + every - (now + burst * every);
      if (wait > 0) return wait;
      fullAt.delete(key);
      if (fullAt.size >= MOST_BUCKETS) forgetFull(now);
      fullAt.set(key, from + every);
      return 0;
    },
  };
}
