/** What an engine keeps without need: images by their id, and Docker's cache of builds. */
import { json } from 'node:stream/consumers';
import type { CallOptions } from '../engine.ts';
import type { Connection } from './connection.ts';
import { CHANGE, type ChangeLimits } from './images.ts';
import { IMAGE } from './names.ts';

export type EnginePrune = {
  /**
   * Remove an image, never by force: one that a container was made from, that has several names, or that lies below
   * another one stays. With it goes what lay below it alone, without a name and without a container.
   * @throws Error with the engine's words when it refuses
   */
  removeImage(id: string, options?: CallOptions): Promise<void>;
  /** Parts of builds that no build uses now. @returns undefined where the engine keeps none, as Podman does */
  buildCache(options?: CallOptions): Promise<CachedBuild[] | undefined>;
  /** Remove parts of builds that were not used for so long, in milliseconds, unless a build uses them. */
  pruneBuildCache(unusedFor: number, options?: CallOptions): Promise<void>;
  /** Folder of the images, as the engine sees it; undefined where it does not tell. */
  storageFolder(options?: CallOptions): Promise<string | undefined>;
};

/** Bytes, and milliseconds since 1970. */
export type CachedBuild = { size: number; usedAt: number };

type RawCache = { InUse?: boolean; Size?: number; CreatedAt?: string; LastUsedAt?: string | null };

/** The engine adds up all its disks. Milliseconds. */
const SLOW = 60_000;

export function createPrune(
  connection: Connection,
  { change = CHANGE }: Partial<Pick<ChangeLimits, 'change'>> = {},
): EnginePrune {
  return {
    async removeImage(id, options) {
      const doing = `remove the image "${id}"`;
      if (!IMAGE.test(id)) throw new Error(`Cannot ${doing}: no such image`);
      await connection.callUnless(
        [404],
        doing,
        (docker, signal) => docker.getImage(id).remove({ force: false, ...signal }),
        { timeout: change, ...options },
      );
    },
    async buildCache(options) {
      const raw = await connection.callUnless(
        [404],
        'ask for the cache of builds',
        (docker, signal) =>
          (docker as { df(options: object): Promise<{ BuildCache?: RawCache[] | null }> }).df(signal),
        { timeout: SLOW, ...options },
      );
      return raw?.BuildCache?.filter((one) => one.InUse !== true).map((one) => ({
        size: one.Size ?? 0,
        usedAt: Date.parse(one.LastUsedAt ?? one.CreatedAt ?? ''),
      }));
    },
    async pruneBuildCache(unusedFor, options) {
      // dockerode's own call leaves the filter out, and would remove all of it.
      const filters = JSON.stringify({ until: [`${Math.round(unusedFor / 1000)}s`] });
      const answer = await connection.stream(
        'prune the cache of builds',
        { method: 'POST', path: '/build/prune', query: { filters }, options: {} },
        { timeout: change, ...options },
      );
      await json(answer);
    },
    async storageFolder(options) {
      const raw = await connection.callUnless(
        [404],
        'ask for the folder of the images',
        (docker, signal) =>
          (docker as { info(options: object): Promise<{ DockerRootDir?: string }> }).info(signal),
        options,
      );
      return raw?.DockerRootDir;
    },
  };
}
