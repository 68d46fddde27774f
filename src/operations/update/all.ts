/** Several updates, one after the other; the first that needs a person ends the row. */
import type { Plan, Run } from '../../app.ts';
import { causeOf, UnreachableError, UserError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { UpdatePlan, UpdateReport } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { whileLocked } from '../arguments.ts';
import { isOffered } from '../release-offer.ts';
import { recall } from '../release-memory.ts';
import type { UpdateReach } from './journey.ts';
import { planUpdate } from './plan.ts';
import { update } from './update.ts';

type Left = Extract<Report, { kind: 'updates-plan' }>['left'][number];

/**
 * What would be updated, and what needs a person. One service that cannot be planned does not keep the others waiting.
 * @throws BusyError while one of them is worked on
 */
export async function planAll(app: UpdateReach): Promise<Plan> {
  const services = app.services.all.filter(({ containers }) => containers.some((one) => one.update));
  const planned = await Promise.all(services.map((service) => planOrCause(app, service)));
  const doing: { report: UpdatePlan; fingerprint: string }[] = [];
  const left: Left[] = [];
  for (const [index, one] of planned.entries()) {
    const { name } = services[index] as Service;
    if ('cause' in one) left.push({ name, cause: one.cause });
    else if (one.report.kind === 'update-plan' && isWanted(app, one.report)) {
      doing.push({ report: one.report, fingerprint: one.fingerprint });
    } else {
      const tried = recall(app.store, name)?.tried;
      if (tried !== undefined && (isOffered(tried) || tried.verdict.kind === 'unknown')) left.push(tried);
    }
  }
  return {
    report: {
      kind: 'updates-plan',
      plans: doing.map(({ report }) => report),
      left,
      at: app.clock.now(),
    },
    fingerprint: JSON.stringify(doing.map(({ fingerprint }) => fingerprint)),
    ...(doing.length === 0 ? { isEmpty: true } : {}),
  };
}

async function planOrCause(app: UpdateReach, service: Service): Promise<Plan | { cause: string }> {
  try {
    return await planUpdate(app, service);
  } catch (error) {
    if (!(error instanceof UserError || error instanceof UnreachableError)) throw error;
    return { cause: app.redact(causeOf(error)) };
  }
}

/** What was skipped or has failed is only done when it is named. */
const isWanted = (app: UpdateReach, { service, key }: UpdatePlan): boolean => {
  const last = recall(app.store, service)?.last;
  return last !== undefined && last.key === key && isOffered(last);
};

/** Each with the lock of its service. */
export async function updateAll(app: UpdateReach, run: Run): Promise<Report> {
  const { report } = run.plan ?? (await planAll(app));
  if (report.kind !== 'updates-plan') return report;
  const done: UpdateReport[] = [];
  const waiting = [...report.plans];
  while (waiting.length > 0 && !run.signal.aborted) {
    const plan = waiting.shift() as UpdatePlan;
    const service = app.services.get(plan.service);
    if (service === undefined) continue;
    const one = { report: { kind: 'update-plan' as const, ...plan }, fingerprint: '' };
    const outcome = await whileLocked(app, service, 'update', run, () =>
      update(app, service, { ...run, plan: one }),
    );
    if (outcome.kind === 'update-outcome') done.push(outcome);
    if (outcome.kind !== 'update-outcome' || !['updated', 'observed'].includes(outcome.outcome)) break;
  }
  const rest = waiting.map(({ service }) => service);
  return { kind: 'updates-outcome', done, rest, at: app.clock.now(), ...actionsOf(done) };
}

/** Those of the one that ended the row. */
function actionsOf(done: readonly UpdateReport[]): Pick<Report, 'actions'> {
  const last = done.at(-1);
  return last?.actions === undefined || last.outcome === 'updated' ? {} : { actions: last.actions };
}
