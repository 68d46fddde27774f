/**
 * A service that the kernel kills for memory again and again is stopped, where its owner has asked for that: such a loop has
 * taken whole hosts down. What was stopped so counts as down until it runs again.
 */
import type { App, Run } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { ServiceState } from '../../report/services.ts';
import type { Service } from '../../services.ts';
import type { Store } from '../../store.ts';
import { whileLocked } from '../arguments.ts';

/** A container or unit that was killed for memory too often. */
export type MemoryLoop = {
  /** The name of a container, or of a native unit without its suffix. */
  part: string;
  kills: number;
  /** Bytes. */
  memoryLimit: number | undefined;
};

/** Milliseconds; systemd's own limit for a stop is 90 s. */
const JOB_LIMIT = 120_000;

const loopKey = (service: string): string => `stopped-loop:${service}`;

/**
 * @throws BusyError while something else works on the service, which may be its mending; Error where it cannot be stopped
 */
export async function stopLoop(
  app: Pick<App, 'hosts' | 'store' | 'locks' | 'guard' | 'clock'>,
  { service, loop }: { service: Service; loop: MemoryLoop },
  run: Run,
): Promise<Report> {
  const { engine, systemd } = app.hosts.of(service);
  const { facts } = app.store;
  const begun = app.clock.now();
  const { part } = loop;
  const container = service.containers.find(({ name }) => name === part);
  const unit = container === undefined ? `${part}.service` : container.unit;
  const limits = { timeout: JOB_LIMIT, signal: run.signal };
  await whileLocked(app, service, 'stop-loop', run, () =>
    app.guard.change(`stop ${unit ?? part}`, async () => {
      // First, so that a kill in between leaves nothing stopped without its reason.
      facts.put(loopKey(service.name), loop);
      try {
        await (unit === undefined ? engine.stop(part, limits) : systemd.stop(unit, limits));
      } catch (error) {
        facts.delete(loopKey(service.name));
        throw error;
      }
    }),
  );
  return {
    kind: 'outcome',
    verb: 'stop',
    service: service.name,
    ok: true,
    took: app.clock.now() - begun,
    state: undefined,
    trouble: undefined,
    lastLines: [],
    observed: app.guard.observing,
    at: app.clock.now(),
  };
}

/** @returns the state, with the reason for which Steward has stopped a part of the service */
export function withStoppedLoop(store: Pick<Store, 'facts'>, state: ServiceState): ServiceState {
  const loop = store.facts.get<MemoryLoop>(loopKey(state.name));
  const isIt = ({ name, state: now }: ServiceState['containers'][number]) =>
    name === loop?.part && (now === 'stopped' || now === 'down');
  if (loop === undefined || !state.containers.some(isIt)) return state;
  const { kills, memoryLimit: limit } = loop;
  const why = { state: 'down', trouble: { kind: 'stopped-loop', kills, limit } } as const;
  return {
    ...state,
    ...why,
    containers: state.containers.map((one) => (isIt(one) ? { ...one, ...why } : one)),
  };
}

/** Whether it was stopped so, and nobody has been seen to start it since. */
export const isStoppedLoop = (store: Pick<Store, 'facts'>, service: string): boolean =>
  store.facts.get<MemoryLoop>(loopKey(service)) !== undefined;

/** @param state seen after the stop: where it runs, somebody has started it again */
export function forgetStoppedLoop(store: Pick<Store, 'facts'>, { name, containers }: ServiceState): void {
  const loop = store.facts.get<MemoryLoop>(loopKey(name));
  const now = containers.find((part) => part.name === loop?.part)?.state;
  if (loop !== undefined && (now === 'ok' || now === 'working' || now === 'degraded'))
    store.facts.delete(loopKey(name));
}
