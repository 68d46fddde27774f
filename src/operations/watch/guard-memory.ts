/** Counts how often the kernel kills a part of a service for memory: too often in a row, and the part is to be stopped. */
import type { App } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { endedForMemory, type End } from './out-of-memory.ts';
import type { MemoryLoop } from './stop-loop.ts';

export type StopLoop = (service: Service, loop: MemoryLoop) => Promise<unknown>;

export type MemoryGuard = {
  /** A part has ended; of a native unit `id` is undefined. Never rejects. */
  ended(service: Service, part: string, end: Omit<End, 'unit'>): Promise<void>;
};

/** product.md: three kills in ten minutes. */
const KILLS = 3;
const WINDOW = 10 * 60_000;
/** Milliseconds in which systemd, or the engine, has noticed the end and turned to the next start. */
const NOTICED_AFTER = 1000;

/**
 * @param stop called at the third kill, and at each further one
 * @param options.noticed milliseconds
 */
export function createMemoryGuard(
  app: Pick<App, 'locks' | 'log'>,
  host: Pick<Host, 'engine' | 'systemd'>,
  {
    stop,
    signal,
    noticed = NOTICED_AFTER,
  }: {
    stop: StopLoop;
    signal: AbortSignal;
    noticed?: number;
  },
): MemoryGuard {
  const kills = new Map<string, readonly number[]>();

  const look = async (service: Service, part: string, end: End): Promise<void> => {
    // Whoever holds it starts and stops what he works on.
    if (!app.locks.isFree(service.name)) return;
    await sleep(noticed, signal);
    // Where it dies at once, nobody has looked at it yet; the one that took its place has the same limit.
    const memoryLimit = end.memoryLimit ?? (await host.engine.inspect(part, { signal }))?.memoryLimit;
    if (!(await endedForMemory(host.systemd, { ...end, memoryLimit }, { signal }))) return;
    if (!(await startsAgain(host, part, end.unit, signal))) return;
    const recent = [...(kills.get(part) ?? []).filter((at) => end.at - at < WINDOW), end.at];
    kills.set(part, recent);
    if (recent.length < KILLS) return;
    await stop(service, { part, kills: recent.length, memoryLimit });
  };

  return {
    async ended(service, part, end) {
      if (service.watch.onLoop !== 'stop') return;
      const container = service.containers.find(({ name }) => name === part);
      const unit = container === undefined ? `${part}.service` : container.unit;
      try {
        await look(service, part, { ...end, unit });
      } catch (error) {
        if (signal.aborted) return;
        app.log.warn(
          { service: service.name, part, cause: causeOf(error) },
          'a kill for memory was not looked at',
        );
      }
    },
  };
}

/** By itself: what somebody has stopped, or started anew, is no loop. Both managers begin to count again then. */
async function startsAgain(
  { engine, systemd }: Pick<Host, 'engine' | 'systemd'>,
  part: string,
  unit: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (unit === undefined) return ((await engine.inspect(part, { signal }))?.restarts ?? 0) > 0;
  const [state] = await systemd.units([unit], { signal });
  return state?.sub === 'auto-restart' || (state?.restarts ?? 0) > 0;
}
