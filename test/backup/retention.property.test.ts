import { expect, test } from 'vitest';
import { isProven, type Level } from '../../src/backup/proof.ts';
import { planRetention, type Keep, type Kept, type RetentionPlan } from '../../src/backup/retention.ts';
import { createCalendar } from '../../src/calendar.ts';

/** Years of daily runs with a clock that jumps, checked against all that was ever taken. */

const DAY = 86_400_000;
const SEEDS = process.env['STEWARD_SOAK'] === '1' ? 30 : 2;

/** Lehmer's generator: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = (seed * 7919 + 1) % 2_147_483_647;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Which days, weeks and months have to be there: from the words of the promise, not from the code. */
function promised(taken: readonly Kept[], keep: Keep, dayOf: (at: number) => string): Set<string> {
  const proven = taken.filter(({ level }) => isProven(level)).toSorted((a, z) => a.takenAt - z.takenAt);
  const week = (day: string) => Math.floor((Date.parse(day) / DAY + 3) / 7);
  const ids = new Set<string>();
  for (const [count, name] of [
    [keep.daily, (day: string) => day],
    [keep.weekly, week],
    [keep.monthly, (day: string) => day.slice(0, 7)],
  ] as const) {
    const newestOf = new Map(proven.map(({ id, takenAt }) => [name(dayOf(takenAt)), id]));
    for (const id of count === 0 ? [] : [...newestOf.values()].slice(-count)) ids.add(id);
  }
  for (const { id } of recentOf(proven)) ids.add(id);
  return ids;
}

/** All of the last 24 hours, the newest among them. */
function recentOf(backups: readonly Kept[]): Kept[] {
  const proven = backups.filter(({ level }) => isProven(level));
  const newest = Math.max(...proven.map(({ takenAt }) => takenAt));
  return proven.filter(({ takenAt }) => newest - takenAt < DAY);
}

const samePlan = (one: RetentionPlan, other: RetentionPlan) => JSON.stringify(one) === JSON.stringify(other);

const runs = ['Europe/Rome', 'America/New_York'].flatMap((timeZone) =>
  Array.from({ length: SEEDS }, (_, seed) => [timeZone, seed] as const),
);

test.each(runs)('planRetention keeps its promise over five years in %s, seed %i', (timeZone, seed) => {
  const random = randomOf(seed);
  const calendar = createCalendar(timeZone);
  const days = new Map<number, string>();
  const dayOf = (at: number) => {
    const known = days.get(at) ?? calendar.dayOf(at);
    days.set(at, known);
    return known;
  };
  const keep = [
    { daily: 30, weekly: 0, monthly: 6 },
    { daily: 7, weekly: 4, monthly: 12 },
    { daily: 0, weekly: 0, monthly: 0 },
    { daily: 1, weekly: 5, monthly: 0 },
  ][seed % 4] as Keep;

  let taken: Kept[] = [];
  let present: Kept[] = [];
  let offset = 0;
  let [removed, refused] = [0, 0];
  const start = Date.parse('2026-01-01T04:30:00Z');
  for (let day = 0; day < 5 * 365; day += 1) {
    // Off for a while, or a clock that is somewhere else until somebody sets it right.
    if (random() < 0.01) day += Math.floor(random() * 40);
    if (random() < 0.02) offset = (random() < 0.5 ? -1 : 1) * random() ** 3 * 2000 * DAY;
    else if (random() < 0.2) offset = 0;
    const times = random() < 0.85 ? Math.ceil(random() * 3) : 0;
    for (let run = 0; run < times; run += 1) {
      const takenAt = Math.floor(start + day * DAY + random() * 20 * 3_600_000 + offset);
      const level: Level = random() < 0.1 ? 'copied' : random() < 0.2 ? 'restored' : 'decoded';
      const one: Kept = { id: `${day}-${run}-${takenAt}`, takenAt, level };
      taken.push(one);
      present.push(one);
      const now = takenAt + 60_000;
      const options = { now, dayOf };
      const plan = planRetention(present, keep, options);
      const gone = new Set(plan.refused ? [] : plan.removable);
      const isAhead = present.some((each) => each.takenAt > now);
      expect(plan.refused && !isAhead).toBe(false);
      present = present.filter(({ id }) => !gone.has(id));
      refused += Number(plan.refused);
      removed += gone.size;
      const isIdempotent = samePlan(planRetention(present.toReversed(), keep, options), {
        ...plan,
        ...(plan.refused ? {} : { removable: [] }),
      });
      expect(isIdempotent).toBe(true);
      const names = new Set(present.map(({ id }) => id));
      expect([...promised(taken, keep, dayOf)].filter((id) => !names.has(id))).toEqual([]);
      // Beside these the newest, and a week of unproven ones.
      const most = keep.daily + keep.weekly + keep.monthly + recentOf(present).length + 8;
      expect(!plan.refused && present.length > most).toBe(false);
    }
    // Somebody deletes what a wrong clock has dated ahead. What that had displaced is no part of the promise any more.
    if (offset === 0 && random() < 0.3) {
      const now = start + (day + 1) * DAY;
      const right = present.filter(({ takenAt }) => takenAt <= now);
      if (right.length < present.length) taken = [...right];
      present = right;
    }
  }
  expect(removed).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(10);
});
