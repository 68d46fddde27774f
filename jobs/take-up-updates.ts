import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { resumeUpdate } from '../src/operations/update/update.ts';

/** What a kill or a restart of Steward cut off, a killed command line's too: told by its journal, with its lock free. */
export const takeUpUpdates: Job = {
  name: 'take-up-updates',
  times: () => [{ times: { every: 60_000 } }],
  async run(app, _subject, run) {
    const cutOff = app.services.all.find(
      ({ name }) => app.store.updates.open(name) !== undefined && app.locks.isFree(name),
    );
    return cutOff && whileLocked(app, cutOff, 'update', run, () => resumeUpdate(app, cutOff, run));
  },
};
