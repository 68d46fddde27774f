/** Jobs on node-cron. The store knows when each is due; a tick of the clock only asks. */
import type { App, Job } from './app.ts';
import type { JobState, Report } from './report.ts';
import type { Tasks } from './tasks.ts';

export type Scheduler = {
  /** Begin to tick; a run that was missed is made up once. */
  start(app: App): void;
  stop(): Promise<void>;
  /** All that is scheduled, with its last outcome. */
  jobs(app: App): JobState[];
  /** Run now, beside the schedule. @throws UserError for an unknown job */
  runNow(app: App, job: string, subject: string | undefined, by: string): Promise<Report | undefined>;
  /** @throws UserError for an unknown job */
  setPaused(app: App, job: string, subject: string | undefined, paused: boolean): void;
};

export type SchedulerNeeds = {
  jobs: readonly Job[];
  tasks: Tasks;
  timeZone: string | undefined;
  /** Gets a job's report, if it has one, and its failure. */
  tell(report: Report): void;
};
