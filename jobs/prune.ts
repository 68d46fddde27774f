import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { isIdle, prune as pruneHosts, PRUNER } from '../src/operations/prune/prune.ts';

export const prune: Job = {
  name: 'prune',
  heavy: true,
  times: () => [{ times: { at: '04:40', weekday: 0, jitter: true } }],
  async run(app, _subject, run) {
    const report = await whileLocked(app, PRUNER, 'prune', run, () => pruneHosts(app, run));
    return isIdle(report) ? undefined : report;
  },
};
