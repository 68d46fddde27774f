/** What the week has brought: in words, and as figures to be drawn. */
import type { Chart, Line } from '../card.ts';
import type { Count, OverviewReport, Point } from '../report/overview.ts';
import type { Rich } from '../rich.ts';
import { chartDuration, chartTitles } from '../texts/charts.ts';
import type { Texts } from '../texts/index.ts';
import { diskName } from './status.ts';

/** More lines than this cannot be told apart. */
const LINES_MOST = 5;

export function weekLines({ trends }: OverviewReport, texts: Texts): Rich[] {
  if (trends === undefined) return [];
  const { week } = texts.overview;
  const sizes = trends.backups.map(({ name, size, sizeBefore }) =>
    week.size(
      name,
      texts.size(size),
      sizeBefore === undefined || sizeBefore === 0 ? undefined : size / sizeBefore - 1,
    ),
  );
  const { inWeek, most } = trends.restarts;
  return [...(sizes.length === 0 ? [] : [week.backups(sizes.join(', '))]), week.restarts(inWeek, most)];
}

/** What has no figures yet is left out: one point says nothing. */
export function trendCharts({ trends, disks }: OverviewReport, texts: Texts): Chart[] {
  if (trends === undefined) return [];
  const { from, to, backups } = trends;
  const ends = { first: dayOf(texts.local(from).day), last: dayOf(texts.local(to).day) };

  const lines = (
    title: string,
    of: readonly Line[],
    said: (value: number) => string,
    most?: number,
  ): Chart[] => {
    const scale = most ?? Math.max(0, ...of.map(highest));
    return of.length === 0 || scale <= 0
      ? []
      : [{ kind: 'lines', title, lines: of, scale, top: said(scale), from, to, ...ends }];
  };
  const ofBackups = (which: 'sizes' | 'took', said: (value: number) => string): Chart[] => {
    const known = backups.flatMap(({ name, [which]: points }) => lineOf(name, points, said));
    const largest = known.toSorted((a, z) => highest(z) - highest(a)).slice(0, LINES_MOST);
    return lines(chartTitles[which], largest, said);
  };
  const bars = (title: string, days: readonly Count[]): Chart[] =>
    days.every(({ count }) => count === 0)
      ? []
      : [{ kind: 'bars', title, counts: days.map(({ count }) => count), ...ends }];

  const sizes = new Map(disks.flatMap((disk) => ('lost' in disk ? [] : [[disk.path, disk.size] as const])));
  const shares = trends.disks.flatMap(({ path, points }) => {
    const size = sizes.get(path);
    if (size === undefined) return [];
    const share = points.map(({ at, value }) => ({ at, value: value / size }));
    return lineOf(diskName(path, texts), share, texts.percent);
  });
  return [
    ...lines(chartTitles.disks, shares, texts.percent, 1),
    ...ofBackups('sizes', texts.size),
    ...ofBackups('took', chartDuration),
    ...bars(chartTitles.restarts, trends.restarts.days),
    ...bars(chartTitles.pictures, trends.pictures.days),
  ];
}

function lineOf(name: string, points: readonly Point[], said: (value: number) => string): Line[] {
  const newest = points.at(-1);
  return newest === undefined || points.length < 2 ? [] : [{ name, points, newest: said(newest.value) }];
}

const highest = ({ points }: Line): number => Math.max(...points.map(({ value }) => value));

/** `11-20`: every language reads it. */
const dayOf = (day: string): string => day.slice(5);
