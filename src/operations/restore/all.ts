/** All services of which there are backups, one after the other: for a new machine. The first that needs a person ends the row. */
import type { Plan, Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { NotRestored, RestorePlan, RestoreReport } from '../../report/restore.ts';
import type { BackupRow } from '../../store/backups.ts';
import { UserError } from '../../errors.ts';
import { whileLocked } from '../arguments.ts';
import { isProvenRow, syncBackups } from '../backups/list.ts';
import { backupsIn, definitionIn } from './from.ts';
import type { RestoreReach } from './journey.ts';
import { fingerprintOf, planOrCause } from './plan.ts';
import { restore } from './restore.ts';

/** What is typed to confirm it. */
const ALL = 'all';

/**
 * Each service's newest proven backup, in the order of the services file.
 * @param from the root of backups; the configured one unless given
 * @throws UserError for a folder without backups, BusyError while one of the services is worked on
 */
export async function planAllRestores(app: RestoreReach, from: string | undefined): Promise<Plan> {
  const folder = from ?? app.services.backups?.folder;
  if (folder === undefined) throw new UserError('Say from which folder: restore all --from <folder>.');
  const { services } = await backupsIn(folder);
  const plans: RestorePlan[] = [];
  const left: NotRestored[] = [];
  for (const service of app.services.all) {
    const rows = services.get(service.name);
    if (rows === undefined) {
      if (service.backup !== undefined)
        left.push({ service: service.name, why: 'cause', cause: `There is no backup of it in "${folder}".` });
      continue;
    }
    app.locks.requireFree(service.name);
    const plan = await planNewest(app, service.name, rows);
    if ('cause' in plan) left.push({ service: service.name, why: 'cause', cause: plan.cause });
    else plans.push(plan);
  }
  for (const [name, rows] of services) {
    if (app.services.get(name) !== undefined) continue;
    left.push({ service: name, why: 'unknown', definition: await definitionIn(rows) });
  }
  return {
    report: { kind: 'restores-plan', folder, plans, left, at: app.clock.now() },
    fingerprint: JSON.stringify(plans.map(fingerprintOf)),
    ...(plans.length === 0 ? { isEmpty: true } : { typed: ALL }),
  };
}

async function planNewest(
  app: RestoreReach,
  name: string,
  rows: readonly BackupRow[],
): Promise<RestorePlan | { cause: string }> {
  const service = app.services.get(name);
  const row = rows.find(isProvenRow);
  if (service === undefined || row === undefined) {
    return {
      cause: `None of its ${rows.length} backups is proven. Choose one: steward restore ${name} <which>.`,
    };
  }
  return planOrCause(app, service, row);
}

/** Each with the lock of its service. */
export async function restoreAll(app: RestoreReach, run: Run, from: string | undefined): Promise<Report> {
  const { report } = run.plan ?? (await planAllRestores(app, from));
  if (report.kind !== 'restores-plan') return report;
  const done: RestoreReport[] = [];
  const waiting = [...report.plans];
  while (waiting.length > 0 && !run.signal.aborted) {
    const plan = waiting.shift() as RestorePlan;
    const service = app.services.get(plan.service);
    if (service === undefined) continue;
    const one = await whileLocked(app, service, 'restore', run, () => restore(app, service, run, plan));
    done.push(one);
    if (!['restored', 'placed', 'observed'].includes(one.outcome)) break;
  }
  await remember(app);
  const last = done.at(-1);
  return {
    kind: 'restores-outcome',
    folder: report.folder,
    done,
    rest: waiting.map(({ service }) => service),
    left: report.left,
    at: app.clock.now(),
    ...(last?.actions === undefined || last.outcome === 'restored' ? {} : { actions: last.actions }),
  };
}

/** The store of a new machine knows no backup yet. */
async function remember(app: RestoreReach): Promise<void> {
  for (const service of app.services.all) {
    if (service.backup === undefined) continue;
    try {
      await syncBackups(app, service);
    } catch (error) {
      app.log.warn({ err: error, service: service.name }, 'the backups of a service cannot be listed');
    }
  }
}
