import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clean } from '../../commands/clean.ts';
import { cleanAlbum } from '../../jobs/clean-album.ts';
import type { App, Run } from '../../src/app.ts';
import { BusyError, UserError } from '../../src/errors.ts';
import { createLocks } from '../../src/locks.ts';
import { CLEANER } from '../../src/operations/clean-album.ts';
import { createProgress } from '../../src/progress.ts';
import type { Report } from '../../src/report.ts';
import { createScheduler } from '../../src/scheduler.ts';
import { createTasks } from '../../src/tasks.ts';
import { createCleaner, HOUR, type Cleaner } from '../operations/cleaner.ts';
import { waitFor } from '../wait.ts';

let cleaner: Cleaner;
let told: Report[];
let tick: () => Promise<void>;
beforeEach(async () => {
  cleaner = await createCleaner();
  told = [];
});
afterEach(() => cleaner.close());

/** As after a start of the process, at `CLEAN_AT` and `TZ` of the configuration. */
function start(): App {
  const { app } = cleaner;
  const { store, locks, clock, log } = app;
  const tasks = createTasks({ runs: store.runs, locks, clock, log });
  const scheduler = createScheduler({
    tasks,
    timeZone: 'UTC',
    tell: (report) => void told.push(report),
    // The most that jitter could be: the job must not have any.
    random: () => 0.99,
    tick: (onTick) => {
      tick = onTick;
      return { stop: () => Promise.resolve() };
    },
  });
  Object.assign(app, { jobs: [cleanAlbum], scheduler });
  scheduler.start(app);
  return app;
}

/** Moves the clock to this time of day, later today or tomorrow. */
function goTo(time: string, days = 0): void {
  const now = cleaner.app.clock.now();
  const next = Date.parse(`${new Date(now).toISOString().slice(0, 10)}T${time}:00Z`);
  cleaner.later((next < now ? next + 24 * HOUR : next) + days * 24 * HOUR - now);
}

test('clean-album runs at CLEAN_AT on the minute, and takes what is older than CLEAN_MIN_AGE', async () => {
  goTo('02:00', 1);
  const old = await cleaner.file(1);
  start();
  await tick();
  goTo('06:59');
  const young = await cleaner.file(2);
  await tick();
  expect(cleaner.left(old, young)).toEqual([true, true]);
  goTo('07:00');
  await tick();
  expect(cleaner.left(old, young)).toEqual([false, true]);
  expect(told).toMatchObject([{ kind: 'cleaning', deleted: 1, young: 1 }]);
});

test('clean-album, made up after an absence, takes only what is over 24 h old', async () => {
  goTo('06:00', 1);
  const first = await cleaner.file(1);
  start();
  await tick();
  goTo('22:00');
  const second = await cleaner.file(2);
  // The host was off at 07:00.
  goTo('08:00');
  await tick();
  expect(cleaner.left(first, second)).toEqual([false, true]);
  expect(told).toMatchObject([{ minAge: 24 * HOUR, deleted: 1, young: 1 }]);
});

test('clean-album with nothing to delete is silent, and leaves its row', async () => {
  const app = start();
  await tick();
  goTo('07:00', 1);
  await tick();
  expect(told).toEqual([]);
  expect(app.store.runs.last('clean-album')).toMatchObject({ outcome: 'done' });
});

const run = (app: App): Run => ({
  by: 'telegram:1',
  signal: new AbortController().signal,
  progress: createProgress(app.clock),
});

test('two cleaners at once: the second is told who is at it', async () => {
  const { app } = cleaner;
  // Another process.
  const lock = createLocks(join(cleaner.folder, 'locks')).take(CLEANER.name, {
    what: 'clean-album',
    by: 'schedule',
  });
  await expect(clean.run(app, [], run(app))).rejects.toThrow(BusyError);
  lock.release();
  await expect(clean.run(app, [], run(app))).resolves.toMatchObject({ kind: 'cleaning' });
});

test.each([
  [['adopt'], 'adopt'],
  [['--adopt'], 'adopt'],
  [['—adopt'], 'adopt'],
  [['Others'], 'others'],
  [[], 'clean'],
])('clean %j is mode %s', async (args, mode) => {
  expect((await clean.plan?.(cleaner.app, args))?.report).toMatchObject({ mode });
});

test.each([[['everything']], [['adopt', 'others']], [['--dryrun']]])('clean %j is refused', (args) => {
  expect(() => clean.plan?.(cleaner.app, args)).toThrow(UserError);
});

test('a plan asks Immich nothing that changes it', async () => {
  await cleaner.file(1);
  await waitFor(() => expect(cleaner.store.pictures.get(1)?.state).toBe('settled'));
  cleaner.later(4 * HOUR);
  cleaner.server.calls.splice(0);
  await clean.plan?.(cleaner.app, []);
  const changing = cleaner.server.calls.filter(
    ({ method, path }) => method !== 'GET' && !path.startsWith('/search'),
  );
  expect(changing).toEqual([]);
});
