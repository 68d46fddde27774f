import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { isLeftPaused, takeUpPaused } from '../src/operations/backups/pause.ts';

/** A service that was stopped for its copy by somebody who was killed, a command line too: it is to run again. */
export const takeUpBackups: Job = {
  name: 'take-up-backups',
  times: () => [{ times: { every: 60_000 } }],
  async run(app, _subject, run) {
    const left = app.services.all.find(
      (service) => isLeftPaused(app, service) && app.locks.isFree(service.name),
    );
    return left && whileLocked(app, left, 'backup', run, () => takeUpPaused(app, left, run));
  },
};
