import type { App, Command } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { planAllRestores, restoreAll } from '../src/operations/restore/all.ts';
import { askedOf, chosenBackup, chosenService, type Asked } from '../src/operations/restore/choose.ts';
import { planRestore } from '../src/operations/restore/plan.ts';
import { restoreAsked } from '../src/operations/restore/restore.ts';
import { planUndo, undoLast } from '../src/operations/restore/undo.ts';
import { isCutOff, takeUp } from '../src/operations/update/take-up.ts';

export const restore: Command = {
  name: 'restore',
  usage: '<service|all> [which|back] [--from folder]',
  purpose: 'act',
  needsService: ({ backup }) => backup !== undefined,
  flags: ['from'],
  async plan(app, args) {
    const asked = askedOf(args);
    if (isAll(asked)) return planAllRestores(app, asked.from);
    const service = await chosenService(app, asked);
    // What was cut off is brought to its end first, which needs no further yes.
    if (isCutOff(app, service)) return undefined;
    if (isBack(asked)) return planUndo(app, service);
    const { row } = await chosenBackup(app, asked);
    return planRestore(app, service, row);
  },
  async run(app, args, run) {
    const asked = askedOf(args);
    if (isAll(asked)) return restoreAll(app, run, asked.from);
    const service = await chosenService(app, asked);
    return whileLocked(
      app,
      service,
      'restore',
      run,
      async () =>
        (await takeUp(app, service, run)) ??
        (isBack(asked) ? undoLast(app, service, run) : restoreAsked(app, asked, run)),
    );
  },
  async resume(app, args, run) {
    const cutOff = servicesOf(app, args).find((service) => isCutOff(app, service));
    return cutOff && whileLocked(app, cutOff, 'restore', run, () => takeUp(app, cutOff, run));
  },
};

const isAll = ({ part, which }: Asked): boolean => part === 'all' && which === undefined;

const isBack = ({ which, from }: Asked): boolean => which === 'back' && from === undefined;

const servicesOf = (app: App, [part]: readonly string[]) =>
  part === undefined || part === 'all' ? app.services.all : [app.services.find(part)];
