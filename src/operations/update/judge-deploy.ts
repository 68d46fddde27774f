/** A deploy that was seen: whether what it started is well, told once, with the way back where there is one. */
import type { Run } from '../../app.ts';
import type { Action } from '../../report/actions.ts';
import type { DeployReport, UpdateFailure } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { lastWordsOf } from '../power.ts';
import { rememberFailed, rememberFresh } from '../release-memory.ts';
import { lookAtServices } from '../status.ts';
import { startAll, startDependents } from './act.ts';
import { changeGuarded, changeOf, dropBefore, recallGuarded, type Guarded } from './guarded.ts';
import type { UpdateReach } from './journey.ts';
import { judge, type Judgement } from './judge.ts';
import { nameOld, partsToStop } from './leave-guarded.ts';
import { partsOf } from './parts.ts';
import { pinChange, tagOf } from './pin-change.ts';
import { isDeploying } from './prepare.ts';
import { isOther, keepRunning, knownFrom, lookAtRunning, type Known, type Seen } from './running.ts';

type Watching = {
  app: UpdateReach;
  service: Service;
  run: Run;
  tell: (report: DeployReport) => void;
};

type Found = {
  /** `return`: the old version is to be started. */
  what: 'deploy' | 'return';
  known: Known;
  seen: ReadonlyMap<string, Seen>;
  guarded: Guarded | undefined;
};

/** A deploy is seen within a minute, and its program may have said why by then. Milliseconds. */
const SINCE = 2 * 60_000;

/** The caller holds the service's lock. Nothing is written down before it is judged: a kill leaves it to the next look. */
export async function judgeDeploy(
  watching: Watching,
  { guarded: remembered, ...rest }: Found,
): Promise<void> {
  const { app, service, run } = watching;
  const host = app.hosts.of(service);
  const began = app.clock.now();
  const guarded = remembered !== undefined && isConcerned(remembered, rest.seen) ? remembered : undefined;
  const found = { ...rest, guarded };
  const { known } = found;
  if (found.what === 'return' && guarded !== undefined) {
    if (app.guard.observing) return;
    await startOld(watching, guarded);
  }
  const expected = expectedOf(found);
  const isPlanned = guarded !== undefined && isAsPlanned(guarded, found.seen);
  const judgement = await judge(
    { app, service, host, run, parts: partsOf(service) },
    { expected, version: isPlanned && service.release?.version === 'immich' ? guarded.to : undefined },
  );
  // Another deploy came in between: what it starts is judged when it is done.
  if ('failure' in judgement && (judgement.failure.kind === 'image' || (await isDeploying(host)))) return;
  const like = (container: string) => known.images[container]?.image;
  const after = found.what === 'return' ? await lookAtRunning(app, service, like) : found.seen;
  const { services } = await lookAtServices(app, [service]);
  const lastLines =
    'failure' in judgement
      ? await lastWordsOf(app, service, { part: judgement.part, since: began - SINCE })
      : [];
  const version = services[0]?.version;
  const report = reportOf(watching, { ...found, seen: after }, { judgement, lastLines, version });
  app.store.database.transaction(() => {
    keepRunning(app.store, service.name, {
      images: knownFrom(after, known.images),
      version: report.to,
      at: app.clock.now(),
    });
    if (guarded !== undefined) keepOutcome(watching, guarded, after, report);
    // Its way back leads past the version that ran until now.
    else if (remembered?.stage === 'deployed') changeGuarded(app.store, remembered, { stage: 'left' });
    watching.tell(report);
  });
  const now = recallGuarded(app.store, service.name);
  if (report.isWell && now?.id === guarded?.id && now !== undefined) await dropBefore(app, service, now);
}

/** Whether a deploy has to do with it: one that was well is over with the next one, unless that goes back. */
const isConcerned = (guarded: Guarded, seen: Found['seen']): boolean =>
  guarded.stage === 'deployed' ? isBack(guarded, seen) : guarded.stage !== 'left';

async function startOld({ app, service, run }: Watching, guarded: Guarded): Promise<void> {
  const host = app.hosts.of(service);
  const acting = { app, run, host, service };
  await nameOld(app, service, guarded);
  // Whether it came up is judged.
  await startAll(acting, 'start', partsToStop(service, guarded));
  for (const warning of await startDependents({ ...acting, dependents: guarded.dependents ?? [] })) {
    app.log.warn({ service: service.name, warning }, 'what went down with it did not start');
  }
}

function expectedOf({ what, seen, guarded }: Found): Record<string, string> {
  const running = [...seen].flatMap(([name, { id, isRunning }]) =>
    isRunning && id !== undefined ? [[name, id] as const] : [],
  );
  const old =
    what === 'return' ? (guarded?.images ?? []).map(({ container, from }) => [container, from]) : [];
  return Object.fromEntries([...running, ...old]);
}

const isAsPlanned = ({ images }: Guarded, seen: ReadonlyMap<string, Seen>): boolean =>
  images.every(({ container, image, to }) => {
    const one = seen.get(container);
    return one !== undefined && (one.id === to || one.image === image);
  });

const isBack = ({ images }: Guarded, seen: ReadonlyMap<string, Seen>): boolean =>
  images.every(({ container, from, was }) => {
    const one = seen.get(container);
    return one !== undefined && (one.id === undefined ? one.image === was : one.id === from);
  });

type Judged = { judgement: Judgement; lastLines: readonly string[]; version: string | undefined };

function reportOf(
  { app, service }: Watching,
  { known, seen, guarded, what }: Found,
  { judgement, lastLines, version }: Judged,
): DeployReport {
  const images = service.containers.flatMap(({ name }) => {
    const [before, one] = [known.images[name], seen.get(name)];
    if (before === undefined || one?.image === undefined || !isOther(one, before)) return [];
    return [{ container: name, was: before.image, now: one.image }];
  });
  const isWell = 'wellAt' in judgement;
  const why: UpdateFailure | undefined = isWell ? undefined : judgement.failure;
  const course = courseOf(guarded, seen);
  const main = images.at(-1);
  const to = version ?? (course === 'announced' || course === 'again' ? guarded?.to : tagOf(main?.now));
  const undo =
    guarded === undefined || course === 'back'
      ? pinChange(
          service.release?.file,
          images.map(({ was, now }) => ({ was: now, next: was })),
        )
      : changeOf({ ...guarded, images: runningImages(guarded, seen) }, 'back');
  const { takenAt } = guarded?.backup ?? {};
  return {
    kind: 'deploy',
    service: service.name,
    title: service.title,
    isWell,
    course,
    from: known.version ?? tagOf(main?.was),
    to,
    images,
    containers: service.containers.length,
    why,
    lastLines,
    change: isWell || course === 'back' || undo.lines.length === 0 ? undefined : undo,
    backupAt: takenAt,
    data: what === 'return' ? guarded?.data : undefined,
    at: app.clock.now(),
    actions: actionsOf(service, {
      isWell,
      canLeave: guarded !== undefined && what === 'deploy' && !(isWell && course === 'back'),
    }),
  };
}

function courseOf(guarded: Guarded | undefined, seen: ReadonlyMap<string, Seen>): DeployReport['course'] {
  if (guarded === undefined) return 'unannounced';
  if (isBack(guarded, seen)) return 'back';
  if (guarded.stage === 'returning') return 'again';
  return isAsPlanned(guarded, seen) ? 'announced' : 'unannounced';
}

function actionsOf(
  { name }: Service,
  { isWell, canLeave }: { isWell: boolean; canLeave: boolean },
): Action[][] {
  const back: Action = { label: 'roll-back', command: 'rollback', args: [name] };
  const logs: Action = { label: 'logs', command: 'logs', args: [name] };
  const status: Action = { label: 'status', command: 'status', args: [name] };
  if (isWell) return [[status, ...(canLeave ? [back] : [])]];
  return [[...(canLeave ? [{ ...back, style: 'danger' as const }] : []), logs, status]];
}

/** Its images as they are now: an owner may deploy another version than the one that was made ready. */
const runningImages = ({ images }: Guarded, seen: ReadonlyMap<string, Seen>): Guarded['images'] =>
  images.map((image) => {
    const one = seen.get(image.container);
    return { ...image, image: one?.image ?? image.image, to: one?.id ?? image.to };
  });

function keepOutcome(
  { app, service }: Watching,
  guarded: Guarded,
  seen: Found['seen'],
  report: DeployReport,
): void {
  const { isWell, course, to } = report;
  if (course === 'back') {
    changeGuarded(app.store, guarded, { stage: isWell ? 'left' : 'failed' });
    return;
  }
  changeGuarded(app.store, guarded, {
    stage: isWell ? 'deployed' : 'failed',
    to,
    images: runningImages(guarded, seen),
  });
  if (course === 'announced') keepRelease(app, service, guarded, report);
}

function keepRelease(
  { store, clock }: UpdateReach,
  { name }: Service,
  { images }: Guarded,
  { isWell, why, lastLines, to }: DeployReport,
): void {
  const digest = images.at(-1)?.digest;
  if (isWell) rememberFresh(store, name, clock.now(), to);
  else if (digest !== undefined && why !== undefined) {
    rememberFailed(store, name, clock.now(), { digest, why, lastLines });
  }
}
