/** What the watch finds beside services that are down: loops that it stops, what is held back, a deploy that does not end. */
import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import { createAudit } from '../../../src/audit.ts';
import type { Config } from '../../../src/config.ts';
import { power } from '../../../src/operations/power.ts';
import { DEPLOY } from '../../../src/operations/update/prepare.ts';
import { LEFT_AFTER } from '../../../src/operations/watch/deploy.ts';
import { stopLoop } from '../../../src/operations/watch/stop-loop.ts';
import { createWatch } from '../../../src/operations/watch/watch.ts';
import type { Finding } from '../../../src/report/alerts.ts';
import { createTasks } from '../../../src/tasks.ts';
import { openBox, type Box, type BoxOptions } from '../box.ts';

const HEALTH = { health: { settle: '0s' } };
const log = pino({ enabled: false });
let box: Box;
let end: () => Promise<void>;
afterEach(async () => {
  await end();
  await box.close();
});

/** @param later milliseconds that the watch's clock goes ahead */
async function watch(options: BoxOptions, { later = 0 } = {}): Promise<void> {
  box = await openBox(options);
  const config = { telegram: { chat: undefined, owners: [] } } as unknown as Config;
  const app = { ...box.app, config, log, clock: { now: () => Date.now() + later } };
  const audit = createAudit({ table: app.store.audit, redact: app.redact, clock: app.clock });
  const tasks = createTasks({ ...app, runs: app.store.runs, audit });
  const stop = new AbortController();
  const watching = createWatch(app, {
    cadence: { looks: 500, units: 500, rest: 10 },
    stopLoop: (service, loop) =>
      tasks.start(
        { kind: 'job', name: 'stop-loop', subject: service.name, by: 'schedule', audit: 'act' },
        (run) => stopLoop(app, { service, loop }, run),
      ),
  }).run(stop.signal);
  end = async () => {
    stop.abort(new Error('over'));
    await watching;
    await tasks.drain(0);
  };
}

const open = (key: string): Finding | undefined => {
  const row = box.app.store.alerts.byKey(key);
  return row?.endedAt === undefined ? row?.finding : undefined;
};
const until = (isSo: () => void) => vi.waitFor(isSo, { timeout: 30_000, interval: 20 });

it('a service that is killed for memory three times is stopped, said, and starts again when somebody wishes so', async () => {
  await watch({
    services: {
      vaultwarden: { containers: ['vaultwarden'], watch: { after: '0s', on_loop: 'stop' }, ...HEALTH },
    },
  });
  for (let kill = 0; kill < 3; kill += 1) await box.kill('vaultwarden', { oom: true });
  const loop = { kind: 'stopped-loop', kills: 3, limit: 256 * 1024 ** 2 };
  await until(() =>
    expect(open('service:vaultwarden')).toMatchObject({
      severity: 'critical',
      fact: { kind: 'service', state: 'down', part: 'vaultwarden', trouble: loop },
    }),
  );
  expect(box.runs('vaultwarden')).toBe(false);
  expect(box.app.store.audit.list()).toMatchObject([{ what: 'stop-loop', by: 'schedule', outcome: 'done' }]);
  await power(box.app, 'start', box.service('vaultwarden'), box.run());
  await until(() => expect(open('service:vaultwarden')).toBeUndefined());
});

it('a unit whose start was not made, because another one failed, is told with that one', async () => {
  await watch({
    units: [
      { name: 'base.service', fails: 3 },
      { name: 'app.service', requires: ['base.service'] },
    ],
    services: { app: { units: ['app.service'], watch: { after: '0s' }, ...HEALTH } },
  });
  const { systemd } = box.app.hosts.of(box.service('app'));
  await systemd.start('app.service').catch(() => {});
  await until(() =>
    expect(open('service:app')).toMatchObject({
      severity: 'critical',
      fact: { trouble: { kind: 'held-back', unit: 'app.service', by: 'base.service' } },
    }),
  );
});

it('a program that fails with an exit code of its own because the kernel took a part of it ran out of memory', async () => {
  await watch({
    services: { vaultwarden: { containers: ['vaultwarden'], watch: { after: '0s' }, ...HEALTH } },
  });
  await box.kill('vaultwarden', { oom: true, code: 1, stay: true });
  await until(() =>
    expect(open('service:vaultwarden')).toMatchObject({
      fact: { trouble: { kind: 'exited', code: 1, outOfMemory: true } },
    }),
  );
});

it('a deploy that does not end is told, and keeps nothing quiet', async () => {
  await watch(
    {
      units: [{ name: DEPLOY }],
      services: { vaultwarden: { containers: ['vaultwarden'], watch: { after: '0s' }, ...HEALTH } },
    },
    { later: LEFT_AFTER },
  );
  const { systemd } = box.app.hosts.of(box.service('vaultwarden'));
  await systemd.start(DEPLOY);
  await until(() =>
    expect(open('deploy:local')).toMatchObject({
      severity: 'warning',
      fact: { kind: 'deploy-left', host: 'local', unit: DEPLOY },
    }),
  );
  await box.kill('vaultwarden', { code: 1, stay: true });
  await until(() => expect(open('service:vaultwarden')).toBeDefined());
  await systemd.stop(DEPLOY);
  await until(() => expect(open('deploy:local')).toBeUndefined());
});
