import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { oneService } from '../src/operations/arguments.ts';
import { steerUpdate, updatingNow, WISHES } from '../src/operations/steer-update.ts';

export const cancel: Command = {
  name: 'cancel',
  usage: '[service] [now|wait]',
  purpose: 'act',
  isBrief: true,
  async run(app, [part, word = 'cancel', id, ...rest]) {
    if (rest.length > 0) throw new UserError('One update at a time: cancel <service> [now|wait].');
    const wish = WISHES[word.toLowerCase()];
    if (wish === undefined) {
      throw new UserError(`Cannot do "${word}" to an update: say now (roll back) or wait (10 min more).`);
    }
    const service = part === undefined ? updatingNow(app) : oneService(app, [part]);
    return steerUpdate(app, service, { wish, id });
  },
};
