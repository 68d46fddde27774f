/** The way back of the last update is kept, the ones before it are given up; nothing else is ever removed. */
import type { App } from '../../app.ts';
import type { Service } from '../../services.ts';
import { dropSnapshot, type DataReach } from '../backup.ts';
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
 * Whether the way back is still there: `podman system prune -a` takes images that have a name, too.
 * @returns containers whose old image is gone
 */
export async function missingImages(
  app: Pick<App, 'hosts' | 'store'> & DataReach,
  service: Service,
): Promise<string[]> {
  const last = app.store.updates.history(service.name).find(({ outcome }) => outcome === 'updated');
  if (last === undefined || last.facts.dropped === true) return [];
  const { engine } = app.hosts.of(service);
  const found = await Promise.all(
    last.plan.images.map(async ({ container }) =>
      (await engine.image(rollbackTag(container, last.id))) === undefined ? [container] : [],
    ),
  );
  return found.flat();
}
