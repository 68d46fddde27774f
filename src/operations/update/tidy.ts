/** The way back of the last update is kept, the ones before it are given up; nothing else is ever removed. */
import type { App } from '../../app.ts';
import { dropSnapshot } from '../backup.ts';
import { dropRollback } from './act.ts';
import type { Journey } from './journey.ts';
import { rollbackTag } from './tags.ts';

/** After a success: the copies that were taken while it ran, and all of earlier updates. */
export async function giveUpOlder({ app, service, host, row }: Journey): Promise<void> {
  const { updates } = app.store;
  if (row.facts.backup !== undefined) await dropSnapshot(app, service, row.facts.backup);
  for (const old of updates.history(service.name)) {
    if (old.id === row.id || old.facts.dropped === true) continue;
    await dropRollback({ host, row: old });
    for (const folder of [old.facts.backup, old.facts.snapshot]) {
      if (folder !== undefined) await dropSnapshot(app, service, folder);
    }
    updates.record(old.id, { facts: { dropped: true } });
  }
}

/**
 * Whether the old images of the last updates are still there: `podman system prune -a` takes images that have a name, too.
 * Each that is gone is told once.
 * @returns services with the version that they cannot go back to by image any more
 */
export async function lostWaysBack(
  app: Pick<App, 'hosts' | 'store' | 'services' | 'log'>,
): Promise<{ service: string; version: string | undefined }[]> {
  const found = await Promise.all(
    app.services.all.map(async (service) => {
      const last = app.store.updates.history(service.name).find(({ outcome }) => outcome === 'updated');
      const { dropped, lostToldAt } = last?.facts ?? {};
      if (last === undefined || dropped === true || lostToldAt !== undefined) return [];
      try {
        const { engine } = app.hosts.of(service);
        const images = last.plan.images.map(({ container }) => engine.image(rollbackTag(container, last.id)));
        if (!(await Promise.all(images)).includes(undefined)) return [];
      } catch (error) {
        app.log.warn(
          { err: error, service: service.name },
          'cannot look whether the way back is still there',
        );
        return [];
      }
      app.store.updates.record(last.id, { facts: { lostToldAt: last.startedAt } });
      return [{ service: service.name, version: last.plan.from }];
    }),
  );
  return found.flat();
}
