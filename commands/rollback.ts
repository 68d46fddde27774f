import type { App, Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { planRollback, rollback as rollBack } from '../src/operations/update/rollback.ts';
import { resumeUpdate } from '../src/operations/update/update.ts';

export const rollback: Command = {
  name: 'rollback',
  usage: '<service> [--to update]',
  purpose: 'act',
  needsService: true,
  flags: ['to'],
  async plan(app, args) {
    const [service, to] = asked(app, args);
    // An update that was cut off is brought to its end first, which needs no further yes.
    return app.store.updates.open(service.name) === undefined ? planRollback(app, service, to) : undefined;
  },
  run(app, args, run) {
    const [service, to] = asked(app, args);
    return whileLocked(app, service, 'rollback', run, () => rollBack(app, service, run, to));
  },
  resume(app, args, run) {
    const [service] = asked(app, args);
    return whileLocked(app, service, 'rollback', run, () => resumeUpdate(app, service, run));
  },
};

/** The service, and the update that is undone where one is named. */
function asked(app: App, args: readonly string[]) {
  const [part, to, ...more] = args.filter((word) => word !== '--to');
  return [oneService(app, part === undefined ? [] : [part, ...more]), to] as const;
}
