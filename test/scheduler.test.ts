import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { App, Job, Run, Times } from '../src/app.ts';
import { BusyError, UserError } from '../src/errors.ts';
import { createLocks } from '../src/locks.ts';
import type { Report } from '../src/report.ts';
import { createScheduler, type Scheduler, type SchedulerNeeds } from '../src/scheduler.ts';
import { openStore, type Store } from '../src/store.ts';
import { createTasks, type Tasks } from '../src/tasks.ts';
import { waitFor } from './wait.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOTE: Report = { kind: 'note', note: { key: 'cancelled' } };

let folder: string;
let store: Store;
let now: number;
let tasks: Tasks;
let told: Report[];
let tick: () => Promise<void>;
const clock = { now: () => now };
const log = {
  debug: vi.fn<() => void>(),
  info: vi.fn<() => void>(),
  warn: vi.fn<() => void>(),
  error: vi.fn<() => void>(),
  fatal: vi.fn<() => void>(),
};

beforeEach(() => {
  vi.clearAllMocks();
  folder = mkdtempSync(join(tmpdir(), 'steward-scheduler-'));
  now = Date.parse('2026-11-20T12:00:00Z');
  store = openStore(folder, clock);
  tasks = createTasks({ runs: store.runs, locks: createLocks(join(folder, 'locks'), clock), clock, log });
  told = [];
});
afterEach(() => {
  const complaints = log.error.mock.calls;
  store.close();
  rmSync(folder, { recursive: true });
  if (complaints.length > 0) throw new Error(`The log has errors: ${JSON.stringify(complaints)}`);
});

/** A scheduler as after a start of the process, over the same store. */
function start(jobs: Job[], needs: Partial<SchedulerNeeds> = {}): { app: App; scheduler: Scheduler } {
  const scheduler = createScheduler({
    tasks,
    timeZone: 'UTC',
    tell: (report) => void told.push(report),
    random: () => 0,
    tick: (onTick) => {
      tick = onTick;
      return { stop: () => Promise.resolve() };
    },
    ...needs,
  });
  // What a scheduler reaches of an App.
  const app = { jobs, store, clock, log } as unknown as App;
  scheduler.start(app);
  return { app, scheduler };
}

/** A tick each minute until then, or no tick at all while the host is `off`. */
async function until(iso: string): Promise<void> {
  const end = Date.parse(iso);
  while (now < end) {
    now = Math.min(end, (Math.floor(now / MINUTE) + 1) * MINUTE);
    await tick();
  }
}

type Kept = { subject: string | undefined; at: string; dueAt: number | undefined };

function jobOf(
  times: Times | { subject?: string; times: Times }[],
  work: (run: Run, subject: string | undefined) => Promise<Report | undefined> = () =>
    Promise.resolve(undefined),
  rest: Partial<Job> = {},
): Job & { runs: Kept[]; at: () => string[] } {
  const runs: Kept[] = [];
  return {
    name: 'sweep',
    times: () => (Array.isArray(times) ? times : [{ times }]),
    run(_, subject, run) {
      runs.push({ subject, at: new Date(now).toISOString().slice(0, 16), dueAt: run.dueAt });
      return work(run, subject);
    },
    ...rest,
    runs,
    at: () => runs.map(({ at }) => at),
  };
}

describe('times', () => {
  test('a daily job runs at its time, once a day, and leaves a row', async () => {
    const job = jobOf({ at: '04:20' });
    start([job]);
    await until('2026-11-23T00:00:00Z');
    expect(job.at()).toEqual(['2026-11-21T04:20', '2026-11-22T04:20']);
    expect(store.runs.last('sweep')).toMatchObject({ kind: 'job', by: 'schedule', outcome: 'done' });
  });

  test.each([
    [
      'Europe/Rome',
      '02:30',
      '2026-03-27T12:00:00Z',
      ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
    ],
    [
      'Europe/Rome',
      '02:30',
      '2026-10-23T12:00:00Z',
      ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'America/New_York',
      '02:30',
      '2026-03-06T12:00:00Z',
      ['2026-03-07T07:30', '2026-03-08T07:30', '2026-03-09T06:30'],
    ],
    [
      'America/New_York',
      '01:30',
      '2026-10-30T12:00:00Z',
      ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30'],
    ],
  ])('in %s the clocks change around %s: once a day all the same', async (timeZone, at, from, expected) => {
    now = Date.parse(from);
    const job = jobOf({ at });
    start([job], { timeZone });
    await until(new Date(now + 3 * DAY).toISOString());
    expect(job.at()).toEqual(expected);
  });

  test('a weekly job runs on its weekday', async () => {
    const job = jobOf({ at: '05:00', weekday: 0 });
    start([job]);
    await until('2026-12-01T00:00:00Z');
    expect(job.at()).toEqual(['2026-11-22T05:00', '2026-11-29T05:00']);
  });

  test('a random delay is under five minutes, and each day has one run still', async () => {
    const job = jobOf({ at: '04:20', jitter: true });
    const delays = [0.999, 0, 0.5];
    start([job], { random: () => delays.shift() ?? 0 });
    await until('2026-11-24T00:00:00Z');
    expect(job.at()).toEqual(['2026-11-21T04:25', '2026-11-22T04:20', '2026-11-23T04:23']);
  });

  test('a job of every ten minutes runs six times an hour', async () => {
    const job = jobOf({ every: 10 * MINUTE });
    start([job]);
    await until('2026-11-20T13:00:00Z');
    expect(job.runs).toHaveLength(6);
  });

  test('a job that is to run at the start does so at the first tick, and then at its times', async () => {
    const job = jobOf({ every: 10 * MINUTE, atStart: true });
    start([job]);
    await tick();
    expect(job.runs).toHaveLength(1);
    await until('2026-11-20T12:10:00Z');
    expect(job.at()).toEqual(['2026-11-20T12:00', '2026-11-20T12:10']);
  });

  test('each subject has its own time', async () => {
    const job = jobOf([
      { subject: 'photos', times: { at: '05:30' } },
      { subject: 'notes', times: { at: '04:30' } },
    ]);
    start([job]);
    await until('2026-11-21T12:00:00Z');
    expect(job.runs.map(({ subject, at }) => `${subject} ${at}`)).toEqual([
      'notes 2026-11-21T04:30',
      'photos 2026-11-21T05:30',
    ]);
  });

  test('a new time counts from now on, and a job that is gone is forgotten', async () => {
    start([jobOf({ at: '04:20' })]);
    await until('2026-11-20T13:00:00Z');
    const job = jobOf({ at: '13:30' });
    start([job]);
    await until('2026-11-20T14:00:00Z');
    expect(job.at()).toEqual(['2026-11-20T13:30']);
    start([]);
    await until('2026-11-20T14:01:00Z');
    expect(store.runs.dues()).toEqual([]);
  });
});

test('node-cron ticks at once and each minute until the scheduler is stopped', async () => {
  vi.useFakeTimers({ now });
  try {
    const job = jobOf({ every: MINUTE });
    const first = jobOf({ every: HOUR, atStart: true }, undefined, { name: 'first' });
    const scheduler = createScheduler({ tasks, timeZone: 'UTC', tell: () => {} });
    const app = { jobs: [job, first], store, clock: { now: () => Date.now() }, log } as unknown as App;
    scheduler.start(app);
    await vi.advanceTimersByTimeAsync(0);
    expect([first.runs, job.runs].map(({ length }) => length)).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(3 * MINUTE + 500);
    expect(job.runs).toHaveLength(3);
    await scheduler.stop();
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    expect(job.runs).toHaveLength(3);
  } finally {
    vi.useRealTimers();
  }
});

describe('absence', () => {
  test('after three days off a missed run is made up once, and knows when it was due', async () => {
    start([jobOf({ at: '04:20' })]);
    await until('2026-11-20T12:30:00Z');
    now = Date.parse('2026-11-23T18:00:00Z');
    const job = jobOf({ at: '04:20' });
    start([job]);
    await until('2026-11-24T12:00:00Z');
    expect(job.at()).toEqual(['2026-11-23T18:01', '2026-11-24T04:20']);
    expect(job.runs[0]?.dueAt).toBe(Date.parse('2026-11-21T04:20:00Z'));
  });

  test('a run that was not due is not made up, and a job of every hour is not either', async () => {
    start([jobOf({ at: '04:20' }), jobOf({ every: HOUR }, undefined, { name: 'watch' })]);
    await until('2026-11-20T12:30:00Z');
    now = Date.parse('2026-11-21T04:00:30Z');
    const [daily, hourly] = [jobOf({ at: '04:20' }), jobOf({ every: HOUR }, undefined, { name: 'watch' })];
    start([daily, hourly]);
    await until('2026-11-21T04:19:00Z');
    expect([...daily.runs, ...hourly.runs]).toEqual([]);
  });

  test('what was missed waits for the services to be up, on-time runs do not', async () => {
    const jobs = () =>
      [jobOf({ at: '04:20' }), jobOf({ at: '18:03' }, undefined, { name: 'report' })] as const;
    start([...jobs()]);
    await until('2026-11-20T12:30:00Z');
    now = Date.parse('2026-11-21T18:00:00Z');
    let isUp = false;
    const [missed, onTime] = jobs();
    // Missed the day before as well: it waits too.
    store.runs.setDue('report', '', store.runs.dues()[0]?.schedule ?? '', Date.parse('2026-11-21T18:03:00Z'));
    start([missed, onTime], { isReady: () => Promise.resolve(isUp) });
    await until('2026-11-21T18:05:00Z');
    expect(missed.at()).toEqual([]);
    expect(onTime.at()).toEqual(['2026-11-21T18:03']);
    isUp = true;
    await until('2026-11-21T18:06:00Z');
    expect(missed.at()).toEqual(['2026-11-21T18:06']);
  });

  test('a service that never comes up holds nothing back for ever', async () => {
    start([jobOf({ at: '04:20' })]);
    await until('2026-11-20T12:30:00Z');
    now = Date.parse('2026-11-21T18:00:00Z');
    const job = jobOf({ at: '04:20' });
    start([job], { isReady: () => Promise.reject(new Error('engine gone')) });
    await until('2026-11-21T18:30:00Z');
    expect(job.at()).toEqual(['2026-11-21T18:16']);
  });

  test('a run that a kill cut off is not begun again by the next start', async () => {
    start([jobOf({ at: '12:10' }, () => new Promise(() => {}))]);
    now = Date.parse('2026-11-20T12:10:00Z');
    void tick();
    const job = jobOf({ at: '12:10' });
    start([job]);
    await until('2026-11-20T13:00:00Z');
    expect(job.runs).toEqual([]);
  });
});

describe('a clock that is set', () => {
  test('back by an hour after a run: the run is not repeated', async () => {
    const job = jobOf({ at: '12:10' });
    start([job]);
    await until('2026-11-20T12:20:00Z');
    now -= HOUR;
    await until('2026-11-20T13:00:00Z');
    expect(job.at()).toEqual(['2026-11-20T12:10']);
  });

  test('back by years: the job goes on from there', async () => {
    const job = jobOf({ at: '12:10' });
    now = Date.parse('2031-01-01T12:00:00Z');
    start([job]);
    await until('2031-01-01T12:20:00Z');
    now = Date.parse('2026-11-20T12:00:00Z');
    await until('2026-11-21T13:00:00Z');
    expect(job.at()).toEqual(['2031-01-01T12:10', '2026-11-20T12:10', '2026-11-21T12:10']);
  });

  test('forward over a run: it is made up once', async () => {
    const job = jobOf({ at: '12:10' });
    start([job]);
    await tick();
    now = Date.parse('2026-11-24T00:00:00Z');
    await until('2026-11-24T01:00:00Z');
    expect(job.at()).toEqual(['2026-11-24T00:01']);
  });
});

describe('runs side by side', () => {
  test('one that is still running when it is due again is skipped, with a row', async () => {
    const working = Promise.withResolvers<undefined>();
    const job = jobOf({ at: '12:10' }, () => working.promise);
    start([job]);
    await tick();
    now = Date.parse('2026-11-20T12:10:00Z');
    const first = tick();
    now = Date.parse('2026-11-21T12:10:00Z');
    await tick();
    expect(job.runs).toHaveLength(1);
    expect(store.runs.last('sweep')).toMatchObject({ outcome: 'skipped', reason: 'sweep is busy' });
    working.resolve(undefined);
    await first;
    expect(store.runs.open()).toEqual([]);
  });

  test('a busy service is recorded as skipped, and nobody is told', async () => {
    start([jobOf({ at: '12:10' }, () => Promise.reject(new BusyError('photos')))]);
    await until('2026-11-20T12:10:00Z');
    expect(store.runs.last('sweep')).toMatchObject({ outcome: 'skipped', reason: 'photos is busy' });
    expect(told).toEqual([]);
  });

  test('heavy jobs that are due together run one after another, others beside them', async () => {
    const order: string[] = [];
    const gates = new Map<string, PromiseWithResolvers<undefined>>();
    const work = (_: Run, subject: string | undefined) => {
      order.push(`${subject}`);
      const gate = Promise.withResolvers<undefined>();
      gates.set(`${subject}`, gate);
      return gate.promise;
    };
    const heavy = jobOf(
      [
        { subject: 'photos', times: { at: '12:10' } },
        { subject: 'notes', times: { at: '12:09' } },
      ],
      work,
      { heavy: true },
    );
    const light = jobOf({ at: '12:10' }, undefined, { name: 'light' });
    start([heavy, light]);
    await tick();
    now = Date.parse('2026-11-20T12:10:00Z');
    const done = tick();
    await waitFor(() => expect(light.runs).toHaveLength(1));
    expect(order).toEqual(['notes']);
    // Still in the queue: another tick does not begin it a second time, nor record it as skipped.
    now += MINUTE;
    await tick();
    gates.get('notes')?.resolve(undefined);
    await waitFor(() => expect(order).toEqual(['notes', 'photos']));
    gates.get('photos')?.resolve(undefined);
    await done;
    expect(store.runs.last('sweep', 'photos')?.outcome).toBe('done');
  });

  test('a heavy job that fails does not hold up the next', async () => {
    const work = (_: Run, subject: string | undefined) =>
      subject === 'notes' ? Promise.reject(new Error('disk full')) : Promise.resolve(undefined);
    const heavy = jobOf(
      [
        { subject: 'photos', times: { at: '12:10' } },
        { subject: 'notes', times: { at: '12:09' } },
      ],
      work,
      { heavy: true },
    );
    start([heavy]);
    await tick();
    now = Date.parse('2026-11-20T12:10:00Z');
    await tick();
    expect(store.runs.last('sweep', 'photos')?.outcome).toBe('done');
    expect(log.error).toHaveBeenCalledOnce();
    log.error.mockClear();
  });
});

describe('tell and ended', () => {
  test('a report is told, and each end with what ran and who asked for it', async () => {
    const jobs = [
      jobOf({ at: '12:10' }, () => Promise.resolve(NOTE)),
      jobOf([{ subject: 'notes', times: { at: '12:11' } }], () => Promise.reject(new Error('no answer')), {
        name: 'check',
      }),
    ];
    const ended = vi.fn<NonNullable<SchedulerNeeds['ended']>>();
    const { app, scheduler } = start(jobs, { ended });
    await until('2026-11-20T12:11:00Z');
    await scheduler.runNow(app, 'sweep', undefined, 'telegram:1');
    expect(told).toEqual([NOTE]);
    expect(ended.mock.calls).toMatchObject([
      [{ job: 'sweep', subject: undefined, by: 'schedule' }, { outcome: 'done' }],
      [{ job: 'check', subject: 'notes', by: 'schedule' }, { outcome: 'failed' }],
      [{ job: 'sweep', subject: undefined, by: 'telegram:1' }, { outcome: 'done' }],
    ]);
    log.error.mockClear();
  });

  test('who hears of the end and fails at it does not spoil the run', async () => {
    const ended = () => {
      throw new Error('the store is full');
    };
    start([jobOf({ at: '12:10' }, () => Promise.resolve(NOTE))], { ended });
    await until('2026-11-20T12:10:00Z');
    expect(told).toEqual([NOTE]);
    expect(store.runs.last('sweep')?.outcome).toBe('done');
    expect(log.error).toHaveBeenCalledOnce();
    log.error.mockClear();
  });
});

describe('runNow', () => {
  test('runs beside the schedule and gives the report to the one who asked', async () => {
    const job = jobOf({ at: '04:20' }, () => Promise.resolve(NOTE));
    const { app, scheduler } = start([job]);
    await until('2026-11-20T12:01:00Z');
    expect(await scheduler.runNow(app, 'sweep', undefined, 'telegram:1')).toEqual(NOTE);
    expect(told).toEqual([]);
    expect(store.runs.last('sweep')).toMatchObject({ by: 'telegram:1' });
    expect(store.runs.dues()[0]?.dueAt).toBe(Date.parse('2026-11-21T04:20:00Z'));
  });

  test('a part of a subject is enough; none, where there are several, is a question', async () => {
    const job = jobOf([
      { subject: 'photos', times: { at: '05:30' } },
      { subject: 'notes', times: { at: '04:30' } },
    ]);
    const { app, scheduler } = start([job]);
    await scheduler.runNow(app, 'sweep', 'pho', 'cli:root');
    expect(job.runs.map(({ subject }) => subject)).toEqual(['photos']);
    await expect(scheduler.runNow(app, 'sweep', undefined, 'cli:root')).rejects.toThrow(
      'Say which: sweep photos, sweep notes.',
    );
    await expect(scheduler.runNow(app, 'sweep', 'o', 'cli:root')).rejects.toThrow(
      '"o" can be photos or notes.',
    );
  });

  test('an unknown job or subject is answered with the nearest names', async () => {
    const { app, scheduler } = start([jobOf([{ subject: 'notes', times: { at: '04:30' } }])]);
    await expect(scheduler.runNow(app, 'sweeep', undefined, 'x')).rejects.toThrow(
      new UserError('No job is called "sweeep". Did you mean sweep?'),
    );
    await expect(scheduler.runNow(app, 'sweep', 'ntoes', 'x')).rejects.toThrow(
      new UserError('No subject of sweep is called "ntoes". Did you mean notes?'),
    );
  });

  test('a job that runs already is busy, and its own error reaches the one who asked', async () => {
    const working = Promise.withResolvers<undefined>();
    const { app, scheduler } = start([jobOf({ at: '04:20' }, () => working.promise)]);
    const first = scheduler.runNow(app, 'sweep', undefined, 'x');
    await expect(scheduler.runNow(app, 'sweep', undefined, 'x')).rejects.toThrow(BusyError);
    working.reject(new Error('no answer'));
    await expect(first).rejects.toThrow('no answer');
    log.error.mockClear();
  });
});

describe('setPaused', () => {
  test('a paused job does not run, nor makes up for it when it is resumed', async () => {
    const job = jobOf({ at: '04:20' });
    const { app, scheduler } = start([job]);
    scheduler.setPaused(app, 'sweep', undefined, true);
    await until('2026-11-22T12:00:00Z');
    expect(job.runs).toEqual([]);
    scheduler.setPaused(app, 'sweep', undefined, false);
    await until('2026-11-23T12:00:00Z');
    expect(job.at()).toEqual(['2026-11-23T04:20']);
  });

  test('outlives a restart', async () => {
    const { app, scheduler } = start([
      jobOf({ at: '04:20' }),
      jobOf({ every: HOUR }, undefined, { name: 'watch' }),
    ]);
    scheduler.setPaused(app, 'sweep', undefined, true);
    scheduler.setPaused(app, 'watch', undefined, true);
    const again = start([jobOf({ at: '04:20' }), jobOf({ every: HOUR }, undefined, { name: 'watch' })]);
    await until('2026-11-20T12:01:00Z');
    expect(again.scheduler.jobs(again.app).map(({ paused }) => paused)).toEqual([true, true]);
  });
});

describe('jobs', () => {
  test('lists times, next and last runs, and what runs now', async () => {
    const working = Promise.withResolvers<undefined>();
    const { app, scheduler } = start([
      jobOf({ at: '12:10', weekday: 5 }, () => working.promise),
      jobOf({ every: HOUR }, undefined, { name: 'watch' }),
    ]);
    await tick();
    expect(scheduler.jobs(app)).toEqual([
      {
        name: 'sweep',
        subject: undefined,
        schedule: { at: '12:10', weekday: 5 },
        nextAt: Date.parse('2026-11-20T12:10:00Z'),
        paused: false,
        running: false,
        last: undefined,
      },
      expect.objectContaining({ name: 'watch', schedule: { every: HOUR }, nextAt: now + HOUR }),
    ]);
    now = Date.parse('2026-11-20T12:10:00Z');
    const running = tick();
    expect(scheduler.jobs(app)[0]).toMatchObject({
      running: true,
      nextAt: Date.parse('2026-11-27T12:10:00Z'),
    });
    now += 5_000;
    working.resolve(undefined);
    await running;
    expect(scheduler.jobs(app)[0]).toMatchObject({
      running: false,
      last: { at: now, took: 5_000, outcome: 'done', reason: undefined },
    });
  });
});
