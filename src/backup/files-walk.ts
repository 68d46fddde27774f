/** All in a folder that is not left out, one after the other, however much that is. For a thread of its own. */
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, realpathSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { during, unlessGone } from './blocking.ts';
import type { FilesPart } from './manifest.ts';
import { createDatabaseTest, createExclude } from './patterns.ts';

export type FilesSource = Pick<FilesPart, 'folder' | 'exclude' | 'databases'>;

/** Something in a folder that is to be copied, by its path relative to it. */
export type Found = { path: string; stats: BigIntStats };

export type Walk = {
  /** Where the folder really lies. */
  folder: string;
  root: BigIntStats;
  /** In the order of {@link placeOf}. @throws Error for what cannot be copied, and when the folder is another one at the end */
  found: Generator<Found>;
};

/** @throws Error for a folder that cannot be read */
export function walk(source: FilesSource): Walk {
  const reading = `read "${source.folder}"`;
  const folder = during(reading, () => realpathSync(source.folder));
  const root = during(reading, () => lstatSync(folder, { bigint: true }));
  return { folder, root, found: find(source, folder, root) };
}

/** What a path is sorted by: what is in a folder comes right after it. */
export function placeOf(path: string): string {
  return path.replaceAll('/', '\0');
}

/** What stays as it is, by its path relative to the folder: what is excluded, and databases that other sources hold. */
export function createLeftOut({ folder, exclude, databases }: FilesSource): (path: string) => boolean {
  const isExcluded = createExclude(exclude);
  const isDatabase = createDatabaseTest(databases);
  return (path) => isExcluded(path) || (databases.length > 0 && isDatabase(join(folder, path)));
}

function* find(source: FilesSource, folder: string, root: BigIntStats): Generator<Found> {
  const isLeftOut = createLeftOut(source);
  const open = [namesIn(folder, '', isLeftOut)];
  for (let names = open.at(-1); names !== undefined; names = open.at(-1)) {
    const { value: path, done } = names.next();
    if (done === true || path === undefined) {
      open.pop();
      continue;
    }
    const stats = statsOf(join(folder, path));
    if (stats === undefined) continue;
    if (stats.isDirectory() && stats.dev !== root.dev) {
      throw new Error(
        `Cannot copy "${join(source.folder, path)}": it is another file system. Name it as a source of its own, and leave it out here.`,
      );
    }
    yield { path, stats };
    if (stats.isDirectory()) open.push(namesIn(folder, path, isLeftOut));
  }
  const after = statsOf(folder);
  if (after?.dev !== root.dev || after.ino !== root.ino) {
    throw new Error(`Cannot copy "${source.folder}": it was taken away while it was read.`);
  }
}

/** Sorted paths. A folder may go away while a service works. */
function namesIn(
  folder: string,
  inside: string,
  isLeftOut: (path: string) => boolean,
): ArrayIterator<string> {
  const within = join(folder, inside);
  const names = unlessGone(`read "${within}"`, () => readdirSync(within)) ?? [];
  const paths = (inside === '' ? names : names.map((name) => `${inside}/${name}`)).filter(
    (path) => !isLeftOut(path),
  );
  if (paths.some((path) => path.includes('\ufffd'))) requireText(within, inside, isLeftOut);
  return paths.sort().values();
}

/** A name that is no text comes with such a sign in it, and so may one that is. */
function requireText(within: string, inside: string, isLeftOut: (path: string) => boolean): void {
  for (const name of unlessGone(`read "${within}"`, () => readdirSync(within, { encoding: 'buffer' })) ??
    []) {
    if (isUtf8(name) || isLeftOut(join(inside, name.toString()))) continue;
    throw new Error(
      `Cannot copy "${join(within, name.toString())}": it has a name that is no UTF-8. Rename it, or leave it out (exclude).`,
    );
  }
}

function statsOf(path: string): BigIntStats | undefined {
  return unlessGone(`read "${path}"`, () => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
}
