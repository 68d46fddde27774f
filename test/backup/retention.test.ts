import { describe, expect, test } from 'vitest';
import { planRetention, type Keep, type Kept } from '../../src/backup/retention.ts';
import type { Level } from '../../src/backup/proof.ts';
import { createCalendar } from '../../src/calendar.ts';

const rome = createCalendar('Europe/Rome');
const dayOf = (at: number) => rome.dayOf(at);
const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T05:00:00Z');
const KEEP: Keep = { daily: 3, weekly: 0, monthly: 0 };
const NONE: Keep = { daily: 0, weekly: 0, monthly: 0 };

const at = (moment: string, level: Level = 'decoded'): Kept => ({
  id: `${moment.replaceAll(':', '-')}-00Z`,
  takenAt: Date.parse(`${moment}:00Z`),
  level,
});
const ago = (days: number, level: Level = 'decoded'): Kept =>
  at(new Date(NOW - days * DAY).toISOString().slice(0, 16), level);

const plan = (backups: readonly Kept[], keep = KEEP, now = NOW) =>
  planRetention(backups, keep, { now, dayOf });
const removable = (backups: readonly Kept[], keep = KEEP, now = NOW) => {
  const planned = plan(backups, keep, now);
  if (planned.refused) throw new Error('refused');
  return planned.removable;
};
const ids = (backups: readonly Kept[]) => backups.map(({ id }) => id);

test('planRetention keeps what there is until there is more than is to be kept', () => {
  expect(plan([])).toEqual({ refused: false, kept: [], removable: [] });
  expect(removable([ago(0), ago(1), ago(2)])).toEqual([]);
  expect(removable([ago(0), ago(1), ago(2), ago(3)])).toEqual(ids([ago(3)]));
});

test('planRetention keeps the newest of a day, by the clock of the host', () => {
  // 23:30 and 00:30 in Rome are one UTC day and two local ones.
  const [evening, night, morning] = [
    at('2026-11-17T22:30'),
    at('2026-11-17T23:30'),
    at('2026-11-18T04:00'),
  ] as const;
  const later = at('2026-11-19T04:00');
  expect(plan([evening, night, morning, later], { ...NONE, daily: 3 })).toEqual({
    refused: false,
    kept: [
      {
        id: later.id,
        reasons: [{ kind: 'newest' }, { kind: 'newest-proven' }, { kind: 'daily', of: '2026-11-19' }],
      },
      { id: morning.id, reasons: [{ kind: 'daily', of: '2026-11-18' }] },
      { id: evening.id, reasons: [{ kind: 'daily', of: '2026-11-17' }] },
    ],
    removable: [night.id],
  });
});

test('planRetention keeps all of the last 24 hours, and only proven ones make the others old', () => {
  const [before, wish, regret] = [
    at('2026-11-18T10:00'),
    at('2026-11-19T09:00'),
    at('2026-11-19T10:00'),
  ] as const;
  expect(removable([before, wish, regret], { ...NONE, daily: 1 })).toEqual([before.id]);
  const unproven: Kept = { ...at('2026-11-20T04:00'), level: 'copied' };
  expect(removable([wish, regret, unproven], { ...NONE, daily: 1 })).toEqual([]);
});

test('planRetention keeps both of the days that a change of the clocks makes shorter and longer', () => {
  const spring = [
    '2026-03-28T22:30',
    '2026-03-28T23:30',
    '2026-03-29T21:30',
    '2026-03-29T22:30',
    '2026-03-31T09:00',
  ].map((one) => at(one));
  // Rome: 28th 23:30, 29th 00:30, 29th 23:30 in summer time, 30th 00:30.
  expect(removable(spring, { ...NONE, daily: 9 })).toEqual(ids([spring[1] as Kept]));
  const autumn = [
    '2026-10-24T21:30',
    '2026-10-24T22:30',
    '2026-10-25T22:30',
    '2026-10-25T23:30',
    '2026-10-28T09:00',
  ].map((one) => at(one));
  expect(removable(autumn, { ...NONE, daily: 9 })).toEqual(ids([autumn[1] as Kept]));
});

test('planRetention counts days that have a backup, so that a time off costs none', () => {
  expect(removable([ago(0), ago(90), ago(91), ago(92)])).toEqual(ids([ago(92)]));
  expect(removable([ago(400), ago(401), ago(402)])).toEqual([]);
});

test('planRetention keeps weeks from Monday and months beside the days', () => {
  const days = Array.from({ length: 60 }, (_, index) => ago(index));
  const planned = plan(days, { daily: 1, weekly: 2, monthly: 3 });
  if (planned.refused) throw new Error('refused');
  expect(
    planned.kept.map(({ id, reasons }) => [
      id.slice(0, 10),
      ...reasons.slice(-2).map((one) => 'of' in one && one.of),
    ]),
  ).toEqual([
    ['2026-11-20', '2026-11-16', '2026-11'],
    ['2026-11-15', '2026-11-09'],
    ['2026-10-31', '2026-10'],
    ['2026-09-30', '2026-09'],
  ]);
});

test.each([NONE, KEEP, { daily: 0, weekly: 0, monthly: 1 }])(
  'planRetention never chooses the newest proven one, with %o',
  (keep) => {
    const backups = [ago(0, 'copied'), ago(1, 'copied'), ago(700, 'restored'), ago(701)];
    expect(removable(backups, keep)).not.toContain(ago(700).id);
    expect(removable(backups, keep)).not.toContain(ago(0).id);
  },
);

describe('unproven backups', () => {
  test('never take the place of proven ones', () => {
    const unproven = Array.from({ length: 20 }, (_, index) => ago(index, 'copied'));
    const proven = [ago(30), ago(31), ago(32), ago(33)];
    expect(removable([...unproven, ...proven])).toEqual([ago(33).id, ...ids(unproven.slice(7)).toReversed()]);
  });

  test('stay until there are proven ones of seven later days', () => {
    const later = (days: number) => Array.from({ length: days }, (_, index) => ago(index));
    const keep = { ...NONE, daily: 30 };
    expect(removable([ago(40, 'copied'), ...later(6)], keep)).toEqual([]);
    expect(removable([ago(40, 'copied'), ...later(7)], keep)).toEqual(ids([ago(40)]));
  });
});

test('planRetention keeps the last one from before the data became smaller', () => {
  const backups = [ago(0), ago(1), ago(2), ago(3), ago(4)];
  const planned = planRetention(backups, KEEP, { now: NOW, dayOf, fuller: ago(4).id });
  expect(planned).toMatchObject({ removable: [ago(3).id], kept: { 3: { reasons: [{ kind: 'fuller' }] } } });
});

describe('the clock', () => {
  const backups = Array.from({ length: 9 }, (_, index) => ago(index));

  test('set back refuses everything, and names the backup that is ahead', () => {
    expect(plan(backups, KEEP, NOW - DAY)).toEqual({
      refused: true,
      ahead: { id: ago(0).id, takenAt: NOW },
    });
    expect(plan(backups, KEEP, 0).refused).toBe(true);
    expect(plan([ago(-1, 'copied'), ...backups]).refused).toBe(true);
  });

  test('set right by a few minutes refuses nothing', () => {
    expect(plan(backups, KEEP, NOW - 9 * 60_000).refused).toBe(false);
    expect(plan(backups, KEEP, NOW - 11 * 60_000).refused).toBe(true);
  });

  test.each([1, 365, 36_500])('set forward by %i days removes no more than without it', (days) => {
    expect(plan(backups, KEEP, NOW + days * DAY)).toEqual(plan(backups));
    const jumped = ago(-days);
    const kept = [jumped, ...backups].filter(
      ({ id }) => !removable([jumped, ...backups], KEEP, NOW + days * DAY).includes(id),
    );
    expect(kept).toEqual([jumped, ago(0), ago(1)]);
  });
});

test('planRetention orders backups of one second as they were taken', () => {
  const [first, second, tenth] = ['', '-2', '-10'].map((suffix) => ({
    ...ago(2),
    id: `${ago(2).id}${suffix}`,
  })) as [Kept, Kept, Kept];
  expect(removable([tenth, first, ago(0), second], { ...NONE, daily: 2 })).toEqual([first.id, second.id]);
});

test('planRetention of a year, for review', async () => {
  const backups = Array.from({ length: 400 }, (_, day) => day)
    // Off in August; four failed proofs.
    .filter((day) => !dayOf(NOW - day * DAY).startsWith('2026-08'))
    .map((day) => ago(day, [2, 3, 19, 20].includes(day) ? 'copied' : day % 7 === 5 ? 'restored' : 'decoded'));
  const planned = plan(backups, { daily: 14, weekly: 6, monthly: 8 });
  if (planned.refused) throw new Error('refused');
  const lines = planned.kept.map(({ id, reasons }) =>
    [
      id,
      (backups.find((one) => one.id === id)?.level ?? '').padEnd(8),
      reasons.map((reason) => ('of' in reason ? `${reason.kind} ${reason.of}` : reason.kind)).join(', '),
    ].join('  '),
  );
  await expect(
    [...lines, '', `${planned.removable.length} of ${backups.length} removable`, ''].join('\n'),
  ).toMatchFileSnapshot('retention.golden.txt');
});
