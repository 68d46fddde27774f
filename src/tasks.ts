/** Running work: caught, abortable, drained at shutdown, found again after a kill. */
import type { Run } from './app.ts';
import type { Report } from './report.ts';
import type { RunRow } from './store/runs.ts';

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

export type Tasks = {
  /**
   * Begin work in the background, with a row in the store from its beginning to its end. Never rejects.
   * @param progress told after each change; `true` when a step began or ended
   */
  start(
    task: Task,
    work: (run: Run) => Promise<Report | undefined>,
    progress?: (steps: Run['progress']['steps'], stepChanged: boolean) => void,
  ): Promise<TaskEnd>;
  /** Work of dead processes, now ended as `interrupted`. Call once at start. */
  recover(): RunRow[];
  /** Wait for short work, then abort what is left and wait for its end. Milliseconds. */
  drain(patience: number): Promise<void>;
  readonly running: number;
};
