/** Amounts of English. */
import { exactly, roughly } from './amounts.ts';

/** "Both", "All 3". */
export const allOf = (count: number): string => (count === 2 ? 'Both' : `All ${count}`);

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

/** "1 min 59 s", "48 s", "2 h 5 min". */
export const duration = (ms: number): string => {
  const { hours, minutes, seconds } = exactly(ms);
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  if (minutes > 0) return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
  return `${seconds} s`;
};

/** "12 min", "9 days". */
export const about = (ms: number): string => {
  const { amount, unit } = roughly(ms);
  if (unit === 'day') return plural(amount, 'day');
  return `${amount} ${{ second: 's', minute: 'min', hour: 'h' }[unit]}`;
};

/** "12 min ago". */
export const ago = (ms: number): string => `${about(ms)} ago`;

/** `local` is the machine that Steward runs on. */
export const hostNamed = (name: string): string => (name === 'local' ? 'this host' : `host ${name}`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** With one full stop at its end. */
export const sentence = (text: string): string => `${capital(text).replace(/\.$/, '')}.`;
