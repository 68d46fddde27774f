/** When a database was written last. */
import { stat } from 'node:fs/promises';
import { isCode } from './disk.ts';
import { JOURNALS } from './sqlite.ts';

/** Its journals included. @returns milliseconds since 1970; undefined for one that does not exist */
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
