/** Updates that a service's `update.policy` allows without a person, in its window, with the same safety. */
import type { App, Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { UpdatePlan } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { minutesOf } from '../../units.ts';
import { stepOf, type Step } from '../../versions.ts';
import { whileLocked } from '../arguments.ts';
import { isOffered } from '../release-offer.ts';
import { recall } from '../release-memory.ts';
import type { UpdateReach } from './journey.ts';
import { planUpdate } from './plan.ts';
import { update } from './update.ts';

const DAY_IN_MINUTES = 24 * 60;
const MINUTE = 60_000;
/** Without a window: the small hours, when nobody looks at it. */
const WINDOW = { from: '04:00', to: '06:00' };

/** Steps that each policy takes by itself, beside a newer image of the same version. */
const STEPS: Readonly<Record<Service['update']['policy'], readonly Step[] | undefined>> = {
  ask: undefined,
  image: [],
  patch: ['patch'],
  minor: ['patch', 'minor'],
};

export const windowOf = ({ update: { window } }: Pick<Service, 'update'>) => window ?? WINDOW;

/** @returns undefined where nothing was done: nothing is new, or a person has to decide */
export async function updateByPolicy(
  app: UpdateReach & Pick<App, 'locks'>,
  service: Service,
  run: Run,
): Promise<Report | undefined> {
  if (STEPS[service.update.policy] === undefined || !isInWindow(app, service, run)) return undefined;
  const plan = await planUpdate(app, service, undefined, { signal: run.signal });
  const { report } = plan;
  if (report.kind !== 'update-plan' || !isAllowed(app, service, report)) return undefined;
  return whileLocked(app, service, 'update', run, () => update(app, service, { ...run, plan }));
}

/** A run that is made up after an absence may come at any hour. */
function isInWindow({ clock }: Pick<App, 'clock'>, service: Service, { dueAt }: Run): boolean {
  const { from, to } = windowOf(service);
  const length = (minutesOf(to) - minutesOf(from) + DAY_IN_MINUTES) % DAY_IN_MINUTES;
  return dueAt === undefined || clock.now() - dueAt < length * MINUTE;
}

function isAllowed({ store, clock }: UpdateReach, service: Service, plan: UpdatePlan): boolean {
  const memory = recall(store, service.name);
  const last = memory?.last;
  if (last === undefined || last.key !== plan.key || !isOffered(last)) return false;
  // A way back that is asked for and cannot be had, or another updater: a person decides.
  if (
    plan.hazards.some(({ kind }) =>
      ['no-data', 'pull', 'auto-update', 'compose-pull', 'failed-before'].includes(kind),
    )
  ) {
    return false;
  }
  if ((last.notes?.breaking.length ?? 0) > 0) return false;
  const { policy, hold } = service.update;
  if (hold > 0 && (last.publishedAt === undefined || clock.now() - last.publishedAt < hold)) return false;
  // Another image of the same version, as far as the versions are known.
  if (plan.to === undefined || plan.from === plan.to) return plan.from !== undefined || policy === 'image';
  const step = plan.from === undefined ? undefined : stepOf(plan.from, plan.to);
  return step !== undefined && STEPS[policy]?.includes(step) === true;
}
