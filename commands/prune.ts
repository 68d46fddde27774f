import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { planPrune, prune as pruneHosts, PRUNER } from '../src/operations/prune/prune.ts';

export const prune: Command = {
  name: 'prune',
  usage: '',
  purpose: 'act',
  plan(app, args) {
    if (args.length > 0)
      throw new UserError('prune takes no names: it takes what nothing uses, and only that.');
    return planPrune(app);
  },
  run: (app, _args, run) =>
    whileLocked(app, PRUNER, 'prune', run, () => {
      const planned = run.plan?.report;
      return pruneHosts(app, run, planned?.kind === 'prune' ? planned : undefined);
    }),
};
