/**
 * A service that is stopped for its copy, and started again whatever happens: before the stop it is written down what is
 * to run afterwards, so that a kill in between is made good by whoever comes next.
 */
import type { App, Run } from '../../app.ts';
import type { Service } from '../../services.ts';
import type { Store } from '../../store.ts';
import { sleep } from '../../sleep.ts';
import { startAll, startDependents, stopAll } from '../update/act.ts';
import { dependentsOf } from '../update/hazards.ts';
import type { UpdateReach } from '../update/journey.ts';
import { partsOf, type Part } from '../update/parts.ts';
import type { UnpausedReport } from '../../report/backup-runs.ts';

export type PauseReach = UpdateReach & Pick<App, 'machine'>;

/** What was running. Milliseconds since 1970. */
type Paused = {
  since: number;
  parts: readonly string[];
  dependents: readonly string[];
  /** That it does not start again was told. */
  lostToldAt?: number;
};

/** It is tried each minute, and told now and then. Milliseconds. */
const TOLD_AGAIN = 3_600_000;

/** It was stopped for its copy, and does not run again: worse than a backup that failed. */
export class NotStartedError extends Error {
  override name = 'NotStartedError';
}

/** Milliseconds before a start is tried again: an engine or a systemd may be away for a moment. */
const PAUSES = [500, 2000];

const keyOf = (service: string) => `paused:${service}`;

/** A kill has left it stopped; whether somebody still works on it, its lock tells. */
export const isLeftPaused = (
  { store }: { store: Pick<Store, 'facts'> },
  { name }: Pick<Service, 'name'>,
): boolean => store.facts.get<Paused>(keyOf(name)) !== undefined;

/** The parts that its copy stops, in start order: the application, never a server that is asked for the copy. */
export const pausedParts = (service: Service): Part[] =>
  partsOf(service).filter(({ holdsData }) => !holdsData);

/** @returns whether a client is connected that a stop would throw out; false where nothing says how to tell */
export async function isBusy(app: Pick<App, 'machine'>, { backup }: Service): Promise<boolean> {
  const port = backup?.pause?.busy;
  return port !== undefined && (await app.machine.connections(port)) > 0;
}

/**
 * Work while the service is stopped. It runs again when this returns or throws, as far as it can be started.
 * @param work ends at its signal: when Steward stops, or when the service has been away for too long
 * @returns what the work gave, and how long the service was away
 * @throws NotStartedError; the work's own error
 */
export async function whilePaused<Result>(
  app: PauseReach,
  service: Service,
  run: Run,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ result: Result; away: number }> {
  const limit = service.backup?.pause?.most ?? 0;
  const parts = await running(app, service, pausedParts(service));
  const host = app.hosts.of(service);
  const dependents = await dependentsOf(
    host,
    parts.flatMap(({ unit }) => unit ?? []),
  );
  run.signal.throwIfAborted();
  const since = app.clock.now();
  const paused: Paused = { since, parts: parts.map(({ name }) => name), dependents };
  app.store.facts.put(keyOf(service.name), paused);
  const over = new AbortController();
  const timer = setTimeout(
    () =>
      over.abort(
        new Error(
          `it was stopped for ${limit / 60_000} minutes, which is all that it may be (backup.pause.most)`,
        ),
      ),
    limit,
  );
  let outcome: { result: Result } | { error: unknown };
  try {
    const failure = await stopAll({ app, run, host, service }, 'stop', parts);
    if (failure !== undefined) throw new Error('cause' in failure ? failure.cause : failure.kind);
    outcome = { result: await work(AbortSignal.any([run.signal, over.signal])) };
  } catch (error) {
    outcome = { error };
  } finally {
    clearTimeout(timer);
  }
  const lost = await startAgain(app, service, run, paused);
  const away = app.clock.now() - since;
  if (lost !== undefined) throw new NotStartedError(lost);
  if ('error' in outcome) throw outcome.error;
  return { result: outcome.result, away };
}

/** Start what a kill has left stopped. The caller holds the lock. @returns undefined where nothing was, or nothing new is to be told */
export async function takeUpPaused(
  app: PauseReach,
  service: Service,
  run: Run,
): Promise<UnpausedReport | undefined> {
  const paused = app.store.facts.get<Paused>(keyOf(service.name));
  if (paused === undefined) return undefined;
  const lost = await startAgain(app, service, run, paused);
  const at = app.clock.now();
  const { lostToldAt } = paused;
  if (lost !== undefined && lostToldAt !== undefined && lostToldAt <= at && at - lostToldAt < TOLD_AGAIN) {
    return undefined;
  }
  return {
    kind: 'unpaused',
    service: service.name,
    title: service.title,
    away: Math.max(0, at - paused.since),
    lost,
    at,
    actions: [
      [
        {
          label: lost === undefined ? 'status' : 'start',
          command: lost === undefined ? 'status' : 'start',
          args: [service.name],
        },
      ],
    ],
  };
}

/** @returns why it does not run; what is written down stays then, so that it is tried again */
async function startAgain(
  app: PauseReach,
  service: Service,
  run: Run,
  paused: Paused,
): Promise<string | undefined> {
  const { parts: names, dependents } = paused;
  const host = app.hosts.of(service);
  const parts = pausedParts(service).filter(({ name }) => names.includes(name));
  for (const pause of [...PAUSES, undefined]) {
    const failure = await startAll({ app, run, host, service }, 'start', parts);
    if (failure === undefined) break;
    if (pause === undefined) {
      markLost(app, service, paused);
      return 'cause' in failure ? failure.cause : failure.kind;
    }
    await sleep(pause);
  }
  for (const warning of await startDependents({ app, host, dependents })) {
    app.log.warn({ service: service.name, warning }, 'what went down with it did not start');
  }
  app.store.facts.delete(keyOf(service.name));
  return undefined;
}

function markLost({ store, clock }: Pick<App, 'store' | 'clock'>, { name }: Service, paused: Paused): void {
  const { lostToldAt = 0 } = paused;
  const now = clock.now();
  const isNews = lostToldAt > now || now - lostToldAt >= TOLD_AGAIN;
  store.facts.put(keyOf(name), { ...paused, lostToldAt: isNews ? now : lostToldAt });
}

/** What somebody has stopped on purpose stays so. */
async function running(app: PauseReach, service: Service, parts: readonly Part[]): Promise<Part[]> {
  const { engine, systemd } = app.hosts.of(service);
  const runs = await Promise.all(
    parts.map(async ({ unit, containers }) => {
      if (unit !== undefined) {
        const [state] = await systemd.units([unit]);
        return state !== undefined && ['active', 'activating', 'reloading'].includes(state.active);
      }
      const found = await Promise.all(containers.map((name) => engine.inspect(name)));
      return found.some((container) => container?.running === true);
    }),
  );
  return parts.filter((_, index) => runs[index] === true);
}
