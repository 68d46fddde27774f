import type { Job } from '../src/app.ts';
import { backUpAgain as again } from '../src/operations/backups/scheduled.ts';
import { tellUnasked } from '../src/operations/tell-unasked.ts';

/** What is overdue is taken now, though its timer has fired; what failed is tried again. */
export const backUpAgain: Job = {
  name: 'back-up-again',
  heavy: true,
  times: () => [{ times: { every: 60_000 } }],
  async run(app, _subject, run) {
    await again(app, run, (report) => tellUnasked(app, report));
    return undefined;
  },
};
