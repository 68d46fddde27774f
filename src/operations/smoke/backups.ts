/** Backups whose newest proven one is too old. */
import { failuresOf, lateKey, standingOf } from '../backups/due.ts';
import { recallBackups } from '../backups/memory.ts';
import { scheduledServices } from '../backups/scheduled.ts';
import { lookedAt, merged, notLookedAt, type SmokeCheck } from './check.ts';

export const backups: SmokeCheck = {
  keys: ['backup:'],
  pace: 'often',
  look(app) {
    const looks = scheduledServices(app).map((service) => {
      const { name, title, backup } = service;
      const key = lateKey(name);
      if (app.guard.observing && backup?.pause !== undefined) {
        const why = 'Steward only observes, and it would have to be stopped';
        return notLookedAt(key, why, 'lacking');
      }
      const { isOverdue, provenAt } = standingOf(app, service);
      const cause = failuresOf(recallBackups(app.store, name), app.clock.now()).at(-1)?.cause;
      const look = lookedAt(
        app,
        key,
        isOverdue ? { kind: 'late-backup', title, provenAt, cause } : undefined,
      );
      return { ...look, findings: look.findings.map((finding) => ({ ...finding, service: name })) };
    });
    return Promise.resolve(merged(looks));
  },
};
