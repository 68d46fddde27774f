import type { Job } from '../src/app.ts';
import { runSmokeTest } from '../src/operations/smoke-test.ts';

/** Before the day begins. What it finds is told as alerts. */
export const smokeTest: Job = {
  name: 'smoke-test',
  times: () => [{ times: { at: '06:00', jitter: true } }],
  async run(app, _subject, { signal }) {
    await runSmokeTest(app, { signal });
    return undefined;
  },
};
