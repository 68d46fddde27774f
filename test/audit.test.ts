import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAudit, isAct } from '../src/audit.ts';
import type { Command, Plan, Run } from '../src/app.ts';
import { BusyError, UserError } from '../src/errors.ts';
import { createLocks, type Locks } from '../src/locks.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { createRedact } from '../src/redact.ts';
import type { Report } from '../src/report.ts';
import { openStore, type Store } from '../src/store.ts';
import { createTasks, type Task, type Tasks } from '../src/tasks.ts';

let folder: string;
let store: Store;
let locks: Locks;
let tasks: Tasks;
let now: number;
const clock = { now: () => now };
const log = pino({ enabled: false });
const DONE: Report = { kind: 'note', note: { key: 'job-set', job: 'tidy', paused: true } };

const newTasks = () => {
  const audit = createAudit({ table: store.audit, redact: createRedact(['hunter22']), clock });
  return createTasks({ runs: store.runs, locks, clock, log, audit });
};

beforeEach(() => {
  now = 1_000;
  folder = mkdtempSync(join(tmpdir(), 'steward-audit-'));
  store = openStore(folder, clock);
  locks = createLocks(join(folder, 'locks'), clock);
  tasks = newTasks();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const command = (name: string, more: Partial<Task> = {}): Task => ({
  kind: 'command',
  name,
  subject: 'blog',
  args: ['blog'],
  by: 'telegram:7',
  ...more,
});
const job = (name: string, more: Partial<Task> = {}): Task => ({
  kind: 'job',
  name,
  by: 'schedule',
  ...more,
});
const plan: Plan = {
  report: {
    kind: 'plan',
    verb: 'restart',
    service: 'blog',
    title: 'Blog',
    steps: [],
    dependents: [],
    away: undefined,
  },
  fingerprint: 'x',
};
const onLocked = (names: readonly string[]) => async (run: Run) => {
  for (const name of names) await whileLocked({ locks }, { name }, 'backup', run, () => Promise.resolve());
  return undefined;
};

test('an act is in the audit while it runs, with its plan and who confirmed it', async () => {
  const working = Promise.withResolvers<Report>();
  const end = tasks.start(command('restart', { plan, audit: 'act' }), () => working.promise);
  expect(store.audit.list()).toEqual([
    {
      id: 1,
      at: 1_000,
      by: 'telegram:7',
      from: 'chat',
      what: 'restart',
      services: ['blog'],
      args: ['blog'],
      plan: JSON.parse(JSON.stringify(plan.report)),
      confirmedBy: 'telegram:7',
      outcome: undefined,
      reason: undefined,
      endedAt: undefined,
    },
  ]);
  now = 5_000;
  working.resolve(DONE);
  await end;
  expect(store.audit.list()).toMatchObject([{ outcome: 'done', endedAt: 5_000 }]);
});

test.each([
  [new UserError('No service is called "x".'), 'refused', 'No service is called "x".'],
  [new BusyError('blog'), 'busy', 'blog is busy'],
  [new Error('Cannot pull', { cause: new Error('no route') }), 'failed', 'no route'],
])('%o ends an act as %s, with the reason', async (error, outcome, reason) => {
  await tasks.start(command('update', { audit: 'act' }), () => Promise.reject(error));
  expect(store.audit.list()).toMatchObject([{ outcome, reason }]);
});

test('a report that tells of a failure is a failure, with its cause', async () => {
  const failed: Report = { kind: 'note', note: { key: 'failed', message: 'the disk is full', lines: [] } };
  await tasks.start(command('backup', { audit: 'act' }), () => Promise.resolve(failed));
  expect(store.audit.list()).toMatchObject([{ outcome: 'failed', reason: 'the disk is full' }]);
});

test('a job is in it once it works on something, and names each thing once', async () => {
  await tasks.start(job('take-up-updates'), () => Promise.resolve(undefined));
  expect(store.audit.list()).toEqual([]);
  await tasks.start(job('back-up-again'), onLocked(['blog', 'photos', 'blog']));
  expect(store.audit.list()).toMatchObject([
    { what: 'back-up-again', from: 'schedule', services: ['blog', 'photos'], outcome: 'done' },
  ]);
  expect(store.audit.list({ service: 'photos' })).toHaveLength(1);
  expect(store.audit.list({ service: 'notes' })).toEqual([]);
});

test('a job that found its service taken is in it as that', async () => {
  const lock = locks.take('blog', { what: 'update', by: 'cli:root' });
  await tasks.start(job('back-up', { subject: 'blog' }), onLocked(['blog']));
  lock.release();
  expect(store.audit.list()).toMatchObject([{ what: 'back-up', services: ['blog'], outcome: 'busy' }]);
});

test('a look is not in it, and a job that only looks never is', async () => {
  await tasks.start(command('status'), () => Promise.resolve(DONE));
  await tasks.start(job('send-off-site', { audit: 'never' }), onLocked(['send-off-site']));
  expect(store.audit.list()).toEqual([]);
});

test('what a kill cut off is ended by the next start', async () => {
  const run = store.runs.begin({
    kind: 'command',
    name: 'update',
    subject: 'blog',
    by: 'cli:root',
    owner: 'process:dead',
    card: undefined,
  });
  const row = { at: 1, by: 'cli:root', from: 'cli', what: 'update', services: ['blog'], args: [] } as const;
  store.audit.begin({ ...row, run, plan: undefined, confirmedBy: undefined });
  tasks.recover();
  expect(store.audit.list()).toMatchObject([{ outcome: 'interrupted', endedAt: 1_000 }]);
});

test('secrets are masked in arguments, plan and reason', async () => {
  const note: Report = { kind: 'note', note: { key: 'user-error', message: 'hunter22' } };
  const secret = command('logs', {
    args: ['blog', 'password=hunter22', 'hunter22'],
    plan: { report: note, fingerprint: '' },
    audit: 'act',
  });
  await tasks.start(secret, () => Promise.reject(new Error('hunter22 was refused')));
  expect(JSON.stringify(store.audit.list())).not.toContain('hunter22');
  expect(store.audit.list()).toMatchObject([{ reason: '••• was refused' }]);
});

test('forget drops what is older than a year is long', async () => {
  await tasks.start(command('restart', { audit: 'act' }), () => Promise.resolve(DONE));
  store.audit.forget(1_000);
  expect(store.audit.count()).toBe(1);
  store.audit.forget(1_001);
  expect(store.audit.count()).toBe(0);
});

test('isAct tells what acts from what looks', () => {
  const of = (more: Partial<Command>): Command => ({
    name: 'x',
    usage: '',
    purpose: 'act',
    run: () => Promise.resolve(DONE),
    ...more,
  });
  expect(isAct(of({}), [], undefined)).toBe(false);
  expect(isAct(of({}), ['blog'], undefined)).toBe(true);
  expect(isAct(of({}), [], plan)).toBe(true);
  expect(isAct(of({ purpose: 'look' }), ['blog'], undefined)).toBe(false);
  const accepts = of({ purpose: 'look', acts: ([, word]) => word === 'accept' });
  expect(isAct(accepts, ['blog', 'accept'], undefined)).toBe(true);
});
