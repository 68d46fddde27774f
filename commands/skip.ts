import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { skipRelease, unskipReleases } from '../src/operations/answer-release.ts';
import { oneService } from '../src/operations/arguments.ts';

export const skip: Command = {
  name: 'skip',
  usage: '<service> [version|none]',
  purpose: 'act',
  needsService: () => true,
  run(app, [part, key, ...rest]) {
    if (rest.length > 0) throw new UserError('One version at a time: skip <service> [version].');
    const service = oneService(app, part === undefined ? [] : [part]);
    return Promise.resolve(key === 'none' ? unskipReleases(app, service) : skipRelease(app, service, key));
  },
};
