import { beforeEach, expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import { sampleTotals } from '../../../src/operations/reports/sample.ts';
import { trendsOf } from '../../../src/operations/reports/trends.ts';
import { PICTURES_FILED, restartsSample, sizeSample, tookSample } from '../../../src/sample-names.ts';
import { openHouse, type House } from './house.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T08:00:00Z');

let house: House;
let app: App;
beforeEach(async () => {
  house = await openHouse({ from: '2026-11-22T08:00:00Z', timeZone: 'Asia/Seoul' });
  app = house.app;
});

const restartsOf = (name: string) => house.store.samples.last(restartsSample(name), house.now())?.value;

test('sampleTotals counts what has restarted since the look before, also when its counter begins anew', async () => {
  const { signal } = new AbortController();
  await sampleTotals(app, signal);
  expect(restartsOf('vaultwarden')).toBe(0);
  await house.box.kill('vaultwarden', { code: 1 });
  house.set('2026-11-22T09:00:00Z');
  await sampleTotals(app, signal);
  expect(restartsOf('vaultwarden')).toBe(1);
  house.store.facts.put('samples:restarts', { 'vaultwarden vaultwarden': 7 });
  house.set('2026-11-22T10:00:00Z');
  await sampleTotals(app, signal);
  expect(restartsOf('vaultwarden')).toBe(2);
  expect(restartsOf('copyparty')).toBe(0);
});

test('sampleTotals leaves the count of what cannot be asked as it is', async () => {
  const { signal } = new AbortController();
  await sampleTotals(app, signal);
  await house.box.down('refusing');
  house.set('2026-11-22T09:00:00Z');
  await sampleTotals(app, signal);
  expect(restartsOf('vaultwarden')).toBe(0);
});

test('trendsOf tells what the week has added, by local days', () => {
  const { samples } = house.store;
  for (const [days, total] of [
    [40, 2],
    [20, 5],
    [6, 6],
    [3, 6],
    [0, 9],
  ] as const) {
    samples.put(restartsSample('archivebox'), total, NOW - days * DAY);
  }
  // 23:30 in UTC is the next morning there.
  samples.put(PICTURES_FILED, 0, Date.parse('2026-11-01T00:00:00Z'));
  samples.put(PICTURES_FILED, 4, Date.parse('2026-11-19T23:30:00Z'));
  const { restarts, pictures } = trendsOf(app, NOW);
  expect(restarts).toMatchObject({ inWeek: 4, most: { name: 'archivebox', count: 4 } });
  expect(restarts.days).toHaveLength(29);
  expect(restarts.days.filter(({ count }) => count > 0)).toEqual([
    { day: '2026-11-02', count: 3 },
    { day: '2026-11-16', count: 1 },
    { day: '2026-11-22', count: 3 },
  ]);
  expect(pictures.days.filter(({ count }) => count > 0)).toEqual([{ day: '2026-11-20', count: 4 }]);
});

test('trendsOf tells a disk and a backup with what they were a week ago', () => {
  const { samples } = house.store;
  for (const [days, value] of [
    [50, 100],
    [8, 500],
    [0, 700],
  ] as const) {
    samples.put('disk:/:used', value, NOW - days * DAY);
    samples.put(sizeSample('immich'), value, NOW - days * DAY);
    samples.put(tookSample('immich'), value / 10, NOW - days * DAY);
  }
  Object.assign(app.services, { backups: { folder: '/nowhere' } });
  Object.assign(app.services.find('immich'), { backup: { sources: [] } });
  const { disks, backups } = trendsOf(app, NOW);
  expect(disks).toMatchObject([{ path: '/', gained: 200, points: [{ value: 500 }, { value: 700 }] }]);
  expect(backups).toMatchObject([
    { name: 'immich', size: 700, sizeBefore: 500, took: [{ value: 50 }, { value: 70 }] },
  ]);
});

test('trendsOf of a store that knows nothing has nothing', () => {
  const trends = trendsOf(app, NOW);
  expect(trends).toMatchObject({ disks: [], backups: [], restarts: { inWeek: 0, most: undefined } });
});
