import type { Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { planPower, power } from '../src/operations/power.ts';

export const stop: Command = {
  name: 'stop',
  usage: '<service>',
  purpose: 'act',
  needsService: () => true,
  plan: (app, args) => planPower(app, 'stop', oneService(app, args)),
  run(app, args, run) {
    const service = oneService(app, args);
    return whileLocked(app, service, 'stop', run, () => power(app, 'stop', service, run));
  },
};
