import type { Job } from '../src/app.ts';
import { tellNew } from '../src/operations/tell-releases.ts';

/** One message a day, in the morning, for whatever the night's checks have found. */
export const tellReleases: Job = {
  name: 'tell-releases',
  times: (app) => [{ times: { at: app.config.report.at } }],
  run: (app) => Promise.resolve(tellNew(app)),
};
