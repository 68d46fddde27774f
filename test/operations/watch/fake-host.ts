/** A host of which a test says, second by second, how it is: what the engine and systemd answer, and nothing else of them. */
import type { Container, EngineEvent } from '../../../src/clients/engine.ts';
import type { UnitState } from '../../../src/clients/systemd.ts';
import { UnreachableError } from '../../../src/errors.ts';
import type { Host } from '../../../src/hosts.ts';
import type { LookReach, Watched } from '../../../src/operations/watch/look.ts';
import { createMemory } from '../../../src/operations/watch/memory.ts';
import { DEPLOY } from '../../../src/operations/update/prepare.ts';
import type { Service } from '../../../src/services.ts';
import { openScratchStore, type Store } from '../../../src/store.ts';

export const serviceOf = (
  name: string,
  containers: readonly string[],
  {
    after = 30_000,
    settle = 20_000,
    patience = 600_000,
  }: { after?: number; settle?: number; patience?: number } = {},
  units: readonly string[] = [],
): Service =>
  ({
    name,
    title: name,
    host: 'local',
    containers: containers.map((one) => ({ name: one, unit: `podman-${one}.service`, update: true })),
    units,
    health: { expect: 200, timeout: patience, settle },
    watch: { after, onLoop: 'tell', log: [] },
  }) as unknown as Service;

export type FakeHost = {
  now: number;
  engineAway: boolean;
  systemdAway: boolean;
  deploying: boolean;
  locked: Set<string>;
  /** By name of the unit. */
  units: Map<string, UnitState>;
  containers: Map<string, Container>;
  lines: string[];
  /** Masked wherever it turns up. */
  secret: string;
  store: Store;
  watched: Watched;
  /** As after a restart of Steward: nothing is remembered but the store. */
  restart(): void;
  unit(name: string, change: Partial<UnitState>): void;
  /** A container that runs since now. */
  run(name: string, change?: Partial<Container>): void;
  close(): void;
};

/** @param store of several hosts, one after the other: to open one takes longer than a whole life */
export function createFakeHost(services: readonly Service[], store?: Store): FakeHost {
  const away = (what: string) => Promise.reject(new UnreachableError(`no ${what}`));
  const engine = {
    ping: () => (fake.engineAway ? away('engine') : Promise.resolve()),
    inspect: (name: string) =>
      fake.engineAway ? away('engine') : Promise.resolve(fake.containers.get(name)),
    stats: (name: string) =>
      fake.engineAway
        ? away('engine')
        : Promise.resolve({ memoryUsed: 188_743_680, memoryLimit: fake.containers.get(name)?.memoryLimit }),
    list: () => Promise.resolve([...fake.containers.values()]),
  };
  const systemd = {
    units: (names: readonly string[]) =>
      fake.systemdAway
        ? away('systemd')
        : Promise.resolve(
            names.map((name) =>
              name === DEPLOY
                ? unitState(name, { active: fake.deploying ? 'active' : 'inactive', since: fake.now })
                : (fake.units.get(name) ?? unitState(name, { load: 'not-found', active: 'inactive' })),
            ),
          ),
    lastExit: () => Promise.resolve(undefined),
    lastJob: () => Promise.resolve(undefined),
    dependencies: () => Promise.resolve({ requires: [], wants: [], bindsTo: [], after: [], takesDown: [] }),
    memoryKills: () => Promise.resolve(undefined),
    async *logs() {
      yield* await Promise.resolve(fake.lines.map((text) => ({ at: fake.now, stream: 'stdout', text })));
    },
  };
  const host = { name: 'local', engine, systemd } as unknown as Host;
  const clock = { now: () => fake.now };
  const kept = store ?? openScratchStore(clock);
  const app = {
    hosts: { all: [host], of: () => host },
    services: { all: services },
    probe: {},
    clock,
    store: kept,
    locks: { isFree: (name: string) => !fake.locked.has(name) },
    redact: (text: string) => text.replaceAll(fake.secret, '•••'),
  } as unknown as LookReach;
  const fake: FakeHost = {
    now: Date.UTC(2026, 10, 20, 14),
    engineAway: false,
    systemdAway: false,
    deploying: false,
    locked: new Set(),
    units: new Map(),
    containers: new Map(),
    lines: [],
    secret: '-',
    store: kept,
    watched: { app, host, services, memory: createMemory() },
    restart() {
      fake.watched = { ...fake.watched, memory: createMemory() };
    },
    unit(name, change) {
      fake.units.set(name, { ...(fake.units.get(name) ?? unitState(name)), since: fake.now, ...change });
    },
    run(name, change = {}) {
      fake.containers.set(name, { ...containerState(name), startedAt: fake.now, ...change });
    },
    close: () => kept.close(),
  };
  for (const { containers, units } of services) {
    for (const { name, unit } of containers) {
      fake.run(name);
      if (unit !== undefined) fake.unit(unit, {});
    }
    for (const unit of units) fake.unit(unit, {});
  }
  return fake;
}

const unitState = (name: string, change: Partial<UnitState> = {}): UnitState => ({
  name,
  load: 'loaded',
  active: 'active',
  sub: 'running',
  result: 'success',
  restarts: 0,
  exitCode: undefined,
  since: 0,
  conditionMet: true,
  unmet: [],
  description: '',
  memory: undefined,
  memoryLimit: undefined,
  processorTime: undefined,
  ...change,
});

const containerState = (name: string): Container => ({
  id: name,
  name,
  image: 'x:1',
  imageId: 'i1',
  state: 'running',
  labels: { PODMAN_SYSTEMD_UNIT: `podman-${name}.service` },
  createdAt: 0,
  startedAt: 0,
  finishedAt: undefined,
  running: true,
  restarting: false,
  exitCode: 0,
  oomKilled: false,
  restarts: 0,
  health: undefined,
  memoryLimit: undefined,
  tty: false,
  networkMode: 'bridge',
  mounts: [],
});

export const died = (name: string, exitCode: number, at: number): EngineEvent => ({
  timeNano: BigInt(at) * 1_000_000n,
  action: 'die',
  type: 'container',
  id: name,
  name,
  exitCode,
  attributes: { name },
});
