/** A SQLite database replaced by a copy of it, so that an old journal never meets the new database. */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { areaAt, isThere, setAside } from './aside.ts';
import { failure, makeFolder, move, sync, writeDurably, type Told } from './disk.ts';
import type { SqlitePart } from './manifest.ts';
import { JOURNALS } from './sqlite.ts';
import { extractCopy } from './stored.ts';

export type SqliteBack = {
  part: SqlitePart;
  /** Where the database lies, or lay. */
  path: string;
  /** Of the copy. */
  folder: string;
  identityFile: string | undefined;
  area: string;
};

/** Lay the database ready beside the one that it will replace. Called again it begins anew. */
export async function stageSqlite(
  { part, folder, identityFile, area }: SqliteBack,
  told: Told,
): Promise<void> {
  const { path, fresh } = areaAt(area);
  try {
    await rm(path, { recursive: true, force: true });
    await makeFolder(path);
    await extractCopy(folder, part.copy, fresh, { ...told, identityFile, attributes: part.attributes });
    await sync(path);
  } catch (error) {
    told.signal?.throwIfAborted();
    throw failure(`put back "${part.path}"`, error);
  }
}

/** Replace the database. Called again it finishes, or does nothing. @returns where the old one is kept */
export async function swapSqlite({ part, path, area }: SqliteBack): Promise<string> {
  const { fresh, old } = areaAt(area);
  try {
    if (await isThere(fresh)) {
      await setDatabaseAside(path, old);
      await move(fresh, path);
    }
    return old;
  } catch (error) {
    throw failure(`put back "${part.path}"`, error);
  }
}

/**
 * Bring the old database back, or what of it {@link swapSqlite} had moved when it was cut off. Called again it finishes,
 * or does nothing.
 * @param back.isStray it was only moved aside, and nothing took its place
 * @returns where the one that was in its place is kept; undefined where there was none
 */
export async function returnSqlite({
  path,
  area,
  isStray,
}: Pick<SqliteBack, 'path' | 'area'> & { isStray: boolean }): Promise<string | undefined> {
  const { fresh, old, undone, emptied } = areaAt(area);
  const database = basename(path);
  try {
    if (await isThere(old)) {
      if (!(await isThere(emptied))) {
        // Before that, what lies there is the old one still.
        const isReplaced = isStray ? await isThere(join(old, database)) : !(await isThere(fresh));
        if (isReplaced) await setDatabaseAside(path, undone);
        await writeDurably(emptied, '');
      }
      for (const suffix of [...JOURNALS, '']) {
        const from = join(old, database + suffix);
        if (!(await isThere(from))) continue;
        // Somebody has been at work since a kill cut this off.
        await setInTheWayAside(path + suffix, undone);
        await move(from, path + suffix);
      }
      for (const name of await readdir(old)) await setInTheWayAside(join(old, name), undone);
      await rmdir(old);
      await sync(area);
    }
    return (await isThere(undone)) ? undone : undefined;
  } catch (error) {
    throw failure(`bring back "${path}"`, error);
  }
}

async function setInTheWayAside(path: string, to: string): Promise<void> {
  if (!(await isThere(path))) return;
  await makeFolder(to);
  await setAside(path, join(to, basename(path)));
}

/** The journals first: without its database none of them is read, with another one it is the end of that. */
export async function setDatabaseAside(path: string, old: string): Promise<void> {
  await makeFolder(old);
  for (const suffix of [...JOURNALS, '']) {
    if (await isThere(path + suffix)) await setAside(path + suffix, join(old, basename(path) + suffix));
  }
  await sync(old);
}
