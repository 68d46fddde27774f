/** Start, stop and restart a service: in the order of its containers, until it is healthy again. */
import type { App, Plan, Run } from '../app.ts';
import { causeOf, UserError } from '../errors.ts';
import type { Host } from '../hosts.ts';
import type { Report } from '../report.ts';
import type { ServiceState, State, Trouble } from '../report/services.ts';
import type { Verb } from '../report/work.ts';
import type { Service } from '../services.ts';
import { sleep } from '../sleep.ts';
import { lastLines, type LogSource } from './logs.ts';
import { lookAtServices, type StatusReach } from './status.ts';

/** One thing that starts and stops as a whole: a unit, or a container that only the engine manages. */
type Part = { name: string; unit: string | undefined };

/** How long a unit or container may take to stop or start. systemd's own default is 90 s. */
const JOB_LIMIT = 120_000;
/** Of what failed: systemd's own words come last, what the program said before them. */
const LAST_LINES = 10;
const JOURNAL_LOOKS = 10;
/** systemd, of a unit that did not come up. */
const LAST_WORD = /Failed to start|Failed with result/;
/** Its words about each turn of a unit. */
const OF_SYSTEMD = /^(?:Start(?:ing|ed)|Stopp(?:ing|ed)) [\w:.\\@-]+\.service\b|^[\w:.\\@-]+\.service: /;
/** Between two looks at a service that is coming up. */
const LOOK_EVERY = 500;

export type PowerReach = StatusReach & Pick<App, 'store' | 'guard' | 'locks' | 'redact'>;

/**
 * What would be done, and a fingerprint of the state that it was planned for; empty where it is so already.
 * @throws UserError for what cannot be started or stopped because it does not exist, BusyError while it is worked on
 */
export async function planPower(app: PowerReach, verb: Verb, service: Service): Promise<Plan> {
  app.locks.requireFree(service.name);
  const host = app.hosts.of(service);
  const parts = partsOf(service);
  const units = parts.flatMap(({ unit }) => unit ?? []);
  const [state, dependencies] = await Promise.all([
    look(app, service),
    Promise.all(units.map((unit) => host.systemd.dependencies(unit))),
  ]);
  const takenDown = dependencies
    .flatMap(({ takesDown }) => takesDown)
    .filter((unit) => !units.includes(unit));
  refuseMissing(verb, state);
  if (isAlready(verb, state)) {
    const report: Report = { kind: 'note', note: { key: 'already', verb, service: service.name } };
    return { report, fingerprint: '', isEmpty: true };
  }
  const ordered = verb === 'stop' ? parts.toReversed() : parts;
  const report: Report = {
    kind: 'plan',
    verb,
    service: service.name,
    title: service.title,
    steps: ordered.map(({ name, unit }) => ({
      unit: unit ?? name,
      containers: service.containers.some((container) => container.name === name) ? [name] : [],
    })),
    dependents: [...new Set(takenDown)],
    away: app.store.facts.get<number>(awayKey(service)),
  };
  const fingerprint = JSON.stringify([
    verb,
    state.containers.map(({ name, state: now, startedAt }) => [name, now, startedAt]),
    takenDown,
  ]);
  return { report, fingerprint };
}

export const awayKey = (service: Service) => `away:${service.name}`;

function refuseMissing(verb: Verb, { name, containers }: ServiceState): void {
  for (const { name: part, unit, trouble } of containers) {
    if (trouble?.kind === 'no-unit') {
      throw new UserError(`Cannot ${verb} ${name}: there is no unit "${trouble.unit}".`);
    }
    if (trouble?.kind === 'gone' && unit === undefined) {
      throw new UserError(
        `Cannot ${verb} ${name}: its container "${part}" is gone, and no unit makes it anew.`,
      );
    }
  }
}

const isAlready = (verb: Verb, { state, containers }: ServiceState): boolean =>
  (verb === 'start' && state === 'ok') ||
  (verb === 'stop' && containers.every((container) => container.state === 'stopped'));

/**
 * Do it. A failure is an outcome in the report. The caller holds the service's lock.
 * Once something was stopped neither the signal nor a failure leaves the service half down: what can be started is.
 * @throws the signal's reason: before anything was done, or when all is done but the service is not healthy yet
 */
export async function power(app: PowerReach, verb: Verb, service: Service, run: Run): Promise<Report> {
  const host = app.hosts.of(service);
  const parts = partsOf(service);
  const begun = app.clock.now();
  const stops = verb === 'start' ? [] : parts.toReversed();
  const starts = verb === 'stop' ? [] : parts;
  run.progress.plan([
    ...stops.map(({ name }) => ({ step: 'stop', subject: name })),
    ...starts.map(({ name }) => ({ step: 'start', subject: name })),
    ...(starts.length === 0 ? [] : [{ step: 'health' }]),
  ]);

  const outcome = (failure?: Failure & { state: State }): Report => ({
    kind: 'outcome',
    verb,
    service: service.name,
    ok: failure === undefined,
    took: app.clock.now() - begun,
    state: failure?.state,
    trouble: failure?.trouble,
    lastLines: failure?.lastLines ?? [],
    observed: app.guard.observing,
    at: app.clock.now(),
    ...(failure === undefined
      ? {}
      : {
          actions: [
            [
              { label: 'logs', command: 'logs', args: [service.name] },
              { label: verb, command: verb, args: [service.name] },
            ],
          ],
        }),
  });

  const attempt = async (act: 'stop' | 'start', part: Part): Promise<Failure | undefined> => {
    run.progress.begin(act, part.name);
    const since = app.clock.now();
    try {
      await app.guard.change(`${act} ${part.unit ?? part.name}`, () => apply(host, act, part));
      return undefined;
    } catch (error) {
      run.progress.end({ failed: true });
      return explain(app, sourceOf(host, service, part), { error, since });
    }
  };

  run.signal.throwIfAborted();
  let failure: Failure | undefined;
  for (const part of stops) {
    failure = await attempt('stop', part);
    // What it needs is left running under it.
    if (failure !== undefined) break;
  }
  for (const part of starts) {
    const failed = await attempt('start', part);
    failure ??= failed;
  }
  if (failure !== undefined) return outcome({ ...failure, state: (await look(app, service)).state });
  if (starts.length === 0 || app.guard.observing) {
    run.progress.end();
    return outcome();
  }

  run.progress.begin('health');
  const state = await untilHealthy(app, service, run.signal);
  // All is started; that it was not waited for is no failure of the service.
  if (state.state !== 'ok') run.signal.throwIfAborted();
  run.progress.end({ failed: state.state !== 'ok' });
  if (state.state === 'ok') {
    if (verb === 'restart') app.store.facts.put(awayKey(service), app.clock.now() - begun);
    return outcome();
  }
  const bad = parts.find((_, index) => state.containers[index]?.state !== 'ok') ?? parts.at(-1);
  return outcome({
    state: state.state,
    trouble: state.trouble,
    lastLines: bad === undefined ? [] : await lastLinesOf(app, sourceOf(host, service, bad), begun),
  });
}

type Failure = { trouble: Trouble | undefined; lastLines: readonly string[] };

/** In start order: containers by their unit where they have one, then the native units. */
const partsOf = (service: Service): Part[] => [
  ...service.containers,
  ...service.units.map((unit) => ({ name: unit.replace(/\.service$/, ''), unit })),
];

async function apply({ engine, systemd }: Host, act: 'stop' | 'start', { name, unit }: Part): Promise<void> {
  if (unit === undefined) return engine[act](name, { timeout: JOB_LIMIT });
  if (act === 'start') await forgetFailures(systemd, unit);
  return systemd[act](unit, { timeout: JOB_LIMIT });
}

/** What has failed too often is not started again, and nothing that needs it, before systemd has forgotten that. */
async function forgetFailures(systemd: Host['systemd'], unit: string): Promise<void> {
  const failed = new Set(await systemd.failed());
  if (failed.size === 0) return;
  const { requires, bindsTo } = await systemd.dependencies(unit);
  for (const one of new Set([unit, ...requires, ...bindsTo]))
    if (failed.has(one)) await systemd.resetFailed(one);
}

const sourceOf = (host: Host, service: Service, { name, unit }: Part): LogSource => ({
  name,
  host,
  hasContainer: service.containers.some((container) => container.name === name),
  unit,
});

const lastLinesOf = (app: Pick<App, 'redact'>, source: LogSource, since: number) =>
  lastLines(app, source, { lines: LAST_LINES, since });

/**
 * The journal is written by a process of its own, behind what it tells of: read until systemd's last word on the
 * failure is there and nothing more comes.
 */
async function settledLines(
  app: Pick<App, 'redact'>,
  source: LogSource,
  since: number,
): Promise<readonly string[]> {
  let lines = await lastLinesOf(app, source, since);
  for (let reading = 1; reading < JOURNAL_LOOKS; reading += 1) {
    await sleep(LOOK_EVERY);
    const before = lines.join('\n');
    lines = await lastLinesOf(app, source, since);
    if (lines.some((line) => LAST_WORD.test(line)) && lines.join('\n') === before) break;
  }
  return lines;
}

/**
 * What a part of a service said last, without what systemd said of it where the program said anything.
 * @param part a container, or a unit without its suffix
 */
export async function lastWordsOf(
  app: Pick<App, 'hosts' | 'redact'>,
  service: Service,
  { part, since }: { part: string | undefined; since: number },
): Promise<readonly string[]> {
  const found = partsOf(service).find(({ name }) => name === part) ?? partsOf(service).at(-1);
  if (found === undefined) return [];
  const source = sourceOf(app.hosts.of(service), service, found);
  // The container is often gone with its unit; what the unit logged is what is left of it.
  const lines = await lastLines(
    app,
    { ...source, hasContainer: found.unit === undefined },
    { lines: 5 * LAST_LINES, since },
  );
  const own = lines.filter((line) => line.trim() !== '' && !OF_SYSTEMD.test(line));
  return (own.length === 0 ? lines : own).slice(-LAST_LINES);
}

async function explain(
  app: Pick<App, 'redact'>,
  source: LogSource,
  { error, since }: { error: unknown; since: number },
): Promise<Failure> {
  const { name, host, unit } = source;
  const [state] = unit === undefined ? [] : await host.systemd.units([unit]).catch(() => []);
  const trouble: Trouble =
    state !== undefined && (state.active === 'failed' || state.result !== 'success')
      ? { kind: 'unit-failed', unit: state.name, result: state.result }
      : { kind: 'job-failed', what: unit ?? name, cause: app.redact(causeOf(error)) };
  // The container is often gone with its unit; what the unit logged is what is left of it.
  return {
    trouble,
    lastLines: await settledLines(app, { ...source, hasContainer: unit === undefined }, since),
  };
}

async function look(app: PowerReach, service: Service): Promise<ServiceState> {
  const { services } = await lookAtServices(app, [service]);
  return services[0] as ServiceState;
}

/** systemd has given up, or never tries: waiting changes nothing. */
const HOPELESS: readonly (Trouble['kind'] | undefined)[] = [
  'condition',
  'no-unit',
  'unit-failed',
  'held-back',
  'exited',
];

/**
 * Look again and again until it is well, has clearly failed, or its time is over.
 * Well means twice in a row: a program that dies at once is up for a moment, too.
 */
async function untilHealthy(app: PowerReach, service: Service, signal: AbortSignal): Promise<ServiceState> {
  const deadline = app.clock.now() + service.health.timeout;
  for (let wellBefore = false; ;) {
    const state = await look(app, service);
    const well = state.state === 'ok';
    if (well && wellBefore) return state;
    if (HOPELESS.includes(state.trouble?.kind) || app.clock.now() >= deadline || signal.aborted) return state;
    wellBefore = well;
    await sleep(LOOK_EVERY);
  }
}
