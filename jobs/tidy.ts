import type { Job } from '../src/app.ts';
import { tidyStore } from '../src/operations/tidy-store.ts';

export const tidy: Job = {
  name: 'tidy',
  times: () => [{ times: { at: '04:20', jitter: true } }],
  run(app) {
    tidyStore(app);
    return Promise.resolve(undefined);
  },
};
