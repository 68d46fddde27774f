/** How the figures went over some weeks. */
import type { App } from '../../app.ts';
import { createCalendar } from '../../calendar.ts';
import type { Count, Point, Trends } from '../../report/overview.ts';
import { PICTURES_FILED, restartsSample, sizeSample, tookSample } from '../../sample-names.ts';
import type { Sample } from '../../store/samples.ts';
import { isCovered } from '../data-reach.ts';
import { disksOf, sampleOf } from '../smoke/disks.ts';

type Reach = Pick<App, 'store' | 'services' | 'config'>;

const DAY = 86_400_000;
const WEEK = 7 * DAY;
/** What the picture shows. */
const SHOWN = 28 * DAY;

export function trendsOf(app: Reach, now: number): Trends {
  const { store, services } = app;
  const from = now - SHOWN;
  const weekAgo = now - WEEK;
  const calendar = createCalendar(app.config.timeZone);
  const days = daysOf(calendar, from, now);
  const dayOf = (at: number) => calendar.dayOf(at);

  const totals = (name: string) => {
    const before = store.samples.last(name, from);
    const samples = store.samples.range(name, from, now);
    return before === undefined ? samples : [{ ...before, at: from }, ...samples];
  };
  const restarts = services.all.map(({ name }) => ({ name, samples: totals(restartsSample(name)) }));
  const ofWeek = restarts
    .map(({ name, samples }) => ({ name, count: gained(samples, weekAgo) }))
    .toSorted((a, z) => z.count - a.count);
  const [most] = ofWeek;
  const pictures = totals(PICTURES_FILED);

  return {
    from,
    to: now,
    disks: disksOf(app).flatMap(({ path }) => diskOf(store, path, { from, now, weekAgo })),
    backups: services.all
      .filter((service) => isCovered(app, service))
      .flatMap(({ name }) => backupOf(store, name, { from, now, weekAgo })),
    restarts: {
      days: perDay(
        days,
        dayOf,
        restarts.map(({ samples }) => samples),
      ),
      inWeek: ofWeek.reduce((sum, { count }) => sum + count, 0),
      most: most === undefined || most.count === 0 ? undefined : most,
    },
    pictures: { days: perDay(days, dayOf, [pictures]), inWeek: gained(pictures, weekAgo) },
  };
}

type Span = { from: number; now: number; weekAgo: number };

function diskOf({ samples }: App['store'], path: string, { from, now, weekAgo }: Span): Trends['disks'] {
  const points = samples.range(sampleOf(path), from, now);
  const [newest] = points.slice(-1);
  if (newest === undefined) return [];
  const before = samples.last(sampleOf(path), weekAgo);
  return [{ path, points, gained: before === undefined ? undefined : newest.value - before.value }];
}

function backupOf({ samples }: App['store'], name: string, { from, now, weekAgo }: Span): Trends['backups'] {
  const sizes = samples.range(sizeSample(name), from, now);
  const [newest] = sizes.slice(-1);
  if (newest === undefined) return [];
  const took = samples.range(tookSample(name), from, now);
  return [
    { name, sizes, took, size: newest.value, sizeBefore: samples.last(sizeSample(name), weekAgo)?.value },
  ];
}

/** What a running total has gained since. */
function gained(samples: readonly Sample[], since: number): number {
  const newest = samples.at(-1)?.value ?? 0;
  const before = samples.findLast(({ at }) => at <= since) ?? samples[0];
  return Math.max(0, newest - (before?.value ?? 0));
}

/** Of running totals: what each local day has added. */
function perDay(
  days: readonly string[],
  dayOf: (at: number) => string,
  totals: readonly (readonly Point[])[],
): Count[] {
  const counts = new Map(days.map((day) => [day, 0]));
  for (const samples of totals) {
    for (const [index, { at, value }] of samples.entries()) {
      const before = samples[index - 1];
      const day = dayOf(at);
      if (before === undefined || value <= before.value) continue;
      counts.set(day, (counts.get(day) ?? 0) + value - before.value);
    }
  }
  return [...counts].map(([day, count]) => ({ day, count }));
}

/** The local days of a span, oldest first; over a change of the clocks, too. */
function daysOf(calendar: ReturnType<typeof createCalendar>, from: number, to: number): string[] {
  const days = new Set<string>();
  for (let at = from; at < to; at += DAY / 2) days.add(calendar.dayOf(at));
  return [...days, calendar.dayOf(to)].filter((day, index, all) => all.indexOf(day) === index);
}
