import type { Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { planPower, power } from '../src/operations/power.ts';
import { lookAtServices } from '../src/operations/status.ts';

/** Telegram sends `/start` when a chat is opened: bare it greets, with a service it starts that. */
export const start: Command = {
  name: 'start',
  usage: '[service]',
  purpose: 'act',
  async plan(app, args) {
    return args.length === 0 ? undefined : planPower(app, 'start', oneService(app, args));
  },
  async run(app, args, run) {
    if (args.length > 0) {
      const service = oneService(app, args);
      return whileLocked(app, service, 'start', run, () => power(app, 'start', service, run));
    }
    const { services } = await lookAtServices(app, app.services.all, { signal: run.signal });
    return {
      kind: 'start',
      host: app.machine.name,
      services,
      actions: [[{ label: 'status', command: 'status', args: [], style: 'primary' }]],
    };
  },
};
