import type { Job } from '../src/app.ts';
import { sampleTotals } from '../src/operations/reports/sample.ts';

export const sample: Job = {
  name: 'sample',
  times: () => [{ times: { every: 3_600_000, atStart: true } }],
  async run(app, _subject, { signal }) {
    await sampleTotals(app, signal);
    return undefined;
  },
};
