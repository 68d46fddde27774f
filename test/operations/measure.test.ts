import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { createMeasure, type Family } from '../../src/operations/measure.ts';
import { openBox, type Box } from './box.ts';

let box: Box;
let now: number;
let app: App;
beforeEach(async () => {
  box = await openBox();
  now = Date.now();
  // What a measurement reaches of an App.
  app = {
    ...box.app,
    clock: { now: () => now },
    scheduler: {
      jobs: () => [
        { name: 'drill', subject: undefined, last: undefined },
        { name: 'back-up', subject: 'immich', last: { at: now, took: 1500, outcome: 'failed' } },
      ],
    },
    log: pino({ level: 'silent' }),
  } as unknown as App;
});
afterEach(() => box.close());

const lookAtSelf = () => ({ isWell: true, lastPoll: now - 2000 }) as const;
const valuesOf = (families: readonly Family[], name: string) =>
  families.find((family) => family.name === `steward_${name}`)?.values;

describe('createMeasure', () => {
  test('tells services, containers, backups, jobs, alerts and queues in base units', async () => {
    const { store } = box.app;
    store.backups.put({
      service: 'vaultwarden',
      id: '2026-11-20T14-40-00Z',
      folder: '/b',
      takenAt: now - 3_600_000,
      size: 1234,
      level: 'restored',
      provenAt: now,
      drilledAt: undefined,
      drillTook: undefined,
      images: {},
      counts: {},
      sizes: {},
      isReadable: true,
      trouble: undefined,
      stamp: '',
    });
    store.outbox.put({ key: 'a', chat: 1, body: { what: 'reaction', messageId: 1, emoji: '👀' } });
    await box.kill('archivebox', { code: 1, stay: true });
    const families = await createMeasure(app, { lookAtSelf })();
    expect(valuesOf(families, 'well')).toEqual([{ labels: {}, value: 1 }]);
    expect(valuesOf(families, 'telegram_poll_age_seconds')).toEqual([{ labels: {}, value: 2 }]);
    expect(valuesOf(families, 'service_state')).toContainEqual({
      labels: { service: 'archivebox', host: 'local', state: 'down' },
      value: 1,
    });
    expect(valuesOf(families, 'container_up')).toContainEqual({
      labels: { service: 'archivebox', container: 'archivebox' },
      value: 0,
    });
    expect(valuesOf(families, 'backup_age_seconds')).toEqual([
      { labels: { service: 'vaultwarden' }, value: 3600 },
    ]);
    expect(valuesOf(families, 'backup_level')?.filter(({ value }) => value === 1)).toEqual([
      { labels: { service: 'vaultwarden', level: 'restored' }, value: 1 },
    ]);
    expect(valuesOf(families, 'job_last_duration_seconds')).toEqual([
      { labels: { job: 'back-up', subject: 'immich' }, value: 1.5 },
    ]);
    expect(valuesOf(families, 'job_last_success')).toEqual([
      { labels: { job: 'back-up', subject: 'immich' }, value: 0 },
    ]);
    expect(valuesOf(families, 'telegram_queue_messages')).toEqual([{ labels: {}, value: 1 }]);
    expect(valuesOf(families, 'alerts_open')?.map(({ value }) => value)).toEqual([0, 0, 0]);
  });

  test('asks the hosts once for all who come within half a minute, and again after it', async () => {
    const measure = createMeasure(app, { lookAtSelf });
    await Promise.all([measure(), measure(), measure()]);
    const asked = await measure();
    await box.kill('archivebox', { code: 1, stay: true });
    const down = { labels: { service: 'archivebox', host: 'local', state: 'down' }, value: 0 };
    expect(valuesOf(asked, 'service_state')).toContainEqual(down);
    expect(valuesOf(await measure(), 'service_state')).toContainEqual(down);
    now += 31_000;
    expect(valuesOf(await measure(), 'service_state')).toContainEqual({ ...down, value: 1 });
  });

  test('never hangs: what is not known in time is what was known before, and left out when that is old', async () => {
    const measure = createMeasure(app, { lookAtSelf, patience: 10 });
    while (valuesOf(await measure(), 'service_state') === undefined) await new Promise(setImmediate);
    box.hang();
    now += 60_000;
    const held = await measure();
    expect(valuesOf(held, 'look_age_seconds')).toEqual([{ labels: {}, value: 60 }]);
    expect(valuesOf(held, 'well')).toBeDefined();
    now += 5 * 60_000;
    const late = await measure();
    expect(valuesOf(late, 'service_state')).toBeUndefined();
    expect(valuesOf(late, 'alerts_open')).toBeDefined();
  });

  test('of a store that cannot be read tells the rest', async () => {
    box.app.store.database.run('alter table alerts rename to gone');
    const families = await createMeasure(app, { lookAtSelf })();
    expect(valuesOf(families, 'alerts_open')).toBeUndefined();
    expect(valuesOf(families, 'service_state')).toBeDefined();
  });
});
