import type { Job } from '../src/app.ts';
import { tellAgain } from '../src/operations/tell-releases.ts';
import { REMIND_AT } from '../src/reminders.ts';

export const remindReleases: Job = {
  name: 'remind-releases',
  times: () => [{ times: { at: REMIND_AT } }],
  run: (app) => Promise.resolve(tellAgain(app)),
};
