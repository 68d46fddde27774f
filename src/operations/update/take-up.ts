/** Work on a service that a kill has cut off, as the store knows it: an update, a rollback, a guarded deploy, a restore. */
import type { Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { Service } from '../../services.ts';
import type { RestoreReach } from '../restore/journey.ts';
import { resumeRestore } from '../restore/restore.ts';
import { prepareDeploy } from './guard-deploy.ts';
import { recallGuarded } from './guarded.ts';
import type { UpdateReach } from './journey.ts';
import { goToRest } from './leave-guarded.ts';
import { resumeUpdate } from './update.ts';

/** Something was begun; whether somebody still works on it, its lock tells. */
export const isCutOff = ({ store }: Pick<UpdateReach, 'store'>, { name }: Service): boolean =>
  store.updates.open(name) !== undefined ||
  store.restores.open(name) !== undefined ||
  ['preparing', 'leaving'].includes(recallGuarded(store, name)?.stage ?? '');

/** What it was, for whoever asks meanwhile. */
export const workOn = ({ store }: Pick<UpdateReach, 'store'>, { name }: Service): string =>
  store.restores.open(name) === undefined ? 'update' : 'restore';

/** The caller holds the service's lock. @returns undefined where nothing was left to do */
export async function takeUp(app: RestoreReach, service: Service, run: Run): Promise<Report | undefined> {
  const restored = await resumeRestore(app, service, run);
  if (restored !== undefined) return restored;
  const updated = await resumeUpdate(app, service, run);
  if (updated !== undefined) return updated;
  const guarded = recallGuarded(app.store, service.name);
  if (guarded?.stage === 'preparing') return prepareDeploy(app, service, run, guarded);
  return guarded?.stage === 'leaving' ? goToRest(app, service, run, guarded) : undefined;
}
