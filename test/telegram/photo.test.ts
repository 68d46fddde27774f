import { expect, test, vi } from 'vitest';
import * as trends from '../../src/image/trends.ts';
import type { OverviewReport } from '../../src/report/overview.ts';
import { OWNER, startHarness } from './harness.ts';

const AT = Date.parse('2026-11-22T08:00:00Z');
const DAY = 86_400_000;
const week: OverviewReport = {
  kind: 'overview',
  verdict: 'good',
  span: 'week',
  isWhole: false,
  host: 'minipc',
  from: AT - 7 * DAY,
  at: AT,
  services: [],
  alerts: { open: [], ended: [] },
  unseen: [],
  backups: undefined,
  disks: [],
  pictures: { filed: 3, waiting: 0, cleaned: 0 },
  updates: [],
  jobs: [],
  errors: { count: 0, last: undefined },
  held: [],
  offline: [],
  trends: {
    from: AT - 28 * DAY,
    to: AT,
    disks: [],
    backups: [],
    restarts: { days: [{ day: '2026-11-22', count: 1 }], inWeek: 1, most: { name: 'archive', count: 1 } },
    pictures: { days: [], inWeek: 0 },
  },
  actions: [[{ label: 'details', command: 'status', args: [] }]],
};

test('a report with trends is one photo whose caption has its words and buttons', async () => {
  const { telegram, store } = await startHarness();
  store.outbox.put({ key: 'daily:2026-11-22', chat: OWNER, body: { what: 'report', report: week } });
  const told = await telegram.waitFor('All good on minipc');
  expect(told).toMatchObject({ silent: true, buttons: [['Details']] });
  const { photo, caption } = telegram.world.find(OWNER, told.id)?.message ?? {};
  expect(photo?.at(-1)).toMatchObject({ width: 780 });
  expect(caption).toContain('1 restart by itself');
});

test('what takes the place of a photo is a message of its own', async () => {
  const { telegram, store } = await startHarness();
  const put = (report: OverviewReport) =>
    store.outbox.put({ key: 'report:1', chat: OWNER, body: { what: 'report', report } });
  put(week);
  const photo = await telegram.waitFor('All good on minipc');
  put({ ...week, host: 'another', trends: undefined });
  const text = await telegram.waitFor('All good on another');
  expect(text.id).toBeGreaterThan(photo.id);
  expect(telegram.world.find(OWNER, text.id)?.message.photo).toBeUndefined();
});

test('where it cannot be drawn the words arrive, and the log says why', async () => {
  vi.spyOn(trends, 'drawTrends').mockRejectedValue(new Error('no memory'));
  const { telegram, store, logged } = await startHarness();
  store.outbox.put({ key: 'daily:2026-11-22', chat: OWNER, body: { what: 'report', report: week } });
  const told = await telegram.waitFor('All good on minipc');
  expect(telegram.world.find(OWNER, told.id)?.message.photo).toBeUndefined();
  expect(logged.join('\n')).toContain('cannot draw a picture');
});
