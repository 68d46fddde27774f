import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Run } from '../src/app.ts';
import { BusyError, UserError } from '../src/errors.ts';
import { createLocks, type Locks } from '../src/locks.ts';
import { openStore, type Store } from '../src/store.ts';
import { createTasks, type Tasks } from '../src/tasks.ts';

let folder: string;
let store: Store;
let locks: Locks;
let tasks: Tasks;
let now: number;
const clock = { now: () => now };
const log = {
  debug: vi.fn<() => void>(),
  info: vi.fn<() => void>(),
  warn: vi.fn<() => void>(),
  error: vi.fn<() => void>(),
  fatal: vi.fn<() => void>(),
};
const NOTE = { kind: 'note', note: { key: 'cancelled' } } as const;

beforeEach(() => {
  vi.clearAllMocks();
  now = 1_000;
  folder = mkdtempSync(join(tmpdir(), 'steward-tasks-'));
  store = openStore(folder, clock);
  locks = createLocks(join(folder, 'locks'), clock);
  tasks = createTasks({ runs: store.runs, locks, clock, log });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const job = (name: string, subject?: string) => ({ kind: 'job', name, subject, by: 'schedule' }) as const;

describe('start', () => {
  test('gives the report, and the row goes from open to done', async () => {
    const working = Promise.withResolvers<typeof NOTE>();
    const end = tasks.start(job('tidy'), () => working.promise);
    expect(tasks.running).toBe(1);
    expect(store.runs.open()).toMatchObject([{ name: 'tidy', by: 'schedule', startedAt: 1_000 }]);
    now = 5_000;
    working.resolve(NOTE);
    expect(await end).toEqual({ outcome: 'done', report: NOTE, took: 4_000 });
    expect(tasks.running).toBe(0);
    expect(store.runs.open()).toEqual([]);
    expect(store.runs.last('tidy')).toMatchObject({ outcome: 'done', endedAt: 5_000, reason: undefined });
  });

  test('a throw is an outcome with its innermost cause, and is logged', async () => {
    const error = new Error('Cannot pull "x"', { cause: new Error('connection refused') });
    const end = await tasks.start(job('check'), () => Promise.reject(error));
    expect(end).toEqual({ outcome: 'failed', error, took: 0 });
    expect(store.runs.last('check')).toMatchObject({ outcome: 'failed', reason: 'connection refused' });
    expect(log.error).toHaveBeenCalledOnce();
  });

  test('a throw before the first await is caught too', async () => {
    const end = await tasks.start(job('check'), () => {
      throw new Error('at once');
    });
    expect(end.outcome).toBe('failed');
  });

  test("a person's mistake fails without a line in the log", async () => {
    const end = await tasks.start(job('check'), () => Promise.reject(new UserError('No such service.')));
    expect(end.outcome).toBe('failed');
    expect(log.error).not.toHaveBeenCalled();
  });

  test('a busy service is skipped', async () => {
    const end = await tasks.start(job('back-up', 'notes'), () => Promise.reject(new BusyError('notes')));
    expect(end.outcome).toBe('skipped');
    expect(store.runs.last('back-up', 'notes')).toMatchObject({
      outcome: 'skipped',
      reason: 'notes is busy',
    });
  });

  test('a listener that throws does not stop the work', async () => {
    const end = await tasks.start(
      job('check'),
      async ({ progress }) => {
        progress.begin('look');
        return undefined;
      },
      () => {
        throw new Error('disk full');
      },
    );
    expect(end.outcome).toBe('done');
    expect(log.error).toHaveBeenCalled();
  });

  test('a store that cannot write is a failure, not a rejection', async () => {
    const broken = {
      ...store.runs,
      begin: () => {
        throw new Error('disk full');
      },
    };
    const work = vi.fn<() => Promise<undefined>>();
    const end = await createTasks({ runs: broken, locks, clock, log }).start(job('check'), work);
    expect(end).toMatchObject({ outcome: 'failed', error: new Error('disk full') });
    expect(work).not.toHaveBeenCalled();
  });
});

describe('drain', () => {
  const untilAborted = ({ signal }: Run) =>
    new Promise<undefined>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  test('waits for work that ends in time', async () => {
    const working = Promise.withResolvers<undefined>();
    const end = tasks.start(job('check'), () => working.promise);
    const drained = tasks.drain(60_000);
    working.resolve(undefined);
    await drained;
    expect((await end).outcome).toBe('done');
  });

  test('aborts what is left, waits for its end, and records it as interrupted', async () => {
    const end = tasks.start(job('check'), untilAborted);
    await tasks.drain(0);
    expect((await end).outcome).toBe('interrupted');
    expect(store.runs.open()).toEqual([]);
    expect(store.runs.last('check')).toMatchObject({ outcome: 'interrupted' });
  });

  test('work that brings itself to a good end after the abort is done', async () => {
    const end = tasks.start(job('check'), (run) => untilAborted(run).catch(() => NOTE));
    await tasks.drain(0);
    expect(await end).toMatchObject({ outcome: 'done', report: NOTE });
  });

  test('takes no new work', async () => {
    await tasks.drain(0);
    const work = vi.fn<() => Promise<undefined>>();
    expect((await tasks.start(job('check'), work)).outcome).toBe('interrupted');
    expect(work).not.toHaveBeenCalled();
  });

  test('leaves no lock behind', async () => {
    await tasks.start(job('check'), () => Promise.resolve(undefined));
    await tasks.drain(0);
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });
});

describe('recover', () => {
  test('leaves the work of living processes alone, its own included', async () => {
    const working = Promise.withResolvers<undefined>();
    const end = tasks.start(job('check'), () => working.promise);
    expect(tasks.recover()).toEqual([]);
    expect(createTasks({ runs: store.runs, locks, clock, log }).recover()).toEqual([]);
    working.resolve(undefined);
    await end;
  });

  test('finds the work of a process that kill -9 ended, once', async () => {
    const src = (name: string) => JSON.stringify(new URL(`../src/${name}`, import.meta.url).href);
    const script = `
      import { createLocks } from ${src('locks.ts')};
      import { openStore } from ${src('store.ts')};
      import { createTasks } from ${src('tasks.ts')};
      const clock = { now: () => 500 };
      const folder = ${JSON.stringify(folder)};
      const tasks = createTasks({ runs: openStore(folder, clock).runs, locks: createLocks(folder + '/locks'), clock, log: console });
      tasks.start({ kind: 'command', name: 'restart', subject: 'notes', by: 'cli:root', card: 'c1' }, () => {
        process.stdout.write('working');
        return new Promise(() => setInterval(() => {}, 60_000));
      });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(tasks.recover()).toEqual([]);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(tasks.recover()).toMatchObject([
      { name: 'restart', subject: 'notes', by: 'cli:root', card: 'c1', startedAt: 500 },
    ]);
    expect(store.runs.last('restart', 'notes')?.outcome).toBe('interrupted');
    expect(tasks.recover()).toEqual([]);
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });
});
