/**
 * How much a disk gains a day, judged so that one large copy, or one large deletion, is no growth.
 *
 * Two looks, of which the faster one counts. Over 7 days: the median of the differences from each day to the next, so
 * that most of the days must have grown. Over 30 days: the median of the differences over a week, which sees what
 * grows by one large step each week, as backups do.
 */

export type Point = { /** Milliseconds since 1970. */ at: number; value: number };

const DAY = 86_400_000;
const WEEK = 7;
const MONTH = 30;
/** With fewer differences than these a median says little. */
const LEAST_DAYS = 4;
const LEAST_WEEKS = 10;

/** @param points in any order. @returns the gain a day, negative where it shrinks; undefined while too little is known */
export function dailyGrowth(points: readonly Point[], now: number): number | undefined {
  const days = dailyMedians(points, now);
  const daily = median(differences(days, 1, WEEK), LEAST_DAYS);
  const weekly = median(differences(days, WEEK, MONTH - WEEK), LEAST_WEEKS);
  const found = [daily, weekly === undefined ? undefined : weekly / WEEK].filter((one) => one !== undefined);
  return found.length === 0 ? undefined : Math.max(...found);
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
  return new Map([...byDay].map(([age, values]) => [age, median(values) ?? 0]));
}

/** What each of the last `count` days has more than the one `step` days before it, where both are known. */
function differences(days: ReadonlyMap<number, number>, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, age) => {
    const [later, earlier] = [days.get(age), days.get(age + step)];
    return later === undefined || earlier === undefined ? undefined : later - earlier;
  }).filter((one) => one !== undefined);
}

/** @param least fewer values have none */
function median(values: readonly number[], least = 1): number | undefined {
  if (values.length < least) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
