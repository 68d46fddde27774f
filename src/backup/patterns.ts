/** The small languages of paths: what is left out of a folder, which files are databases, which must be there. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from './disk.ts';

/** What was replaced is kept in folders of this name; no copy ever holds them. */
export const ASIDE = '.steward-aside';

/**
 * Whether something in a folder is left out, by its path relative to that folder. A pattern without a slash fits a name at any
 * depth, one with a slash the path from the folder on; `*` stands for anything but a slash, `**` for that too. What
 * fits a folder leaves out all that is in it.
 */
export function createExclude(patterns: readonly string[]): (path: string) => boolean {
  const fits = patterns.map((given) => {
    const pattern = given.replace(/^\.?\/|\/$/g, '');
    const isPath = pattern.includes('/') || given.startsWith('/');
    const expression = toExpression(pattern);
    return (path: string, name: string) => expression.test(isPath ? path : name);
  });
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return name === ASIDE || fits.some((fit) => fit(path, name));
  };
}

/** Whether a path is one that a pattern means: `*` stands for anything but a slash, `**` for that too, `{a,b}` for either. */
export function createFit(pattern: string): (path: string) => boolean {
  const expressions = expandBraces(pattern).map(toExpression);
  return (path) => expressions.some((expression) => expression.test(path));
}

/**
 * The files that a glob names, sorted. `*` stands for anything but a slash, `{a,b}` for either.
 * @throws Error when a name without `*` does not exist, or none with one does
 */
export async function filesOf(glob: string): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of expandBraces(glob)) {
    const files = await expand(pattern);
    if (files.length === 0 && !pattern.includes('*')) throw new Error(`Cannot find "${pattern}".`);
    found.push(...files);
  }
  if (found.length === 0) throw new Error(`No file matches "${glob}".`);
  return [...new Set(found)].sort();
}

/** As {@link filesOf}, of whatever is there now. */
export async function presentFilesOf(glob: string): Promise<string[]> {
  const found = await Promise.all(expandBraces(glob).map(expand));
  return [...new Set(found.flat())].sort();
}

/** Whether a path is one that a glob names, or a journal of it. */
export function createDatabaseTest(globs: readonly string[]): (path: string) => boolean {
  const expressions = globs.flatMap(expandBraces).map(toExpression);
  return (path) => {
    const database = path.replace(/-(?:wal|shm|journal)$/, '');
    return expressions.some((expression) => expression.test(database) || expression.test(path));
  };
}

function toExpression(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((piece) =>
      piece === '**' ? '.*' : piece === '*' ? '[^/]*' : piece.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`, 's');
}

function expandBraces(pattern: string): string[] {
  const [whole, choices] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (whole === undefined || choices === undefined) return [pattern];
  return choices.split(',').flatMap((choice) => expandBraces(pattern.replace(whole, () => choice)));
}

async function expand(pattern: string): Promise<string[]> {
  let paths = ['/'];
  for (const segment of pattern.split('/').filter((one) => one !== '')) {
    const next = await Promise.all(
      paths.map(async (path) => {
        if (!segment.includes('*')) return [join(path, segment)];
        const expression = toExpression(segment);
        const names = await namesIn(path);
        return names
          .filter(
            (name) =>
              name !== ASIDE && expression.test(name) && (!name.startsWith('.') || segment.startsWith('.')),
          )
          .map((name) => join(path, name));
      }),
    );
    paths = next.flat();
  }
  const kept = await Promise.all(paths.map(async (path) => ((await isFile(path)) ? [path] : [])));
  return kept.flat();
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
