import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { checkOffSite as check, SAMPLER } from '../src/operations/backups/check-off-site.ts';

/** In the morning, when what failed for an hour in the night is there already. */
export const checkOffSite: Job = {
  name: SAMPLER.name,
  looks: true,
  times: (app) => (app.offsite === undefined ? [] : [{ times: { at: app.config.report.at } }]),
  run: (app, _subject, run) => whileLocked(app, SAMPLER, SAMPLER.name, run, () => check(app, run)),
};
