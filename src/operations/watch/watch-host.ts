/**
 * Watches one host as long as it is to: looks each minute, and at once where the engine or systemd tell of a change. What
 * they tell is a hint and adds facts; what is true, the look says.
 */
import type { App } from '../../app.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { createAgenda, type Agenda } from './agenda.ts';
import { followEngine } from './follow-engine.ts';
import { followUnits } from './follow-units.ts';
import type { MemoryGuard } from './guard-memory.ts';
import { look, type Looked, type LookReach, type Watched } from './look.ts';

export type WatchReach = LookReach & Pick<App, 'log'>;

/** Milliseconds. */
export type Cadence = {
  /** Between two looks at everything. */
  looks: number;
  /** Between two questions for the states of the units. */
  units: number;
  /** The shortest between two looks, whatever is told. */
  rest: number;
};

export const CADENCE: Cadence = { looks: 60_000, units: 10_000, rest: 250 };

/** Where something turns all the time, looking at it must not take the host's power, too: it rests so many times longer. */
const TIRED = 20;

export type HostWatch = Watched & {
  app: WatchReach;
  agenda: Agenda<Service>;
  cadence: Cadence;
  guard: MemoryGuard | undefined;
};

/**
 * @param looked told what came of each look
 * @returns when the signal fires; never rejects
 */
export async function watchHost(
  watched: Watched & { app: WatchReach },
  {
    signal,
    looked,
    cadence = CADENCE,
    guard,
  }: {
    signal: AbortSignal;
    looked: (found: Looked) => void;
    cadence?: Cadence;
    guard?: MemoryGuard | undefined;
  },
): Promise<void> {
  const watch: HostWatch = { ...watched, cadence, guard, agenda: createAgenda(watched.app.clock) };
  const works = {
    looks: () => keepLooking(watch, looked, signal),
    events: () => followEngine(watch, signal),
    units: () => followUnits(watch, signal),
  };
  await Promise.all(Object.entries(works).map(([what, work]) => again(watch, what, work, signal)));
}

/** Whatever goes wrong in one of them, the watch goes on. */
async function again(
  { app, host, cadence }: HostWatch,
  what: string,
  work: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      app.log.error({ err: error, host: host.name, what }, 'the watch was interrupted');
      await sleep(cadence.units, signal).catch(() => {});
    }
  }
}

async function keepLooking(
  watch: HostWatch,
  looked: (found: Looked) => void,
  signal: AbortSignal,
): Promise<void> {
  const { agenda, services, cadence } = watch;
  let wholeAt = 0;
  let rest = cadence.rest;
  for (;;) {
    const isWhole = performance.now() >= wholeAt;
    const due = agenda.take();
    if (isWhole) {
      agenda.clear();
      wholeAt = performance.now() + cadence.looks;
    }
    if (isWhole || due.length > 0) {
      const found = await look(watch, isWhole ? services : due, signal);
      for (const [service, at] of found.wakes) agenda.add(service, at);
      looked(found);
    }
    await sleep(rest, signal);
    const isCalm = await agenda.wait(wholeAt - performance.now(), signal);
    rest = isCalm ? cadence.rest : Math.min(rest * 2, cadence.rest * TIRED);
  }
}
