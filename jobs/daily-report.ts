import type { Job } from '../src/app.ts';
import { tellMorning } from '../src/operations/reports/morning.ts';

/** To the minute, and on Sunday of the whole week. One that was missed is made up once, and says how long nobody watched. */
export const dailyReport: Job = {
  name: 'daily-report',
  times: (app) => [{ times: { at: app.config.report.at } }],
  async run(app, _subject, run) {
    await tellMorning(app, run);
    return undefined;
  },
};
