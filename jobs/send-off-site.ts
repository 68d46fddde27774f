import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { sendAll, SENDER } from '../src/operations/backups/check-off-site.ts';

/**
 * Whoever took a backup need not wait for the internet, nor hold the service's lock over it: a minute later this sees what
 * is not there. Not heavy: the next backup must not wait for it either.
 */
export const sendOffSite: Job = {
  name: SENDER.name,
  looks: true,
  times: (app) => (app.offsite === undefined ? [] : [{ times: { every: 60_000 } }]),
  async run(app, _subject, run) {
    await whileLocked(app, SENDER, SENDER.name, run, () => sendAll(app, run));
    return undefined;
  },
};
