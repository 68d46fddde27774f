/**
 * An update from its first step to its end, whichever that is: the new version well, or the old one as it was.
 * Everything that is about to be done is in the journal before, so that a kill anywhere leaves one way on.
 */
import type { Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { UpdateFailure, UpdateOutcome, UpdatePlan, UpdateReport } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import type { UpdateRow } from '../../store/updates.ts';
import { isCovered, putBack, readSnapshot, snapshotFolder, takeSnapshot } from '../backup.ts';
import { insist } from '../insist.ts';
import { lastWordsOf } from '../power.ts';
import { rememberFailed, rememberFresh } from '../release-memory.ts';
import { archiveImages } from './archive.ts';
import { makeReady, moveBack, moveForward, putOldBack, startAll, startDependents, stopAll } from './act.ts';
import { guardDeploy } from './guard-deploy.ts';
import {
  asHolder,
  attempt,
  interruptible,
  journeyOf,
  record,
  quietly,
  stopAsked,
  type Journey,
  type UpdateReach,
} from './journey.ts';
import { dependentsOf } from './hazards.ts';
import { judge } from './judge.ts';
import { planUpdate } from './plan.ts';
import { HOOK_LIMIT, prepare } from './prepare.ts';
import { observedRow, reportOf } from './outcome.ts';
import { tidyUp } from './tidy.ts';

/**
 * Do what was planned. A failure is an outcome in the report. The caller holds the service's lock.
 * Where an earlier one was cut off, that is brought to its end instead, and told: two journals would work against each other.
 * @throws UserError for what cannot be updated; the signal's reason, once the new version was started and is not judged yet:
 * the next start goes on
 */
export async function update(app: UpdateReach, service: Service, run: Run): Promise<Report> {
  const cutOff = await resumeUpdate(app, service, run);
  if (cutOff !== undefined) return cutOff;
  const { report } = run.plan ?? (await planUpdate(asHolder(app), service));
  if (report.kind === 'guard-plan') return guardDeploy(app, service, run, report);
  if (report.kind !== 'update-plan') return report;
  return travel(app, service, run, { verb: 'update', plan: report });
}

/** @param options.place the snapshot whose data comes in the place of what is there, for a rollback */
export async function travel(
  app: UpdateReach,
  service: Service,
  run: Run,
  { verb, plan, place }: { verb: UpdateRow['verb']; plan: UpdatePlan; place?: string },
): Promise<UpdateReport> {
  const facts = {
    from: Object.fromEntries(plan.images.map(({ container, from }) => [container, from])),
    // The others are known when they have been pulled.
    to: Object.fromEntries(
      plan.images.flatMap(({ container, to }) => (to === undefined ? [] : [[container, to]])),
    ),
    ...(place === undefined ? {} : { place }),
  };
  if (app.guard.observing) {
    await app.guard.change(`${verb} ${service.name}`, () => Promise.resolve());
    return reportOf(app, service, observedRow(app, service, { verb, plan, facts, by: run.by }));
  }
  const journey = journeyOf(
    app,
    service,
    run,
    app.store.updates.begin({ service: service.name, verb, by: run.by, plan, facts }),
  );
  run.progress.plan(stepsOf(journey));
  const failure = await prepare(journey);
  if (failure !== undefined) return end(journey, 'unchanged', { why: failure });
  return stopAndGo(journey);
}

/** Take up what a kill cut off. @returns undefined where nothing is open */
export async function resumeUpdate(
  app: UpdateReach,
  service: Service,
  run: Run,
): Promise<UpdateReport | undefined> {
  const row = app.store.updates.open(service.name);
  if (row === undefined) return undefined;
  const journey = journeyOf(app, service, run, row);
  app.log.info({ service: service.name, update: row.id, stage: row.stage }, 'taking up an update');
  switch (row.stage) {
    case 'preparing':
      return end(journey, 'unchanged', { why: { kind: 'cut-off' } });
    case 'stopping':
      return startAgain(journey, { kind: 'cut-off' });
    case 'moving':
      return moveAgain(journey);
    case 'starting':
      return startAndJudge(journey);
    case 'back':
      return goBack(journey);
  }
}

/** Try once more what failed before: the way back of an update that left neither version running. */
export async function retryWayBack(
  app: UpdateReach,
  service: Service,
  run: Run,
  { id }: UpdateRow,
): Promise<UpdateReport> {
  return goBack(journeyOf(app, service, run, app.store.updates.reopen(id)));
}

/** The steps, for the card; those of the way back are added when it comes to that. */
function stepsOf({ service, row, parts, app }: Journey): { step: string; subject?: string }[] {
  const { before, after } = service.update;
  const covered = isCovered(app, service);
  const images = row.plan.images.filter(({ digest }) => digest !== undefined);
  return [
    ...(row.verb === 'update' ? before.map((subject) => ({ step: 'before', subject })) : []),
    ...(covered ? [{ step: 'backup' }] : []),
    ...images.map(({ container }) => ({ step: 'download', subject: container })),
    ...parts.toReversed().map(({ name }) => ({ step: 'stop', subject: name })),
    ...(covered ? [{ step: 'snapshot' }] : []),
    { step: 'switch' },
    ...parts.map(({ name }) => ({ step: 'start', subject: name })),
    { step: 'health' },
    ...(row.verb === 'update' ? after.map((subject) => ({ step: 'after', subject })) : []),
    ...(service.update.archive ? [{ step: 'archive' }] : []),
  ];
}

async function stopAndGo(journey: Journey): Promise<UpdateReport> {
  const { app, service, host, row, parts, run } = journey;
  const units = parts.flatMap(({ unit }) => unit ?? []);
  let dependents: string[] = [];
  const early =
    (await quietly(journey, 'check', async () => {
      dependents = await dependentsOf(host, units);
      await makeReady(journey);
    })) ?? stopAsked(journey);
  if (early !== undefined) return end(journey, 'unchanged', { why: early });
  record(journey, 'stopping', { stoppedAt: app.clock.now(), dependents });
  const servers = parts.filter(({ holdsData }) => holdsData);
  const others = parts.filter((part) => !servers.includes(part));

  const stopped = await stopAll(journey, 'stop', others);
  if (stopped !== undefined) return startAgain(journey, stopped);
  if (isCovered(app, service)) {
    const folder = snapshotFolder(app, service, row.id);
    const { backup } = row.facts;
    const like = backup === undefined ? undefined : await readSnapshot(backup).catch(() => undefined);
    const failure = await interruptible(journey, 'snapshot', (signal) =>
      takeSnapshot(app, service, folder, {
        signal,
        progress: (done, total) => run.progress.amount(done, total),
        ...(like === undefined ? {} : { like }),
      }),
    );
    if (failure !== undefined) return startAgain(journey, failure);
    const { takenAt } = await readSnapshot(folder);
    record(journey, undefined, { snapshot: folder, asOf: takenAt });
  }
  const late = (await stopAll(journey, 'stop', servers)) ?? stopAsked(journey);
  if (late !== undefined) return startAgain(journey, late);
  record(journey, 'moving');
  return moveAndStart(journey, { isReady: true });
}

/** Names and data are still as they were: what was stopped starts again. */
async function startAgain(journey: Journey, why: UpdateFailure): Promise<UpdateReport> {
  record(journey, undefined, { why });
  const failure = await insist(
    async () =>
      // One with `--rm` has gone when it was stopped.
      (await quietly(journey, 'back-images', () => putOldBack(journey))) ??
      (await startAll(journey, 'back-start', journey.parts)),
  );
  await startOthers(journey);
  const judgement = await calmly(journey, 'back-health', journey.row.facts.from);
  if ('wellAt' in judgement) return end(journey, 'unchanged', { why, wellAt: judgement.wellAt });
  return end(journey, 'down', { why, lost: failure ?? judgement.failure });
}

async function moveAndStart(journey: Journey, options: { isReady?: boolean } = {}): Promise<UpdateReport> {
  const { row } = journey;
  const { place } = row.facts;
  const failure = await attempt(journey, 'switch', async () => {
    if (place !== undefined) await placeData(journey, place, `${row.id}-place`);
    await moveForward(journey);
  });
  if (failure !== undefined) {
    record(journey, 'back', { why: failure });
    return goBack(journey);
  }
  record(journey, 'starting');
  return startAndJudge(journey, options);
}

/**
 * After a kill all is still at rest, unless a boot or somebody has started it since: then what runs decides, because what
 * it has written is in no snapshot.
 */
async function moveAgain(journey: Journey): Promise<UpdateReport> {
  const { host, row } = journey;
  const { from, to } = row.facts;
  const running = await Promise.all(
    row.plan.images.map(async ({ container }) => {
      const found = await host.engine.inspect(container);
      return found?.running === true ? { container, id: found.imageId } : undefined;
    }),
  );
  const areAll = (side: Readonly<Record<string, string>>) =>
    running.every((one) => one !== undefined && one.id === side[one.container]);
  // A rollback's data may be half way, so that nothing may run on it.
  if (row.verb === 'update' && areAll(to)) {
    record(journey, 'starting');
    return startAndJudge(journey);
  }
  if (row.verb === 'update' && areAll(from)) {
    const failure = await attempt(journey, 'back-images', () => moveBack(journey));
    if (failure === undefined) return startAgain(journey, { kind: 'cut-off' });
  }
  const failure = await stopAll(journey, 'stop', journey.parts);
  if (failure === undefined) return moveAndStart(journey);
  record(journey, 'back', { why: failure });
  return goBack(journey);
}

async function placeData(journey: Journey, folder: string, id: string): Promise<void> {
  const { app, service, run } = journey;
  const snapshot = await readSnapshot(folder);
  const { newer, aside } = await putBack(app, service, snapshot, id, {
    progress: (done, total) => run.progress.amount(done, total),
  });
  record(journey, undefined, { placedAt: snapshot.takenAt, newer, aside });
}

async function startAndJudge(journey: Journey, options: { isReady?: boolean } = {}): Promise<UpdateReport> {
  const { row, parts, run, app } = journey;
  const began = app.clock.now();
  const started = await startAll(journey, 'start', parts, options);
  await startOthers(journey);
  run.progress.begin('health');
  const version =
    row.verb === 'update' && journey.service.release?.version === 'immich' ? row.plan.to : undefined;
  const judgement = await judge(journey, {
    expected: row.facts.to,
    version,
    wish: () => app.store.updates.takeWish(row.id),
  });
  if ('wellAt' in judgement) {
    run.progress.end();
    return succeed(journey, judgement.wellAt);
  }
  run.progress.end({ failed: true });
  const { part } = judgement;
  const lastLines = await lastWordsOf(app, journey.service, { part, since: began });
  record(journey, 'back', { why: specific(started, judgement.failure), lastLines });
  return goBack(journey);
}

async function startOthers(journey: Journey): Promise<void> {
  const warnings = await startDependents({ ...journey, dependents: journey.row.facts.dependents ?? [] });
  if (warnings.length > 0) {
    record(journey, undefined, { warnings: [...(journey.row.facts.warnings ?? []), ...warnings] });
  }
}

/** systemd's words for a start that failed say more than "it does not run". */
const specific = (started: UpdateFailure | undefined, judged: UpdateFailure): UpdateFailure =>
  started !== undefined && ['gone', 'stopped'].includes(judged.kind) ? started : judged;

async function succeed(journey: Journey, wellAt: number): Promise<UpdateReport> {
  const { app, service, host, row } = journey;
  record(journey, undefined, { wellAt });
  const warnings = [...(row.facts.warnings ?? [])];
  for (const unit of row.verb === 'update' ? service.update.after : []) {
    const failure = await attempt(
      journey,
      'after',
      () => host.systemd.start(unit, { timeout: HOOK_LIMIT }),
      unit,
    );
    if (failure?.kind === 'step') warnings.push(failure.cause);
  }
  const kept = service.update.archive
    ? await attempt(journey, 'archive', () => archiveImages(app, service, row))
    : undefined;
  if (kept?.kind === 'step') warnings.push(`The old image is not kept as a file: ${kept.cause}`);
  rememberFresh(app.store, service.name, app.clock.now(), row.plan.to);
  return end(journey, 'updated', { warnings });
}

/** Images, and with them the data, as they were at the stop; proven by the old version's health. */
async function goBack(journey: Journey): Promise<UpdateReport> {
  const { row, parts } = journey;
  blockDigest(journey);
  const { snapshot, why = { kind: 'cut-off' as const } } = row.facts;
  const withData = row.plan.withData && snapshot !== undefined;
  const servers = parts.filter(({ holdsData }) => holdsData);
  const others = parts.filter((part) => !servers.includes(part));

  const failure = await insist(
    async () =>
      (await stopAll(journey, 'back-stop', others)) ??
      (await stopAll(journey, 'back-stop', servers)) ??
      (await attempt(journey, 'back-images', () => moveBack(journey))) ??
      (await startAll(journey, 'back-start', servers)) ??
      (withData
        ? await attempt(journey, 'back-data', () => placeData(journey, snapshot, `${row.id}-back`))
        : undefined),
  );
  if (failure !== undefined) return end(journey, 'down', { why, lost: failure });
  const started = await insist(() => startAll(journey, 'back-start', others));
  await startOthers(journey);
  const judgement = await calmly(journey, 'back-health', row.facts.from);
  if ('failure' in judgement) return end(journey, 'down', { why, lost: started ?? judgement.failure });
  return end(journey, 'rolled-back', { why, wellAt: judgement.wellAt });
}

/** The old version's health: nobody can ask it to go back further, and the end of Steward waits for the next start. */
async function calmly(journey: Journey, step: string, expected: Readonly<Record<string, string>>) {
  const { run } = journey;
  run.progress.begin(step);
  const judgement = await judge(journey, { expected });
  run.progress.end({ failed: !('wellAt' in judgement) });
  return judgement;
}

/** Not offered again as if nothing had been. A person's own wish to go back says nothing against the image. */
function blockDigest({ app, service, row }: Journey): void {
  const { why, lastLines = [] } = row.facts;
  const digest = row.plan.images.at(-1)?.digest;
  if (digest === undefined || why === undefined) return;
  rememberFailed(app.store, service.name, app.clock.now(), { digest, why, lastLines });
}

async function end(
  journey: Journey,
  outcome: UpdateOutcome,
  facts: Partial<UpdateRow['facts']> = {},
): Promise<UpdateReport> {
  const { app, service } = journey;
  await tidyUp(journey, outcome);
  journey.row = app.store.updates.end(journey.row.id, outcome, facts);
  return reportOf(app, service, journey.row);
}
