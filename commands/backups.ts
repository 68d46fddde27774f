import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { oneService } from '../src/operations/arguments.ts';
import {
  acceptBackups,
  backupsOverview,
  oneBackup,
  serviceBackups,
} from '../src/operations/backups/overview.ts';

export const backups: Command = {
  name: 'backups',
  usage: '[service] [which|accept]',
  purpose: 'look',
  acts: ([, which]) => which === 'accept',
  async run(app, [part, which, ...rest]) {
    if (part === undefined) return backupsOverview(app);
    const service = oneService(app, [part]);
    if (rest.length > 0) throw new UserError(`One backup at a time: "${[which, ...rest].join(' ')}".`);
    if (which === undefined) return serviceBackups(app, service);
    // What became smaller is meant to be so.
    if (which === 'accept') return acceptBackups(app, service);
    return oneBackup(app, service, which);
  },
};
