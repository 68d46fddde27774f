import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { backUpAgain } from '../../jobs/back-up-again.ts';
import { backUp } from '../../jobs/back-up.ts';
import type { App } from '../../src/app.ts';
import type { Report } from '../../src/report.ts';
import { createScheduler, type Scheduler } from '../../src/scheduler.ts';
import { createTasks } from '../../src/tasks.ts';
import { fill, openTaking, type Taking, type TakingOptions } from '../operations/backups/taking.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CHAT = 4711;

type House = Taking & {
  now: () => number;
  set: (iso: string) => void;
  /** A start of the process over the same store. */
  start: () => void;
  /** Ticks at every step until then. */
  until: (iso: string, step?: number) => Promise<void>;
  /** When each backup was taken, oldest first. */
  taken: () => string[];
  /** What the chat was told, as it came. */
  told: never[];
  said: () => Report[];
  scheduler: () => Scheduler;
};

const opened: House[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

function open({ timeZone = 'UTC', backup, ...options }: TakingOptions & { timeZone?: string } = {}): House {
  let now = Date.parse('2026-11-20T00:00:00Z');
  // A database would be three more threads for each of many backups.
  const sources = [{ kind: 'files', folder: 'DATA/files' }];
  const taking = openTaking({ now: () => now, backup: { sources, ...backup }, ...options });
  fill(taking);
  const { app } = taking;
  const { config, store, locks, clock, log } = app;
  Object.assign(config, { timeZone, telegram: { chat: CHAT, owners: [CHAT] }, quietHours: undefined });
  // Nothing of these services comes up or goes down.
  const quick = { ...app, probe: { get: () => Promise.resolve({ status: 200, took: 1 }) } };
  let tick: () => Promise<void> = () => Promise.resolve();
  let scheduler: Scheduler;
  const start = () => {
    const tasks = createTasks({ runs: store.runs, locks, clock, log });
    scheduler = createScheduler({
      tasks,
      timeZone,
      tell: (report) =>
        store.outbox.put({ key: `${now}:${Math.random()}`, chat: CHAT, body: { what: 'report', report } }),
      random: () => 0,
      tick: (onTick) => {
        tick = onTick;
        return { stop: () => Promise.resolve() };
      },
    });
    scheduler.start({ ...quick, jobs: [backUp, backUpAgain] } as unknown as App);
  };
  const house = {
    ...taking,
    now: () => now,
    set: (iso: string) => {
      now = Date.parse(iso);
    },
    start,
    async until(iso: string, step = 30 * MINUTE) {
      const end = Date.parse(iso);
      while (now < end) {
        now = Math.min(end, (Math.floor(now / step) + 1) * step);
        await tick();
      }
    },
    taken: () =>
      app.store.backups
        .ofService('notes')
        .map(({ takenAt }) => new Date(takenAt).toISOString().slice(0, 16))
        .toReversed(),
    said: () =>
      app.store.database
        .all<{ body: string }>('select body from outbox order by id')
        .map(({ body }) => (JSON.parse(body) as { report: Report }).report),
    scheduler: () => scheduler,
  } as unknown as House;
  opened.push(house);
  start();
  return house;
}

const kinds = (house: House): string[] =>
  house.said().flatMap((report) => {
    if (report.kind !== 'backup-troubles') return [report.kind];
    return [
      ...report.troubled.map(({ trouble }) => trouble.kind),
      ...report.recovered.map(() => 'recovered'),
    ];
  });

describe('back-up', () => {
  test('takes one a day at its time, and says nothing of it', async () => {
    const house = open();
    await house.until('2026-11-22T12:00:00Z');
    expect(house.taken()).toEqual(['2026-11-20T04:30', '2026-11-21T04:30', '2026-11-22T04:30']);
    expect(house.said()).toEqual([]);
  });

  test.each([
    ['Europe/Rome', '2026-03-28T00:00:00Z', ['2026-03-28T03:30', '2026-03-29T02:30']],
    ['Europe/Rome', '2026-10-24T00:00:00Z', ['2026-10-24T02:30', '2026-10-25T03:30']],
    ['America/New_York', '2026-03-07T06:00:00Z', ['2026-03-07T09:30', '2026-03-08T08:30']],
    ['America/New_York', '2026-10-31T06:00:00Z', ['2026-10-31T08:30', '2026-11-01T09:30']],
  ])('in %s from %s on takes one a day over the change of the clocks', async (timeZone, from, expected) => {
    const house = open({ timeZone });
    house.set(from);
    house.start();
    await house.until(new Date(Date.parse(from) + 2 * DAY).toISOString());
    expect(house.taken()).toEqual(expected);
    expect(house.said()).toEqual([]);
  });

  test('makes three days of absence up with one', async () => {
    const house = open();
    await house.until('2026-11-20T12:00:00Z');
    house.set('2026-11-23T13:00:00Z');
    house.start();
    await house.until('2026-11-23T20:00:00Z');
    expect(house.taken()).toEqual(['2026-11-20T04:30', '2026-11-23T13:30']);
    await house.until('2026-11-24T05:00:00Z');
    expect(house.taken().at(-1)).toBe('2026-11-24T04:30');
  });

  test('goes on when the clock is set back a day, and misses nothing after it', async () => {
    const house = open();
    await house.until('2026-11-22T06:00:00Z');
    house.set('2026-11-21T06:00:00Z');
    await house.until('2026-11-23T06:00:00Z');
    // The day that came twice has its backup, too.
    expect(house.taken()).toEqual(expect.arrayContaining(['2026-11-22T04:30', '2026-11-23T04:30']));
    expect(house.said()).toEqual([]);
  });

  test('takes one at once when the clock is set forward a year, and the daily ones when it is right again', async () => {
    const house = open();
    await house.until('2026-11-20T06:00:00Z');
    house.set('2027-11-20T06:00:00Z');
    await house.until('2027-11-20T07:00:00Z');
    expect(house.taken()).toEqual(['2026-11-20T04:30', '2027-11-20T06:30']);
    house.set('2026-11-20T07:00:00Z');
    await house.until('2026-11-22T05:00:00Z');
    const { store } = house.app;
    expect(house.taken()).toEqual(expect.arrayContaining(['2026-11-21T04:30', '2026-11-22T04:30']));
    expect(store.backups.ofService('notes').every(({ level }) => level === 'restored')).toBe(true);
  });
});

describe('back-up-again', () => {
  test('tries a failed one again each hour, three times, tells it once a day, and once that it is over', async () => {
    const house = open();
    rmSync(join(house.data, 'files'), { recursive: true });
    await house.until('2026-11-20T12:00:00Z');
    const failures = house.app.store.facts.get<{ failures: { at: number }[] }>('backup:notes')?.failures;
    expect(failures?.map(({ at }) => new Date(at).toISOString().slice(11, 16))).toEqual([
      '04:30',
      '05:30',
      '06:30',
      '07:30',
    ]);
    expect(kinds(house)).toEqual(['failed']);
    house.write('files/a.txt', 'back');
    await house.until('2026-11-21T06:00:00Z');
    expect(house.taken()).toEqual(['2026-11-21T04:30']);
    expect(kinds(house)).toEqual(['failed', 'recovered']);
  });

  test('tells each day of one that goes on failing', async () => {
    const house = open();
    rmSync(join(house.data, 'files'), { recursive: true });
    await house.until('2026-11-22T12:00:00Z');
    expect(kinds(house)).toHaveLength(3);
  });

  test('takes an overdue one though its timer had fired', async () => {
    const house = open();
    await house.until('2026-11-20T12:00:00Z');
    // As if the runs of a day had been skipped: the next is due tomorrow.
    const [due] = house.app.store.runs.dues().filter(({ job }) => job === 'back-up');
    house.app.store.runs.setDue('back-up', 'notes', due?.schedule ?? '', Date.parse('2026-11-22T04:30:00Z'));
    await house.until('2026-11-21T12:00:00Z');
    // 26 hours after the last one.
    expect(house.taken()).toEqual(['2026-11-20T04:30', '2026-11-21T07:00']);
  });

  test('takes a late one as soon as nobody else has the service', async () => {
    const house = open();
    await house.until('2026-11-20T12:00:00Z');
    const lock = house.app.locks.take('notes', { what: 'update', by: 'test' });
    await house.until('2026-11-22T04:00:00Z');
    expect(house.taken()).toHaveLength(1);
    lock.release();
    await house.until('2026-11-22T04:15:00Z');
    expect(house.taken()).toHaveLength(2);
  });

  test('of one that is late, leaves its failures and its end to the alert', async () => {
    const house = open();
    await house.until('2026-11-20T12:00:00Z');
    rmSync(join(house.data, 'files'), { recursive: true });
    const late = { kind: 'late-backup', title: 'notes', provenAt: undefined, cause: undefined } as const;
    house.app.store.alerts.begin(
      { key: 'backup:notes', severity: 'warning', since: house.app.clock.now(), fact: late },
      house.app.clock.now(),
    );
    await house.until('2026-11-21T12:00:00Z');
    house.write('files/a.txt', 'back');
    await house.until('2026-11-22T12:00:00Z');
    expect(house.taken()).toHaveLength(2);
    expect(kinds(house)).toEqual([]);
  });

  test('leaves a paused service alone', async () => {
    const house = open();
    await house.until('2026-11-20T12:00:00Z');
    house.app.store.runs.setPaused('back-up', 'notes', true);
    await house.until('2026-11-21T12:00:00Z');
    expect(house.taken()).toHaveLength(1);
  });

  test('makes up what a kill cut off, and not for ever', async () => {
    const house = open();
    await house.until('2026-11-20T12:00:00Z');
    const begunAt = Date.parse('2026-11-20T11:59:00Z');
    const { facts } = house.app.store;
    facts.put('backup:notes', { ...facts.get<object>('backup:notes'), begunAt });
    await house.until('2026-11-20T12:30:00Z');
    expect(house.taken().at(-1)).toBe('2026-11-20T12:30');
  });

  test('tells an unproven one, and a proven one after it', async () => {
    const house = open({ backup: { expect: { files: ['must-be.txt'] } } });
    await house.until('2026-11-20T05:00:00Z');
    expect(kinds(house)).toEqual(['unproven']);
    writeFileSync(join(house.data, 'files/must-be.txt'), 'here');
    await house.until('2026-11-20T06:00:00Z');
    expect(kinds(house)).toEqual(['unproven', 'recovered']);
  });
});
