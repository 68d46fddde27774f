/** Work on a service that a kill has cut off, as the store knows it: an update, a rollback, a guarded deploy. */
import type { Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { Service } from '../../services.ts';
import { prepareDeploy } from './guard-deploy.ts';
import { recallGuarded } from './guarded.ts';
import type { UpdateReach } from './journey.ts';
import { goToRest } from './leave-guarded.ts';
import { resumeUpdate } from './update.ts';

/** Something was begun; whether somebody still works on it, its lock tells. */
export const isCutOff = ({ store }: Pick<UpdateReach, 'store'>, { name }: Service): boolean =>
  store.updates.open(name) !== undefined ||
  ['preparing', 'leaving'].includes(recallGuarded(store, name)?.stage ?? '');

/** The caller holds the service's lock. @returns undefined where nothing was left to do */
export async function takeUp(app: UpdateReach, service: Service, run: Run): Promise<Report | undefined> {
  const updated = await resumeUpdate(app, service, run);
  if (updated !== undefined) return updated;
  const guarded = recallGuarded(app.store, service.name);
  if (guarded?.stage === 'preparing') return prepareDeploy(app, service, run, guarded);
  return guarded?.stage === 'leaving' ? goToRest(app, service, run, guarded) : undefined;
}
