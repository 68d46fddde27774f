import { afterEach, expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import { createWatch } from '../../../src/operations/watch/watch.ts';
import type { AlertRow } from '../../../src/store/alerts.ts';
import { openBox, type Box, type BoxOptions } from '../box.ts';

/** Milliseconds. */
const CADENCE = { looks: 2000, units: 2000, rest: 10 };
const WATCH = { after: '0s' };

let box: Box;
let ending: AbortController;
let running: Promise<void>;

const open = async (options?: BoxOptions) => {
  box = await openBox(options);
};
const log = {
  debug() {},
  info() {},
  warn() {},
  fatal() {},
  error: (...words: unknown[]) => console.error(...words),
};

const watch = () => {
  ending = new AbortController();
  // Nobody to tell: what is told is looked at elsewhere.
  const config = { telegram: { owners: [] } } as unknown as App['config'];
  const app = { ...box.app, config, log: log as unknown as App['log'] };
  running = createWatch(app, { cadence: CADENCE }).run(ending.signal);
};
const stop = async () => {
  ending.abort(new Error('over'));
  await running;
};
afterEach(async () => {
  await stop();
  await box.close();
});

const alerts = () => box.app.store.alerts;
const until = async (what: () => boolean) => {
  const end = Date.now() + 20_000;
  while (!what()) {
    if (Date.now() > end) throw new Error(`Waited in vain; open are ${JSON.stringify(alerts().open())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const opened = async (key: string): Promise<AlertRow> => {
  await until(() => alerts().byKey(key)?.endedAt === undefined && alerts().byKey(key) !== undefined);
  return alerts().byKey(key) as AlertRow;
};
const ended = async (key: string): Promise<AlertRow> => {
  await until(() => alerts().byKey(key)?.endedAt !== undefined);
  return alerts().byKey(key) as AlertRow;
};

const SERVICES = {
  vaultwarden: { containers: ['vaultwarden'], watch: WATCH, health: { settle: '0s' } },
  'anki-sync': { units: ['anki-sync-server.service'], watch: WATCH, health: { settle: '0s' } },
};

test('createWatch tells of a container that died as soon as the engine does, and of its end', async () => {
  await open({ services: SERVICES });
  watch();
  box.write('vaultwarden', 'cannot open the database\n', 'stderr');
  await box.kill('vaultwarden', { code: 3, stay: true });
  const { finding } = await opened('service:vaultwarden');
  expect(finding).toMatchObject({
    severity: 'critical',
    fact: { part: 'vaultwarden', trouble: { kind: 'exited', code: 3, outOfMemory: false } },
  });
  expect(finding.fact).toHaveProperty('lastLines', expect.arrayContaining(['cannot open the database']));
  await box.app.hosts.of(box.service('vaultwarden')).systemd.start('podman-vaultwarden.service');
  expect(await ended('service:vaultwarden')).toMatchObject({ ending: 'well', times: 1 });
});

test('createWatch notices a health check that fails, and one that passes again', async () => {
  await open({ services: SERVICES });
  watch();
  box.setHealth('vaultwarden', 'unhealthy', 'timeout');
  expect(await opened('service:vaultwarden')).toMatchObject({
    severity: 'warning',
    finding: { fact: { state: 'degraded', trouble: { kind: 'unhealthy' } } },
  });
  box.setHealth('vaultwarden', 'healthy');
  await ended('service:vaultwarden');
});

test('createWatch tells of an engine that is away, and looks at once when it is back', async () => {
  await open({ services: SERVICES });
  for (const { name } of box.app.services.all) Object.assign(box.service(name).watch, { after: 0 });
  watch();
  await box.down();
  expect(await opened('host:local')).toMatchObject({
    severity: 'critical',
    finding: { fact: { what: 'engine' } },
  });
  await box.up();
  await ended('host:local');
  expect(alerts().open()).toEqual([]);
});

test('createWatch ends the alerts of services that the configuration does not name any more', async () => {
  await open({ services: SERVICES });
  const finding = {
    key: 'service:gone',
    severity: 'critical',
    since: 0,
    fact: { kind: 'host', host: 'x', what: 'engine', cause: 'y', services: [] },
  } as const;
  alerts().begin(finding, 0);
  alerts().begin({ ...finding, key: 'disk:/' }, 0);
  watch();
  expect(await ended('service:gone')).toMatchObject({ ending: 'unwatched' });
  expect(alerts().open()).toMatchObject([{ key: 'disk:/' }]);
});
