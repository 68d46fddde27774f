/** Running work: caught, abortable, drained at shutdown, found again after a kill. */
import { randomUUID } from 'node:crypto';
import type { Plan, Run } from './app.ts';
import { refusalOf, type Audit, type Followed } from './audit.ts';
import type { Clock } from './clock.ts';
import { BusyError, causeOf, UserError } from './errors.ts';
import type { Lock, Locks } from './locks.ts';
import type { Logger } from './logger.ts';
import { createProgress } from './progress.ts';
import type { Report } from './report.ts';
import type { AuditOutcome } from './store/audit.ts';
import type { RunRow, Runs } from './store/runs.ts';
import { hasSucceeded, isBack, isObserved, whyOf } from './verdict.ts';

export type Task = {
  kind: 'command' | 'job';
  name: string;
  subject?: string | undefined;
  args?: readonly string[];
  by: string;
  /** Key of the outbox card that shows it. */
  card?: string | undefined;
  /** What was confirmed. */
  plan?: Plan | undefined;
  /** In the audit from its beginning, or never; by default from the first thing that it works on. */
  audit?: 'act' | 'never';
};

export type TaskEnd =
  | { outcome: 'done'; report: Report | undefined; took: number }
  | { outcome: 'failed'; error: unknown; took: number }
  /** The service was taken: nothing was done. */
  | { outcome: 'skipped'; error: unknown; took: number }
  | { outcome: 'interrupted'; took: number };

/** @param stepChanged a step began or ended: worth showing at once */
export type ProgressListener = (steps: Run['progress']['steps'], stepChanged: boolean) => void;

type Work = (run: Run) => Promise<Report | undefined>;

export type Tasks = {
  /**
   * Begin work in the background, with a row in the store from its beginning to its end. Never rejects.
   * @param progress told after each change
   */
  start(task: Task, work: Work, progress?: ProgressListener): Promise<TaskEnd>;
  /** Work of dead processes, now ended as `interrupted`. Call at start; again to find a killed command line's. */
  recover(): RunRow[];
  /** Take no more work, wait for what is short, then abort what is left and wait for its end. Milliseconds. */
  drain(patience: number): Promise<void>;
  readonly running: number;
};

/** @property audit absent: nobody asks later who did what */
export type TasksNeeds = { runs: Runs; locks: Locks; clock: Clock; log: Logger; audit?: Audit };

export function createTasks({ runs, locks, clock, log, audit }: TasksNeeds): Tasks {
  const controllers = new Set<AbortController>();
  const ends = new Set<Promise<TaskEnd>>();
  // A lock with a name of its own tells a later start whether this process still lives: pids come back, this does not.
  const owner = `process:${randomUUID()}`;
  let alive: Lock | undefined;
  let isDraining = false;

  const attempt = async (task: Task, work: Work, told: ProgressListener | undefined): Promise<TaskEnd> => {
    const startedAt = clock.now();
    const controller = new AbortController();
    controllers.add(controller);
    let id: number | undefined;
    let followed: Followed | undefined;
    let end: TaskEnd;
    try {
      alive ??= locks.take(owner, { what: 'run', by: task.by });
      const { kind, name, subject, card, args = [], plan, by } = task;
      id = runs.begin({ kind, name, subject, card, args, by, owner });
      if (task.audit !== 'never') {
        const asked = { what: name, service: subject, args, by, plan: plan?.report };
        followed = audit?.follow(asked, id, task.audit === 'act');
      }
      const progress = createProgress(clock, (stepChanged) => tell(told, progress.steps, stepChanged));
      const touched = (thing: string) => followed?.touched(thing);
      const report = await work({ by, signal: controller.signal, progress, touched });
      end = { outcome: 'done', report, took: clock.now() - startedAt };
    } catch (error) {
      end = endOf(error, controller.signal, clock.now() - startedAt);
      if (end.outcome === 'failed' && !(error instanceof UserError)) {
        log.error({ err: error, task: task.name, subject: task.subject }, 'work failed');
      }
    }
    controllers.delete(controller);
    if (id !== undefined) record(id, end, () => followed?.end(...verdictOf(end, task.plan)));
    return end;
  };

  /** Whoever shows the progress must not be able to stop the work. */
  const tell = (
    told: ProgressListener | undefined,
    steps: Run['progress']['steps'],
    stepChanged: boolean,
  ): void => {
    try {
      told?.(steps, stepChanged);
    } catch (error) {
      log.error({ err: error }, 'progress could not be told');
    }
  };

  const record = (id: number, end: TaskEnd, keep: () => void): void => {
    try {
      runs.end(id, end.outcome, reasonOf(end));
      keep();
    } catch (error) {
      // The work itself is over; its row will be found open by the next start.
      log.error({ err: error, run: id }, 'the end of work could not be written down');
    }
  };

  return {
    get running() {
      return ends.size;
    },
    start(task, work, progress) {
      if (isDraining) return Promise.resolve({ outcome: 'interrupted', took: 0 });
      const end = attempt(task, work, progress);
      ends.add(end);
      return end.finally(() => ends.delete(end));
    },
    recover() {
      const owners = new Map<string, boolean>();
      const isDead = (name: string) => {
        let dead = owners.get(name);
        if (dead === undefined) owners.set(name, (dead = name !== owner && locks.isFree(name)));
        return dead;
      };
      const found = runs.open().filter((row) => isDead(row.owner));
      for (const { id } of found) {
        runs.end(id, 'interrupted', 'the process ended');
        audit?.abandon(id);
      }
      for (const [name, dead] of owners) if (dead) locks.forget(name);
      return found;
    },
    async drain(patience) {
      isDraining = true;
      await settledWithin([...ends], patience);
      for (const controller of controllers) controller.abort(new Error('Steward is stopping'));
      await Promise.all(ends);
      if (alive === undefined) return;
      alive.release();
      alive = undefined;
      locks.forget(owner);
    },
  };
}

function endOf(error: unknown, signal: AbortSignal, took: number): TaskEnd {
  if (error instanceof BusyError) return { outcome: 'skipped', error, took };
  return signal.aborted ? { outcome: 'interrupted', took } : { outcome: 'failed', error, took };
}

function reasonOf(end: TaskEnd): string | undefined {
  if ('error' in end) return causeOf(end.error);
  return end.outcome === 'interrupted' ? 'Steward was stopped' : undefined;
}

/** As the audit keeps it. */
function verdictOf(end: TaskEnd, plan: Plan | undefined): [AuditOutcome, string | undefined] {
  if ('error' in end) {
    const { outcome, reason } = refusalOf(end.error);
    return [outcome, reason];
  }
  if (end.outcome === 'interrupted') return ['interrupted', reasonOf(end)];
  const { report } = end;
  if (report === undefined) return ['done', undefined];
  if (isObserved(report)) return ['observed', undefined];
  const isDone = hasSucceeded(report) || (plan !== undefined && isBack(plan.report, report));
  return isDone ? ['done', undefined] : ['failed', whyOf(report)];
}

async function settledWithin(ends: readonly Promise<unknown>[], patience: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([Promise.all(ends), timeout]);
  clearTimeout(timer);
}
