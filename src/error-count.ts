/** Counts what goes wrong in Steward itself, so that a report can say so. */
import type { Clock } from './clock.ts';
import { ERRORS } from './sample-names.ts';
import type { Store } from './store.ts';

/** Fact: the last one, with its time. */
export const LAST_ERROR = 'steward:last-error';

/** Milliseconds between two writes: a flood of errors must not become one of commits. */
const EVERY = 1000;

/** @returns is told each error's message; never throws, since it is called where something has failed already */
export function createErrorCount({
  store,
  clock,
}: {
  store: Pick<Store, 'database' | 'samples' | 'facts'>;
  clock: Clock;
}): (message: string) => void {
  let uncounted = 0;
  let writtenAt = 0;
  return (message) => {
    uncounted += 1;
    const at = clock.now();
    if (Math.abs(at - writtenAt) < EVERY) return;
    writtenAt = at;
    try {
      store.database.transaction(() => {
        const total = store.samples.last(ERRORS, at)?.value ?? 0;
        store.samples.put(ERRORS, total + uncounted, at);
        store.facts.put(LAST_ERROR, { at, message });
      });
      uncounted = 0;
    } catch {
      // A store that takes nothing is told in another way, and the error itself stands in the log.
    }
  };
}
