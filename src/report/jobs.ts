/** When jobs run, and how they did. */
/** Local time of day `HH:MM`, daily or on one weekday (0 is Sunday); or every so many milliseconds. */
export type Schedule = { at: string; weekday?: number } | { every: number };

export type JobState = {
  name: string;
  subject: string | undefined;
  schedule: Schedule;
  nextAt: number | undefined;
  paused: boolean;
  running: boolean;
  last:
    | {
        at: number;
        took: number;
        outcome: 'done' | 'failed' | 'skipped' | 'interrupted';
        reason: string | undefined;
      }
    | undefined;
};
