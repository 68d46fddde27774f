/** Start, stop and restart a service: in the order of its containers, until it is healthy again. */
import type { App, Plan, Run } from '../app.ts';
import { causeOf } from '../errors.ts';
import type { Host } from '../hosts.ts';
import type { Report, ServiceState, Trouble, Verb } from '../report.ts';
import type { Service } from '../services.ts';
import { sleep } from '../sleep.ts';
import { lastLines } from './logs.ts';
import { lookAtServices, type StatusReach } from './status.ts';

/** One thing that starts and stops as a whole: a unit, or a container that only the engine manages. */
type Part = { name: string; unit: string | undefined };

/** How long a unit or container may take to stop or start. systemd's own default is 90 s. */
const JOB_LIMIT = 120_000;
/** Of what failed: systemd's own words come last, what the program said before them. */
const LAST_LINES = 10;
/** Between two looks at a service that is coming up. */
const LOOK_EVERY = 500;

export type PowerReach = StatusReach & Pick<App, 'store' | 'guard' | 'redact'>;

/** What would be done, and a fingerprint of the state that it was planned for. */
export async function planPower(app: PowerReach, verb: Verb, service: Service): Promise<Plan> {
  const host = app.hosts.of(service);
  const parts = partsOf(service);
  const units = parts.flatMap(({ unit }) => unit ?? []);
  const [{ services }, dependencies] = await Promise.all([
    lookAtServices(app, [service]),
    Promise.all(units.map((unit) => host.systemd.dependencies(unit))),
  ]);
  const takenDown = dependencies
    .flatMap(({ takesDown }) => takesDown)
    .filter((unit) => !units.includes(unit));
  const state = services[0] as ServiceState;
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

const awayKey = (service: Service) => `away:${service.name}`;

/**
 * Do it. A failure is an outcome in the report. The caller holds the service's lock.
 * Once something was stopped the signal no longer leaves the service half down: it is still started again.
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

  const outcome = (result: { ok: boolean; trouble?: Trouble; lastLines?: string[] }): Report => ({
    kind: 'outcome',
    verb,
    service: service.name,
    ok: result.ok,
    took: app.clock.now() - begun,
    trouble: result.trouble,
    lastLines: result.lastLines ?? [],
    observed: app.guard.observing,
    at: app.clock.now(),
    ...(result.ok ? {} : { actions: [[{ label: 'logs', command: 'logs', args: [service.name] }]] }),
  });

  run.signal.throwIfAborted();
  for (const [act, todo] of [
    ['stop', stops],
    ['start', starts],
  ] as const) {
    for (const part of todo) {
      run.progress.begin(act, part.name);
      try {
        await app.guard.change(`${act} ${part.unit ?? part.name}`, () => apply(host, act, part));
      } catch (error) {
        run.progress.end({ failed: true });
        return outcome({ ok: false, ...(await explain(app, host, part, error)) });
      }
    }
  }
  if (starts.length === 0 || app.guard.observing) {
    run.progress.end();
    return outcome({ ok: true });
  }

  run.progress.begin('health');
  const state = await untilHealthy(app, service, run.signal);
  const ok = state.state === 'ok';
  run.progress.end({ failed: !ok });
  if (ok) {
    if (verb === 'restart') app.store.facts.put(awayKey(service), app.clock.now() - begun);
    return outcome({ ok });
  }
  const bad = state.containers.find((container) => container.state !== 'ok') ?? state.containers.at(-1);
  const lines = bad === undefined ? [] : await lastLines(app, sourceOf(host, service, bad.name), LAST_LINES);
  return outcome({
    ok,
    lastLines: lines,
    ...(state.trouble === undefined ? {} : { trouble: state.trouble }),
  });
}

/** In start order: containers by their unit where they have one, then the native units. */
const partsOf = (service: Service): Part[] => [
  ...service.containers,
  ...service.units.map((unit) => ({ name: unit.replace(/\.service$/, ''), unit })),
];

const apply = (host: Host, act: 'stop' | 'start', { name, unit }: Part): Promise<void> =>
  unit === undefined
    ? host.engine[act](name, { timeout: JOB_LIMIT })
    : host.systemd[act](unit, { timeout: JOB_LIMIT });

const sourceOf = (host: Host, service: Service, name: string) => ({
  name,
  host,
  unit: service.units.find((unit) => unit === name || unit === `${name}.service`),
});

async function explain(
  app: Pick<App, 'redact'>,
  host: Host,
  { name, unit }: Part,
  error: unknown,
): Promise<{ trouble: Trouble; lastLines: string[] }> {
  const [state] = unit === undefined ? [] : await host.systemd.units([unit]).catch(() => []);
  const trouble: Trouble =
    state !== undefined && (state.active === 'failed' || state.result !== 'success')
      ? { kind: 'unit-failed', unit: state.name, result: state.result }
      : { kind: 'job-failed', what: unit ?? name, cause: app.redact(causeOf(error)) };
  // The container is often gone with its unit; what the unit logged is what is left of it.
  return { trouble, lastLines: await lastLines(app, { name, host, unit }, LAST_LINES) };
}

/**
 * Look again and again until it is well, has clearly failed, or its time is over.
 * Well means twice in a row: a program that dies at once is up for a moment, too.
 */
async function untilHealthy(app: PowerReach, service: Service, signal: AbortSignal): Promise<ServiceState> {
  const deadline = app.clock.now() + service.health.timeout;
  for (let wellBefore = false; ;) {
    const { services } = await lookAtServices(app, [service]);
    const state = services[0] as ServiceState;
    const well = state.state === 'ok';
    if (well && wellBefore) return state;
    const hopeless = state.trouble?.kind === 'condition' || state.trouble?.kind === 'no-unit';
    if (hopeless || app.clock.now() >= deadline || signal.aborted) return state;
    wellBefore = well;
    await sleep(LOOK_EVERY);
  }
}
