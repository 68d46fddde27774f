/** Back to the version before, on purpose: with the data of then only where the old program cannot read what is there now. */
import type { Plan, Run } from '../../app.ts';
import { UserError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { PlannedImage, UpdatePlan } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import type { UpdateRow } from '../../store/updates.ts';
import { isCovered } from '../backup.ts';
import { isArchived } from './archive.ts';
import { compareData } from './compare-data.ts';
import { guardedToLeave, leaveGuarded, planLeave } from './leave-guarded.ts';
import { asHolder, type UpdateReach } from './journey.ts';
import { stoppedParts } from './parts.ts';
import { fingerprintOf } from './plan.ts';
import { requireControl } from './prepare.ts';
import { inNetworkOrder } from './shared-network.ts';
import { rollbackTag } from './tags.ts';
import { resumeUpdate, retryWayBack, travel } from './update.ts';

type RollbackReport = Report & { kind: 'rollback-plan' };

/**
 * @param to id of the update that is undone; the last one unless given
 * @throws UserError where there is nothing to go back to, BusyError while the service is worked on
 */
export async function planRollback(app: UpdateReach, service: Service, to?: string): Promise<Plan> {
  app.locks.requireFree(service.name);
  await requireControl({ host: app.hosts.of(service), service });
  const guarded = guardedToLeave(app, service, to);
  if (guarded !== undefined) return planLeave(app, service, guarded);
  const row = rowOf(app, service, to);
  const images = await imagesOf(app, service, row);
  const { data, reason } = await dataOf(app, service, row);
  const changing = images.map(({ container }) => container);
  const stops = inNetworkOrder(stoppedParts(service, changing), row.plan.networks);
  const { stoppedAt, wellAt } = row.facts;
  const report: RollbackReport = {
    kind: 'rollback-plan',
    id: row.id,
    service: service.name,
    title: service.title,
    from: row.outcome === 'down' ? undefined : row.plan.to,
    to: row.plan.from,
    stops: stops.toReversed().map(({ name }) => name),
    data,
    reason,
    away: stoppedAt === undefined || wellAt === undefined ? undefined : wellAt - stoppedAt,
    at: app.clock.now(),
  };
  const fingerprint = JSON.stringify([
    row.id,
    fingerprintOf(planFor(report, row, images)),
    data !== undefined,
  ]);
  return { report, fingerprint, ...(data === undefined ? {} : { typed: service.name }) };
}

/** Do it. The caller holds the service's lock. @throws as {@link planRollback} and `update` */
export async function rollback(
  app: UpdateReach,
  service: Service,
  run: Run,
  to: string | undefined,
): Promise<Report> {
  const cutOff = await resumeUpdate(app, service, run);
  if (cutOff !== undefined) return cutOff;
  const { report } = run.plan ?? (await planRollback(asHolder(app), service, to));
  if (report.kind === 'guard-back-plan') return leaveGuarded(app, service, run, report);
  if (report.kind !== 'rollback-plan') return report;
  const row = rowOf(app, service, report.id);
  if (row.outcome === 'down') return retryWayBack(app, service, run, row);
  const images = await imagesOf(app, service, row);
  return travel(app, service, run, {
    verb: 'rollback',
    plan: planFor(report, row, images),
    ...(report.data === undefined || row.facts.snapshot === undefined ? {} : { place: row.facts.snapshot }),
  });
}

function rowOf(app: UpdateReach, service: Service, id: string | undefined): UpdateRow {
  const all = app.store.updates
    .history(service.name)
    .filter(({ outcome, facts }) => outcome === 'down' || (outcome === 'updated' && facts.dropped !== true));
  const row = id === undefined ? all[0] : all.find((one) => one.id === id);
  if (row !== undefined) return row;
  const there = all.length === 0 ? 'There is none.' : `There is: ${all.map((one) => one.id).join(', ')}.`;
  throw new UserError(
    id === undefined
      ? `There is no version of ${service.name} to go back to: Steward has not updated it yet.`
      : `There is no update "${id}" of ${service.name} to go back from. ${there}`,
  );
}

async function imagesOf(app: UpdateReach, service: Service, row: UpdateRow): Promise<PlannedImage[]> {
  const { engine } = app.hosts.of(service);
  return Promise.all(
    row.plan.images.map(async ({ container, image }) => {
      const [running, old] = await Promise.all([
        engine.inspect(container),
        engine.image(rollbackTag(container, row.id)),
      ]);
      const known = row.facts.from[container];
      const isThere =
        row.outcome === 'down' || (known !== undefined && (await isArchived(app, service, row.id, known)));
      const to = old?.id ?? (isThere ? known : undefined);
      if (to === undefined) {
        throw new UserError(
          `The old image of ${container} is gone: somebody pruned it. Name its version (${row.plan.from ?? 'unknown'}) in the configuration and deploy.`,
        );
      }
      const from = running?.imageId ?? row.facts.to[container];
      if (from === undefined) throw new UserError(`${container} does not run: start ${service.name} first.`);
      return { container, image, digest: undefined, from, to };
    }),
  );
}

async function dataOf(
  app: UpdateReach,
  service: Service,
  row: UpdateRow,
): Promise<Pick<RollbackReport, 'data' | 'reason'>> {
  const { snapshot: folder } = row.facts;
  if (folder === undefined || !row.plan.withData || !isCovered(app, service)) {
    return { data: undefined, reason: 'not-covered' };
  }
  const { takenAt, lost, hasSameSchema } = await compareData(app, service, folder);
  if (lost === undefined) return { data: { asOf: takenAt, lost: [] }, reason: 'unreadable' };
  if (row.outcome !== 'down' && hasSameSchema) return { data: undefined, reason: 'same-schema' };
  return { data: { asOf: takenAt, lost }, reason: 'other-schema' };
}

const planFor = (report: RollbackReport, row: UpdateRow, images: readonly PlannedImage[]): UpdatePlan => ({
  ...row.plan,
  from: report.from,
  to: report.to,
  key: row.id,
  images,
  size: undefined,
  stops: report.stops,
  hazards: [],
  notes: undefined,
  at: report.at,
});
