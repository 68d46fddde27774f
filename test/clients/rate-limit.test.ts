import { expect, test } from 'vitest';
import { openAgainAt } from '../../src/clients/rate-limit.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each<[string, Record<string, string>, number]>([
  ['seconds', { 'retry-after': '120' }, NOW + 2 * MINUTE],
  ['a date', { 'retry-after': new Date(NOW + HOUR).toUTCString() }, NOW + HOUR],
  ['a moment of GitHub', { 'x-ratelimit-reset': String((NOW + HOUR) / 1000) }, NOW + HOUR],
  ['seconds of the RateLimit headers', { 'ratelimit-reset': '30' }, NOW + 30_000],
  ['the window of Docker Hub', { 'ratelimit-remaining': '0;w=3600' }, NOW + HOUR],
  ['the first of several', { 'retry-after': '60', 'x-ratelimit-reset': '1' }, NOW + MINUTE],
  ['nothing', {}, NOW + MINUTE],
  ['nonsense', { 'retry-after': 'soon' }, NOW + MINUTE],
  ['a moment that is over', { 'x-ratelimit-reset': '1' }, NOW],
  ['years', { 'retry-after': '99999999' }, NOW + 6 * HOUR],
])('openAgainAt understands %s', (_, headers, expected) => {
  expect(openAgainAt(headers, NOW)).toBe(expected);
});
