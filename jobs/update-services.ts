import type { Job } from '../src/app.ts';
import { updateByPolicy, windowOf } from '../src/operations/update/by-policy.ts';

export const updateServices: Job = {
  name: 'update-services',
  heavy: true,
  times: (app) =>
    app.services.all
      .filter(({ update }) => update.policy !== 'ask')
      .map((service) => ({ subject: service.name, times: { at: windowOf(service).from } })),
  async run(app, subject, run) {
    const service = subject === undefined ? undefined : app.services.get(subject);
    return service && updateByPolicy(app, service, run);
  },
};
