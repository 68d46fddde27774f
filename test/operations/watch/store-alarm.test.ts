import { expect, test } from 'vitest';
import { createStoreAlarm } from '../../../src/operations/watch/store-alarm.ts';
import type { Report } from '../../../src/report.ts';
import type { Wellness } from '../../../src/wellness.ts';

const MINUTE = 60_000;
const SHUT: Wellness = {
  isWell: false,
  lastPoll: 0,
  why: { kind: 'store', cause: 'database or disk is full' },
};
const WELL: Wellness = { isWell: true, lastPoll: 0 };

function place() {
  let now = Date.parse('2026-11-20T14:38:00Z');
  const began = now;
  const here = { self: WELL, arrives: true, direct: [] as number[], told: [] as Report[] };
  const alarm = createStoreAlarm({
    clock: { now: () => now },
    log: {} as never,
    redact: (text) => text,
    lookAtSelf: () => here.self,
    sendDirectly: () => {
      if (here.arrives) here.direct.push((now - began) / MINUTE);
      return Promise.resolve(here.arrives);
    },
    tell: (report) => void here.told.push(report),
  });
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      await alarm.look();
      now += MINUTE;
    }
  };
  return Object.assign(here, { pass });
}

test('a store that takes nothing is told past it, as often as what is critical, and that it is open again', async () => {
  const here = place();
  await here.pass(2);
  here.self = SHUT;
  await here.pass(8 * 60);
  expect(here.direct).toEqual([3, 18, 78, 138, 198, 258, 318]);
  here.self = WELL;
  await here.pass(5);
  expect(here.told).toMatchObject([
    { note: { key: 'store-open', since: Date.parse('2026-11-20T14:40:00Z') } },
  ]);
});

test('one that was only busy for a moment is no news, and neither is Telegram away', async () => {
  const here = place();
  here.self = SHUT;
  await here.pass(1);
  here.self = { isWell: false, lastPoll: 0, why: { kind: 'telegram', since: 0 } };
  await here.pass(10);
  expect([here.direct, here.told]).toEqual([[], []]);
});

test('what did not arrive is tried again at the next look', async () => {
  const here = place();
  here.self = SHUT;
  here.arrives = false;
  await here.pass(3);
  here.arrives = true;
  await here.pass(1);
  expect(here.direct).toEqual([3]);
});
