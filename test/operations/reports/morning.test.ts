import { expect, test, vi } from 'vitest';
import { report as reportCommand } from '../../../commands/report.ts';
import type { Job } from '../../../src/app.ts';
import { createErrorCount } from '../../../src/error-count.ts';
import { isWeekly } from '../../../src/operations/reports/morning.ts';
import { NOT_LOOKED } from '../../../src/operations/smoke-test.ts';
import { createProgress } from '../../../src/progress.ts';
import type { Finding } from '../../../src/report/alerts.ts';
import type { OverviewReport } from '../../../src/report/overview.ts';
import { openHouse, type House } from './house.ts';

const ask = async ({ app }: House, ...args: string[]): Promise<OverviewReport> => {
  const progress = createProgress(app.clock);
  const answer = await reportCommand.run(app, args, {
    by: 'test',
    signal: new AbortController().signal,
    progress,
  });
  if (answer.kind !== 'overview') throw new Error(answer.kind);
  return answer;
};
const times = (house: House) => house.told().map(({ at }) => at);

test('a day on which all is well gives one silent message, to the minute', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  await house.until('2026-11-18T23:00:00Z');
  expect(house.told()).toMatchObject([
    { at: '2026-11-17T08:00:00.000Z', silent: true, report: { verdict: 'good', span: 'day', unseen: [] } },
    { at: '2026-11-18T08:00:00.000Z', silent: true, report: { from: Date.parse('2026-11-17T08:00:00Z') } },
  ]);
});

test('without the smoke test nobody can say that all is good', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z', untested: true });
  await house.until('2026-11-17T09:00:00Z');
  expect(house.told()).toMatchObject([
    { silent: false, report: { verdict: 'unsure', unseen: [{ kind: 'smoke-test' }] } },
  ]);
});

test('what the smoke test could not look at is said, and keeps it from all good', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  house.store.facts.put(NOT_LOOKED, [{ key: 'clock', why: 'nobody answers' }]);
  await house.until('2026-11-17T09:00:00Z');
  expect(house.told()).toMatchObject([
    { report: { verdict: 'unsure', unseen: [{ kind: 'check', key: 'clock', cause: 'nobody answers' }] } },
  ]);
});

test('what can never be looked at rings once, and again when something else cannot be', async () => {
  const house = await openHouse({ from: '2026-11-16T00:00:00Z' });
  house.store.facts.put(NOT_LOOKED, [{ key: 'smart:', why: 'no program' }]);
  await house.until('2026-11-17T09:00:00Z');
  house.store.facts.put(NOT_LOOKED, [
    { key: 'smart:', why: 'no program' },
    { key: 'clock', why: 'nobody answers' },
  ]);
  await house.until('2026-11-19T09:00:00Z');
  expect(house.told().map(({ silent }) => silent)).toEqual([false, true, false, true]);
});

test('a smoke test that failed, or is older than a day, does not count', async () => {
  let fails = false;
  const smoke: Job = {
    name: 'smoke-test',
    times: () => [{ times: { at: '06:00' } }],
    run: () => (fails ? Promise.reject(new Error('no')) : Promise.resolve(undefined)),
  };
  const house = await openHouse({ from: '2026-11-17T00:00:00Z', untested: true, jobs: [smoke] });
  await house.until('2026-11-17T09:00:00Z');
  fails = true;
  await house.until('2026-11-18T09:00:00Z');
  expect(house.told().map(({ report }) => report.unseen)).toMatchObject([[], [{ kind: 'smoke-test' }]]);
  house.set('2026-11-20T20:00:00Z');
  expect((await ask(house)).unseen).toMatchObject([{ kind: 'smoke-test' }]);
});

test('a host that cannot be asked is told as what is bad, and rings', async () => {
  const house = await openHouse({ from: '2026-11-17T07:00:00Z' });
  await house.box.down('refusing');
  await house.until('2026-11-17T09:00:00Z');
  const [told] = house.told();
  expect(told).toMatchObject({ silent: false, report: { verdict: 'bad' } });
  expect(told?.report.unseen).toContainEqual(expect.objectContaining({ kind: 'host', name: 'local' }));
});

test('in quiet hours even a bad report comes, and does not ring', async () => {
  const house = await openHouse({
    from: '2026-11-17T06:00:00Z',
    at: '07:00',
    quietHours: { from: '23:00', to: '07:30' },
  });
  await house.box.down('refusing');
  await house.until('2026-11-17T09:00:00Z');
  expect(house.told()).toMatchObject([
    { at: '2026-11-17T07:00:00.000Z', silent: true, report: { verdict: 'bad' } },
  ]);
});

test('three days off: one report is made up, and says how long nobody watched', async () => {
  const house = await openHouse({ from: '2026-11-16T23:00:00Z' });
  await house.until('2026-11-17T12:00:00Z');
  house.set('2026-11-20T15:00:00Z');
  house.start();
  await house.until('2026-11-21T09:00:00Z');
  expect(times(house)).toEqual([
    '2026-11-17T08:00:00.000Z',
    '2026-11-20T15:10:00.000Z',
    '2026-11-21T08:00:00.000Z',
  ]);
  const [, madeUp, next] = house.told();
  expect(madeUp?.report).toMatchObject({
    from: Date.parse('2026-11-17T08:00:00Z'),
    offline: [{ from: Date.parse('2026-11-17T12:00:00Z'), to: Date.parse('2026-11-20T15:10:00Z') }],
  });
  expect(next?.report.offline).toEqual([]);
});

test('an answer while Steward is off says until when it was there', async () => {
  const house = await openHouse({ from: '2026-11-17T06:00:00Z' });
  await house.until('2026-11-17T12:00:00Z');
  house.set('2026-11-17T18:00:00Z');
  const { offline } = await ask(house);
  expect(offline).toEqual([
    { from: Date.parse('2026-11-17T12:00:00Z'), to: Date.parse('2026-11-17T18:00:00Z') },
  ]);
});

test('what a kill cut off does not hide that nobody was there', async () => {
  const house = await openHouse({ from: '2026-11-17T06:00:00Z' });
  await house.until('2026-11-17T12:00:00Z');
  const { runs } = house.store;
  const row = { name: 'alive', subject: undefined, by: 'schedule', owner: 'x', card: undefined } as const;
  const cutOff = runs.begin({ kind: 'job', ...row });
  house.set('2026-11-17T18:00:00Z');
  runs.end(cutOff, 'interrupted');
  expect((await ask(house)).offline).toHaveLength(1);
});

test.each([
  ['2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z', ['2026-03-28T07', '2026-03-29T06', '2026-03-30T06']],
  ['2026-10-23T12:00:00Z', '2026-10-26T12:00:00Z', ['2026-10-24T06', '2026-10-25T07', '2026-10-26T07']],
])('over a change of the clocks from %s to %s it comes once a day at 08:00', async (from, to, expected) => {
  const house = await openHouse({ from, timeZone: 'Europe/Berlin' });
  await house.until(to);
  expect(times(house).map((at) => at.slice(0, 13))).toEqual(expected);
  // The change is on a Sunday.
  expect(house.told().map(({ report }) => report.span)).toEqual(['day', 'week', 'day']);
});

test('Sunday gives the week, and where Sunday was missed the next day does, once', async () => {
  const house = await openHouse({ from: '2026-11-20T12:00:00Z' });
  await house.until('2026-11-21T09:00:00Z');
  house.set('2026-11-23T10:00:00Z');
  house.start();
  await house.until('2026-11-24T09:00:00Z');
  expect(house.told().map(({ at, report }) => `${at.slice(0, 10)} ${report.span}`)).toEqual([
    '2026-11-21 day',
    '2026-11-23 week',
    '2026-11-24 day',
  ]);
  expect(house.told()[1]?.report.from).toBe(Date.parse('2026-11-16T10:10:00Z'));
});

test('isWeekly is true once between two Sundays at their time', () => {
  const at = { at: '08:00', timeZone: 'UTC' };
  const [saturday, sunday, monday] = ['21', '22', '23'].map((day) =>
    Date.parse(`2026-11-${day}T08:00:00Z`),
  ) as [number, number, number];
  expect(isWeekly(at, { last: saturday, now: sunday - 1 })).toBe(false);
  expect(isWeekly(at, { last: saturday, now: sunday })).toBe(true);
  expect(isWeekly(at, { last: sunday, now: monday })).toBe(false);
});

test('a job that failed is told once, with whether it went well since', async () => {
  let fails = true;
  const job: Job = {
    name: 'back-up',
    times: () => [{ subject: 'photos', times: { at: '05:00' } }],
    run: () => (fails ? Promise.reject(new Error('the disk is full')) : Promise.resolve(undefined)),
  };
  const house = await openHouse({ from: '2026-11-17T00:00:00Z', jobs: [job] });
  await house.until('2026-11-17T09:00:00Z');
  fails = false;
  await house.until('2026-11-19T09:00:00Z');
  const failed = { name: 'back-up', subject: 'photos', times: 1, reason: 'the disk is full' };
  expect(house.told().map(({ report }) => [report.verdict, report.jobs])).toMatchObject([
    ['troubled', [{ ...failed, isOver: false }]],
    ['good', []],
    ['good', []],
  ]);
  expect((await ask(house, 'week')).jobs).toMatchObject([{ ...failed, isOver: true }]);
});

const finding = (key: string, severity: Finding['severity']): Finding => ({
  key,
  severity,
  since: Date.parse('2026-11-17T03:00:00Z'),
  fact: { kind: 'job', job: 'drill', subject: 'photos', cause: 'it differs' },
});

test('alerts are told while they last, and when they came and went', async () => {
  const house = await openHouse({ from: '2026-11-17T02:00:00Z' });
  const { alerts } = house.store;
  const open = alerts.begin(finding('job:drill photos', 'warning'), house.now());
  const over = alerts.begin(finding('clock', 'warning'), house.now());
  alerts.patch(over.id, { endedAt: Date.parse('2026-11-17T03:03:00Z') });
  await house.until('2026-11-17T09:00:00Z');
  alerts.patch(open.id, { endedAt: house.now() });
  await house.until('2026-11-18T09:00:00Z');
  const [first, second] = house.told().map(({ report }) => report);
  expect(first).toMatchObject({
    verdict: 'troubled',
    alerts: { open: [{ finding: { key: 'job:drill photos' } }], ended: [{ lasted: 180_000 }] },
  });
  expect(second).toMatchObject({
    verdict: 'good',
    alerts: { open: [], ended: [{ endedAt: open.changedAt + 25_200_000 }] },
  });
});

test("Steward's own errors are counted since the last report, and keep it from all good", async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  const count = createErrorCount({ store: house.store, clock: house.app.clock });
  count('cannot work off the outbox');
  await house.until('2026-11-17T01:00:00Z');
  count('a tick failed');
  await house.until('2026-11-18T09:00:00Z');
  expect(house.told().map(({ report }) => [report.verdict, report.errors])).toMatchObject([
    ['troubled', { count: 2, last: { message: 'a tick failed' } }],
    ['good', { count: 0 }],
  ]);
});

test('createErrorCount counts a flood in few writes, and never throws', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  const count = createErrorCount({ store: house.store, clock: house.app.clock });
  const put = vi.spyOn(house.store.samples, 'put');
  for (let n = 0; n < 1000; n += 1) count('again');
  house.set('2026-11-17T00:00:05Z');
  count('again');
  expect(put).toHaveBeenCalledTimes(2);
  expect(house.store.samples.last('errors:steward', house.now())?.value).toBe(1001);
  put.mockImplementation(() => {
    throw new Error('database or disk is full');
  });
  house.set('2026-11-17T00:00:10Z');
  expect(() => count('again')).not.toThrow();
});

test('details are those of the report that offers them, as it was told', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z', untested: true });
  await house.until('2026-11-17T09:00:00Z');
  const [told] = house.told();
  const button = told?.report.actions?.flat().find(({ label }) => label === 'details');
  expect(button).toMatchObject({ command: 'report', args: ['details', '2026-11-17'] });
  await house.box.down('refusing');
  const details = await ask(house, ...(button?.args ?? []));
  expect(details).toMatchObject({ isWhole: true, verdict: 'unsure', at: told?.report.at, actions: [] });
  // One that is not kept any more is made anew.
  expect(await ask(house, 'details', '2026-10-01')).toMatchObject({ isWhole: true, verdict: 'bad' });
});

test('a report that somebody runs again on the same day is a message of its own', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  await house.until('2026-11-17T09:00:00Z');
  const run = { by: 'test', signal: new AbortController().signal, progress: createProgress(house.app.clock) };
  await house.app.jobs[0]?.run(house.app, undefined, run);
  expect(house.told().map(({ key }) => key)).toEqual(['daily:2026-11-17', `daily:2026-11-17:${house.now()}`]);
});

test('what makes a report old is written with it or not at all', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  vi.spyOn(house.store.facts, 'put').mockImplementationOnce(() => {
    throw new Error('database or disk is full');
  });
  await house.until('2026-11-17T08:00:00Z');
  expect(house.told()).toEqual([]);
  await house.until('2026-11-18T09:00:00Z');
  expect(house.told()).toMatchObject([{ at: '2026-11-18T08:00:00.000Z' }]);
});

test.each([[['wek']], [['week', '2026-11-17']], [['details', '2026-11-17', 'x']]])(
  'report %j is refused',
  async (args) => {
    const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
    await expect(ask(house, ...args)).rejects.toThrow(/say report, report week or report details/);
  },
);

test('what goes wrong with the backups is said, and the rest is told all the same', async () => {
  const house = await openHouse({ from: '2026-11-17T00:00:00Z' });
  const { app, store } = house;
  Object.assign(app.services, { backups: { folder: '/dev/null/backups' } });
  Object.assign(app.services.find('vaultwarden'), { backup: { sources: [], at: '04:00', keep: {} } });
  const facts = { ...store.facts };
  vi.spyOn(store.facts, 'get').mockImplementation((key) => {
    if (key.includes('/dev/null/backups')) throw new Error('disk I/O error');
    return facts.get(key);
  });
  await house.until('2026-11-17T09:00:00Z');
  const [told] = house.told();
  expect(told?.report.verdict).not.toBe('good');
  expect(told?.report.unseen).toMatchObject([{ kind: 'backups', cause: 'disk I/O error' }]);
  expect(told?.report.services.length).toBeGreaterThan(3);
});
