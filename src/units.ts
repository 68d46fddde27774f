/** Durations, sizes and times of day, as people write them in the configuration. */

const DURATIONS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** What a fault says it wanted. */
export const DURATION_FORM = 'a duration such as 0, 30s, 10m, 3h or 3d';
export const SIZE_FORM = 'a size such as 0, 100MB or 5GB';
export const TIME_FORM = 'a time of day such as 07:00';
export const SPAN_FORM = 'a span of hours such as 23:00-07:30';

const SIZE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/**
 * Bytes with their unit: "612 MB", "1.1 GB".
 * @param step 1000 for files and disks, 1024 for memory, so that a limit set as `4g` reads "4 GB"
 */
export function formatSize(amount: number, step: 1000 | 1024 = 1000): string {
  let value = amount;
  let unit = 0;
  // 999.5 would round to "1000 MB".
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= step;
    unit += 1;
  }
  const digits = unit >= 3 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${SIZE_UNITS[unit]}`;
}

/** @param time `HH:MM` */
export const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
};

/** A span of local hours, `HH:MM` each; `from` after `to` runs over midnight. */
export type Hours = { from: string; to: string };

/** @returns milliseconds, or undefined when the text is not a duration */
export const parseDuration = (text: string): number | undefined => parseAmount(text, DURATIONS);

/** @returns bytes (1 MB is 1 000 000), or undefined when the text is not a size */
export const parseSize = (text: string): number | undefined => parseAmount(text, SIZES);

function parseAmount(text: string, units: Readonly<Record<string, number>>): number | undefined {
  if (text === '0') return 0;
  const [, digits, unit] = /^(\d{1,9})([A-Za-z]{1,2})$/.exec(text) ?? [];
  const factor = unit === undefined || !Object.hasOwn(units, unit) ? undefined : units[unit];
  const amount = factor === undefined ? undefined : Number(digits) * factor;
  return amount !== undefined && Number.isSafeInteger(amount) ? amount : undefined;
}

/** @returns `HH:MM` with two digits each (`7:00` becomes `07:00`), or undefined */
export function parseTimeOfDay(text: string): string | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined ? undefined : `${hour.padStart(2, '0')}:${minute}`;
}

/** @returns the two ends of `23:00-07:30`, or undefined; a span of no length is none */
export function parseHours(text: string): Hours | undefined {
  const ends = text.split(/\s*[-–]\s*/);
  const [from, to] = ends.map(parseTimeOfDay);
  return ends.length === 2 && from !== undefined && to !== undefined && from !== to
    ? { from, to }
    : undefined;
}
