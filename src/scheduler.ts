/** Jobs at their times. The store knows when each is due; a tick of the clock only asks. */
import { schedule } from 'node-cron';
import type { App, Run } from './app.ts';
import { createCalendar } from './calendar.ts';
import { BusyError, UserError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Report } from './report.ts';
import type { JobState } from './report/jobs.ts';
import { entriesOf, keyOf, labelOf, pick, type Entry } from './scheduler/entries.ts';
import type { DueRow } from './store/runs.ts';
import type { Task, TaskEnd, Tasks } from './tasks.ts';

export type Scheduler = {
  /** Begin to tick; a run that was missed is made up once. */
  start(app: App): void;
  stop(): Promise<void>;
  /**
   * What is scheduled, with its last outcome: everything, or what is named.
   * @throws UserError for an unknown job or subject
   */
  jobs(app: App, job?: string, subject?: string): JobState[];
  /**
   * Run now, beside the schedule.
   * @throws UserError for an unknown job or subject, BusyError while it runs already, and the job's own error
   */
  runNow(app: App, job: string, subject: string | undefined, by: string): Promise<Report | undefined>;
  /**
   * Without a subject all of the job's.
   * @throws UserError for an unknown job or subject
   */
  setPaused(app: App, job: string, subject: string | undefined, paused: boolean): void;
};

/** Calls `tick` now and then; the promise of a tick is for tests to wait for. */
export type Ticker = (tick: () => Promise<void>, log: Logger) => { stop(): Promise<void> };

export type SchedulerNeeds = {
  tasks: Tasks;
  timeZone: string;
  /** Gets a job's report, if it has one. */
  tell: (report: Report) => void;
  /** Whether the services are up: runs that were missed wait for it, a while. */
  isReady?: () => Promise<boolean>;
  /** Told of each run that was begun here and has ended, beside the schedule or by it. */
  ended?: (run: { job: string; subject: string | undefined; by: string }, end: TaskEnd) => void;
  tick?: Ticker;
  /** From 0 to 1. */
  random?: () => number;
};

/** product.md: "up to 5 min of random delay". */
const JITTER = 5 * 60_000;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A run that is later than this was missed. */
const LATE = 10 * MINUTE;
/** A service that never gets healthy must not hold up backups for ever. */
const LONGEST_WAIT = 15 * MINUTE;

export function createScheduler(needs: SchedulerNeeds): Scheduler {
  const {
    tasks,
    tell,
    isReady = () => Promise.resolve(true),
    ended = () => {},
    tick = everyMinute,
    random = Math.random,
  } = needs;
  const calendar = createCalendar(needs.timeZone);
  const underWay = new Map<string, 'queued' | 'running'>();
  let heavyWork: Promise<unknown> = Promise.resolve();
  let ticking: ReturnType<Ticker> | undefined;
  let isStopped = false;

  const dueAfter = ({ times }: Entry, now: number): number => {
    // On the minute, so that the tick that is meant finds it due.
    if ('every' in times) return Math.floor(now / MINUTE) * MINUTE + times.every;
    return calendar.next(times, now) + (times.jitter === true ? Math.floor(random() * JITTER) : 0);
  };

  /** Further away than any due time can be, unless the clock was set back since. */
  const isBeyond = ({ times }: Entry, dueAt: number, now: number): boolean => {
    if ('every' in times) return dueAt > now + times.every;
    // Mostly it is near, and the calendar need not be asked.
    return dueAt > now + DAY && dueAt > calendar.next(times, calendar.next(times, now)) + JITTER;
  };

  const scheduleOf = ({ times }: Entry): string => JSON.stringify([times, needs.timeZone]);

  const setDue = (app: App, entry: Entry, at?: number): number => {
    const dueAt = at ?? dueAfter(entry, app.clock.now());
    app.store.runs.setDue(entry.job.name, entry.subject ?? '', scheduleOf(entry), dueAt);
    return dueAt;
  };

  /** The row of an entry; one that is new or whose times were changed is due at its next time. */
  const rowOf = (app: App, entry: Entry, rows: ReadonlyMap<string, DueRow>): DueRow => {
    const row = rows.get(keyOf(entry));
    const isGood = row?.schedule === scheduleOf(entry) && !isBeyond(entry, row.dueAt, app.clock.now());
    if (row !== undefined && isGood) return row;
    const dueAt = setDue(app, entry);
    return {
      job: entry.job.name,
      subject: entry.subject ?? '',
      schedule: scheduleOf(entry),
      dueAt,
      paused: row?.paused ?? false,
    };
  };

  /** What hears of it must not be able to hold up the work. */
  const tellEnd = (app: App, run: Parameters<typeof ended>[0], end: TaskEnd): void => {
    try {
      ended(run, end);
    } catch (error) {
      app.log.error({ err: error, job: run.job }, 'the end of a job could not be told');
    }
  };

  const begin = (app: App, entry: Entry, by: string, dueAt?: number) => {
    const { job, subject } = entry;
    const key = keyOf(entry);
    underWay.set(key, 'queued');
    const work = async () => {
      try {
        // A kill while it was queued leaves the row due, and the next start makes it up.
        if (isStopped) return undefined;
        underWay.set(key, 'running');
        if (dueAt !== undefined) setDue(app, entry);
        const task: Task = { kind: 'job', name: job.name, subject, by };
        const audited: Task = job.looks === true ? { ...task, audit: 'never' } : task;
        const end = await tasks.start(audited, (run: Run) =>
          job.run(app, subject, dueAt === undefined ? run : { ...run, dueAt }),
        );
        tellEnd(app, { job: job.name, subject, by }, end);
        return end;
      } finally {
        underWay.delete(key);
      }
    };
    if (job.heavy !== true) return work();
    const end = heavyWork.then(work);
    // Whoever waits for this run gets its error; the next in the queue only waits for its end.
    heavyWork = Promise.allSettled([end]);
    return end;
  };

  const runDue = async (app: App, entry: Entry, dueAt: number): Promise<void> => {
    const { name } = entry.job;
    if (underWay.get(keyOf(entry)) === 'queued') return;
    if (underWay.has(keyOf(entry))) {
      setDue(app, entry);
      if ('every' in entry.times) return;
      await tasks.start({ kind: 'job', name, subject: entry.subject, by: 'schedule' }, () =>
        Promise.reject(new BusyError(labelOf(entry))),
      );
      return;
    }
    const end = await begin(app, entry, 'schedule', dueAt);
    if (end?.outcome === 'done' && end.report !== undefined) tell(end.report);
  };

  const dueNow = (app: App): { entry: Entry; row: DueRow }[] => {
    const rows = rowsOf(app);
    const entries = entriesOf(app);
    const known = new Set(entries.map(keyOf));
    for (const [key, { job, subject }] of rows) if (!known.has(key)) app.store.runs.dropDue(job, subject);
    return entries
      .map((entry) => ({ entry, row: rowOf(app, entry, rows) }))
      .filter(({ row }) => row.dueAt <= app.clock.now())
      .sort((a, b) => a.row.dueAt - b.row.dueAt);
  };

  const isMissed = (app: App, { dueAt, paused }: DueRow) => dueAt < app.clock.now() - LATE && !paused;

  const mayMakeUp = async (app: App, startedAt: number): Promise<boolean> => {
    if (app.clock.now() - startedAt > LONGEST_WAIT) return true;
    try {
      return await isReady();
    } catch (error) {
      app.log.warn({ err: error }, 'cannot tell whether the services are up');
      return false;
    }
  };

  const onTick = async (app: App, startedAt: number): Promise<void> => {
    let due = dueNow(app);
    let makesUp = true;
    if (due.some(({ row }) => isMissed(app, row))) {
      makesUp = await mayMakeUp(app, startedAt);
      // Asked again: another tick may have begun some of them meanwhile.
      due = dueNow(app);
    }
    const runs = due.map(async ({ entry, row }) => {
      if (row.paused) setDue(app, entry);
      else if (makesUp || !isMissed(app, row)) await runDue(app, entry, row.dueAt);
    });
    await Promise.all(runs);
  };

  return {
    start(app) {
      const startedAt = app.clock.now();
      for (const entry of entriesOf(app)) {
        if ('every' in entry.times) setDue(app, entry, entry.times.atStart === true ? startedAt : undefined);
      }
      ticking = tick(async () => {
        try {
          await onTick(app, startedAt);
        } catch (error) {
          app.log.error({ err: error }, 'a tick of the scheduler failed');
        }
      }, app.log);
    },
    async stop() {
      isStopped = true;
      await ticking?.stop();
    },
    jobs(app, name, subject) {
      const rows = rowsOf(app);
      const open = app.store.runs.open().filter(({ kind }) => kind === 'job');
      const entries = name === undefined ? entriesOf(app) : pick(app, name, subject);
      return entries.map((entry) => {
        const { job, times } = entry;
        const row = rows.get(keyOf(entry));
        const last = app.store.runs.last(job.name, entry.subject);
        return {
          name: job.name,
          subject: entry.subject,
          schedule: 'every' in times ? { every: times.every } : { at: times.at, ...weekdayOf(times) },
          nextAt: row?.schedule === scheduleOf(entry) ? row.dueAt : undefined,
          paused: row?.paused ?? false,
          running: open.some((run) => run.name === job.name && run.subject === entry.subject),
          last:
            last?.outcome === undefined || last.endedAt === undefined
              ? undefined
              : {
                  at: last.endedAt,
                  took: last.endedAt - last.startedAt,
                  outcome: last.outcome,
                  reason: last.reason,
                },
        };
      });
    },
    async runNow(app, job, subject, by) {
      const [entry, ...others] = pick(app, job, subject);
      if (entry === undefined) throw new UserError(`${job} has nothing to look after here.`);
      if (others.length > 0) {
        throw new UserError(`Say which: ${[entry, ...others].map(labelOf).join(', ')}.`);
      }
      if (underWay.has(keyOf(entry))) throw new BusyError(labelOf(entry));
      const end = await begin(app, entry, by);
      if (end?.outcome === 'done') return end.report;
      throw end !== undefined && 'error' in end ? end.error : new Error('Steward is stopping');
    },
    setPaused(app, job, subject, paused) {
      const rows = rowsOf(app);
      for (const entry of pick(app, job, subject)) {
        rowOf(app, entry, rows);
        app.store.runs.setPaused(entry.job.name, entry.subject ?? '', paused);
      }
    },
  };
}

const rowsOf = (app: App): Map<string, DueRow> =>
  new Map(app.store.runs.dues().map((row) => [`${row.job} ${row.subject}`, row]));

const weekdayOf = ({ weekday }: { weekday?: number }) => (weekday === undefined ? {} : { weekday });

/** A hint. It may come late or not at all: what is due is in the store, and the next one finds it. */
const everyMinute: Ticker = (tick, log) => {
  const task = schedule(
    '* * * * *',
    () => {
      // A long run must not hold back the next tick.
      void tick();
    },
    // In UTC no minute is skipped or repeated.
    { name: 'steward', timezone: 'UTC', suppressMissedWarning: true, logger: quiet(log) },
  );
  void tick();
  return {
    stop: async () => {
      await task.destroy();
    },
  };
};

/** The package writes to the console by itself. */
const quiet = (log: Logger) => ({
  info: (message: string) => log.debug(message),
  debug: (message: string | Error) => log.debug(String(message)),
  warn: (message: string) => log.warn(message),
  error: (message: string | Error) => log.error(String(message)),
});
