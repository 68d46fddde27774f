import { expect, test } from 'vitest';
import { formatSize } from '../../src/units.ts';
import { textsOf } from '../../src/texts/index.ts';

const { duration, about } = textsOf('en');

test.each([
  [0, '0 B'],
  [212_000, '212 KB'],
  [999_600, '1 MB'],
  [1_100_000_000, '1.1 GB'],
  [412e9, '412 GB'],
  [2e12, '2 TB'],
])('formatSize(%d) is %s', (amount, text) => expect(formatSize(amount)).toBe(text));

test('formatSize of memory reads a limit of 4 GiB as 4 GB', () =>
  expect(formatSize(4 * 1024 ** 3, 1024)).toBe('4 GB'));

test.each([
  [0, '0 s'],
  [400, '1 s'],
  [6_000, '6 s'],
  [119_000, '1 min 59 s'],
  [59_999.6, '1 min'],
  [120_000, '2 min'],
  [7_500_000, '2 h 5 min'],
])('duration(%d) is %s', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [12 * 60_000, '12 min'],
  [6 * 3_600_000, '6 h'],
  [30 * 3_600_000, '30 h'],
  [9 * 86_400_000, '9 days'],
])('about(%d) is %s', (ms, text) => expect(about(ms)).toBe(text));
