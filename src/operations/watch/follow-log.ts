/** The log of a container or a unit for as long as it is wanted: over lost connections and replaced containers. */
import type { App } from '../../app.ts';
import type { LogLine } from '../../clients/engine.ts';
import { causeOf } from '../../errors.ts';
import { sleep } from '../../sleep.ts';
import type { LogSource } from '../logs.ts';

/** How far a log was read. */
export type LogPlace = {
  /** Milliseconds since 1970, of the newest line. */
  at: number;
  /** Lines of just that time that were taken: engines tell times to the second. */
  taken: number;
  /** The container that wrote it. */
  id: string | undefined;
};

/** Milliseconds until the next try, the second and all after it: a container that is replaced is away for a moment. */
const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * Each line once, oldest first, with the place behind it. What a container wrote that is gone together with its log is
 * missed. Ends by the signal only.
 * @param from how far it was read before; without it only what comes from now on
 */
export async function* followLog(
  app: Pick<App, 'clock' | 'log'>,
  source: LogSource,
  { from, signal, pause = SHORTEST_PAUSE }: { from?: LogPlace; signal: AbortSignal; pause?: number },
): AsyncGenerator<{ line: LogLine; place: LogPlace }> {
  // To the second, as the times of lines.
  const now = Math.floor(app.clock.now() / 1000) * 1000;
  let place: LogPlace = from ?? { at: now, taken: 0, id: undefined };
  let wait = pause;
  while (!signal.aborted) {
    try {
      const id = await idOf(source, signal);
      // Another container has a log of its own.
      let known = id === place.id ? place.taken : 0;
      const since = place.at;
      for await (const line of linesSince(source, since, signal)) {
        const at = line.at ?? place.at;
        // Told again, because it was asked for from that time on.
        if (at < since) continue;
        if (at === since && known > 0) {
          known -= 1;
          continue;
        }
        wait = pause;
        // Of two streams one can lag behind the other.
        const isNewest = at > place.at || id !== place.id;
        if (isNewest) place = { at, taken: 1, id };
        else if (at === place.at) place = { ...place, taken: place.taken + 1 };
        yield { line, place };
      }
    } catch (error) {
      // Its engine is away, which others tell, or the container is not there at the moment.
      if (!signal.aborted)
        app.log.debug({ source: source.name, cause: causeOf(error) }, 'cannot follow a log');
    }
    // The signal ends the pause; the loop then ends by itself.
    await sleep(wait, signal).catch(() => {});
    wait = Math.min(LONGEST_PAUSE, wait * 2);
  }
}

const linesSince = ({ host, hasContainer, name, unit }: LogSource, since: number, signal: AbortSignal) =>
  hasContainer || unit === undefined
    ? host.engine.logs(name, { since, follow: true, signal })
    : host.systemd.logs(unit, { since, follow: true, signal });

/** @throws Error where there is no such container */
async function idOf(
  { host, hasContainer, name }: LogSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!hasContainer) return undefined;
  const container = await host.engine.inspect(name, { signal });
  if (container === undefined) throw new Error(`There is no container "${name}".`);
  return container.id;
}
