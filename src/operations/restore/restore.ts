/**
 * A restore from its first step to its end, whichever that is: the service well with the data of the backup, or with its
 * data of before. Everything that is about to be done is in the journal before, so that a kill anywhere leaves one way on.
 */
import type { Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import type { RestoreOutcome, RestorePlan, RestoreReport } from '../../report/restore.ts';
import type { Service } from '../../services.ts';
import type { RestoreRow } from '../../store/restores.ts';
import { putBack, readSnapshot } from '../backup.ts';
import { takeUpPaused } from '../backups/pause.ts';
import { insist } from '../insist.ts';
import { lastWordsOf } from '../power.ts';
import { startAll, startDependents, stopAll } from '../update/act.ts';
import { dependentsOf } from '../update/hazards.ts';
import { attempt, quietly } from '../update/journey.ts';
import { judge } from '../update/judge.ts';
import { chosenBackup, type Asked } from './choose.ts';
import { takeBack } from './data.ts';
import { journeyOf, record, type Journey, type RestoreReach } from './journey.ts';
import { hadNothing, reportOf } from './outcome.ts';
import { describeRestore } from './plan.ts';
import { prepare, startServers } from './prepare.ts';

/** What was confirmed, or what is asked now where nobody was asked. The caller holds the service's lock. */
export async function restoreAsked(app: RestoreReach, asked: Asked, run: Run): Promise<RestoreReport> {
  const { service, row } = await chosenBackup(app, asked);
  const planned = run.plan?.report;
  const plan = planned?.kind === 'restore-plan' ? planned : await describeRestore(app, service, row);
  return restore(app, service, run, plan);
}

/**
 * Do what was planned. A failure is an outcome in the report. The caller holds the service's lock.
 * @throws the signal's reason, once the service was started with the data of the backup and is not judged yet: the next
 * start goes on
 */
export async function restore(
  app: RestoreReach,
  service: Service,
  run: Run,
  plan: RestorePlan,
): Promise<RestoreReport> {
  if (app.guard.observing) {
    await app.guard.change(`restore ${service.name}`, () => Promise.resolve());
    return reportOf(app, service, observedRow(app, service, run, plan));
  }
  // Whoever comes later must not start it in the middle of this.
  await takeUpPaused(app, service, run);
  const journey = await journeyOf(
    app,
    service,
    run,
    app.store.restores.begin({ service: service.name, by: run.by, plan, facts: {} }),
  );
  run.progress.plan(stepsOf(journey));
  const failure = await prepare(journey);
  if (failure !== undefined) return leave(journey, failure);
  return stopAndPlace(journey);
}

/** Take up what a kill cut off. @returns undefined where nothing is open */
export async function resumeRestore(
  app: RestoreReach,
  service: Service,
  run: Run,
): Promise<Report | undefined> {
  const row = app.store.restores.open(service.name);
  if (row === undefined) return undefined;
  const journey = await journeyOf(app, service, run, row);
  app.log.info({ service: service.name, restore: row.id, stage: row.stage }, 'taking up a restore');
  switch (row.stage) {
    case 'preparing':
      return leave(journey, { kind: 'cut-off' });
    case 'stopping':
      return startAgain(journey, { kind: 'cut-off' });
    case 'placing':
      return placeAgain(journey);
    case 'starting':
      return startAndJudge(journey);
    case 'back':
      return goBack(journey);
  }
}

/** What a restore replaced comes back: somebody wants that, or it failed before and is tried again. */
export async function undoRestore(
  app: RestoreReach,
  service: Service,
  run: Run,
  { id, outcome }: RestoreRow,
): Promise<RestoreReport> {
  if (app.guard.observing) {
    await app.guard.change(`undo the restore of ${service.name}`, () => Promise.resolve());
    const { plan, facts } = app.store.restores.get(id) as RestoreRow;
    return reportOf(app, service, {
      ...observedRow(app, service, run, plan),
      facts: { ...facts, undone: true },
    });
  }
  const facts = outcome === 'restored' || outcome === 'placed' ? { undone: true } : {};
  const row = app.store.restores.reopen(id, { ...facts, stoppedAt: app.clock.now() });
  return goBack(await journeyOf(app, service, run, row));
}

const observedRow = (app: RestoreReach, service: Service, run: Run, plan: RestorePlan): RestoreRow => ({
  id: '',
  service: service.name,
  by: run.by,
  stage: 'preparing',
  plan,
  facts: {},
  outcome: 'observed',
  startedAt: app.clock.now(),
  endedAt: app.clock.now(),
});

/** The steps, for the card; those of the way back are added when it comes to that. */
function stepsOf({ parts, servers }: Journey): { step: string; subject?: string }[] {
  return [
    ...servers.map(({ name }) => ({ step: 'server', subject: name })),
    { step: 'verify' },
    { step: 'ready' },
    ...parts.toReversed().map(({ name }) => ({ step: 'stop', subject: name })),
    { step: 'place' },
    ...parts.map(({ name }) => ({ step: 'start', subject: name })),
    ...(parts.length === 0 ? [] : [{ step: 'health' }]),
  ];
}

async function stopAndPlace(journey: Journey): Promise<RestoreReport> {
  const { app, host, parts, run } = journey;
  let dependents: string[] = [];
  const early = await quietly(journey, 'check', async () => {
    dependents = await dependentsOf(
      host,
      parts.flatMap(({ unit }) => unit ?? []),
    );
    run.signal.throwIfAborted();
  });
  if (early !== undefined) return leave(journey, run.signal.aborted ? { kind: 'cut-off' } : early);
  record(journey, 'stopping', { stoppedAt: app.clock.now(), dependents });
  const stopped =
    (await stopAll(journey, 'stop', parts)) ??
    (run.signal.aborted ? { kind: 'cut-off' as const } : undefined);
  if (stopped !== undefined) return startAgain(journey, stopped);
  record(journey, 'placing');
  return placeAndStart(journey);
}

/** The data is as it was: what was stopped starts again. */
async function startAgain(journey: Journey, why: UpdateFailure): Promise<RestoreReport> {
  record(journey, undefined, { why });
  await dropReady(journey);
  const started = await insist(() => startAll(journey, 'back-start', journey.parts));
  await startOthers(journey);
  return settle(journey, 'unchanged', started);
}

/** Nothing was stopped. */
async function leave(journey: Journey, why: UpdateFailure): Promise<RestoreReport> {
  await dropReady(journey);
  return end(journey, 'unchanged', { why });
}

async function dropReady(journey: Journey): Promise<void> {
  const { app, service, row } = journey;
  const failure = await quietly(journey, 'tidy', async () => {
    await takeBack(app, service, row.plan.backup, { id: row.id });
  });
  if (failure !== undefined)
    app.log.warn({ failure, service: service.name }, 'a restore left something over');
}

/** After a kill: somebody, or a boot, may have started it meanwhile. */
async function placeAgain(journey: Journey): Promise<RestoreReport> {
  const failure = (await stopAll(journey, 'stop', journey.parts)) ?? (await startServers(journey));
  if (failure === undefined) return placeAndStart(journey);
  record(journey, 'back', { why: failure });
  return goBack(journey);
}

async function placeAndStart(journey: Journey): Promise<RestoreReport> {
  const { app, service, row, run } = journey;
  const { folder } = row.plan.backup;
  // Not to be broken off: once it has begun it is done in a moment, and is one side or the other after it.
  const failure = await attempt(journey, 'place', async () => {
    const { newer, aside } = await putBack(app, service, await readSnapshot(folder), row.id, {
      progress: (done, total) => run.progress.amount(done, total),
    });
    record(journey, undefined, { newer, aside });
  });
  if (failure !== undefined) {
    record(journey, 'back', { why: failure });
    return goBack(journey);
  }
  record(journey, 'starting');
  return startAndJudge(journey);
}

async function startAndJudge(journey: Journey): Promise<RestoreReport> {
  const { app, service, parts, row, run } = journey;
  // What is not there yet cannot be judged either.
  if (row.plan.missing.length > 0 || parts.length === 0) {
    const failure = await startAll(journey, 'start', parts);
    return end(journey, 'placed', failure === undefined ? {} : { warnings: [textOf(failure)] });
  }
  const began = app.clock.now();
  const started = await startAll(journey, 'start', parts);
  await startOthers(journey);
  run.progress.begin('health');
  const judgement = await judge(journey, { expected: {} });
  if ('wellAt' in judgement) {
    run.progress.end();
    return end(journey, 'restored', { wellAt: judgement.wellAt });
  }
  run.progress.end({ failed: true });
  const why = started !== undefined && STOPPED.has(judgement.failure.kind) ? started : judgement.failure;
  const lastLines = await lastWordsOf(app, service, { part: judgement.part, since: began });
  // There is nothing to go back to.
  if (hadNothing(journey.row)) return end(journey, 'down', { why, lastLines });
  record(journey, 'back', { why, lastLines });
  return goBack(journey);
}

/** systemd's words for a start that failed say more than that it does not run. */
const STOPPED: ReadonlySet<UpdateFailure['kind']> = new Set(['gone', 'stopped']);

const textOf = (failure: UpdateFailure): string => ('cause' in failure ? failure.cause : failure.kind);

async function startOthers(journey: Journey): Promise<void> {
  const warnings = await startDependents({ ...journey, dependents: journey.row.facts.dependents ?? [] });
  if (warnings.length > 0) {
    record(journey, undefined, { warnings: [...(journey.row.facts.warnings ?? []), ...warnings] });
  }
}

/** The data of before, proven by the service's health. */
async function goBack(journey: Journey): Promise<RestoreReport> {
  const { app, service, row, run, parts } = journey;
  const why = row.facts.why ?? (row.facts.undone === true ? undefined : { kind: 'cut-off' as const });
  const failure = await insist(
    async () =>
      (await stopAll(journey, 'back-stop', parts)) ??
      (await startServers(journey)) ??
      (await attempt(journey, 'back-data', async () => {
        const aside = await takeBack(app, service, row.plan.backup, {
          id: row.id,
          progress: (done, total) => run.progress.amount(done, total),
        });
        record(journey, undefined, { aside });
      })),
  );
  const known = why === undefined ? {} : { why };
  if (failure !== undefined) return end(journey, 'down', { ...known, lost: failure });
  const started = await insist(() => startAll(journey, 'back-start', parts));
  await startOthers(journey);
  return settle(journey, 'rolled-back', started);
}

/** Whether it is well with the data that it had: nobody can ask it to go back further. */
async function settle(
  journey: Journey,
  outcome: 'unchanged' | 'rolled-back',
  started: UpdateFailure | undefined,
): Promise<RestoreReport> {
  const { run, parts, row } = journey;
  if (parts.length === 0 || row.plan.missing.length > 0) return end(journey, outcome);
  run.progress.begin('back-health');
  const judgement = await judge(journey, { expected: {} });
  run.progress.end({ failed: !('wellAt' in judgement) });
  if ('wellAt' in judgement) return end(journey, outcome, { wellAt: judgement.wellAt });
  return end(journey, 'down', { lost: started ?? judgement.failure });
}

function end(journey: Journey, outcome: RestoreOutcome, facts: RestoreRow['facts'] = {}): RestoreReport {
  const { app, service } = journey;
  journey.row = app.store.restores.end(journey.row.id, outcome, facts);
  return reportOf(app, service, journey.row);
}
