import type { App, Command } from '../src/app.ts';
import { oneService, whileLocked } from '../src/operations/arguments.ts';
import { availableUpdates } from '../src/operations/release-offer.ts';
import { planAll, updateAll } from '../src/operations/update/all.ts';
import { planUpdate } from '../src/operations/update/plan.ts';
import { resumeUpdate, update as updateService } from '../src/operations/update/update.ts';
import type { Service } from '../src/services.ts';

export const update: Command = {
  name: 'update',
  usage: '[service|all]',
  purpose: 'act',
  async plan(app, args) {
    if (args.length === 0) return undefined;
    if (isAll(args)) return planAll(app);
    const [service, key] = asked(app, args);
    // One that was cut off is brought to its end, which needs no further yes.
    return isOpen(app, service) ? undefined : planUpdate(app, service, key);
  },
  async run(app, args, run) {
    if (args.length === 0) return availableUpdates(app);
    if (isAll(args)) return updateAll(app, run);
    const [service] = asked(app, args);
    return whileLocked(app, service, 'update', run, () => updateService(app, service, run));
  },
  async resume(app, args, run) {
    const services = isAll(args) ? app.services.all : [oneService(app, args.slice(0, 1))];
    const cutOff = services.find((service) => isOpen(app, service));
    return cutOff && whileLocked(app, cutOff, 'update', run, () => resumeUpdate(app, cutOff, run));
  },
};

const isAll = ([first, ...rest]: readonly string[]) => first === 'all' && rest.length === 0;

const isOpen = (app: App, { name }: Service) => app.store.updates.open(name) !== undefined;

/** The service, and what a button offered of it. */
const asked = (app: App, [part = '', key, ...more]: readonly string[]) =>
  [oneService(app, [part, ...more]), key] as const;
