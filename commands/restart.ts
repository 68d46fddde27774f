import type { Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { planPower, power } from '../src/operations/power.ts';

export const restart: Command = {
  name: 'restart',
  usage: '<service>',
  purpose: 'act',
  needsService: () => true,
  plan: (app, args) => planPower(app, 'restart', oneService(app, args)),
  run(app, args, run) {
    const service = oneService(app, args);
    return whileLocked(app, service, 'restart', run, () => power(app, 'restart', service, run));
  },
  // Cut off between stop and start the service would stay down.
  resume(app, args, run) {
    const service = oneService(app, args);
    return whileLocked(app, service, 'start', run, () => power(app, 'start', service, run));
  },
};
