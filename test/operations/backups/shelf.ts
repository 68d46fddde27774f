/** A folder of backups that hold a file each, in a store of its own, at a time that tests choose. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isProven, writeProof, type Check, type Level } from '../../../src/backup/proof.ts';
import { backupId } from '../../../src/backup/names.ts';
import type { App } from '../../../src/app.ts';
import type { Machine } from '../../../src/clients/machine.ts';
import { createGuard, type Guard } from '../../../src/guard.ts';
import type { ListReach } from '../../../src/operations/backups/list.ts';
import type { KeepReach } from '../../../src/operations/backups/keep.ts';
import { requireTarget } from '../../../src/operations/backups/target.ts';
import { takeSnapshot } from '../../../src/operations/backup.ts';
import type { Service } from '../../../src/services.ts';
import { openScratchStore, openStore, type Store } from '../../../src/store.ts';
import { openPlace, type Place } from '../../backup/place.ts';

export type Shelf = {
  place: Place;
  app: ListReach & KeepReach & Pick<App, 'offsite'>;
  service: Service;
  store: Store;
  /** Of all backups. */
  folder: string;
  now: number;
  /** What the guard did not let through. */
  refused: string[];
  /** @returns its id */
  add(
    at: number,
    level?: Level,
    options?: { checks?: Check[]; drill?: { at: number; took: number } },
  ): Promise<string>;
  close(): void;
};

export type ShelfOptions = {
  /** Opened again as it was; without it everything is gone after. */
  folder?: string;
  observing?: boolean;
  keep?: { daily: number; weekly: number; monthly: number };
};

export const DAY = 86_400_000;
export const NOW = Date.parse('2026-11-20T14:40:00Z');

export function openShelf({ folder, observing = false, keep }: ShelfOptions = {}): Shelf {
  const place = openPlace({
    sources: [{ kind: 'files', folder: 'DATA' }],
    ...(folder === undefined ? {} : { folder }),
  });
  place.write('notes.txt', 'hello');
  const clock = { now: () => shelf.now };
  const store =
    folder === undefined ? openScratchStore(clock) : openStore(join(place.folder, 'state'), clock);
  const refused: string[] = [];
  const guard = createGuard(observing, place.app.log);
  const told: Guard = {
    ...guard,
    change(what, act) {
      if (observing) refused.push(what);
      return guard.change(what, act);
    },
  };
  const [service] = place.app.services.all;
  if (service?.backup === undefined) throw new Error('There is no service.');
  const machine: Pick<Machine, 'disk'> = {
    disk: (path) => Promise.resolve({ path, used: 1, free: 1, size: 2 }),
  };
  const app = {
    ...place.app,
    clock,
    store,
    guard: told,
    machine: machine as Machine,
    offsite: undefined,
    config: { ...place.app.config, timeZone: 'Europe/Rome' } as ListReach['config'] & KeepReach['config'],
  };
  const shelf: Shelf = {
    place,
    app,
    service: { ...service, backup: { ...service.backup, ...(keep === undefined ? {} : { keep }) } },
    store,
    folder: join(place.folder, 'copies'),
    now: NOW,
    refused,
    async add(at, level = 'restored', { checks = [], drill } = {}) {
      const present = shelf.now;
      shelf.now = at;
      const { folder: target } = await requireTarget(app);
      const taken = new Set(store.backups.ofService(service.name).map(({ id }) => id));
      const id = backupId(at, (one) => taken.has(one));
      const copy = join(target, service.name, id);
      mkdirSync(join(target, service.name), { recursive: true });
      await takeSnapshot(app, service, copy);
      if (isProven(level) || checks.length > 0) {
        const more = drill === undefined ? {} : { drill: { ...drill, images: {} } };
        await writeProof(copy, { version: 1, level, sources: {}, at: at + 1000, checks, ...more });
      }
      shelf.now = present;
      return id;
    },
    close() {
      store.close();
      rmSync(place.folder, { recursive: true, force: true });
    },
  };
  return shelf;
}
