import type { Command } from '../src/app.ts';
import { checkReleases, trackedServices } from '../src/operations/check-release.ts';
import { oneService } from '../src/operations/arguments.ts';
import { listActions, offersFirst, offerActions } from '../src/operations/release-offer.ts';
import { markTold } from '../src/operations/tell-releases.ts';

export const check: Command = {
  name: 'check',
  usage: '[service]',
  purpose: 'look',
  async run(app, args, { by, signal }) {
    const services = args.length === 0 ? trackedServices(app) : [oneService(app, args)];
    const checked = await checkReleases(app, services, { signal });
    const states = offersFirst(checked);
    // What a person has read in the chat is no news there any more.
    if (by.startsWith('telegram:')) for (const state of states) markTold(app, state);
    const [only] = states;
    const actions = args.length === 0 || only === undefined ? listActions(states) : offerActions(only);
    return { kind: 'releases', why: 'asked', services: states, silent: [], at: app.clock.now(), actions };
  },
};
