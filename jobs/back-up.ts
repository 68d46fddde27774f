import type { Job } from '../src/app.ts';
import { BACK_UP, scheduledBackup, scheduledServices } from '../src/operations/backups/scheduled.ts';

export const backUp: Job = {
  name: BACK_UP,
  heavy: true,
  times: (app) =>
    scheduledServices(app).flatMap(({ name, backup }) =>
      backup?.at === undefined ? [] : [{ subject: name, times: { at: backup.at, jitter: true } }],
    ),
  async run(app, subject, run) {
    const service = subject === undefined ? undefined : app.services.get(subject);
    return service && scheduledBackup(app, service, run);
  },
};
