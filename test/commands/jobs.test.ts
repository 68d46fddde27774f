import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { jobs } from '../../commands/jobs.ts';
import { tidy } from '../../jobs/tidy.ts';
import type { App, Job, Run } from '../../src/app.ts';
import { createLocks } from '../../src/locks.ts';
import { createProgress } from '../../src/progress.ts';
import type { Report } from '../../src/report.ts';
import { createScheduler } from '../../src/scheduler.ts';
import { openStore, type Store } from '../../src/store.ts';
import { createTasks } from '../../src/tasks.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY = 86_400_000;
const OK: Report = { kind: 'note', note: { key: 'cancelled' } };

const backUp: Job = {
  name: 'back-up',
  times: () => [
    { subject: 'photos', times: { at: '05:30' } },
    { subject: 'notes', times: { at: '04:30' } },
  ],
  run: (_, subject) => (subject === 'notes' ? Promise.reject(new Error('disk full')) : Promise.resolve(OK)),
};

let folder: string;
let store: Store;
let app: App;
let now = NOW;
const clock = { now: () => now };
const run: Run = { by: 'telegram:1', signal: new AbortController().signal, progress: createProgress(clock) };
const ask = (...args: string[]) => jobs.run(app, args, run);

beforeEach(() => {
  now = NOW;
  folder = mkdtempSync(join(tmpdir(), 'steward-jobs-'));
  store = openStore(folder, clock);
  const none = vi.fn<() => void>();
  const log = { debug: none, info: none, warn: none, error: none, fatal: none };
  const tasks = createTasks({
    runs: store.runs,
    locks: createLocks(join(folder, 'locks'), clock),
    clock,
    log,
  });
  const scheduler = createScheduler({ tasks, timeZone: 'UTC', tell: none });
  // What the command, the scheduler and these jobs reach of an App.
  app = { jobs: [tidy, backUp], services: { all: [] }, scheduler, store, clock, log } as unknown as App;
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

test('jobs lists everything, with a button to each', async () => {
  const report = await ask();
  expect(report).toMatchObject({
    kind: 'jobs',
    jobs: [
      { name: 'tidy', schedule: { at: '04:20' }, last: undefined },
      { name: 'back-up', subject: 'photos' },
      { name: 'back-up', subject: 'notes' },
    ],
  });
  expect(report.actions?.flat().map(({ args }) => args.join(' '))).toEqual([
    'tidy',
    'back-up photos',
    'back-up notes',
  ]);
});

test('jobs with one job offers to run and to pause it', async () => {
  const report = await ask('back-up', 'pho');
  expect(report).toMatchObject({ kind: 'jobs', jobs: [{ subject: 'photos' }] });
  expect(report.actions?.flat().map(({ args }) => args.join(' '))).toEqual([
    'run back-up photos',
    'pause back-up photos',
  ]);
});

test('jobs run gives the report of the job', async () => {
  expect(await ask('run', 'back-up', 'photos')).toEqual(OK);
});

test('jobs run of a job without a report shows how it went', async () => {
  expect(await ask('run', 'tidy')).toMatchObject({
    kind: 'jobs',
    jobs: [{ name: 'tidy', last: { outcome: 'done', at: NOW } }],
  });
});

test('jobs run fails as the job does', async () => {
  await expect(ask('run', 'back-up', 'notes')).rejects.toThrow('disk full');
});

test('jobs pause and resume turn the button around', async () => {
  expect(await ask('pause', 'tidy')).toMatchObject({ note: { key: 'job-set', job: 'tidy', paused: true } });
  const report = await ask('tidy');
  expect(report).toMatchObject({ jobs: [{ paused: true }] });
  expect(report.actions?.flat().map(({ label }) => label)).toEqual(['run-now', 'resume']);
  await ask('resume', 'tidy');
  expect(await ask('tidy')).toMatchObject({ jobs: [{ paused: false }] });
});

test.each([
  [['run'], 'Say which job to run.'],
  [['run', 'tydi'], 'No job is called "tydi". Did you mean tidy?'],
  [['back-up', 'foo'], 'No subject of back-up is called "foo". There are: photos, notes.'],
  [['run', 'tidy', 'a', 'b'], 'One job at a time: "b" is too much.'],
])('jobs %j is answered with what is possible', async (args, message) => {
  await expect(ask(...args)).rejects.toThrow(message);
});

test('tidy forgets what is old and keeps the rest', async () => {
  const leave = (name: string, updateId: number) => {
    const row = { kind: 'job', name, subject: undefined, by: 'x', owner: 'x', card: undefined } as const;
    store.runs.end(store.runs.begin(row), 'done');
    store.intake.add(updateId, `m${updateId}`, '{}');
    store.intake.done(updateId);
    const plan = { command: 'stop', args: [name], user: 1, chat: 1, fingerprint: name, card: 'stop:1' };
    return store.confirmations.plan(plan);
  };
  now = NOW - 400 * DAY;
  const old = leave('old', 1);
  store.intake.add(2, 'm2', '{}');
  now = NOW - 60 * 60_000;
  const recent = leave('recent', 3);
  now = NOW;
  await ask('run', 'tidy');
  expect(store.runs.last('old')).toBeUndefined();
  expect(store.runs.last('recent')).toBeDefined();
  expect(store.intake.open().map(({ updateId }) => updateId)).toEqual([2]);
  expect([1, 3].map((updateId) => store.intake.add(updateId, `m${updateId}`, '{}'))).toEqual([true, false]);
  expect(store.confirmations.take(old, 1, 9)).toEqual({ outcome: 'unknown' });
  expect(store.confirmations.take(recent, 1, 9)).toMatchObject({ outcome: 'expired' });
});
