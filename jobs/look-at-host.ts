import type { Job } from '../src/app.ts';
import { hostNews } from '../src/operations/smoke/news.ts';
import { sampleMachine } from '../src/operations/smoke/samples.ts';
import { runSmokeTest } from '../src/operations/smoke-test.ts';

/** What changes quickly; what was found before is over as soon as it is. */
export const lookAtHost: Job = {
  name: 'look-at-host',
  times: () => [{ times: { every: 15 * 60_000, atStart: true } }],
  async run(app, _subject, { signal }) {
    await sampleMachine(app);
    await runSmokeTest(app, { signal, often: true });
    return hostNews(app, { signal });
  },
};
