import { expect, it } from 'vitest';
import { createRate } from '../../src/http/rate.ts';

const clockAt = (now: number) => {
  const clock = { at: now, now: () => clock.at };
  return clock;
};
const takeMany = (rate: ReturnType<typeof createRate>, key: string, count: number) =>
  Array.from({ length: count }, () => rate.take(key));

it('a bucket gives so many at once, and one more each time', () => {
  const clock = clockAt(1000);
  const rate = createRate(clock, { burst: 3, every: 100 });
  expect(takeMany(rate, 'a', 5)).toEqual([0, 0, 0, 100, 100]);
  clock.at += 40;
  expect(rate.take('a')).toBe(60);
  clock.at += 60;
  expect(takeMany(rate, 'a', 2)).toEqual([0, 100]);
  clock.at += 10_000;
  expect(takeMany(rate, 'a', 4)).toEqual([0, 0, 0, 100]);
});

it('everybody has a bucket of his own', () => {
  const rate = createRate(clockAt(0), { burst: 1, every: 100 });
  expect([rate.take('a'), rate.take('b'), rate.take('a')]).toEqual([0, 0, 100]);
});

it('a clock that is set back locks nobody out for longer than a full bucket takes', () => {
  const clock = clockAt(1_000_000);
  const rate = createRate(clock, { burst: 3, every: 100 });
  takeMany(rate, 'a', 3);
  clock.at = 1000;
  expect(rate.take('a')).toBeLessThanOrEqual(100);
});

it('ever new addresses take no more memory, and those that wait still wait', () => {
  const clock = clockAt(1000);
  const rate = createRate(clock, { burst: 1, every: 60_000 });
  for (let index = 0; index < 5000; index += 1) rate.take(`address ${index}`);
  expect(rate.take('address 4999')).toBe(60_000);
  expect(rate.take('address 0')).toBe(0);
});
