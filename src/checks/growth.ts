/**
 * How much a disk gains a day, judged so that one large copy is no growth, and what is made each day and deleted each
 * week is none.
 *
 * Two looks, of which the faster one counts: the differences from each day to the next over 7 days, and those over a
 * week within 30 days, which see what grows by one large step each week, as backups do. Of each the median, by which
 * one large step does not count, or the mean where that is less, by which a fall counts as much as the many small gains before it.
 */

export type Point = { /** Milliseconds since 1970. */ at: number; value: number };

const DAY = 86_400_000;
const WEEK = 7;
const MONTH = 30;
/** With fewer differences than these they say little. */
const LEAST_DAYS = 4;
const LEAST_WEEKS = 10;

/** @param points in any order. @returns the gain a day, negative where it shrinks; undefined while too little is known */
export function dailyGrowth(points: readonly Point[], now: number): number | undefined {
  const days = dailyMedians(points, now);
  const looks = [
    steady(differences(days, 1, WEEK), LEAST_DAYS),
    steady(differences(days, WEEK, MONTH - WEEK), LEAST_WEEKS, WEEK),
  ].filter((one) => one !== undefined);
  return looks.length === 0 ? undefined : Math.max(...looks);
}

/** @param days that each of the gains took. @returns the gain a day; undefined of fewer gains than the least */
function steady(gains: readonly number[], least: number, days = 1): number | undefined {
  if (gains.length < least) return undefined;
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return Math.min(median(gains), mean) / days;
}

/** How long the free room lasts at this pace, in days. @returns undefined where it does not shrink */
export const daysLeft = (free: number, daily: number | undefined): number | undefined =>
  daily !== undefined && daily > 0 ? Math.max(0, free) / daily : undefined;

/** By age in days, counted back from now: 0 is the last 24 hours. */
function dailyMedians(points: readonly Point[], now: number): ReadonlyMap<number, number> {
  const byDay = new Map<number, number[]>();
  for (const { at, value } of points) {
    const age = Math.floor((now - at) / DAY);
    if (age < 0 || age >= MONTH) continue;
    const day = byDay.get(age) ?? [];
    day.push(value);
    byDay.set(age, day);
  }
  return new Map([...byDay].map(([age, values]) => [age, median(values)]));
}

/** What each of the last `count` days has more than the one `step` days before it, where both are known. */
function differences(days: ReadonlyMap<number, number>, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, age) => {
    const [later, earlier] = [days.get(age), days.get(age + step)];
    return later === undefined || earlier === undefined ? undefined : later - earlier;
  }).filter((one) => one !== undefined);
}

/** Of one value at least. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
