import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { drill as drillBackup, drillable, drillTime } from '../src/operations/backups/drill.ts';
import { tellDrill } from '../src/operations/backups/tell.ts';

/** Weekly, after the night's backup: what is only decoded each day is restored once a week. */
export const drill: Job = {
  name: 'drill',
  heavy: true,
  times: (app) =>
    drillable(app).map((service) => ({
      subject: service.name,
      times: { at: drillTime(service), weekday: 0, jitter: true },
    })),
  async run(app, subject, run) {
    const service = subject === undefined ? undefined : app.services.get(subject);
    if (service === undefined) return undefined;
    const report = await whileLocked(app, service, 'drill', run, () => drillBackup(app, service, run));
    return tellDrill(app, service, report);
  },
};
