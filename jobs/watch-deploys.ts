import type { Job } from '../src/app.ts';
import { tellUnasked } from '../src/operations/tell-unasked.ts';
import { watchDeploys as watch } from '../src/operations/update/watch-deploys.ts';

/** What somebody deploys, with Steward's help or without, is looked at when it comes up. */
export const watchDeploys: Job = {
  name: 'watch-deploys',
  times: () => [{ times: { every: 60_000 } }],
  async run(app, _subject, run) {
    // Several services can be deployed at once, and the slowest must not hold up what the others have to say.
    await watch(app, run, (report) =>
      tellUnasked(app, report, { key: `deploy:${report.service}:${report.at}` }),
    );
    return undefined;
  },
};
