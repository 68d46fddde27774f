/** Files that were written after a copy. */
import { stat } from 'node:fs/promises';
import { isCode } from './disk.ts';
import { walk, type FilesSource } from './files.ts';
import { JOURNALS } from './sqlite.ts';

export type Changed = { files: number; latestAt: number | undefined };

/** @param since milliseconds since 1970, by the times that the files carry */
export async function newerFiles(source: FilesSource, since: number, signal?: AbortSignal): Promise<Changed> {
  const { found } = await walk(source, signal);
  const times = found
    .filter(({ stats }) => stats.isFile())
    .map(({ stats }) => Number(stats.mtimeNs / 1_000_000n))
    .filter((time) => time > since);
  return {
    files: times.length,
    latestAt: times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b)),
  };
}

/** When a database was written last, its journals included. */
export async function writtenAt(database: string): Promise<number | undefined> {
  const times = await Promise.all(
    ['', ...JOURNALS.filter((suffix) => suffix !== '-shm')].map(async (suffix) => {
      try {
        return (await stat(database + suffix)).mtimeMs;
      } catch (error) {
        if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      }
    }),
  );
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
