import { afterEach, expect, test } from 'vitest';
import { lookAtHost } from '../../jobs/look-at-host.ts';
import { smokeTest } from '../../jobs/smoke-test.ts';
import type { App, Run } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { sampleOf } from '../../src/operations/smoke/disks.ts';
import { createProgress } from '../../src/progress.ts';
import { createRedact } from '../../src/redact.ts';
import { diskOf, openPlace, type Place } from '../operations/smoke-place.ts';

let place: Place;
afterEach(() => place.close());

const run = (): Run => ({
  by: 'schedule',
  signal: new AbortController().signal,
  progress: createProgress({ now: () => place.now }),
});

test('each quarter of an hour the figures are kept and what is wrong is told; a morning later ends what is over', async () => {
  place = await openPlace();
  const [local] = place.app.hosts.all;
  if (local === undefined) throw new Error('no host');
  local.engine.version = () => Promise.resolve({ name: 'Podman', version: '5.4.2', apiVersion: '1.41' });
  const app = {
    ...place.app,
    config: readConfig({ env: { STEWARD_ENV: '/dev/null', TELEGRAM_OWNER_IDS: '7', QUIET_HOURS: 'off' } })
      .config,
    log: createLogger({ level: 'silent', redact: createRedact([]) }),
  } as App;
  const told = () =>
    app.store.database
      .all<{ key: string }>("select key from outbox where key like 'alert%' order by key")
      .map(({ key }) => key);

  place.disks.set('/', diskOf('/', 95));
  expect(await lookAtHost.run(app, undefined, run())).toBeUndefined();
  expect(app.store.samples.last(sampleOf('/'), place.now)?.value).toBe(95e9);
  expect(told()).toEqual(['alert:1']);

  place.disks.delete('/');
  expect(await smokeTest.run(app, undefined, run())).toBeUndefined();
  expect(app.store.alerts.open()).toEqual([]);
  expect(app.store.alerts.byKey('disk:/')).toMatchObject({ ending: 'well' });

  place.write('proc/sys/kernel/random/boot_id', 'second\n');
  expect(await lookAtHost.run(app, undefined, run())).toMatchObject({ kind: 'host-news', rebootedAt: 1000 });

  expect(smokeTest.times(app)).toEqual([{ times: { at: '06:00', jitter: true } }]);
  expect(lookAtHost.times(app)).toEqual([{ times: { every: 900_000, atStart: true } }]);
});
