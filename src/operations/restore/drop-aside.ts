/**
 * What restores have replaced is kept for a week, and deleted then: here of backups that lie elsewhere, such as on a disk
 * that was brought along. Those in the folder of backups are looked after where backups are.
 */
import type { Service } from '../../services.ts';
import { dropPutBack } from '../backup.ts';
import type { RestoreReach } from './journey.ts';
import { KEPT } from './outcome.ts';

type DropReach = Pick<RestoreReach, 'store' | 'config' | 'hosts' | 'services' | 'clock' | 'log' | 'guard'>;

/**
 * The caller holds the service's lock. What cannot be deleted now, because a disk or a database is not there, is tried
 * again the next time.
 */
export async function dropOldAside(app: DropReach, service: Service): Promise<void> {
  for (const { id, plan } of oldAside(app, service)) {
    try {
      await app.guard.change(`delete what the restore ${id} of ${service.name} replaced`, async () => {
        await dropPutBack(app, service, plan.backup.folder, id);
        app.store.restores.record(id, { facts: { dropped: true } });
      });
    } catch (error) {
      app.log.warn({ err: error, service: service.name, restore: id }, 'what was replaced is kept longer');
    }
  }
}

/** Restores whose time is over, and of which something may still be there. */
export function oldAside({ store, services, clock }: Omit<DropReach, 'hosts'>, { name }: Service) {
  const own = `${services.backups?.folder ?? ''}/`;
  return store.restores
    .history(name)
    .filter(
      ({ endedAt = clock.now(), facts, plan }) =>
        clock.now() - endedAt >= KEPT && facts.dropped !== true && !plan.backup.folder.startsWith(own),
    );
}
