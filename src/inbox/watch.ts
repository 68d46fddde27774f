/** Tells when something in some folders changes. A hint: what it misses is found by the next look. */
import { watch, type FSWatcher } from 'node:fs';
import { causeOf } from '../errors.ts';
import type { Logger } from '../logger.ts';

export type Watch = {
  /** Watch these folders, and no others. */
  set(folders: readonly string[]): void;
  close(): void;
};

export function createWatch(changed: () => void, log: Logger): Watch {
  const watchers = new Map<string, FSWatcher>();
  let told = false;

  const drop = (folder: string) => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };

  const add = (folder: string) => {
    const failed = (error: unknown) => {
      drop(folder);
      // There are only so many watches on a machine, and a folder can go.
      if (!told)
        log.warn({ folder, cause: causeOf(error) }, 'the inbox is not watched but looked at each minute');
      told = true;
    };
    try {
      watchers.set(folder, watch(folder, { persistent: false }, changed).on('error', failed));
    } catch (error) {
      failed(error);
    }
  };

  return {
    set(folders) {
      const wanted = new Set(folders);
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder);
      for (const folder of wanted) if (!watchers.has(folder)) add(folder);
    },
    close() {
      for (const folder of watchers.keys()) drop(folder);
    },
  };
}
