import { describe, expect, it } from 'vitest';
import { dailyGrowth, daysLeft, type Point } from '../../src/checks/growth.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T06:00:00Z');

/** Four figures a day, of `days` days; the last day has the number 0. */
const history = (days: number, value: (day: number) => number): Point[] =>
  Array.from({ length: days * 4 }, (_, index) => {
    const age = (days * 4 - 1 - index) / 4;
    return { at: NOW - age * DAY - 1000, value: value(days - Math.floor(age) - 1) };
  });

describe('dailyGrowth', () => {
  it('finds steady growth', () => {
    expect(
      dailyGrowth(
        history(30, (day) => 100 + 2 * day),
        NOW,
      ),
    ).toBe(2);
    expect(
      dailyGrowth(
        history(8, (day) => 100 + 2 * day),
        NOW,
      ),
    ).toBe(2);
  });

  it('is not misled by days without a figure', () => {
    const gaps = history(30, (day) => 100 + 2 * day).filter(
      ({ at }) => (NOW - at) / DAY < 6 || (NOW - at) / DAY > 9,
    );
    expect(dailyGrowth(gaps, NOW)).toBe(2);
  });

  it('takes one large copy, and one large deletion, for none', () => {
    for (const when of [3, 15, 26, 28]) {
      expect(
        dailyGrowth(
          history(30, (day) => (day < when ? 100 : 500)),
          NOW,
        ),
      ).toBe(0);
      expect(
        dailyGrowth(
          history(30, (day) => (day < when ? 500 : 100)),
          NOW,
        ),
      ).toBeLessThanOrEqual(0);
    }
  });

  it('takes what is made each day and deleted each week for none', () => {
    for (const offset of [0, 1, 2, 3, 4, 5, 6]) {
      expect(
        dailyGrowth(
          history(30, (day) => 100 + 10 * ((day + offset) % 7)),
          NOW,
        ),
      ).toBeLessThanOrEqual(0);
      expect(
        dailyGrowth(
          history(8, (day) => 100 + 10 * ((day + offset) % 7)),
          NOW,
        ),
      ).toBeLessThanOrEqual(0);
    }
  });

  it('sees what grows by one step a week', () => {
    expect(
      dailyGrowth(
        history(30, (day) => 100 + 70 * Math.floor(day / 7)),
        NOW,
      ),
    ).toBe(10);
  });

  it('sees a log that has run away since four days', () => {
    expect(
      dailyGrowth(
        history(30, (day) => 100 + 50 * Math.max(0, day - 25)),
        NOW,
      ),
    ).toBeGreaterThan(25);
  });

  it('says nothing of too short a time, nor of figures that are dated ahead', () => {
    expect(
      dailyGrowth(
        history(4, (day) => 100 * day),
        NOW,
      ),
    ).toBeUndefined();
    expect(dailyGrowth([], NOW)).toBeUndefined();
    expect(
      dailyGrowth(
        history(30, (day) => 2 * day).map(({ at, value }) => ({ at: at + 40 * DAY, value })),
        NOW,
      ),
    ).toBeUndefined();
  });
});

describe('daysLeft', () => {
  it('divides what is free, and has no answer where nothing grows', () => {
    expect(daysLeft(100, 10)).toBe(10);
    expect(daysLeft(100, 0)).toBeUndefined();
    expect(daysLeft(100, -3)).toBeUndefined();
    expect(daysLeft(100, undefined)).toBeUndefined();
  });
});
