import type { App, Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { planRollback, rollback as rollBack } from '../src/operations/update/rollback.ts';
import { isCutOff, takeUp } from '../src/operations/update/take-up.ts';

export const rollback: Command = {
  name: 'rollback',
  usage: '<service> [--to update]',
  purpose: 'act',
  needsService: () => true,
  flags: ['to'],
  async plan(app, args) {
    const [service, to] = asked(app, args);
    // An update that was cut off is brought to its end first, which needs no further yes.
    return isCutOff(app, service) ? undefined : planRollback(app, service, to);
  },
  run(app, args, run) {
    const [service, to] = asked(app, args);
    return whileLocked(
      app,
      service,
      'rollback',
      run,
      async () => (await takeUp(app, service, run)) ?? rollBack(app, service, run, to),
    );
  },
  resume(app, args, run) {
    const [service] = asked(app, args);
    return whileLocked(app, service, 'rollback', run, () => takeUp(app, service, run));
  },
};

/** The service, and the update that is undone where one is named. */
function asked(app: App, args: readonly string[]) {
  const [part, to, ...more] = args.filter((word) => word !== '--to');
  return [oneService(app, part === undefined ? [] : [part, ...more]), to] as const;
}
