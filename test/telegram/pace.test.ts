import { expect, test } from 'vitest';
import { createPace } from '../../src/telegram/pace.ts';
import { cadence } from '../../src/telegram/progress.ts';

test('a group gets at most 20 calls in any minute', () => {
  let now = 0;
  const pace = createPace(-100, { now: () => now });
  const at: number[] = [];
  while (now < 300_000) {
    const wait = pace.wait();
    if (wait === 0) {
      pace.spend();
      at.push(now);
    }
    now += Math.max(wait, 1);
  }
  const busiest = Math.max(
    ...at.map((from) => at.filter((time) => time >= from && time < from + 60_000).length),
  );
  expect(busiest).toBeLessThanOrEqual(20);
  expect(busiest).toBeGreaterThan(15);
});

test('a private chat takes a burst, then one call a second', () => {
  let now = 0;
  const pace = createPace(1, { now: () => now });
  for (let count = 0; count < 30; count += 1) {
    expect(pace.wait()).toBe(0);
    pace.spend();
  }
  expect(pace.wait()).toBe(1000);
  now = 1000;
  expect(pace.wait()).toBe(0);
});

test('a held chat waits as long as Telegram asked', () => {
  const pace = createPace(1, { now: () => 0 });
  pace.hold(126_000);
  pace.hold(1000);
  expect(pace.wait()).toBe(126_000);
});

test('a clock that is set back does not stop a chat', () => {
  let now = 1_000_000;
  const pace = createPace(1, { now: () => now });
  now = 0;
  expect(pace.wait()).toBe(0);
});

test('edits of running work get rarer with its age', () => {
  expect([0, 29_999, 30_000, 119_999, 120_000].map(cadence)).toEqual([3000, 3000, 5000, 5000, 10_000]);
});
