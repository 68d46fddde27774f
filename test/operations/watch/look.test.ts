import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostKey, look, serviceKey, type Looked } from '../../../src/operations/watch/look.ts';
import type { Service } from '../../../src/services.ts';
import { createFakeHost, died, serviceOf, type FakeHost } from './fake-host.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const IMMICH = serviceOf('immich', ['postgres', 'redis', 'server']);
const WEB = serviceOf('web', ['web']);
const NATIVE = serviceOf('native', [], {}, ['native.service']);
const LOOSE = {
  ...serviceOf('loose', []),
  containers: [{ name: 'loose', unit: undefined, update: true }],
} as Service;

let host: FakeHost;
beforeEach(async () => {
  host = createFakeHost([IMMICH, WEB, NATIVE, LOOSE]);
  await looks();
});
afterEach(() => host.close());

const { signal } = new AbortController();
const looks = (...services: Service[]): Promise<Looked> =>
  look(host.watched, services.length === 0 ? host.watched.services : services, signal);
const pass = (ms: number) => (host.now += ms);
const open = () => host.store.alerts.open();
const alertOf = ({ name }: Service) => host.store.alerts.byKey(serviceKey(name));

const fail = (name: string, unit = `podman-${name}.service`) => {
  host.containers.delete(name);
  host.unit(unit, { active: 'failed', sub: 'failed', result: 'exit-code' });
};
const start = (name: string, unit = `podman-${name}.service`) => {
  host.run(name);
  host.unit(unit, { active: 'active', sub: 'running', result: 'success' });
};
const turn = (name: string) => {
  const unit = host.units.get(`podman-${name}.service`);
  host.run(name);
  host.unit(`podman-${name}.service`, { restarts: (unit?.restarts ?? 0) + 1 });
};

test('look tells of a failure only when it lasts, and says when to look again', async () => {
  fail('web');
  const begun = host.now;
  pass(SECOND);
  const { opened, wakes } = await looks(WEB);
  expect(opened).toEqual([]);
  expect(wakes.get(WEB)).toBe(begun + 30 * SECOND);
  pass(29 * SECOND);
  expect((await looks(WEB)).opened).toMatchObject([
    { key: 'service:web', severity: 'critical', openedAt: begun, finding: { service: 'web' } },
  ]);
});

test('look says how it ended, with the limit of what was killed for memory, and its last words', async () => {
  host.run('web', { memoryLimit: 268_435_456 });
  await looks(WEB);
  fail('web');
  host.lines = ['Starting web', 'all memory taken'];
  host.watched.memory.note('web', died('web', 137, host.now));
  pass(MINUTE);
  await looks(WEB);
  expect(alertOf(WEB)?.finding.fact).toEqual({
    kind: 'service',
    title: 'web',
    state: 'down',
    part: 'web',
    trouble: { kind: 'exited', code: 137, outOfMemory: true, at: host.now - MINUTE },
    restarts: 0,
    memoryLimit: 268_435_456,
    lastLines: ['Starting web', 'all memory taken'],
  });
});

test('look ends an alert when all has been well for a while, as of when it was', async () => {
  fail('web');
  pass(MINUTE);
  await looks(WEB);
  start('web');
  const back = host.now;
  expect((await looks(WEB)).ended).toEqual([]);
  pass(20 * SECOND);
  expect((await looks(WEB)).ended).toMatchObject([{ endedAt: back, ending: 'well' }]);
});

test('look ends what ran out of memory with what it takes now, and nothing else', async () => {
  host.run('web', { memoryLimit: 268_435_456 });
  await looks();
  fail('web');
  host.watched.memory.note('web', died('web', 137, host.now));
  fail('redis');
  pass(MINUTE);
  await looks();
  start('web');
  host.run('web', { memoryLimit: 536_870_912 });
  start('redis');
  await looks();
  pass(MINUTE);
  const { ended } = await looks();
  const now = ended.map(({ key, finding: { fact } }) => [key, fact.kind === 'service' && fact.memoryNow]);
  expect(Object.fromEntries(now)).toEqual({
    'service:web': { used: 188_743_680, limit: 536_870_912 },
    'service:immich': undefined,
  });
});

test('look says of one trouble with followers only the first in start order', async () => {
  fail('postgres');
  host.run('server', { health: { status: 'unhealthy', failingSince: host.now, lastOutput: 'no database' } });
  pass(MINUTE);
  await looks();
  expect(open()).toMatchObject([
    { key: 'service:immich', finding: { fact: { part: 'postgres', state: 'down' } } },
  ]);
});

test('look warns of a service that runs unhealthily, with the part that somebody stopped before it', async () => {
  host.containers.delete('redis');
  host.unit('podman-redis.service', { active: 'inactive', sub: 'dead' });
  host.run('server', { health: { status: 'unhealthy', failingSince: host.now, lastOutput: 'no redis' } });
  pass(MINUTE);
  await looks();
  expect(open()).toMatchObject([
    {
      severity: 'warning',
      finding: { fact: { state: 'degraded', part: 'redis', trouble: { kind: 'stopped' } } },
    },
  ]);
});

test('look finds nothing wrong with what was stopped on purpose, and ends its alert as stopped', async () => {
  fail('web');
  pass(MINUTE);
  await looks(WEB);
  host.unit('podman-web.service', { active: 'inactive', sub: 'dead', result: 'success' });
  const stopped = host.now;
  expect((await looks(WEB)).ended).toEqual([]);
  pass(30 * SECOND);
  expect((await looks(WEB)).ended).toMatchObject([
    { key: 'service:web', ending: 'stopped', endedAt: stopped },
  ]);
  host.containers.delete('redis');
  host.unit('podman-redis.service', { active: 'inactive', sub: 'dead' });
  host.unit('native.service', { active: 'inactive', sub: 'dead' });
  pass(MINUTE);
  expect((await looks()).opened).toEqual([]);
});

test('look takes what is stopped and started again, by hand or by a boot, for back', async () => {
  fail('web');
  pass(MINUTE);
  await looks(WEB);
  host.unit('podman-web.service', { active: 'inactive', sub: 'dead', result: 'success' });
  await looks(WEB);
  pass(10 * SECOND);
  start('web');
  const back = host.now;
  await looks(WEB);
  pass(20 * SECOND);
  expect((await looks(WEB)).ended).toMatchObject([{ ending: 'well', endedAt: back }]);
});

test('look leaves alone what Steward works on and what a deploy restarts, and grants the grace anew afterwards', async () => {
  host.locked.add('web');
  host.deploying = false;
  fail('web');
  fail('native', 'native.service');
  pass(MINUTE);
  await looks(WEB);
  expect(open()).toEqual([]);
  host.deploying = true;
  await looks();
  expect(open()).toEqual([]);
  host.deploying = false;
  host.locked.clear();
  pass(SECOND);
  await looks();
  expect(open()).toEqual([]);
  pass(29 * SECOND);
  await looks();
  expect(open().map(({ key }) => key)).toEqual(['service:web', 'service:native']);
});

test('look keeps an open alert while it is worked on', async () => {
  fail('web');
  pass(MINUTE);
  await looks(WEB);
  host.locked.add('web');
  start('web');
  pass(MINUTE);
  expect((await looks(WEB)).ended).toEqual([]);
  host.locked.clear();
  expect((await looks(WEB)).ended).toMatchObject([{ key: 'service:web', ending: 'well' }]);
});

test('look finds a loop in three ends within ten minutes, though each look finds it running', async () => {
  for (const pause of [0, 4 * MINUTE, 4 * MINUTE]) {
    pass(pause);
    turn('web');
    await looks(WEB);
  }
  expect(open()).toMatchObject([
    {
      severity: 'critical',
      openedAt: host.now - 8 * MINUTE,
      finding: { fact: { state: 'down', part: 'web', restarts: 3, trouble: { kind: 'restarting' } } },
    },
  ]);
  // It has run for twice as long as between its ends, and settled.
  pass(8 * MINUTE + 19 * SECOND);
  expect((await looks(WEB)).ended).toEqual([]);
  pass(SECOND);
  await looks(WEB);
  pass(20 * SECOND);
  expect((await looks(WEB)).ended).toMatchObject([{ key: 'service:web', ending: 'well' }]);
});

test('look takes a start that needed three tries for no loop once it runs', async () => {
  for (const pause of [0, 2 * SECOND, 2 * SECOND]) {
    pass(pause);
    turn('web');
    await looks(WEB);
  }
  pass(25 * SECOND);
  await looks(WEB);
  pass(MINUTE);
  await looks(WEB);
  expect(open()).toEqual([]);
});

test('look forgets a loop when somebody starts it by hand', async () => {
  for (const pause of [0, 4 * MINUTE, 4 * MINUTE]) {
    pass(pause);
    turn('web');
    await looks(WEB);
  }
  host.run('web');
  host.unit('podman-web.service', { restarts: 0 });
  await looks(WEB);
  pass(20 * SECOND);
  expect((await looks(WEB)).ended).toMatchObject([{ key: 'service:web' }]);
});

test('look does not take a count that systemd could not tell for a loop', async () => {
  for (let turns = 0; turns < 5; turns += 1) turn('web');
  host.restart();
  await looks();
  host.systemdAway = true;
  await looks();
  host.systemdAway = false;
  pass(MINUTE);
  await looks();
  expect(open()).toEqual([]);
});

test('look tells of an engine that is away once, and nothing of what it cannot know', async () => {
  host.engineAway = true;
  await looks();
  pass(30 * SECOND);
  const { opened } = await looks();
  expect(opened).toMatchObject([
    {
      key: hostKey('local'),
      severity: 'critical',
      finding: { fact: { kind: 'host', what: 'engine', services: ['immich', 'web', 'loose'] } },
    },
  ]);
  // What systemd says is the truth all the same.
  fail('web');
  pass(MINUTE);
  expect((await looks()).opened).toMatchObject([{ key: 'service:web' }]);
  host.engineAway = false;
  expect((await looks()).ended).toMatchObject([{ key: hostKey('local') }]);
});

test('look tells of the part that is known to be bad, not of one that an engine which is away says nothing of', async () => {
  host.engineAway = true;
  fail('server');
  await looks(IMMICH);
  pass(30 * SECOND);
  await looks(IMMICH);
  expect(alertOf(IMMICH)?.finding.fact).toMatchObject({ part: 'server', trouble: { kind: 'unit-failed' } });
});

test('look tells of a systemd that is away', async () => {
  host.systemdAway = true;
  await looks();
  pass(30 * SECOND);
  expect((await looks()).opened).toMatchObject([
    { key: hostKey('local'), finding: { fact: { what: 'systemd', services: ['immich', 'web', 'native'] } } },
  ]);
});

test('look grants a start its time, and then says that it does not come up', async () => {
  host.containers.delete('web');
  host.unit('podman-web.service', { active: 'activating', sub: 'start' });
  expect((await looks(WEB)).wakes.get(WEB)).toBe(host.now + 10 * MINUTE);
  pass(10 * MINUTE - 1);
  expect((await looks(WEB)).opened).toEqual([]);
  pass(1);
  expect((await looks(WEB)).opened).toMatchObject([
    { severity: 'critical', finding: { fact: { part: 'web', trouble: { kind: 'starting' } } } },
  ]);
});

test('look goes on with the alert that the store has when Steward starts anew, and ends what ended meanwhile', async () => {
  fail('web');
  fail('native', 'native.service');
  pass(MINUTE);
  await looks();
  const [web, native] = open();
  host.restart();
  pass(MINUTE);
  start('web');
  const back = host.now;
  pass(10 * MINUTE);
  const { opened, changed, ended } = await looks();
  expect({ opened, changed }).toEqual({ opened: [], changed: [] });
  expect(ended).toMatchObject([{ id: web?.id, endedAt: back }]);
  expect(open()).toEqual([native]);
});

test('look does not tell the same trouble in other words at each look', async () => {
  const ill = (lastOutput: string) =>
    host.run('web', { health: { status: 'unhealthy', failingSince: host.now - MINUTE, lastOutput } });
  ill('503');
  await looks();
  pass(MINUTE);
  ill('504');
  expect(await looks()).toMatchObject({ opened: [], changed: [], ended: [] });
  fail('web');
  expect((await looks()).changed).toMatchObject([{ severity: 'critical', worst: 'critical' }]);
});

test('look keeps secrets and control characters of what programs say out of alerts', async () => {
  host.secret = 'hunter22';
  host.run('web', {
    health: {
      status: 'unhealthy',
      failingSince: host.now - MINUTE,
      lastOutput: 'no \u001b[31mlogin\nwith hunter22\u202e',
    },
  });
  await looks(WEB);
  expect(alertOf(WEB)?.finding.fact).toMatchObject({ trouble: { output: 'no login with •••' } });
});

test('look takes a container of the engine alone that Steward, or somebody with an event, has stopped for stopped', async () => {
  const ended = (at: number) =>
    host.run('loose', { running: false, state: 'exited', exitCode: 137, finishedAt: at });
  host.locked.add('loose');
  ended(host.now);
  await looks(LOOSE);
  host.locked.clear();
  pass(MINUTE);
  expect((await looks(LOOSE)).opened).toEqual([]);
  host.run('loose');
  await looks(LOOSE);
  pass(MINUTE);
  ended(host.now);
  host.watched.memory.note('loose', { ...died('loose', 137, host.now), action: 'stop' });
  pass(MINUTE);
  expect((await looks(LOOSE)).opened).toEqual([]);
  ended(host.now);
  pass(MINUTE);
  expect((await looks(LOOSE)).opened).toMatchObject([{ key: 'service:loose' }]);
});
