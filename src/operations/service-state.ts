/** What a look at a host means for a service: states, and the fact behind each one that is not well. */
import type { Container } from '../clients/engine.ts';
import type { UnitState } from '../clients/systemd.ts';
import type { ContainerState, ServiceState, State, Trouble } from '../report/services.ts';
import type { Service } from '../services.ts';
import { worstOf } from '../state.ts';
import type { HostView } from './host-view.ts';

/** A health check that an engine cannot run stays `starting` for ever; after this the URL decides instead. */
const STARTING_FOR = 2 * 60_000;
/** Killed by signal 9: with a memory limit and no stop asked for, that was the kernel. */
const KILLED = 137;

type Verdict = { state: State; trouble: Trouble | undefined };

/** What the health URL and the version source said, asked beforehand. */
export type Answers = { ping: number | undefined; trouble: Trouble | undefined; version: string | undefined };

export function stateOf(service: Service, view: HostView, answers: Answers, now: number): ServiceState {
  const containers = [
    ...service.containers.map(({ name, unit }) => containerState(name, unit, view, now)),
    ...service.units.map((unit) => nativeState(unit, view, now)),
  ];
  const verdict = judge(containers, answers);
  const starts = containers.flatMap(({ startedAt }) => startedAt ?? []);
  return {
    name: service.name,
    title: service.title,
    host: service.host,
    ...verdict,
    version: answers.version,
    containers,
    ping: answers.ping,
    // Up since its last part came up.
    startedAt: starts.length === 0 ? undefined : Math.max(...starts),
    url: service.url,
  };
}

function judge(containers: readonly ContainerState[], answers: Answers): Verdict {
  const worst = worstOf(containers.map(({ state }) => state));
  const trouble = containers.find(({ state }) => state === worst)?.trouble;
  // A service of which one part was stopped on purpose does not work, though nothing failed.
  if (worst === 'stopped' && containers.some(({ state }) => state === 'ok'))
    return { state: 'degraded', trouble };
  if (worst === 'ok' && answers.trouble !== undefined) return { state: 'degraded', trouble: answers.trouble };
  return { state: worst, trouble: worst === 'ok' ? undefined : trouble };
}

function containerState(
  name: string,
  unitName: string | undefined,
  view: HostView,
  now: number,
): ContainerState {
  const container = view.containers.get(name);
  const unit = unitName === undefined ? undefined : view.units.get(unitName);
  const stats = view.stats.get(name);
  return {
    name,
    kind: 'container',
    unit: unitName,
    ...unlessHeldBack(verdictOn(name, unitName, view, now), unitName, view),
    health: container?.health?.status,
    image: container?.image,
    imageCreated: container === undefined ? undefined : view.images.get(container.imageId)?.createdAt,
    startedAt: container?.running === true ? container.startedAt : undefined,
    restarts: (container?.restarts ?? 0) + (unit?.restarts ?? 0),
    memory: stats === undefined ? undefined : { used: stats.memoryUsed, limit: container?.memoryLimit },
    cpu: stats?.cpu,
    lastExit: lastExit(container, unit, view),
  };
}

/** A native unit shows beside containers as one of them. */
function nativeState(name: string, view: HostView, now: number): ContainerState {
  const unit = view.units.get(name);
  const since = unit?.active === 'active' ? unit.since : undefined;
  const startedAt = since !== undefined && since < now ? since : undefined;
  return {
    name: name.replace(/\.service$/, ''),
    kind: 'unit',
    unit: name,
    ...(view.systemdTrouble === undefined
      ? unlessHeldBack(judgeUnit(unit, name), name, view)
      : hostGone(view, view.systemdTrouble)),
    health: undefined,
    image: undefined,
    imageCreated: undefined,
    startedAt,
    restarts: unit?.restarts ?? 0,
    memory: unit?.memory === undefined ? undefined : { used: unit.memory, limit: unit.memoryLimit },
    cpu:
      startedAt === undefined || unit?.processorTime === undefined
        ? undefined
        : (unit.processorTime / (now - startedAt)) * 100,
    lastExit: lastExit(undefined, unit, view),
  };
}

const hostGone = (view: HostView, cause: string): Verdict => ({
  state: 'unknown',
  trouble: { kind: 'host-unreachable', host: view.name, cause },
});

/** To systemd a start that it did not make looks as if somebody had stopped the unit. */
function unlessHeldBack(verdict: Verdict, unit: string | undefined, view: HostView): Verdict {
  const by = unit === undefined ? undefined : view.heldBack.get(unit);
  if (unit === undefined || by === undefined || verdict.state !== 'stopped') return verdict;
  return { state: 'down', trouble: { kind: 'held-back', unit, by } };
}

/** Each of engine and systemd may be away; what the other one knows still counts. */
function verdictOn(name: string, unitName: string | undefined, view: HostView, now: number): Verdict {
  const unit = unitName === undefined ? undefined : view.units.get(unitName);
  if (view.engineTrouble !== undefined) {
    // That a unit does not run is the truth all the same.
    return unit === undefined || unit.load === 'not-found' || unit.active === 'active'
      ? hostGone(view, view.engineTrouble)
      : judgeUnit(unit, unit.name);
  }
  const cause = view.silent.get(name);
  if (cause !== undefined) return { state: 'unknown', trouble: { kind: 'silent', cause } };
  const container = view.containers.get(name);
  if (container === undefined && unitName !== undefined && view.systemdTrouble !== undefined) {
    return hostGone(view, view.systemdTrouble);
  }
  const other = view.renamed.get(name);
  if (other !== undefined) return { state: 'down', trouble: { kind: 'renamed', to: other } };
  return judgeContainer(container, unit, now);
}

function judgeContainer(container: Container | undefined, unit: UnitState | undefined, now: number): Verdict {
  if (container?.restarting === true || unit?.sub === 'auto-restart') {
    const restarts = (container?.restarts ?? 0) + (unit?.restarts ?? 0);
    return { state: 'down', trouble: { kind: 'restarting', restarts } };
  }
  if (container?.running === true) return startable(judgeHealth(container, now), unit);
  if (unit !== undefined) return notRunning(unit, unit.name);
  if (container === undefined) return { state: 'down', trouble: { kind: 'gone' } };
  if (container.exitCode === 0) return { state: 'stopped', trouble: { kind: 'stopped' } };
  return {
    state: 'down',
    trouble: {
      kind: 'exited',
      code: container.exitCode,
      outOfMemory: outOfMemory(container),
      at: container.finishedAt,
    },
  };
}

function judgeHealth(container: Container, now: number): Verdict {
  const { health, startedAt } = container;
  if (health?.status === 'unhealthy') {
    return {
      state: 'degraded',
      trouble: { kind: 'unhealthy', since: health.failingSince, output: health.lastOutput },
    };
  }
  if (health?.status === 'starting' && startedAt !== undefined && now - startedAt < STARTING_FOR) {
    return { state: 'working', trouble: { kind: 'starting' } };
  }
  return { state: 'ok', trouble: undefined };
}

function judgeUnit(unit: UnitState | undefined, name: string): Verdict {
  if (unit?.active === 'active' || unit?.active === 'reloading') {
    return startable({ state: 'ok', trouble: undefined }, unit);
  }
  if (unit?.sub === 'auto-restart') {
    return { state: 'down', trouble: { kind: 'restarting', restarts: unit.restarts } };
  }
  return notRunning(unit, name);
}

/** What runs well may still not come up again. */
function startable(verdict: Verdict, unit: UnitState | undefined): Verdict {
  if (verdict.state !== 'ok' || unit?.load !== 'masked') return verdict;
  return { state: 'degraded', trouble: { kind: 'masked', unit: unit.name, runs: true } };
}

/** Why a unit has nothing running. */
function notRunning(unit: UnitState | undefined, name: string): Verdict {
  if (unit === undefined || unit.load === 'not-found') {
    return { state: 'down', trouble: { kind: 'no-unit', unit: name } };
  }
  if (unit.active === 'activating') return { state: 'working', trouble: { kind: 'starting' } };
  if (unit.load === 'masked') return { state: 'down', trouble: { kind: 'masked', unit: name, runs: false } };
  // systemd calls a start "successful" that a condition kept from happening.
  if (!unit.conditionMet) {
    return { state: 'down', trouble: { kind: 'condition', unit: name, condition: unit.unmet[0] } };
  }
  if (unit.active === 'failed' || unit.result !== 'success') {
    const { result, restarts } = unit;
    const gaveUp = unit.active === 'failed' && restarts > 0 ? { restarts } : {};
    return { state: 'down', trouble: { kind: 'unit-failed', unit: name, result, ...gaveUp } };
  }
  // The unit says it runs, the engine knows no such container: somebody removed it behind systemd's back.
  if (unit.active === 'active') return { state: 'down', trouble: { kind: 'gone' } };
  return { state: 'stopped', trouble: { kind: 'stopped' } };
}

const outOfMemory = (container: Container): boolean =>
  container.oomKilled || wasKilled(container.exitCode, container);

const wasKilled = (code: number, { memoryLimit }: Pick<Container, 'memoryLimit'>): boolean =>
  code === KILLED && memoryLimit !== undefined;

function lastExit(
  container: Container | undefined,
  unit: UnitState | undefined,
  view: HostView,
): ContainerState['lastExit'] {
  if (container !== undefined && !container.running && container.finishedAt !== undefined) {
    return {
      code: container.exitCode,
      at: container.finishedAt,
      outOfMemory: outOfMemory(container),
      result: unit?.result,
    };
  }
  if (unit === undefined) return undefined;
  const { exitCode, result } = unit;
  // systemd forgets how it ended once it runs again. What ended while it was being stopped is another matter.
  const runs = unit.active === 'active' || unit.sub === 'auto-restart';
  const before = runs ? view.exits.get(unit.name) : undefined;
  if (before !== undefined) {
    return { ...before, outOfMemory: container !== undefined && wasKilled(before.code, container), result };
  }
  // 0 where another process than the main one failed.
  if (exitCode === undefined || exitCode === 0 || result === 'success') return undefined;
  return { code: exitCode, at: undefined, outOfMemory: result === 'oom-kill', result };
}
