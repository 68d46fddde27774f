import { afterEach, beforeEach, expect, it } from 'vitest';
import { openScratchStore, type Store } from '../../src/store.ts';
import { surplus } from '../../src/store/samples.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-20T08:00:00Z');

let store: Store;
beforeEach(() => (store = openScratchStore({ now: () => NOW })));
afterEach(() => store.close());

it('range gives a name its own values from the oldest on, and a moment has one value', () => {
  store.samples.put('disk:/:used', 3, NOW);
  store.samples.put('disk:/:used', 1, NOW - HOUR);
  store.samples.put('disk:/:used', 2, NOW);
  store.samples.put('disk:/mnt/data:used', 9, NOW);
  expect(store.samples.range('disk:/:used', NOW - DAY, NOW)).toEqual([
    { at: NOW - HOUR, value: 1 },
    { at: NOW, value: 2 },
  ]);
  expect(store.samples.range('disk:/:used', NOW - MINUTE, NOW + DAY)).toHaveLength(1);
});

it('last gives the newest value at or before a moment', () => {
  store.samples.put('swap:used', 1, NOW - HOUR);
  store.samples.put('swap:used', 2, NOW);
  expect(store.samples.last('swap:used', NOW)?.value).toBe(2);
  expect(store.samples.last('swap:used', NOW - 1)?.value).toBe(1);
  expect(store.samples.last('swap:used', NOW - DAY)).toBeUndefined();
});

it('names gives each name once, in order, and none of an empty store', () => {
  expect(store.samples.names()).toEqual([]);
  for (const name of ['memory:used', 'disk:/:used', 'memory:used', 'backup:immich:size']) {
    store.samples.put(name, 1, NOW + store.samples.names().length);
  }
  expect(store.samples.names()).toEqual(['backup:immich:size', 'disk:/:used', 'memory:used']);
});

/** Every five minutes for so long. */
const everyFive = (from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / (5 * MINUTE)) + 1 }, (_, n) => from + n * 5 * MINUTE);

it('surplus keeps all of two days, the last of each hour of 90, the last of each day of five years', () => {
  const times = [
    NOW - 5 * 365 * DAY - 1,
    ...everyFive(NOW - 200 * DAY, NOW - 199 * DAY),
    ...everyFive(NOW - 10 * DAY, NOW - 9 * DAY),
    ...everyFive(NOW - DAY, NOW),
  ];
  const gone = new Set(surplus(times, NOW));
  const kept = times.filter((at) => !gone.has(at));
  expect(kept.filter((at) => at >= NOW - 2 * DAY)).toEqual(everyFive(NOW - DAY, NOW));
  const hourly = kept.filter((at) => at < NOW - 2 * DAY && at > NOW - 90 * DAY);
  // From 08:00 to 08:00 a day later: 25 hours of the clock, the last of them just begun.
  expect(hourly).toHaveLength(25);
  expect(hourly.slice(0, -1).every((at) => at % HOUR === 55 * MINUTE)).toBe(true);
  expect(kept.filter((at) => at < NOW - 90 * DAY)).toHaveLength(2);
  expect(gone.has(NOW - 5 * 365 * DAY - 1)).toBe(true);
});

it('surplus has no more to say of what it has left, however often it is asked on the way', () => {
  const times = everyFive(NOW - 4 * DAY, NOW);
  let left = times;
  for (let now = NOW; now <= NOW + 5 * DAY; now += 7 * HOUR) {
    const gone = new Set(surplus(left, now));
    left = left.filter((at) => !gone.has(at));
    expect(surplus(left, now)).toEqual([]);
  }
  const atOnce = new Set(surplus(times, NOW + 5 * DAY));
  expect(left).toEqual(times.filter((at) => !atOnce.has(at)));
});

it('thin forgets what is surplus of every name', () => {
  for (const name of ['disk:/:used', 'memory:used']) {
    for (const at of everyFive(NOW - 3 * DAY, NOW - 3 * DAY + HOUR - 1)) store.samples.put(name, at, at);
  }
  store.samples.thin(NOW);
  for (const name of ['disk:/:used', 'memory:used']) {
    expect(store.samples.range(name, 0, NOW)).toEqual([
      { at: NOW - 3 * DAY + 55 * MINUTE, value: NOW - 3 * DAY + 55 * MINUTE },
    ]);
  }
});
