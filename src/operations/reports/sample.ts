/** Running totals, written down each hour, so that a report can say what a day has added. */
import type { App } from '../../app.ts';
import { PICTURES_FILED, restartsSample } from '../../sample-names.ts';
import { lookAtServices, type StatusReach } from '../status.ts';

/** Fact: by service and part, how often it had been restarted at the last look. */
const SEEN_RESTARTS = 'samples:restarts';

export async function sampleTotals(
  app: Omit<StatusReach, 'machine'> & Pick<App, 'store'>,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, services } = app;
  const looked = await lookAtServices(app, services.all, { signal });
  const at = clock.now();
  store.database.transaction(() => {
    store.samples.put(PICTURES_FILED, store.history.pictures(0, at).filed, at);
    const seen = { ...store.facts.get<Record<string, number>>(SEEN_RESTARTS) };
    for (const { name, containers } of looked.services) {
      let more = 0;
      for (const { name: part, state, restarts } of containers) {
        if (state === 'unknown') continue;
        const key = `${name} ${part}`;
        more += restartsSince(seen[key], restarts);
        seen[key] = restarts;
      }
      const total = store.samples.last(restartsSample(name), at)?.value ?? 0;
      store.samples.put(restartsSample(name), total + more, at);
    }
    store.facts.put(SEEN_RESTARTS, seen);
  });
}

/** A counter that is lower than before began anew. What came before the first look is not counted. */
const restartsSince = (before: number | undefined, now: number): number => {
  if (before === undefined) return 0;
  return now >= before ? now - before : now;
};
