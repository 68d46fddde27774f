/**
 * The way back from a guarded deploy. The configuration is its owner's, so it has two halves: the service is stopped and
 * its data put back as of the copy; and the old version starts once the configuration names it again.
 */
import type { Plan, Run } from '../../app.ts';
import { UserError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { putBack, readSnapshot } from '../backup.ts';
import { stopAll } from './act.ts';
import { compareData } from './compare-data.ts';
import { configuredIn, isNamed } from './configured.ts';
import { fullName, reportOf } from './guard-deploy.ts';
import { changeGuarded, changeOf, recallGuarded, type Guarded } from './guarded.ts';
import { dependentsOf } from './hazards.ts';
import { attempt, type UpdateReach } from './journey.ts';
import { stoppedParts } from './parts.ts';

type BackPlan = Report & { kind: 'guard-back-plan' };

/**
 * @param to id of what is undone; the newest of updates and guarded deploys unless given
 * @returns undefined where it is no guarded deploy
 * @throws UserError for one whose way back waits already
 */
export function guardedToLeave(app: UpdateReach, service: Service, to?: string): Guarded | undefined {
  const guarded = recallGuarded(app.store, service.name);
  if (guarded === undefined || ['preparing', 'waiting', 'left'].includes(guarded.stage)) return undefined;
  if (to !== undefined && to !== guarded.id) return undefined;
  const last = app.store.updates.history(service.name).find(({ outcome }) => outcome === 'updated');
  if (to === undefined && last !== undefined && last.startedAt > guarded.since) return undefined;
  if (guarded.stage === 'deployed' || guarded.stage === 'failed') return guarded;
  throw new UserError(
    `${service.name} is on its way back, which ends with your deploy, or with: update ${service.name} stop`,
  );
}

/** The plan, confirmed by the service's name: nobody can say how long it will be down. */
export async function planLeave(app: UpdateReach, service: Service, guarded: Guarded): Promise<Plan> {
  const stops = partsToStop(service, guarded).toReversed();
  const { data, reason } = await dataOf(app, service, guarded);
  const report: BackPlan = {
    kind: 'guard-back-plan',
    id: guarded.id,
    service: service.name,
    title: service.title,
    from: guarded.to,
    to: guarded.from,
    stops: stops.map(({ name }) => name),
    data,
    reason,
    change: (await isConfiguredBack(app, service, guarded)) ? undefined : changeOf(guarded, 'back'),
    at: app.clock.now(),
  };
  const fingerprint = JSON.stringify([guarded.id, guarded.images, report.stops, data !== undefined]);
  return { report, fingerprint, typed: service.name };
}

export const partsToStop = (service: Service, { images }: Guarded) =>
  stoppedParts(
    service,
    images.map(({ container }) => container),
  );

/** Data that the old version can read, and that lacks nothing, stays as it is: all that was written since is kept. */
async function dataOf(
  app: UpdateReach,
  service: Service,
  { backup }: Guarded,
): Promise<Pick<BackPlan, 'data' | 'reason'>> {
  if (backup?.takenAt === undefined) return { data: undefined, reason: 'not-covered' };
  const { takenAt: asOf, lost, hasSameSchema } = await compareData(app, service, backup.folder);
  if (lost === undefined) return { data: { asOf, lost: [] }, reason: 'unreadable' };
  if (!hasSameSchema) return { data: { asOf, lost }, reason: 'other-schema' };
  // A version that ended in the middle of its changes may have destroyed rows without another schema.
  const isFewer = lost.some(({ before, after }) => after < before);
  return isFewer ? { data: { asOf, lost }, reason: 'fewer' } : { data: undefined, reason: 'same-schema' };
}

/** Do it. The caller holds the service's lock. @throws UserError where the deploy is over */
export async function leaveGuarded(
  app: UpdateReach,
  service: Service,
  run: Run,
  plan: BackPlan,
): Promise<Report> {
  const guarded = guardedToLeave(app, service, plan.id);
  if (guarded === undefined) throw new UserError(`There is nothing of ${service.name} to go back from.`);
  const withData = plan.data !== undefined;
  if (app.guard.observing) {
    await app.guard.change(`rollback ${service.name}`, () => Promise.resolve());
    return reportOf(app, service, reversed(guarded), { stage: 'observed' });
  }
  const host = app.hosts.of(service);
  const units = partsToStop(service, guarded).flatMap(({ unit }) => unit ?? []);
  const dependents = await dependentsOf(host, units);
  return goToRest(
    app,
    service,
    run,
    changeGuarded(app.store, guarded, {
      stage: 'leaving',
      withData,
      dependents,
      // One that was not finished is finished; the data of a new one goes back once more.
      ways: (guarded.ways ?? 0) + (guarded.ways === undefined || guarded.data !== undefined ? 1 : 0),
      data: undefined,
    }),
  );
}

/** Stop it and put its data back. Each part of it can be done again, so a kill is no end of it. */
export async function goToRest(
  app: UpdateReach,
  service: Service,
  run: Run,
  guarded: Guarded,
): Promise<Report> {
  const host = app.hosts.of(service);
  const acting = { app, run, host, service };
  const parts = partsToStop(service, guarded);
  const servers = parts.filter(({ holdsData }) => holdsData);
  const others = parts.filter((part) => !servers.includes(part));
  const { withData = false } = guarded;
  run.progress.plan([
    ...parts.toReversed().map(({ name }) => ({ step: 'back-stop', subject: name })),
    ...(withData ? [{ step: 'back-data' }] : []),
    { step: 'back-images' },
  ]);
  const why: UpdateFailure | undefined =
    (await stopAll(acting, 'back-stop', others)) ??
    (withData
      ? await attempt(acting, 'back-data', () => placeData(app, service, run, guarded))
      : undefined) ??
    (await stopAll(acting, 'back-stop', servers)) ??
    (await attempt(acting, 'back-images', () => nameOld(app, service, guarded)));
  const now = recallGuarded(app.store, service.name) ?? guarded;
  if (why !== undefined) {
    const failed = reversed(changeGuarded(app.store, now, { stage: 'failed' }));
    const again = { label: 'try-roll-back', command: 'rollback', args: [service.name] } as const;
    return {
      ...reportOf(app, service, failed, { stage: 'not-back', why, isStopped: true }),
      actions: [
        [
          { ...again, style: 'primary' },
          { label: 'logs', command: 'logs', args: [service.name] },
        ],
      ],
    };
  }
  const rests = changeGuarded(app.store, now, { stage: 'returning' });
  const isConfigured = await isConfiguredBack(app, service, rests);
  return reportOf(app, service, reversed(rests), {
    stage: 'going-back',
    isStopped: true,
    data: rests.data,
    change: isConfigured ? undefined : changeOf(rests, 'back'),
  });
}

/** Its versions as the way back has them. */
const reversed = (guarded: Guarded): Guarded => ({ ...guarded, from: guarded.to, to: guarded.from });

async function placeData(app: UpdateReach, service: Service, run: Run, guarded: Guarded): Promise<void> {
  if (guarded.backup === undefined) throw new Error('There is no copy of the data.');
  const snapshot = await readSnapshot(guarded.backup.folder);
  const found = await putBack(app, service, snapshot, `${guarded.id}-back-${guarded.ways ?? 1}`, {
    progress: (done, total) => run.progress.amount(done, total),
  });
  changeGuarded(app.store, guarded, {
    data: { asOf: snapshot.takenAt, newer: found.newer, aside: found.aside },
  });
}

/** A prune may have taken the name of what nothing ran; then its unit would pull it, or not start. */
export async function nameOld(app: UpdateReach, service: Service, { images }: Guarded): Promise<void> {
  const { engine } = app.hosts.of(service);
  for (const { was, from } of images) {
    const name = fullName(was);
    if (name !== undefined) await engine.tag(from, name);
  }
}

/** Whether all units name the old images; false where that cannot be read. */
export async function isConfiguredBack(
  app: Pick<UpdateReach, 'hosts'>,
  service: Service,
  { images }: Guarded,
): Promise<boolean> {
  const host = app.hosts.of(service);
  const found = await Promise.all(
    images.map(async ({ container, was }) => {
      const unit = service.containers.find(({ name }) => name === container)?.unit;
      return unit !== undefined && isNamed(await configuredIn(host, unit), was);
    }),
  );
  return found.every(Boolean);
}
