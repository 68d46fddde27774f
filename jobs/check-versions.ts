import type { Job } from '../src/app.ts';
import { checkRelease } from '../src/operations/check-release.ts';

/** Looks and remembers; what is new is told later, together. */
export const checkVersions: Job = {
  name: 'check-versions',
  times: (app) =>
    app.services.all.flatMap(({ name, release }) =>
      release?.check === undefined ? [] : [{ subject: name, times: { at: release.check, jitter: true } }],
    ),
  async run(app, subject, { signal }) {
    const service = subject === undefined ? undefined : app.services.get(subject);
    if (service !== undefined) await checkRelease(app, service, { signal });
    return undefined;
  },
};
