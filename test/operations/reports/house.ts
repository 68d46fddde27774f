/** The services of the reference host, a clock that is set, and the jobs of the reports. */
import { afterEach } from 'vitest';
import { dailyReport } from '../../../jobs/daily-report.ts';
import type { App, Job } from '../../../src/app.ts';
import { createLogger } from '../../../src/logger.ts';
import type { OverviewReport } from '../../../src/report/overview.ts';
import { createRedact } from '../../../src/redact.ts';
import type { Report } from '../../../src/report.ts';
import { createScheduler } from '../../../src/scheduler.ts';
import { openScratchStore, type Store } from '../../../src/store.ts';
import { createTasks } from '../../../src/tasks.ts';
import type { Hours } from '../../../src/units.ts';
import { openBox, type Box } from '../box.ts';

export const CHAT = 4711;
const MINUTE = 60_000;

export type Told = { at: string; silent: boolean; key: string; report: OverviewReport };

export type House = {
  app: App;
  box: Box;
  store: Store;
  now: () => number;
  set: (iso: string) => void;
  /** A start of the process over the same store. */
  start: () => void;
  /** Ticks every ten minutes until then. */
  until: (iso: string) => Promise<void>;
  told: () => Told[];
};

export type HouseOptions = {
  from: string;
  timeZone?: string;
  at?: string;
  quietHours?: Hours;
  /** Beside the report, a job that comes each ten minutes and the smoke test. */
  jobs?: readonly Job[];
  /** Without the smoke test. */
  untested?: boolean;
};

const nothing = (name: string, times: ReturnType<Job['times']>[number]['times']): Job => ({
  name,
  times: () => [{ times }],
  run: () => Promise.resolve(undefined),
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

export async function openHouse(options: HouseOptions): Promise<House> {
  const { from, timeZone = 'UTC', at = '08:00', quietHours, jobs = [], untested = false } = options;
  let now = Date.parse(from);
  const clock = { now: () => now };
  const box = await openBox();
  const store = openScratchStore(clock);
  closing.push(async () => {
    store.close();
    await box.close();
  });
  const log = createLogger({ level: 'silent', redact: createRedact([]) });
  const config = { timeZone, report: { at }, quietHours, telegram: { chat: CHAT, owners: [CHAT] } };
  const machine = {
    ...box.app.machine,
    name: 'minipc',
    disk: (path: string) => Promise.resolve({ path, used: 61, free: 39, size: 100 }),
  };
  const all = [
    dailyReport,
    nothing('alive', { every: 10 * MINUTE }),
    ...(untested ? [] : [nothing('smoke-test', { at: '06:00' })]),
    ...jobs,
  ];
  const app = {
    ...box.app,
    config,
    store,
    clock,
    log,
    machine,
    jobs: all,
    offsite: undefined,
  } as unknown as App;
  let tick: () => Promise<void> = () => Promise.resolve();
  const start = () => {
    const tasks = createTasks({ runs: store.runs, locks: box.app.locks, clock, log });
    const scheduler = createScheduler({
      tasks,
      timeZone,
      tell: () => {},
      random: () => 0,
      tick: (onTick) => {
        tick = onTick;
        return { stop: () => Promise.resolve() };
      },
    });
    scheduler.start(app);
  };
  start();
  return {
    app,
    box,
    store,
    now: () => now,
    set: (iso) => {
      now = Date.parse(iso);
    },
    start,
    async until(iso) {
      const end = Date.parse(iso);
      while (now < end) {
        now = Math.min(end, now + 10 * MINUTE);
        await tick();
      }
    },
    told: () =>
      store.database
        .all<{ key: string; body: string; silent: number; created_at: number }>(
          'select key, body, silent, created_at from outbox order by id',
        )
        .map(({ key, body, silent, created_at: created }) => {
          const { report } = JSON.parse(body) as { report: Report };
          if (report.kind !== 'overview') throw new Error(`a ${report.kind} was told`);
          return { key, at: new Date(created).toISOString(), silent: silent === 1, report };
        }),
  };
}
