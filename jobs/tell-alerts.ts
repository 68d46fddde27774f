import type { Job } from '../src/app.ts';
import { tellAlerts as tell } from '../src/operations/watch/tell-alerts.ts';
import { tellHeld } from '../src/operations/watch/tell-held.ts';

/** What rings again, what a snooze or quiet hours held back: by the clock, when nobody has looked at anything. */
export const tellAlerts: Job = {
  name: 'tell-alerts',
  looks: true,
  times: () => [{ times: { every: 60_000, atStart: true } }],
  run(app) {
    tell(app);
    tellHeld(app);
    return Promise.resolve(undefined);
  },
};
