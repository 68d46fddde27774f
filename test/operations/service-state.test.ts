import { expect, test } from 'vitest';
import type { Container } from '../../src/clients/engine.ts';
import type { UnitState } from '../../src/clients/systemd.ts';
import type { HostView } from '../../src/operations/host-view.ts';
import { stateOf } from '../../src/operations/service-state.ts';
import type { Service } from '../../src/services.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);

const container = (name: string, more: Partial<Container> = {}): Container => ({
  id: 'c1',
  name,
  image: 'x:1',
  imageId: 'i1',
  state: 'running',
  labels: {},
  createdAt: NOW - 3_600_000,
  startedAt: NOW - 3_600_000,
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
  ...more,
});

const unit = (name: string, more: Partial<UnitState> = {}): UnitState => ({
  name,
  load: 'loaded',
  active: 'active',
  sub: 'running',
  result: 'success',
  restarts: 0,
  exitCode: undefined,
  since: NOW - 3_600_000,
  conditionMet: true,
  unmet: [],
  description: '',
  memory: undefined,
  memoryLimit: undefined,
  processorTime: undefined,
  ...more,
});

const UNIT = 'podman-web.service';
const service = (more: object = {}) =>
  ({
    name: 'web',
    title: 'Web',
    host: 'local',
    containers: [{ name: 'web', unit: UNIT, update: true }],
    units: [],
    ...more,
  }) as unknown as Service;

const view = (containers: Container[], units: UnitState[], more: Partial<HostView> = {}): HostView => ({
  name: 'local',
  engineTrouble: undefined,
  systemdTrouble: undefined,
  units: new Map(units.map((one) => [one.name, one])),
  containers: new Map(containers.map((one) => [one.name, one])),
  silent: new Map(),
  renamed: new Map(),
  stats: new Map(),
  images: new Map(),
  exits: new Map(),
  heldBack: new Map(),
  ...more,
});

const QUIET = { ping: undefined, trouble: undefined, version: undefined };
const judge = (host: HostView, answers: Parameters<typeof stateOf>[2] = QUIET, of = service()) => {
  const { state, trouble } = stateOf(of, host, answers, NOW);
  return { state, trouble };
};

test('stateOf a running container and unit is ok', () => {
  expect(judge(view([container('web')], [unit(UNIT)]))).toEqual({ state: 'ok', trouble: undefined });
});

test.each([
  [
    'a stopped unit, which leaves no container',
    unit(UNIT, { active: 'inactive', sub: 'dead' }),
    'stopped',
    { kind: 'stopped' },
  ],
  [
    'a failed unit',
    unit(UNIT, { active: 'failed', sub: 'failed', result: 'exit-code' }),
    'down',
    { kind: 'unit-failed', unit: UNIT, result: 'exit-code' },
  ],
  [
    'a unit whose condition does not hold, although its start "succeeded"',
    unit(UNIT, {
      active: 'inactive',
      sub: 'dead',
      conditionMet: false,
      unmet: ['ConditionPathExists=/run/agenix/web'],
    }),
    'down',
    { kind: 'condition', unit: UNIT, condition: 'ConditionPathExists=/run/agenix/web' },
  ],
  [
    'a unit of whose condition nothing more is known',
    unit(UNIT, { active: 'inactive', sub: 'dead', conditionMet: false }),
    'down',
    { kind: 'condition', unit: UNIT, condition: undefined },
  ],
  [
    'a unit that does not exist',
    unit(UNIT, { load: 'not-found', active: 'inactive' }),
    'down',
    { kind: 'no-unit', unit: UNIT },
  ],
  [
    'a unit between two restarts',
    unit(UNIT, { active: 'activating', sub: 'auto-restart', restarts: 7 }),
    'down',
    { kind: 'restarting', restarts: 7 },
  ],
  ['a unit that starts', unit(UNIT, { active: 'activating', sub: 'start' }), 'working', { kind: 'starting' }],
  ['an active unit whose container somebody removed', unit(UNIT), 'down', { kind: 'gone' }],
  [
    'a masked unit that does not run',
    unit(UNIT, { load: 'masked', active: 'inactive', sub: 'dead' }),
    'down',
    { kind: 'masked', unit: UNIT, runs: false },
  ],
] as const)('stateOf %s', (_what, one, state, trouble) => {
  expect(judge(view([], [one]))).toEqual({ state, trouble });
});

test('stateOf what runs and is masked says that it will not come up again', () => {
  const trouble = { kind: 'masked', unit: UNIT, runs: true };
  expect(judge(view([container('web')], [unit(UNIT, { load: 'masked' })]))).toEqual({
    state: 'degraded',
    trouble,
  });
  const native = service({ containers: [], units: [UNIT] });
  expect(judge(view([], [unit(UNIT, { load: 'masked' })]), QUIET, native)).toEqual({
    state: 'degraded',
    trouble,
  });
});

test('stateOf a container that runs under another name says which', () => {
  expect(judge(view([], [unit(UNIT)], { renamed: new Map([['web', 'web-old']]) }))).toEqual({
    state: 'down',
    trouble: { kind: 'renamed', to: 'web-old' },
  });
});

test('stateOf a container that only the engine runs tells a clean stop from an exit code', () => {
  const alone = service({ containers: [{ name: 'web', unit: undefined, update: true }] });
  const stopped = container('web', { running: false, state: 'exited', finishedAt: NOW - 60_000 });
  expect(judge(view([stopped], []), QUIET, alone)).toEqual({
    state: 'stopped',
    trouble: { kind: 'stopped' },
  });
  const killed = { ...stopped, exitCode: 137, memoryLimit: 1e6 };
  expect(judge(view([killed], []), QUIET, alone)).toEqual({
    state: 'down',
    trouble: { kind: 'exited', code: 137, outOfMemory: true, at: NOW - 60_000 },
  });
  expect(judge(view([], []), QUIET, alone)).toEqual({ state: 'down', trouble: { kind: 'gone' } });
});

test('stateOf exit code 137 without a memory limit is not called out of memory', () => {
  const alone = service({ containers: [{ name: 'web', unit: undefined, update: true }] });
  const killed = container('web', { running: false, exitCode: 137, finishedAt: NOW });
  expect(judge(view([killed], []), QUIET, alone).trouble).toMatchObject({ outOfMemory: false });
});

test('stateOf an unhealthy container is degraded, and a check that never ran is left to the URL', () => {
  const health = { failingSince: NOW - 720_000, lastOutput: 'no' };
  const bad = container('web', { health: { status: 'unhealthy', ...health } });
  expect(judge(view([bad], [unit(UNIT)]))).toMatchObject({
    state: 'degraded',
    trouble: { kind: 'unhealthy', since: NOW - 720_000 },
  });
  const young = container('web', { health: { status: 'starting', ...health }, startedAt: NOW - 10_000 });
  expect(judge(view([young], [unit(UNIT)]))).toMatchObject({ state: 'working' });
  const old = container('web', { health: { status: 'starting', ...health } });
  expect(judge(view([old], [unit(UNIT)]))).toMatchObject({ state: 'ok' });
});

test('stateOf a URL that does not answer degrades a service whose containers run', () => {
  const trouble = { kind: 'no-answer', url: 'http://x', cause: 'status 500, not 200' } as const;
  expect(judge(view([container('web')], [unit(UNIT)]), { ...QUIET, trouble })).toEqual({
    state: 'degraded',
    trouble,
  });
});

test('stateOf a service of which one part is stopped is degraded, not stopped', () => {
  const two = service({ containers: [], units: ['a.service', 'b.service'] });
  const host = view([], [unit('a.service'), unit('b.service', { active: 'inactive', sub: 'dead' })]);
  expect(judge(host, QUIET, two)).toEqual({ state: 'degraded', trouble: { kind: 'stopped' } });
});

test('stateOf an engine that cannot be asked leaves native units known', () => {
  const mixed = service({ units: ['a.service'] });
  const host = view([], [unit('a.service'), unit(UNIT)], { engineTrouble: 'no socket' });
  const state = stateOf(mixed, host, QUIET, NOW);
  expect(state.containers.map((one) => [one.name, one.state])).toEqual([
    ['web', 'unknown'],
    ['a', 'ok'],
  ]);
  expect(state).toMatchObject({
    state: 'unknown',
    trouble: { kind: 'host-unreachable', cause: 'no socket' },
  });
});

test('stateOf an engine that cannot be asked still tells of a unit that does not run', () => {
  const failed = unit(UNIT, { active: 'failed', sub: 'failed', result: 'exit-code' });
  expect(judge(view([], [failed], { engineTrouble: 'no socket' }))).toEqual({
    state: 'down',
    trouble: { kind: 'unit-failed', unit: UNIT, result: 'exit-code' },
  });
});

test('stateOf a container of which nothing is known while systemd is away is not called gone', () => {
  const away = { systemdTrouble: 'no bus' };
  expect(judge(view([], [], away))).toEqual({
    state: 'unknown',
    trouble: { kind: 'host-unreachable', host: 'local', cause: 'no bus' },
  });
  expect(judge(view([container('web')], [], away)).state).toBe('ok');
});

test('stateOf a container that the engine keeps silent about is unknown, the others are not', () => {
  const two = service({
    containers: [
      { name: 'web', unit: UNIT, update: true },
      { name: 'other', unit: 'podman-other.service', update: true },
    ],
  });
  const host = view([container('other')], [unit(UNIT), unit('podman-other.service')], {
    silent: new Map([['web', 'no answer']]),
  });
  expect(stateOf(two, host, QUIET, NOW).containers.map(({ state, trouble }) => [state, trouble])).toEqual([
    ['unknown', { kind: 'silent', cause: 'no answer' }],
    ['ok', undefined],
  ]);
});

test('stateOf a container that was killed for memory and runs again tells how it ended', () => {
  const exits = new Map([[UNIT, { code: 137, at: NOW - 60_000 }]]);
  const lastExit = (host: HostView) => stateOf(service(), host, QUIET, NOW).containers[0]?.lastExit;
  const limited = container('web', { memoryLimit: 256e6 });
  expect(lastExit(view([limited], [unit(UNIT, { restarts: 1 })], { exits }))).toMatchObject({
    code: 137,
    at: NOW - 60_000,
    outOfMemory: true,
  });
  expect(lastExit(view([container('web')], [unit(UNIT, { restarts: 1 })], { exits }))).toMatchObject({
    outOfMemory: false,
  });
  const stopped = unit(UNIT, { active: 'inactive', sub: 'dead', restarts: 1 });
  expect(lastExit(view([], [stopped], { exits }))).toBeUndefined();
});

test('stateOf a native unit tells memory and processor time as systemd counts them', () => {
  const native = service({ containers: [], units: ['a.service'] });
  const counted = unit('a.service', { memory: 64e6, memoryLimit: 1e9, processorTime: 36_000 });
  expect(stateOf(native, view([], [counted]), QUIET, NOW).containers).toMatchObject([
    { kind: 'unit', memory: { used: 64e6, limit: 1e9 }, cpu: 1 },
  ]);
});
