/**
 * Which backups are kept. A backup goes because enough newer proven ones took its place, never because it is old: by its
 * place in their order a clock that jumps ahead, or a host that was off for a year, thins nothing out.
 *
 * What the clock alone could spoil is the order, by backups that are dated ahead of it. While there is one of those,
 * nothing is chosen at all.
 */
import { isProven, type Level } from './proof.ts';

/** A backup whose manifest can be read. `takenAt` comes from it, in milliseconds since 1970. */
export type Kept = { id: string; takenAt: number; level: Level };

/** How many days, weeks (from Monday) and months to keep one of. */
export type Keep = { daily: number; weekly: number; monthly: number };

/** Why one is kept. `of`: `2026-11-20`; the week's Monday; `2026-11`. */
export type Reason =
  /** None was taken later: whatever it is worth, it is all there is of that time. */
  | { kind: 'newest' }
  /** No settings and no clock can choose it. */
  | { kind: 'newest-proven' }
  /** Proven, and taken within a day before the newest proven one: what came before something that is regretted soon. */
  | { kind: 'recent' }
  | { kind: 'daily' | 'weekly' | 'monthly'; of: string }
  /** The last one before the data became suddenly smaller, which nobody has accepted. */
  | { kind: 'fuller' }
  /** Too few proven ones are newer. */
  | { kind: 'unproven' };

export type RetentionPlan =
  | {
      refused: false;
      /** The newest first. */
      kept: readonly { id: string; reasons: readonly Reason[] }[];
      /** The oldest first. */
      removable: readonly string[];
    }
  /** The newest of those that are dated ahead of the clock. */
  | { refused: true; ahead: { id: string; takenAt: number } };

/** So much may clocks be set right while a backup runs. Milliseconds. */
const TOLERANCE = 10 * 60_000;

/** An unproven one stays until there are proven ones of so many later days. At most as many stay. */
const UNPROVEN_DAYS = 7;

/** Milliseconds. */
const RECENT = 86_400_000;

type Period = 'daily' | 'weekly' | 'monthly';

/** Names of the period that a day belongs to. */
const PERIODS: Readonly<Record<Period, (day: string) => string>> = {
  daily: (day) => day,
  weekly: mondayOf,
  monthly: (day) => day.slice(0, 7),
};

/**
 * Of each of the last so many days, weeks and months that have a proven backup, the newest proven one is kept. Days
 * without one do not count: three weeks off cost no day of the thirty. All of the last 24 hours are kept beside them.
 * @param keep numbers from 0
 * @param options.dayOf the local day of a moment: `2026-11-20`
 * @param options.fuller id of the last one before the data became suddenly smaller
 */
export function planRetention(
  backups: readonly Kept[],
  keep: Keep,
  { now, dayOf, fuller }: { now: number; dayOf: (at: number) => string; fuller?: string | undefined },
): RetentionPlan {
  // Of one moment the id decides: `…Z-2` came after `…Z`.
  const newestFirst = backups.toSorted((a, z) => z.takenAt - a.takenAt || compareIds(z.id, a.id));
  const [newest] = newestFirst;
  if (newest === undefined) return { refused: false, kept: [], removable: [] };
  if (!(newest.takenAt <= now + TOLERANCE)) {
    return { refused: true, ahead: { id: newest.id, takenAt: newest.takenAt } };
  }

  const reasons = new Map<string, Reason[]>(newestFirst.map(({ id }) => [id, []]));
  const give = (id: string, reason: Reason) => reasons.get(id)?.push(reason);
  give(newest.id, { kind: 'newest' });
  const proven = newestFirst.filter(({ level }) => isProven(level));
  const [last, ...others] = proven;
  if (last !== undefined) {
    give(last.id, { kind: 'newest-proven' });
    for (const { id, takenAt } of others) if (last.takenAt - takenAt < RECENT) give(id, { kind: 'recent' });
  }

  if (fuller !== undefined) give(fuller, { kind: 'fuller' });

  for (const kind of Object.keys(PERIODS) as Period[]) {
    const taken = new Set<string>();
    for (const { id, takenAt } of proven) {
      const of = PERIODS[kind](dayOf(takenAt));
      if (taken.has(of)) continue;
      if (taken.size >= keep[kind]) break;
      taken.add(of);
      give(id, { kind, of });
    }
  }

  const daysAfter = (at: number) =>
    new Set(proven.filter(({ takenAt }) => takenAt > at).map(({ takenAt }) => dayOf(takenAt))).size;
  newestFirst
    .filter(({ level }) => !isProven(level))
    .slice(0, UNPROVEN_DAYS)
    .filter(({ takenAt }) => daysAfter(takenAt) < UNPROVEN_DAYS)
    .forEach(({ id }) => give(id, { kind: 'unproven' }));

  const isKept = ({ id }: Kept) => (reasons.get(id)?.length ?? 0) > 0;
  return {
    refused: false,
    kept: newestFirst.filter(isKept).map(({ id }) => ({ id, reasons: reasons.get(id) ?? [] })),
    removable: newestFirst
      .filter((one) => !isKept(one))
      .map(({ id }) => id)
      .reverse(),
  };
}

/** `-10` after `-2`. */
const compareIds = (a: string, z: string) => a.length - z.length || (a < z ? -1 : 1);

function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
