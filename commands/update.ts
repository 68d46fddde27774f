import type { App, Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { checkUnseen } from '../src/operations/check-release.ts';
import { availableUpdates } from '../src/operations/release-offer.ts';
import { planAll, updateAll } from '../src/operations/update/all.ts';
import { planUpdate } from '../src/operations/update/plan.ts';
import { stopWaiting } from '../src/operations/update/guard-deploy.ts';
import { isCutOff, takeUp } from '../src/operations/update/take-up.ts';
import { update as updateService } from '../src/operations/update/update.ts';

export const update: Command = {
  name: 'update',
  usage: '[service|all] [stop]',
  purpose: 'act',
  async plan(app, args) {
    if (args.length === 0 || isStop(args)) return undefined;
    if (isAll(args)) return planAll(app);
    const [service, key] = asked(app, args);
    // One that was cut off is brought to its end, which needs no further yes.
    return isCutOff(app, service) ? undefined : planUpdate(app, service, key);
  },
  async run(app, args, run) {
    if (args.length === 0) {
      await checkUnseen(app, { signal: run.signal });
      return availableUpdates(app);
    }
    if (isAll(args)) return updateAll(app, run);
    if (isStop(args)) return stopWaiting(app, oneService(app, args.slice(0, 1)));
    const [service] = asked(app, args);
    return whileLocked(
      app,
      service,
      'update',
      run,
      async () => (await takeUp(app, service, run)) ?? updateService(app, service, run),
    );
  },
  async resume(app, args, run) {
    const services = isAll(args) ? app.services.all : [oneService(app, args.slice(0, 1))];
    const cutOff = services.find((service) => isCutOff(app, service));
    return cutOff && whileLocked(app, cutOff, 'update', run, () => takeUp(app, cutOff, run));
  },
};

const isAll = ([first, ...rest]: readonly string[]) => first === 'all' && rest.length === 0;

/** Nobody waits for the owner's deploy any more. */
const isStop = ([, word, ...rest]: readonly string[]) => word === 'stop' && rest.length === 0;

/** The service, and what a button offered of it. */
const asked = (app: App, [part = '', key, ...more]: readonly string[]) =>
  [oneService(app, [part, ...more]), key] as const;
