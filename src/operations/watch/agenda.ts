/** What is to be looked at, and when; whoever waits for the next is woken by an earlier one. */
import type { Clock } from '../../clock.ts';
import { sleep } from '../../sleep.ts';

export type Agenda<Thing> = {
  /** At this time or before: the earliest of several counts. Milliseconds since 1970; 0 is at once. */
  add(thing: Thing, at: number): void;
  /** Take off what is due. */
  take(): Thing[];
  /** Take all off. */
  clear(): void;
  /**
   * Until something is due, and so many milliseconds at most.
   * @returns false where something was due already
   * @throws the signal's reason
   */
  wait(most: number, signal: AbortSignal): Promise<boolean>;
};

export function createAgenda<Thing>(clock: Clock): Agenda<Thing> {
  const times = new Map<Thing, number>();
  let wake = Promise.withResolvers<void>();

  return {
    add(thing, at) {
      if (at >= (times.get(thing) ?? Infinity)) return;
      times.set(thing, at);
      wake.resolve();
    },
    take() {
      const now = clock.now();
      const due = [...times].filter(([, at]) => at <= now).map(([thing]) => thing);
      for (const thing of due) times.delete(thing);
      return due;
    },
    clear: () => times.clear(),
    async wait(most, signal) {
      const end = performance.now() + most;
      for (let hasWaited = false; ; hasWaited = true) {
        signal.throwIfAborted();
        const due = Math.min(...times.values()) - clock.now();
        if (due <= 0) return hasWaited;
        const left = Math.min(due, end - performance.now());
        if (left <= 0) return true;
        wake = Promise.withResolvers();
        const over = new AbortController();
        const time = sleep(left, AbortSignal.any([signal, over.signal])).catch(() => {});
        await Promise.race([time, wake.promise]);
        over.abort();
      }
    },
  };
}
