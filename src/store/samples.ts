/**
 * Figures over time: how full a disk was, how large a backup. Each is a level at a moment; what counts up
 * (pictures filed, restarts) is put as its running total, so that thinning loses no event.
 */
import type { Database } from '../store.ts';

export type Sample = { at: number; value: number };

export type Samples = {
  /**
   * @param name parts joined by colons, what it is about first: `disk:/mnt/data:used`, `backup:immich:size`, `memory:used`
   * @param at a second value for the same moment takes the place of the first
   */
  put(name: string, value: number, at: number): void;
  /** From the oldest on; both ends belong to it. */
  range(name: string, from: number, to: number): Sample[];
  /** The newest at or before a moment. */
  last(name: string, at: number): Sample | undefined;
  names(): string[];
  /** Forget what is no longer needed so densely. */
  thin(now: number): void;
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long samples stay how dense, in milliseconds: the last one of each `window` once they are older than `after`. */
const DENSITIES = [
  { after: 2 * DAY, window: HOUR },
  { after: 90 * DAY, window: DAY },
] as const;
const LASTS = 5 * 365 * DAY;

/**
 * Which samples of one name are to go: all of 48 hours stay, of 90 days the last of each hour, of five years the last
 * of each day (UTC).
 * @param times from the oldest on
 */
export function surplus(times: readonly number[], now: number): number[] {
  return times.filter((at, index) => {
    const age = now - at;
    if (age > LASTS) return true;
    const next = times[index + 1];
    const window = DENSITIES.findLast(({ after }) => age > after)?.window;
    return (
      window !== undefined && next !== undefined && Math.floor(next / window) === Math.floor(at / window)
    );
  });
}

export function createSamples(database: Database): Samples {
  const names = () =>
    // One step of the index for each name, however many samples it has.
    database
      .all<{ name: string }>(
        `with recursive each(name) as (
           select min(name) from samples
           union all
           select (select min(name) from samples where name > each.name) from each where each.name is not null
         ) select name from each where name is not null`,
      )
      .map(({ name }) => name);

  return {
    put: (name, value, at) =>
      void database.run('insert or replace into samples (name, at, value) values (?, ?, ?)', name, at, value),
    range: (name, from, to) =>
      database.all<Sample>(
        'select at, value from samples where name = ? and at between ? and ? order by at',
        name,
        from,
        to,
      ),
    last: (name, at) =>
      database.get<Sample>(
        'select at, value from samples where name = ? and at <= ? order by at desc limit 1',
        name,
        at,
      ),
    names,
    thin(now) {
      for (const name of names()) {
        const rows = database.all<{ at: number }>('select at from samples where name = ? order by at', name);
        const going = surplus(
          rows.map(({ at }) => at),
          now,
        );
        if (going.length === 0) continue;
        database.transaction(() => {
          for (const at of going) database.run('delete from samples where name = ? and at = ?', name, at);
        });
      }
    },
  };
}
