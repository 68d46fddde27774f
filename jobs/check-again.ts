import type { Job } from '../src/app.ts';
import { checkRelease, wantsAnotherLook } from '../src/operations/check-release.ts';

/** A nightly look that learnt nothing is made again each hour. */
export const checkAgain: Job = {
  name: 'check-again',
  times: () => [{ times: { every: 3_600_000 } }],
  async run(app, _subject, { signal }) {
    for (const service of app.services.all) {
      if (service.release?.check !== undefined && wantsAnotherLook(app, service)) {
        await checkRelease(app, service, { signal });
      }
    }
    return undefined;
  },
};
