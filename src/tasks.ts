/** Running work: caught, abortable, drained at shutdown, found again after a kill. */
import { randomUUID } from 'node:crypto';
import type { Run } from './app.ts';
import type { Clock } from './clock.ts';
import { BusyError, causeOf, UserError } from './errors.ts';
import type { Lock, Locks } from './locks.ts';
import type { Logger } from './logger.ts';
import { createProgress } from './progress.ts';
import type { Report } from './report.ts';
import type { RunRow, Runs } from './store/runs.ts';

export type Task = {
  kind: 'command' | 'job';
  name: string;
  subject?: string | undefined;
  args?: readonly string[];
  by: string;
  /** Key of the outbox card that shows it. */
  card?: string | undefined;
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

export type TasksNeeds = { runs: Runs; locks: Locks; clock: Clock; log: Logger };

export function createTasks({ runs, locks, clock, log }: TasksNeeds): Tasks {
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
    let end: TaskEnd;
    try {
      alive ??= locks.take(owner, { what: 'run', by: task.by });
      const { kind, name, subject, card, args = [] } = task;
      id = runs.begin({ kind, name, subject, card, args, by: task.by, owner });
      const progress = createProgress(clock, (stepChanged) => tell(told, progress.steps, stepChanged));
      const report = await work({ by: task.by, signal: controller.signal, progress });
      end = { outcome: 'done', report, took: clock.now() - startedAt };
    } catch (error) {
      end = endOf(error, controller.signal, clock.now() - startedAt);
      if (end.outcome === 'failed' && !(error instanceof UserError)) {
        log.error({ err: error, task: task.name, subject: task.subject }, 'work failed');
      }
    }
    controllers.delete(controller);
    if (id !== undefined) record(id, end);
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

  const record = (id: number, end: TaskEnd): void => {
    try {
      runs.end(id, end.outcome, reasonOf(end));
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
      for (const row of found) runs.end(row.id, 'interrupted', 'the process ended');
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

async function settledWithin(ends: readonly Promise<unknown>[], patience: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([Promise.all(ends), timeout]);
  clearTimeout(timer);
}
