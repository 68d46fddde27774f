/** On the real Podman and systemd: lines of logs, a loop of kills for memory, and a unit that another one holds back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { App } from '../../../src/app.ts';
import { createAudit } from '../../../src/audit.ts';
import { createEngine } from '../../../src/clients/engine.ts';
import { createMachine } from '../../../src/clients/machine.ts';
import { createProbe } from '../../../src/clients/probe.ts';
import { createSystemd } from '../../../src/clients/systemd.ts';
import { systemClock } from '../../../src/clock.ts';
import { createGuard } from '../../../src/guard.ts';
import { createHosts } from '../../../src/hosts.ts';
import { createLocks } from '../../../src/locks.ts';
import { power } from '../../../src/operations/power.ts';
import { stopLoop } from '../../../src/operations/watch/stop-loop.ts';
import { watchLogs } from '../../../src/operations/watch/watch-logs.ts';
import { createWatch } from '../../../src/operations/watch/watch.ts';
import { createProgress } from '../../../src/progress.ts';
import { createRedact } from '../../../src/redact.ts';
import type { Finding } from '../../../src/report/alerts.ts';
import { readServices } from '../../../src/services.ts';
import { openStore } from '../../../src/store.ts';
import { createTasks } from '../../../src/tasks.ts';
import { lab } from '../../lab/index.ts';

const here = lab();
const TALKER = 'extras-talker';
const GREEDY = 'extras-greedy';
const NATIVE = 'extras-native.service';
const BASE = 'extras-base.service';
const APP = 'extras-app.service';
const close: (() => Promise<unknown> | void)[] = [];
let app: ReturnType<typeof begin>;

/** As the bot runs it, with shorter pauses. */
function begin(folder: string) {
  const file = join(folder, 'services.yaml');
  const quick = { after: '0s' };
  const health = { settle: '0s', timeout: '20s' };
  const services = {
    talk: {
      containers: [TALKER],
      units: [NATIVE],
      health,
      watch: { ...quick, log: [{ pattern: 'heap out of memory', severity: 'critical' }] },
    },
    greedy: { containers: [GREEDY], health, watch: { ...quick, on_loop: 'stop' } },
    app: { units: [APP], health, watch: quick },
  };
  writeFileSync(file, JSON.stringify({ services }));
  const read = readServices(file);
  if (read.services === undefined) throw new Error(JSON.stringify(read.faults));
  const engine = createEngine(here.socket);
  const store = openStore(folder, systemClock);
  const redact = createRedact([]);
  const log = pino({ enabled: false });
  const reach = {
    services: read.services,
    store,
    redact,
    log,
    clock: systemClock,
    hosts: createHosts([
      {
        name: 'local',
        engine,
        systemd: createSystemd(here.systemctl.split(' '), here.journalctl.split(' ')),
      },
    ]),
    probe: createProbe(),
    machine: createMachine(),
    locks: createLocks(join(folder, 'locks')),
    guard: createGuard(false, log),
    config: { telegram: { chat: undefined, owners: [] } } as unknown as App['config'],
  };
  const audit = createAudit({ table: store.audit, redact, clock: systemClock });
  const tasks = createTasks({ ...reach, runs: store.runs, audit });
  const stop = new AbortController();
  const running = [
    watchLogs(reach, stop.signal, { every: 200 }),
    createWatch(reach, {
      cadence: { looks: 2000, units: 1000, rest: 50 },
      stopLoop: (service, loop) =>
        tasks.start(
          { kind: 'job', name: 'stop-loop', subject: service.name, by: 'schedule', audit: 'act' },
          (run) => stopLoop(reach, { service, loop }, run),
        ),
    }).run(stop.signal),
  ];
  close.push(async () => {
    stop.abort(new Error('over'));
    await Promise.all(running);
    await tasks.drain(0);
    await engine.close();
    store.close();
  });
  return reach;
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'extras-'));
  close.push(() => rmSync(folder, { recursive: true }));
  const again = { serviceLines: ['RestartSec=100ms'], args: ['--network=none'] };
  const talker = await here.addContainerUnit(TALKER, here.image('sleeper', '1'), again);
  await here.addUnit(
    NATIVE,
    '[Service]\nExecStart=/bin/sh -c "echo native: heap out of memory; exec sleep 1000000"\n',
  );
  await here.addContainerUnit(GREEDY, here.image('sleeper', '1'), {
    ...again,
    args: ['--network=none', '--memory=16m'],
    command: ['lab', 'greedy'],
  });
  await here.addUnit(
    BASE,
    `[Unit]\nStartLimitBurst=2\n[Service]\nType=exec\nExecStart=/bin/sh -c "test -e ${here.folder}/extras-mended && exec sleep 1000000; exit 3"\nRestart=on-failure\nRestartSec=50ms\n`,
  );
  await here.addUnit(
    APP,
    `[Unit]\nRequires=${BASE}\nAfter=${BASE}\n[Service]\nExecStart=/bin/sleep 1000000\nRestart=always\n`,
  );
  await here.systemd('start', talker);
  await here.waitForLog(TALKER, /sleeping/);
  app = begin(folder);
}, 60_000);

afterAll(async () => {
  for (const end of close.toReversed()) await end();
  for (const unit of [`podman-${TALKER}.service`, `podman-${GREEDY}.service`, NATIVE, APP, BASE])
    await here.removeUnit(unit);
}, 60_000);

const killsOf = (finding: Finding | undefined) =>
  finding?.fact.kind === 'service' && finding.fact.trouble.kind === 'stopped-loop'
    ? finding.fact.trouble.kills
    : undefined;
const findingOf = (key: string) => {
  const row = app.store.alerts.byKey(key);
  return row?.endedAt === undefined ? row?.finding : undefined;
};
const until = (isSo: () => void) => vi.waitFor(isSo, { timeout: 40_000, interval: 50 });
const say = (text: string) => here.podman('exec', TALKER, 'sh', '-c', `echo '${text}' > /proc/1/fd/1`);
const start = (name: string) =>
  power(app, 'start', app.services.find(name), {
    by: 'test',
    signal: new AbortController().signal,
    progress: createProgress(systemClock),
  });

it(
  'lines of a container, of the one that takes its place, and of a unit are one alert',
  { timeout: 90_000 },
  async () => {
    await say('FATAL: heap out of memory 1');
    await until(() =>
      expect(findingOf('log:talk:0')).toMatchObject({
        severity: 'critical',
        fact: { part: TALKER, line: 'FATAL: heap out of memory 1', count: 1 },
      }),
    );
    await here.systemd('restart', `podman-${TALKER}.service`);
    await here.waitForLog(TALKER, /sleeping/);
    await say('all is well');
    await say('FATAL: heap out of memory 2');
    await until(() => expect(findingOf('log:talk:0')).toMatchObject({ fact: { count: 2 } }));
    await here.systemd('start', NATIVE);
    await until(() =>
      expect(findingOf('log:talk:0')).toMatchObject({ fact: { count: 3, part: 'extras-native' } }),
    );
  },
);

it(
  'a container that the kernel kills again and again is stopped, and says why',
  { timeout: 90_000 },
  async () => {
    await here.systemd('start', `podman-${GREEDY}.service`).catch(() => undefined);
    await until(() =>
      expect(findingOf('service:greedy')).toMatchObject({
        severity: 'critical',
        fact: { part: GREEDY, trouble: { kind: 'stopped-loop', limit: 16 * 1024 ** 2 } },
      }),
    );
    // On a busy machine it is killed once more before it is stopped.
    expect([3, 4, 5]).toContain(killsOf(findingOf('service:greedy')));
    // Failed where it was killed once more while it was being stopped: nothing starts it again in either case.
    const state = ['show', '--property=ActiveState', '--value', `podman-${GREEDY}.service`];
    await expect
      .poll(async () => (await here.systemd(...state)).trim(), { timeout: 40_000 })
      .toMatch(/^(?:inactive|failed)$/);
    await until(() =>
      expect(app.store.audit.list({ service: 'greedy' })).toMatchObject([
        { what: 'stop-loop', by: 'schedule', outcome: 'done' },
      ]),
    );
  },
);

it(
  'a unit that another one holds back is told with it, and start begins with that one',
  { timeout: 90_000 },
  async () => {
    await here.systemd('start', APP).catch(() => undefined);
    await here.waitForUnit(BASE, 'failed');
    await here.systemd('start', APP).catch(() => undefined);
    await until(() =>
      expect(findingOf('service:app')).toMatchObject({
        fact: { state: 'down', trouble: { kind: 'held-back', unit: APP, by: BASE } },
      }),
    );
    await here.inside('touch', `${here.folder}/extras-mended`);
    expect(await start('app')).toMatchObject({ ok: true });
    await until(() => expect(findingOf('service:app')).toBeUndefined());
  },
);
