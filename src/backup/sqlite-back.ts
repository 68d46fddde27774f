/** A SQLite database replaced by a copy of it, so that an old journal never meets the new database. */
import { open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { areaAt, isThere, setAside } from './aside.ts';
import { copyBytes, failure, makeFolder, move, sync, type Told } from './disk.ts';
import type { SqlitePart } from './manifest.ts';
import { JOURNALS } from './sqlite.ts';

export type SqliteBack = {
  part: SqlitePart;
  /** Where the database lies, or lay. */
  path: string;
  /** The copy. */
  file: string;
  area: string;
};

/** Lay the database ready beside the one that it will replace. Called again it begins anew. */
export async function stageSqlite({ part, file, area }: SqliteBack, told: Told): Promise<void> {
  const { path, fresh } = areaAt(area);
  try {
    await rm(path, { recursive: true, force: true });
    await makeFolder(path);
    const source = await open(file);
    try {
      const { sha256 } = await copyBytes(source, fresh, { ...told, attributes: part.attributes });
      if (sha256 !== part.copy.sha256) throw new Error(`"${file}" is damaged.`);
    } finally {
      await source.close();
    }
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

/** The journals first: without its database none of them is read, with another one it is the end of that. */
export async function setDatabaseAside(path: string, old: string): Promise<void> {
  await makeFolder(old);
  for (const suffix of [...JOURNALS, '']) {
    if (await isThere(path + suffix)) await setAside(path + suffix, join(old, basename(path) + suffix));
  }
  await sync(old);
}
