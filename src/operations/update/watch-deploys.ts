/** Deploys: what runs is compared with what ran before, and what is new and not Steward's own doing is judged and told. */
import type { App, Run } from '../../app.ts';
import { BusyError, UnreachableError } from '../../errors.ts';
import type { DeployReport } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { whileLocked } from '../arguments.ts';
import { recallGuarded, type Guarded } from './guarded.ts';
import { judgeDeploy } from './judge-deploy.ts';
import type { UpdateReach } from './journey.ts';
import { isDeploying } from './prepare.ts';
import {
  isOther,
  keepRunning,
  knownFrom,
  lookAtRunning,
  recallRunning,
  takeNote,
  type Known,
  type Seen,
} from './running.ts';

export type WatchReach = UpdateReach & Pick<App, 'locks'>;
/** Called within the transaction that writes down what it tells. */
export type Tell = (report: DeployReport) => void;

/** Milliseconds between two looks, as long as one of them is still judging. */
const LOOK_EVERY = 60_000;

/**
 * One look at every service; what has changed is judged before it returns. As long as one is judged, the others are looked
 * at again and again.
 * @throws the signal's reason
 */
export async function watchDeploys(
  app: WatchReach,
  run: Run,
  tell: Tell,
  { every = LOOK_EVERY }: { every?: number } = {},
): Promise<void> {
  const services = app.services.all.filter(({ containers }) => containers.length > 0);
  const underWay = new Map<Service, Promise<void>>();
  const begin = (service: Service) => {
    const end = watchOne(app, service, run, tell).finally(() => underWay.delete(service));
    underWay.set(service, end);
  };
  do {
    for (const service of services) if (!underWay.has(service)) begin(service);
    await settledWithin([...underWay.values()], every, run.signal);
  } while (underWay.size > 0);
  run.signal.throwIfAborted();
}

/** @returns when all have ended, or the time is over; after the signal, which ends them, only when they have */
async function settledWithin(
  ends: readonly Promise<void>[],
  limit: number,
  signal: AbortSignal,
): Promise<void> {
  const all = Promise.all(ends);
  const over = new AbortController();
  const time = sleep(limit, AbortSignal.any([signal, over.signal])).catch(() => all);
  await Promise.race([all, time]);
  over.abort();
}

async function watchOne(app: WatchReach, service: Service, run: Run, tell: Tell): Promise<void> {
  try {
    await watch(app, service, run, tell);
  } catch (error) {
    // Another one has it, or its host cannot be asked, which others tell: the next look comes soon.
    const isUsual = error instanceof BusyError || error instanceof UnreachableError || run.signal.aborted;
    app.log[isUsual ? 'debug' : 'warn']({ err: error, service: service.name }, 'cannot watch for deploys');
  }
}

async function watch(app: WatchReach, service: Service, run: Run, tell: Tell): Promise<void> {
  const { name } = service;
  const guarded = recallGuarded(app.store, name);
  // What a kill has left half done is taken up first.
  const isAtWork = ['preparing', 'leaving'].includes(guarded?.stage ?? '');
  if (isAtWork || app.store.updates.open(name) !== undefined || !app.locks.isFree(name)) return;
  const known = recallRunning(app.store, name);
  const seen = await look(app, service, known, guarded);
  const due = known === undefined ? undefined : whatIsDue(known, seen, guarded);
  if (known !== undefined && due === undefined) {
    // A container that is new in the configuration, or another name for the same image.
    const images = knownFrom(seen, known.images);
    if (JSON.stringify(images) !== JSON.stringify(known.images))
      keepRunning(app.store, name, { ...known, images });
    return;
  }
  if (await isDeploying(app.hosts.of(service))) return;
  await whileLocked(app, service, 'watch-deploys', run, async () => {
    // Somebody may have had the lock meanwhile.
    const now = recallRunning(app.store, name);
    const again = recallGuarded(app.store, name);
    const running = await look(app, service, now, again);
    if (now === undefined || isOwnDoing(app, service, now, running))
      return takeNote(app, service, running, now);
    const what = whatIsDue(now, running, again);
    if (what !== undefined) {
      await judgeDeploy({ app, service, run, tell }, { what, known: now, seen: running, guarded: again });
    }
  });
}

/** Units are looked at for the images that they had, or are to have. */
const look = (
  app: WatchReach,
  service: Service,
  known: Known | undefined,
  guarded: Guarded | undefined,
): Promise<Map<string, Seen>> =>
  lookAtRunning(
    app,
    service,
    (container) =>
      guarded?.images.find((image) => image.container === container)?.was ?? known?.images[container]?.image,
  );

/** `return`: the configuration names the old version of a way back again, which is to be started. */
function whatIsDue(
  known: Known,
  seen: ReadonlyMap<string, Seen>,
  guarded: Guarded | undefined,
): 'deploy' | 'return' | undefined {
  if (guarded?.stage !== 'returning') {
    const isNew = [...seen].some(([name, one]) => {
      const before = known.images[name];
      return before !== undefined && isOther(one, before);
    });
    return isNew ? 'deploy' : undefined;
  }
  const pairs = guarded.images.map((image) => ({ image, one: seen.get(image.container) }));
  if (
    pairs.every(({ image, one }) =>
      one?.isRunning === true ? one.id === image.from : one?.image === image.was,
    )
  ) {
    return 'return';
  }
  // It was to stay at rest, and something has started it: a boot, a person, a deploy of yet another version.
  return pairs.some(({ image, one }) => one?.isRunning === true && one.id !== image.from)
    ? 'deploy'
    : undefined;
}

/** The newest update or rollback has ended since, and what runs is one of its sides. */
function isOwnDoing(
  app: WatchReach,
  { name: service }: Service,
  known: Known,
  seen: ReadonlyMap<string, Seen>,
): boolean {
  const [row] = app.store.updates.history(service);
  if (row?.endedAt === undefined || row.endedAt < known.at) return false;
  const { from, to } = row.facts;
  return [...seen].every(([name, one]) => {
    const before = known.images[name];
    return before === undefined || !isOther(one, before) || one.id === to[name] || one.id === from[name];
  });
}
