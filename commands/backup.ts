import type { App, Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { backUp, backUpAll, coveredServices, planBackup } from '../src/operations/backups/back-up.ts';

export const backup: Command = {
  name: 'backup',
  usage: '<service|all>',
  purpose: 'act',
  async plan(app, args) {
    if (args.length === 0) return undefined;
    return planBackup(app, isAll(args) ? coveredServices(app) : [oneService(app, args)]);
  },
  shows(app, args) {
    if (args.length === 0) return undefined;
    return { verb: 'backup', service: isAll(args) ? 'all' : oneService(app, args).name };
  },
  async run(app, args, run) {
    if (args.length === 0) {
      return { kind: 'choose', command: 'backup', services: coveredServices(app).map(named) };
    }
    return take(app, args, run);
  },
  // It was asked for, and what was stopped for it is to run again: the whole is done once more.
  resume: (app, args, run) => take(app, args, run),
};

const isAll = ([first, ...rest]: readonly string[]) => first === 'all' && rest.length === 0;

const named = ({ name, title }: { name: string; title: string }) => ({ name, title });

async function take(app: App, args: readonly string[], run: Parameters<Command['run']>[2]) {
  if (isAll(args)) return backUpAll(app, run);
  const service = oneService(app, args);
  return whileLocked(app, service, 'backup', run, () => backUp(app, service, run, { reason: 'asked' }));
}
