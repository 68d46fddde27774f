/** Restart loops: what ends again and again by itself, even where each look finds it running. */

/** So many ends within this time are a loop. Milliseconds. */
export const LOOP = 3;
const WINDOW = 10 * 60_000;
/** More ends than these are not counted one by one. */
const MOST_ENDS = 500;
/** A loop is over when it has run for so many times the longest pause between its ends: back-offs double their pause. */
const QUIET = 2;

/** How often something ended by itself. Times in milliseconds since 1970. */
export type Turns = {
  /** What its manager counted, at the last look. */
  count: number;
  /** The last one, and those of the ten minutes before it; the oldest first. */
  ends: readonly number[];
};

/**
 * @param count systemd's or the engine's count of restarts, which begins anew when somebody starts it by hand: then what
 * was before is over
 */
export function countTurns(turns: Turns | undefined, count: number, now: number): Turns {
  // The first look has nothing to compare with.
  if (turns === undefined) return { count, ends: [] };
  const isAnew = count < turns.count;
  const more = isAnew ? count : count - turns.count;
  const before = isAnew ? [] : turns.ends;
  if (more === 0) return { count, ends: before };
  const added = Array.from({ length: Math.min(more, MOST_ENDS) }, () => now);
  return { count, ends: [...before.filter((at) => now - at < WINDOW), ...added].slice(-MOST_ENDS) };
}

/** How often it ended within the last ten minutes. */
export const recentEnds = ({ ends }: Turns, now: number): number =>
  ends.filter((at) => now - at < WINDOW).length;

export type Loop = {
  /** When it ended first. */
  since: number;
  last: number;
  /** When it is over, if it does not end again before. */
  until: number;
};

/** @param settle milliseconds that it has to run at least until the loop is over */
export function loopOf({ ends }: Turns, { settle, now }: { settle: number; now: number }): Loop | undefined {
  const [since, last] = [ends[0], ends.at(-1)];
  if (since === undefined || last === undefined || ends.length < LOOP) return undefined;
  const pauses = ends.slice(1).map((at, index) => at - (ends[index] ?? at));
  const until = Math.min(last + settle + QUIET * Math.max(...pauses), last + WINDOW);
  return last <= now && now < until ? { since, last, until } : undefined;
}
