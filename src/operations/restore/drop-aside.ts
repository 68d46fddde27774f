/** What restores have replaced is kept for a week, and deleted then. */
import type { Service } from '../../services.ts';
import { dropAside } from './data.ts';
import type { RestoreReach } from './journey.ts';
import { KEPT } from './outcome.ts';

/**
 * The caller holds the service's lock. What cannot be deleted now, because a disk or a database is not there, is tried
 * again the next time.
 * @returns how many restores it was of
 */
export async function dropOldAside(
  app: Pick<RestoreReach, 'store' | 'hosts' | 'services' | 'clock' | 'log' | 'guard'>,
  service: Service,
): Promise<number> {
  const { restores } = app.store;
  let dropped = 0;
  for (const row of restores.history(service.name)) {
    const isOver = app.clock.now() - (row.endedAt ?? app.clock.now()) >= KEPT;
    if (!isOver || row.facts.dropped === true) continue;
    try {
      await app.guard.change(`delete what the restore ${row.id} of ${service.name} replaced`, async () => {
        await dropAside(app, service, row.plan.backup, row.id);
        restores.record(row.id, { facts: { dropped: true } });
        dropped += 1;
      });
    } catch (error) {
      app.log.warn(
        { err: error, service: service.name, restore: row.id },
        'what was replaced is kept longer',
      );
    }
  }
  return dropped;
}
