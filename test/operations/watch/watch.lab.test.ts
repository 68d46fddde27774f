/** Troubles of real containers and units: exactly the alerts expected, and their ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import { createEngine } from '../../../src/clients/engine.ts';
import { createProbe } from '../../../src/clients/probe.ts';
import { createSystemd } from '../../../src/clients/systemd.ts';
import { systemClock } from '../../../src/clock.ts';
import { createHosts } from '../../../src/hosts.ts';
import { createLocks } from '../../../src/locks.ts';
import { createWatch } from '../../../src/operations/watch/watch.ts';
import { DEPLOY } from '../../../src/operations/update/prepare.ts';
import { readServices } from '../../../src/services.ts';
import { openScratchStore } from '../../../src/store.ts';
import type { AlertRow } from '../../../src/store/alerts.ts';
import { startLab, type RunningLab } from '../../lab/start.ts';
import { openLab, type Lab } from '../../lab/tools.ts';

/** Milliseconds. */
const CADENCE = { looks: 2000, units: 500, rest: 20 };
const LIMIT = 40_000;

let running: RunningLab;
let here: Lab;
let app: App;
let folder: string;
let watching: Promise<void>;
const ending = new AbortController();

/** Each trouble has a service of its own, so that several can be made at once. */
const CONTAINERS = {
  exits: { image: 'web', unit: { serviceLines: ['RestartSec=4'] } },
  stays: { image: 'web', unit: { serviceLines: ['Restart=no'] } },
  loops: {
    image: 'web',
    unit: { unitLines: ['StartLimitIntervalSec=0'], serviceLines: ['RestartSec=100ms'] },
  },
  hungry: { image: 'web', unit: { args: ['--memory=32m'], serviceLines: ['RestartSec=4'] } },
  ill: { image: 'checked' },
  masked: { image: 'web' },
  renamed: { image: 'web' },
  first: { image: 'web', unit: { serviceLines: ['Restart=no'] } },
  second: { image: 'web' },
} as const;
const UNIT = 'native.service';

beforeAll(async () => {
  running = await startLab();
  here = openLab(running.facts);
  await here.addImage('web', '1');
  await here.addImage('checked', '1', { healthcheck: true });
  for (const [name, { image, ...more }] of Object.entries(CONTAINERS)) {
    await here.addContainerUnit(name, here.image(image, '1'), 'unit' in more ? more.unit : {});
  }
  await here.addUnit(UNIT, '[Service]\nExecStart=/bin/busybox sleep 1000000\nRestart=always\nRestartSec=4\n');
  await here.systemd('start', ...unitsOf(Object.keys(CONTAINERS)), UNIT);

  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  const file = join(folder, 'services.yaml');
  const rest = { watch: { after: '1s' }, health: { settle: '1s' } };
  const { first: _first, second: _second, loops: _loops, ...alone } = CONTAINERS;
  const services = {
    ...Object.fromEntries(Object.keys(alone).map((name) => [name, { containers: [name], ...rest }])),
    pair: { containers: ['first', 'second'], ...rest },
    // A check that comes before it listens fails, and the next one is seconds away.
    ill: { containers: ['ill'], watch: { after: '4s' }, health: { settle: '1s' } },
    // A single turn of it takes a second or two, which is no trouble yet.
    loops: { containers: ['loops'], watch: { after: '5s' }, health: { settle: '3s' } },
    native: { units: [UNIT], ...rest },
  };
  writeFileSync(file, JSON.stringify({ services }));
  const read = readServices(file);
  if (read.services === undefined) throw new Error(JSON.stringify(read.faults));
  const log = {
    debug() {},
    info() {},
    warn() {},
    fatal() {},
    error: (...words: unknown[]) => console.error(...words),
  };
  app = {
    // Nobody to tell: what is told is looked at elsewhere.
    config: { telegram: { owners: [] } },
    services: read.services,
    hosts: createHosts([
      {
        name: 'local',
        engine: createEngine(here.socket),
        systemd: createSystemd(here.systemctl.split(' '), here.journalctl.split(' ')),
      },
    ]),
    probe: createProbe(),
    clock: systemClock,
    store: openScratchStore(systemClock),
    locks: createLocks(join(folder, 'locks')),
    redact: (text: string) => text,
    log,
  } as unknown as App;
  watching = createWatch(app, { cadence: CADENCE }).run(ending.signal);
});

afterAll(async () => {
  ending.abort(new Error('over'));
  await watching;
  await app.hosts.all[0]?.engine.close();
  app.store.close();
  rmSync(folder, { recursive: true });
  await running.stop();
});

const unitsOf = (containers: readonly string[]) => containers.map((name) => `podman-${name}.service`);

const row = (key: string): AlertRow | undefined => app.store.alerts.byKey(key);
/** @param times of those that it had before, this one included; it may be over again by now */
const opened = async (key: string, times = 1) => {
  await expect.poll(() => row(key)?.times, { timeout: LIMIT }).toBe(times);
  return row(key)?.finding;
};
const ended = async (key: string) => {
  await expect.poll(() => row(key)?.endedAt, { timeout: LIMIT }).toBeDefined();
  return row(key);
};
/** All that was ever told, open or over. */
const rows = () => [...app.store.alerts.open(), ...app.store.alerts.ended(0)];
const times = () => Object.fromEntries(rows().map((one) => [one.key, one.times]));
const told = () =>
  rows()
    .map(({ key }) => key)
    .sort();

test('a container that dies is told with its exit code and last words, and so is its end', async () => {
  await Promise.all([here.crash('exits', 3), here.crash('stays', 7)]);
  expect(await opened('service:exits')).toMatchObject({
    severity: 'critical',
    fact: {
      part: 'exits',
      trouble: { kind: 'exited', code: 3, outOfMemory: false },
      lastLines: expect.arrayContaining(['dying with 3']),
    },
  });
  expect(await opened('service:stays')).toMatchObject({ fact: { trouble: { kind: 'exited', code: 7 } } });
  // By itself, and by hand.
  await ended('service:exits');
  await here.systemd('start', 'podman-stays.service');
  await ended('service:stays');
  expect(told()).toEqual(['service:exits', 'service:stays']);
});

test('a native unit that is killed is told, and one whose earlier container is gone only of that', async () => {
  await Promise.all([here.systemd('kill', '--signal=KILL', UNIT), here.crash('first', 1)]);
  expect(await opened('service:native')).toMatchObject({
    fact: { trouble: { kind: 'exited', code: 137, outOfMemory: false } },
  });
  expect(await opened('service:pair')).toMatchObject({ fact: { part: 'first' } });
  await here.systemd('start', 'podman-first.service');
  await Promise.all([ended('service:native'), ended('service:pair')]);
});

test('a kill for memory is told with the limit, and a loop though it runs at each look', async () => {
  await Promise.all([here.exhaust('hungry'), endAgain('loops', 3)]);
  expect(await opened('service:hungry')).toMatchObject({
    fact: { trouble: { kind: 'exited', code: 137, outOfMemory: true }, memoryLimit: 32 * 1024 ** 2 },
  });
  await expect
    .poll(() => row('service:loops')?.finding, { timeout: LIMIT })
    .toMatchObject({
      severity: 'critical',
      fact: { state: 'down', restarts: 3, trouble: { kind: 'exited', code: 5 } },
    });
  const [hungry] = await Promise.all([ended('service:hungry'), ended('service:loops')]);
  expect(hungry?.finding.fact).toMatchObject({
    memoryNow: { used: expect.any(Number) as number, limit: 32 * 1024 ** 2 },
  });
});

test('a failing health check, a masked unit and another name are told as what they are', async () => {
  const file = join(here.unitFolder, 'podman-masked.service');
  await rename(file, `${file}.aside`);
  await symlink('/dev/null', file);
  await Promise.all([
    here.systemd('daemon-reload'),
    here.podman('exec', 'ill', '/bin/lab', 'break'),
    here.podman('rename', 'renamed', 'another-name'),
  ]);
  expect(await opened('service:masked')).toMatchObject({
    severity: 'warning',
    fact: { trouble: { kind: 'masked', unit: 'podman-masked.service', runs: true } },
  });
  expect(await opened('service:renamed')).toMatchObject({
    severity: 'critical',
    fact: { trouble: { kind: 'renamed', to: 'another-name' } },
  });
  expect(await opened('service:ill')).toMatchObject({
    severity: 'warning',
    fact: { state: 'degraded', trouble: { kind: 'unhealthy' } },
  });
  await rename(`${file}.aside`, file);
  await Promise.all([
    here.systemd('daemon-reload'),
    here.podman('exec', 'ill', '/bin/lab', 'mend'),
    here.podman('rename', 'another-name', 'renamed'),
  ]);
  await Promise.all(['ill', 'masked', 'renamed'].map((name) => ended(`service:${name}`)));
});

test(
  'an engine that is away for a minute is told once; what dies meanwhile systemd tells, and the rest stays as it was',
  { timeout: 180_000 },
  async () => {
    const before = told();
    const minute = setTimeout(60_000);
    await here.systemd('stop', 'podman.socket', 'podman.service');
    expect(await opened('host:local')).toMatchObject({
      severity: 'critical',
      fact: { kind: 'host', what: 'engine' },
    });
    await here.crash('stays', 9);
    expect(await opened('service:stays', 2)).toMatchObject({
      fact: { trouble: { kind: 'exited', code: 9 } },
    });
    await minute;
    expect(row('host:local')).toMatchObject({ times: 1, endedAt: undefined });
    await here.systemd('start', 'podman.socket');
    await ended('host:local');
    await here.systemd('start', 'podman-stays.service');
    // Folded: it had trouble a short while ago.
    expect(await ended('service:stays')).toMatchObject({ times: 2 });
    expect(told()).toEqual([...before, 'host:local'].sort());
  },
);

test('a deploy, Steward’s own work and what its owner stops are no alarm', async () => {
  const before = times();
  const all = unitsOf(Object.keys(CONTAINERS));
  const deploy = [`--unit=${DEPLOY}`, '/bin/sh', '-c'];
  await here.inside('systemd-run', ...deploy, `systemctl restart ${[...all, UNIT].join(' ')}; sleep 2`);
  await here.waitForUnit(DEPLOY, 'inactive');
  // A backup that stops what it copies, for longer than `watch.after`.
  const lock = app.locks.take('exits', { what: 'backup', by: 'test' });
  await here.systemd('stop', 'podman-exits.service', 'podman-masked.service');
  await here.systemd('restart', 'podman-renamed.service', 'podman-ill.service');
  await here.systemd('start', 'podman-exits.service');
  lock.release();
  // By the time that this one is told, all the others have been looked at.
  await here.crash('stays', 1);
  await opened('service:stays', 3);
  await here.systemd('start', 'podman-stays.service', 'podman-masked.service');
  await ended('service:stays');
  expect(times()).toEqual({ ...before, 'service:stays': 3 });
});

/** Ends it so often, each time when it has been started again. */
async function endAgain(container: string, turns: number): Promise<void> {
  const idOf = () =>
    here.podman('inspect', '--format', '{{.Id}} {{.State.Running}}', container).catch(() => '');
  for (let turn = 0; turn < turns; turn += 1) {
    const before = await idOf();
    await here.crash(container, 5);
    await expect
      .poll(async () => (await idOf()) !== before && (await idOf()).includes('true'), { timeout: LIMIT })
      .toBe(true);
  }
}
