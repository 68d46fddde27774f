/** If the inbox lies in a folder whose files are not to be taken, or holds one: then all of it would be carried away. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import type { Clock } from '../clock.ts';

/** Milliseconds: a deploy may change what is mounted where. */
const HOLDS_FOR = 60_000;

/** @returns what gives the other folder, or undefined; it throws when the inbox is not there */
export function createOverlap(
  forbidden: () => Promise<readonly string[]>,
  clock: Clock,
): (inbox: string) => Promise<string | undefined> {
  let known: { at: number; other: string | undefined } | undefined;
  return async (inbox) => {
    const root = await realpath(inbox);
    if (known !== undefined && clock.now() - known.at < HOLDS_FOR) return known.other;
    const folders = await Promise.all((await forbidden()).map((one) => realpath(one).catch(() => one)));
    const other = folders.find((one) => isWithin(root, one) || isWithin(one, root));
    known = { at: clock.now(), other };
    return other;
  };
}

const isWithin = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
};
