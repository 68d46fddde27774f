import { describe, expect, test } from 'vitest';
import { createCalendar } from '../src/calendar.ts';

const next = (timeZone: string, time: { at: string; weekday?: number }, after: string): string =>
  new Date(createCalendar(timeZone).next(time, Date.parse(after))).toISOString();

describe('next', () => {
  test.each([
    [
      'today, when it is still to come',
      'Asia/Seoul',
      '07:00',
      '2026-11-20T21:59:59Z',
      '2026-11-20T22:00:00.000Z',
    ],
    [
      'tomorrow, at the moment itself',
      'Asia/Seoul',
      '07:00',
      '2026-11-20T22:00:00Z',
      '2026-11-21T22:00:00.000Z',
    ],
    ['midnight', 'Europe/Rome', '00:00', '2026-11-20T12:00:00Z', '2026-11-20T23:00:00.000Z'],
    ['over the end of a year', 'UTC', '04:20', '2026-12-31T12:00:00Z', '2027-01-01T04:20:00.000Z'],
    [
      'a zone with quarters of an hour',
      'Asia/Kathmandu',
      '04:20',
      '2026-06-01T00:00:00Z',
      '2026-06-01T22:35:00.000Z',
    ],
    [
      'Rome, the last day of winter time',
      'Europe/Rome',
      '07:00',
      '2026-03-28T00:00:00Z',
      '2026-03-28T06:00:00.000Z',
    ],
    [
      'Rome, the first day of summer time',
      'Europe/Rome',
      '07:00',
      '2026-03-28T12:00:00Z',
      '2026-03-29T05:00:00.000Z',
    ],
    [
      'Rome, a time that is skipped: as much later',
      'Europe/Rome',
      '02:30',
      '2026-03-28T12:00:00Z',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'Rome, a time that is repeated: the first',
      'Europe/Rome',
      '02:30',
      '2026-10-24T12:00:00Z',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'Rome, after the first of a repeated time: the next day',
      'Europe/Rome',
      '02:30',
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00.000Z',
    ],
    [
      'New York, a time that is skipped',
      'America/New_York',
      '02:15',
      '2026-03-08T00:00:00Z',
      '2026-03-08T07:15:00.000Z',
    ],
    [
      'New York, a time that is repeated',
      'America/New_York',
      '01:30',
      '2026-10-31T12:00:00Z',
      '2026-11-01T05:30:00.000Z',
    ],
    [
      'New York, between the two of a repeated time',
      'America/New_York',
      '01:30',
      '2026-11-01T06:00:00Z',
      '2026-11-02T06:30:00.000Z',
    ],
    [
      'Lord Howe, where the gap is half an hour',
      'Australia/Lord_Howe',
      '02:15',
      '2026-10-03T00:00:00Z',
      '2026-10-03T15:45:00.000Z',
    ],
  ])('%s', (_, zone, at, after, expected) => {
    expect(next(zone, { at }, after)).toBe(expected);
  });

  test('a weekday: this week, and the next one once it has passed', () => {
    const sunday = { at: '05:00', weekday: 0 };
    expect(next('Europe/Rome', sunday, '2026-11-20T12:00:00Z')).toBe('2026-11-22T04:00:00.000Z');
    expect(next('Europe/Rome', sunday, '2026-11-22T04:00:00Z')).toBe('2026-11-29T04:00:00.000Z');
  });

  test.each(['Europe/Rome', 'America/New_York', 'Asia/Seoul', 'Africa/Cairo', 'Australia/Lord_Howe'])(
    'in %s every day of a year has each time exactly once, in order',
    (zone) => {
      const calendar = createCalendar(zone);
      const day = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
      for (const at of ['00:00', '00:30', '01:30', '02:00', '02:30', '03:00', '23:59']) {
        const days: string[] = [];
        let moment = Date.parse('2026-01-01T12:00:00Z');
        while (days.length < 366) {
          const following = calendar.next({ at }, moment);
          expect(following).toBeGreaterThan(moment);
          moment = following;
          days.push(day.format(moment));
        }
        expect(new Set(days).size).toBe(days.length);
        const [first = '', last = ''] = [days[0], days.at(-1)];
        expect((Date.parse(last) - Date.parse(first)) / 86_400_000).toBe(365);
      }
    },
  );
});
