/** Splits amounts into numbers that a language names. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A duration in its one or two largest units, seconds kept: for work that is being waited for. What took any time at
 * all took a second.
 */
export function exactly(ms: number): { hours: number; minutes: number; seconds: number } {
  const rounded = Math.max(ms > 0 ? 1 : 0, Math.round(ms / SECOND)) * SECOND;
  return {
    hours: Math.floor(rounded / HOUR),
    minutes: Math.floor((rounded % HOUR) / MINUTE),
    seconds: Math.floor((rounded % MINUTE) / SECOND),
  };
}

/** A duration in its largest unit alone: for uptimes and ages. */
export function roughly(ms: number): { amount: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  if (ms < MINUTE) return { amount: Math.max(0, Math.round(ms / SECOND)), unit: 'second' };
  if (ms < HOUR) return { amount: Math.round(ms / MINUTE), unit: 'minute' };
  if (ms < 2 * DAY) return { amount: Math.round(ms / HOUR), unit: 'hour' };
  return { amount: Math.round(ms / DAY), unit: 'day' };
}
