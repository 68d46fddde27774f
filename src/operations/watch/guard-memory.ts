/** Counts how often the kernel kills a part of a service for memory: too often in a row, and the part is to be stopped. */
import type { App } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { memoryJudge, type End } from './out-of-memory.ts';
import type { TaskEnd } from '../../tasks.ts';
import type { MemoryLoop } from './stop-loop.ts';

export type StopLoop = (service: Service, loop: MemoryLoop) => Promise<Pick<TaskEnd, 'outcome'>>;

/** Neither ever rejects. */
export type MemoryGuard = {
  /** A container was made or has started: it may not live long enough for a look to learn its limit. */
  learn(service: Service, container: string): Promise<void>;
  /** A part has ended; of a native unit `id` is undefined. */
  ended(service: Service, part: string, end: Omit<End, 'unit'>): Promise<void>;
};

/** product.md: three kills in ten minutes. */
const KILLS = 3;
const WINDOW = 10 * 60_000;
/** Milliseconds in which systemd, or the engine, has noticed the end and turned to the next start. */
const NOTICED_AFTER = 1000;
/** What dies at once, and is removed with it, is there for a moment of each turn only. Milliseconds. */
const LEARNT_WITHIN = 3000;
const ASKED_EVERY = 100;

/**
 * @param stop called at the third kill, and at each further one until it is stopped
 * @param options.noticed milliseconds
 * @param options.learntWithin milliseconds
 */
export function createMemoryGuard(
  app: Pick<App, 'locks' | 'log'>,
  host: Pick<Host, 'engine' | 'systemd'>,
  {
    stop,
    signal,
    noticed = NOTICED_AFTER,
    learntWithin = LEARNT_WITHIN,
  }: {
    stop: StopLoop;
    signal: AbortSignal;
    noticed?: number;
    learntWithin?: number;
  },
): MemoryGuard {
  /** By part. */
  const recent = new Map<string, readonly End[]>();
  /** By part. What dies at once may be gone before it can be asked; what takes its place has the same limit. */
  const limits = new Map<string, number>();

  /** By part. */
  const stopping = new Set<string>();

  /** @returns whether it was there @throws Error where the engine is away */
  const learnLimit = async (part: string): Promise<boolean> => {
    const found = await host.engine.inspect(part, { signal });
    if (found?.memoryLimit !== undefined) limits.set(part, found.memoryLimit);
    else if (found !== undefined) limits.delete(part);
    return found !== undefined;
  };

  const catchLimit = async (part: string): Promise<void> => {
    const end = performance.now() + learntWithin;
    while (!limits.has(part) && !(await learnLimit(part)) && performance.now() < end)
      await sleep(ASKED_EVERY, signal);
  };

  const look = async (service: Service, part: string, end: End): Promise<void> => {
    // Whoever holds it starts and stops what he works on.
    if (!app.locks.isFree(service.name)) return;
    await sleep(noticed, signal);
    const isKill = await memoryJudge(host.systemd, { signal });
    if (!(await startsAgain(host, part, end.unit, signal))) return;
    if (end.memoryLimit !== undefined) limits.set(part, end.memoryLimit);
    else await catchLimit(part);
    const memoryLimit = limits.get(part);
    const ends = [...(recent.get(part) ?? []).filter(({ at }) => end.at - at < WINDOW), end];
    // As long as nobody knows whether it has a limit, it may have one.
    const mayBe = ends.filter((one) => isKill({ ...one, memoryLimit: memoryLimit ?? Infinity }));
    recent.set(part, mayBe);
    if (mayBe.length < KILLS || !mayBe.every((one) => isKill({ ...one, memoryLimit }))) return;
    // Several kills may have waited for the same answer.
    if (stopping.has(part)) return;
    stopping.add(part);
    try {
      const { outcome } = await stop(service, { part, kills: mayBe.length, memoryLimit });
      if (outcome === 'done') recent.delete(part);
    } finally {
      stopping.delete(part);
    }
  };

  const unlessFailed = async (service: Service, part: string, act: () => Promise<unknown>): Promise<void> => {
    if (service.watch.onLoop !== 'stop') return;
    try {
      await act();
    } catch (error) {
      if (signal.aborted) return;
      app.log.warn(
        { service: service.name, part, cause: causeOf(error) },
        'a kill for memory was not looked at',
      );
    }
  };

  return {
    learn: (service, container) => unlessFailed(service, container, () => learnLimit(container)),
    ended: (service, part, end) =>
      unlessFailed(service, part, () => {
        const container = service.containers.find(({ name }) => name === part);
        const unit = container === undefined ? `${part}.service` : container.unit;
        return look(service, part, { ...end, unit });
      }),
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
