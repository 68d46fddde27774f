import { describe, expect, test } from 'vitest';
import { parseDuration, parseHours, parseSize, parseTimeOfDay } from '../src/units.ts';

test.each([
  ['0', 0],
  ['30s', 30_000],
  ['10m', 600_000],
  ['3h', 10_800_000],
  ['3d', 259_200_000],
])('parseDuration("%s") is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(['', '5', '-3h', '1.5h', '3 h', '3H', '3w', 'h', '99999999999d', '3constructor'])(
  'parseDuration("%s") is none',
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  ['0', 0],
  ['1KB', 1_000],
  ['100MB', 100_000_000],
  ['5GB', 5_000_000_000],
  ['2TB', 2_000_000_000_000],
])('parseSize("%s") is %i bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each(['', '5', '5gb', '5 GB', '5G', '5GiB', '-1MB', '999999999TB'])('parseSize("%s") is none', (text) =>
  expect(parseSize(text)).toBeUndefined(),
);

describe('times of day', () => {
  test.each([
    ['07:00', '07:00'],
    ['7:00', '07:00'],
    ['00:00', '00:00'],
    ['23:59', '23:59'],
  ])('parseTimeOfDay("%s") is %s', (text, time) => expect(parseTimeOfDay(text)).toBe(time));

  test.each(['24:00', '7', '07:60', '07:0', '07:00:00', '7am', ' 07:00'])(
    'parseTimeOfDay("%s") is none',
    (text) => expect(parseTimeOfDay(text)).toBeUndefined(),
  );

  test.each([
    ['23:00-07:30', { from: '23:00', to: '07:30' }],
    ['3:00 - 5:00', { from: '03:00', to: '05:00' }],
    ['23:00–07:30', { from: '23:00', to: '07:30' }],
  ])('parseHours("%s")', (text, hours) => expect(parseHours(text)).toEqual(hours));

  test.each(['23:00', '23:00-', '23:00-25:00', '07:00-07:00', '1:00-2:00-3:00'])(
    'parseHours("%s") is none',
    (text) => expect(parseHours(text)).toBeUndefined(),
  );
});
