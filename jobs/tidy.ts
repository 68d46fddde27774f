import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { dropOldAside, oldAside } from '../src/operations/restore/drop-aside.ts';
import { tidyStore } from '../src/operations/tidy-store.ts';

export const tidy: Job = {
  name: 'tidy',
  times: () => [{ times: { at: '04:20', jitter: true } }],
  async run(app, _subject, run) {
    tidyStore(app);
    for (const service of app.services.all) {
      if (oldAside(app, service).length === 0 || !app.locks.isFree(service.name)) continue;
      await whileLocked(app, service, 'tidy', run, () => dropOldAside(app, service));
    }
    return undefined;
  },
};
