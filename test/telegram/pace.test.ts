import { expect, test } from 'vitest';
import { createPace } from '../../src/telegram/pace.ts';
import { cadence } from '../../src/telegram/progress.ts';

test('a group gets at most 20 calls in any minute', () => {
  let now = 0;
  const pace = createPace(-100, { now: () => now });
  const at: number[] = [];
  for (; now < 300_000; now += 100) {
    for (const kind of ['message', 'change'] as const) {
      for (; pace.wait(kind) === 0; pace.spend(kind)) at.push(now);
    }
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
  for (let count = 0; count < 60; count += 1) {
    expect(pace.wait('message')).toBe(0);
    pace.spend('message');
  }
  expect(pace.wait('message')).toBe(1000);
  now = 1000;
  expect(pace.wait('message')).toBe(0);
});

test('a held chat waits as long as Telegram asked', () => {
  const pace = createPace(1, { now: () => 0 });
  pace.hold(126_000);
  pace.hold(1000);
  expect(pace.wait('message')).toBe(126_000);
});

test('edits never take the place of a new message', () => {
  const pace = createPace(1, { now: () => 0 });
  while (pace.wait('change') === 0) pace.spend('change');
  expect(pace.wait('message')).toBe(0);
});

test('after a flood limit there are no bursts', () => {
  let now = 0;
  const pace = createPace(1, { now: () => now });
  pace.flooded(5000);
  now = 5000;
  expect(pace.wait('message')).toBe(0);
  pace.spend('message');
  now = 5001;
  let sent = 0;
  for (; pace.wait('message') === 0; pace.spend('message')) sent += 1;
  expect(sent).toBeLessThan(6);
});

test('a clock that is set back does not stop a chat', () => {
  let now = 1_000_000;
  const pace = createPace(1, { now: () => now });
  now = 0;
  expect(pace.wait('message')).toBe(0);
});

test('edits of running work get rarer with its age', () => {
  expect([0, 29_999, 30_000, 119_999, 120_000].map(cadence)).toEqual([3000, 3000, 5000, 5000, 10_000]);
});
