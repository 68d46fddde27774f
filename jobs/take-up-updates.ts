import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { isCutOff, takeUp, workOn } from '../src/operations/update/take-up.ts';

/** What a kill or a restart of Steward cut off, a killed command line's too: told by its journal, with its lock free. */
export const takeUpUpdates: Job = {
  name: 'take-up-updates',
  times: () => [{ times: { every: 60_000, atStart: true } }],
  async run(app, _subject, run) {
    const cutOff = app.services.all.find(
      (service) => isCutOff(app, service) && app.locks.isFree(service.name),
    );
    return cutOff && whileLocked(app, cutOff, workOn(app, cutOff), run, () => takeUp(app, cutOff, run));
  },
};
