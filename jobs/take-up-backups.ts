import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { isLeftDrilling, takeUpDrill } from '../src/operations/backups/drill.ts';
import { isLeftPaused, takeUpPaused } from '../src/operations/backups/pause.ts';

/**
 * What somebody has left who was killed, a command line too: a service that was stopped for its copy is to run again, the
 * scratch container of a drill is to go.
 */
export const takeUpBackups: Job = {
  name: 'take-up-backups',
  times: () => [{ times: { every: 60_000 } }],
  async run(app, _subject, run) {
    const free = app.services.all.filter(({ name }) => app.locks.isFree(name));
    for (const service of free.filter((one) => isLeftDrilling(app, one))) {
      await whileLocked(app, service, 'drill', run, () => takeUpDrill(app, service));
    }
    const left = free.find((service) => isLeftPaused(app, service));
    return left && whileLocked(app, left, 'backup', run, () => takeUpPaused(app, left, run));
  },
};
