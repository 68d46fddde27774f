import type { Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { drill as drillBackup, drillsDue } from '../src/operations/backups/drill.ts';

export const drill: Command = {
  name: 'drill',
  usage: '[service] [backup]',
  purpose: 'act',
  shows(app, args) {
    if (args.length === 0) return undefined;
    return { verb: 'drill', service: oneService(app, args.slice(0, 1)).name };
  },
  async run(app, args, run) {
    if (args.length === 0) return drillsDue(app);
    const [part, which, ...more] = args;
    const service = oneService(app, [part ?? '', ...more]);
    return whileLocked(app, service, 'drill', run, () => drillBackup(app, service, run, which));
  },
};
