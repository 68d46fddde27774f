/** Variables whose name is nearly that of a known one. */
import type { Environment } from './environment.ts';
import type { Fault } from '../errors.ts';
import { distance } from '../nearest.ts';

/** Families of names that are ours alone: a near miss of one of them in the environment is a mistake. */
const FAMILIES = [
  'TELEGRAM',
  'IMMICH',
  'STEWARD',
  'PICTURES',
  'INBOX',
  'PUSHOVER',
  'CLEAN',
  'HEARTBEAT',
  'BACKUP_AGE',
];

/**
 * Unknown names that are near a known one. In the process's environment only our own families count, because
 * everything else there belongs to somebody else; in our own file every name does.
 */
export function misspelt(names: Environment['names'], known: readonly string[]): Fault[] {
  const candidates = new Set([...names.process.filter(isOurs), ...names.file]);
  return [...candidates]
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const near = nearestVariable(name, known);
      return near === undefined
        ? []
        : [{ name, found: 'a variable of this name', expected: 'a known one', nearest: near }];
    });
}

const isOurs = (name: string): boolean => FAMILIES.some((family) => name.startsWith(`${family}_`));

/** `TELEGRAM_TOKEN` is four letters from its meaning, but all its words are in it. */
function nearestVariable(name: string, known: readonly string[]): string | undefined {
  const mine = words(name);
  return known
    .map((one) => {
      const theirs = words(one);
      const holds = mine.isSubsetOf(theirs) || (theirs.size > 1 && theirs.isSubsetOf(mine));
      return { one, holds, steps: distance(name.toUpperCase(), one) };
    })
    .filter(({ one, holds, steps }) => (holds && sharesFirstWord(name, one)) || steps <= 2)
    .sort((a, b) => a.steps - b.steps)[0]?.one;
}

const words = (name: string): Set<string> => new Set(name.toUpperCase().split('_'));

const sharesFirstWord = (a: string, b: string): boolean =>
  a.toUpperCase().split('_', 1)[0] === b.split('_', 1)[0];
