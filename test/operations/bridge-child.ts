/**
 * A process that is meant to be killed: it works on the pictures that were sent. `dieAt` makes it kill itself before
 * or after the so-many-th commit, which no kill from outside can aim at.
 */
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store.ts';
import { resumeBridge, type BridgePlace } from './resumed.ts';

export type ChildOptions = BridgePlace & {
  dieAt: { commit: number; moment: 'before' | 'after' } | undefined;
};

const { dieAt, ...place } = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const store = openStore(join(place.folder, 'state'), systemClock);
const die = () => process.kill(process.pid, 'SIGKILL');

const bridge = resumeBridge(place, store, (count, work) => {
  const isLast = count === dieAt?.commit;
  const result = store.database.transaction(() => {
    const value = work();
    if (isLast && dieAt?.moment === 'before') die();
    return value;
  });
  if (isLast) die();
  return result;
});
process.on('disconnect', () => process.exit());
process.send?.('running');
await bridge.run(new AbortController().signal);
