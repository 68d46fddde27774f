import type { Job } from '../src/app.ts';
import { lostWaysBack } from '../src/operations/update/tidy.ts';

/** `podman system prune -a` takes the old images that a way back needs: told the next morning, not on the night of need. */
export const checkWayBack: Job = {
  name: 'check-way-back',
  times: () => [{ times: { at: '07:00' } }],
  async run(app) {
    const lost = await lostWaysBack(app);
    return lost.length === 0 ? undefined : { kind: 'note', note: { key: 'way-back-lost', services: lost } };
  },
};
