/** What a look at a host means for a service: states, and the fact behind each one that is not well. */
import type { Container } from '../clients/engine.ts';
import type { UnitState } from '../clients/systemd.ts';
import type { ContainerState, ServiceState, State, Trouble } from '../report.ts';
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
    unit: unitName,
    ...(view.engineTrouble === undefined
      ? judgeContainer(container, unit, now)
      : hostGone(view, view.engineTrouble)),
    health: container?.health?.status,
    image: container?.image,
    imageCreated: container === undefined ? undefined : view.images.get(container.imageId)?.createdAt,
    startedAt: container?.running === true ? container.startedAt : undefined,
    restarts: (container?.restarts ?? 0) + (unit?.restarts ?? 0),
    memory: stats === undefined ? undefined : { used: stats.memoryUsed, limit: container?.memoryLimit },
    cpu: stats?.cpu,
    lastExit: lastExit(container, unit),
  };
}

/** A native unit shows beside containers as one of them. */
function nativeState(name: string, view: HostView, now: number): ContainerState {
  const unit = view.units.get(name);
  return {
    name: name.replace(/\.service$/, ''),
    unit: name,
    ...(view.systemdTrouble === undefined ? judgeUnit(unit, name) : hostGone(view, view.systemdTrouble)),
    health: undefined,
    image: undefined,
    imageCreated: undefined,
    startedAt:
      unit?.active === 'active' && unit.since !== undefined && unit.since <= now ? unit.since : undefined,
    restarts: unit?.restarts ?? 0,
    memory: undefined,
    cpu: undefined,
    lastExit: lastExit(undefined, unit),
  };
}

const hostGone = (view: HostView, cause: string): Verdict => ({
  state: 'unknown',
  trouble: { kind: 'host-unreachable', host: view.name, cause },
});

function judgeContainer(container: Container | undefined, unit: UnitState | undefined, now: number): Verdict {
  if (container?.restarting === true || unit?.sub === 'auto-restart') {
    const restarts = (container?.restarts ?? 0) + (unit?.restarts ?? 0);
    return { state: 'down', trouble: { kind: 'restarting', restarts } };
  }
  if (container?.running === true) return judgeHealth(container, now);
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
    return { state: 'degraded', trouble: { kind: 'unhealthy', since: undefined, output: health.lastOutput } };
  }
  if (health?.status === 'starting' && startedAt !== undefined && now - startedAt < STARTING_FOR) {
    return { state: 'working', trouble: { kind: 'starting' } };
  }
  return { state: 'ok', trouble: undefined };
}

function judgeUnit(unit: UnitState | undefined, name: string): Verdict {
  if (unit?.active === 'active' || unit?.active === 'reloading') return { state: 'ok', trouble: undefined };
  if (unit?.sub === 'auto-restart') {
    return { state: 'down', trouble: { kind: 'restarting', restarts: unit.restarts } };
  }
  return notRunning(unit, name);
}

/** Why a unit has nothing running. */
function notRunning(unit: UnitState | undefined, name: string): Verdict {
  if (unit === undefined || unit.load === 'not-found') {
    return { state: 'down', trouble: { kind: 'no-unit', unit: name } };
  }
  if (unit.active === 'activating') return { state: 'working', trouble: { kind: 'starting' } };
  // systemd calls a start "successful" that a condition kept from happening.
  if (!unit.conditionMet) {
    return { state: 'down', trouble: { kind: 'condition', unit: name, condition: unit.unmet[0] ?? '' } };
  }
  if (unit.active === 'failed' || unit.result !== 'success') {
    return { state: 'down', trouble: { kind: 'unit-failed', unit: name, result: unit.result } };
  }
  // The unit says it runs, the engine knows no such container: somebody removed it behind systemd's back.
  if (unit.active === 'active') return { state: 'down', trouble: { kind: 'gone' } };
  return { state: 'stopped', trouble: { kind: 'stopped' } };
}

const outOfMemory = (container: Container): boolean =>
  container.oomKilled || (container.exitCode === KILLED && container.memoryLimit !== undefined);

function lastExit(container: Container | undefined, unit: UnitState | undefined): ContainerState['lastExit'] {
  if (container !== undefined && !container.running && container.finishedAt !== undefined) {
    return {
      code: container.exitCode,
      at: container.finishedAt,
      outOfMemory: outOfMemory(container),
      result: unit?.result,
    };
  }
  if (unit?.exitCode !== undefined && unit.result !== 'success') {
    return {
      code: unit.exitCode,
      at: undefined,
      outOfMemory: unit.result === 'oom-kill',
      result: unit.result,
    };
  }
  return undefined;
}
