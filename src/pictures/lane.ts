/** Works pictures of some states off, a few at a time, oldest first, until the signal. */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import type { Pictures, PictureRow, PictureStage } from '../store/pictures.ts';

export type LaneNeeds = {
  pictures: Pick<Pictures, 'due' | 'nextAt'>;
  clock: Clock;
  log: Logger;
  states: readonly PictureStage[];
  /** How many at a time now. */
  width: () => number;
  /** Nothing is begun before this time. */
  closedUntil: () => number;
  /** Take a picture as far as it goes. What cannot go on now has a later `notBefore`; it rejects only where that cannot be written down. */
  work: (row: PictureRow, signal: AbortSignal) => Promise<void>;
};

export type Lane = {
  /** There may be work, or the width changed. */
  wake(): void;
  run(signal: AbortSignal): Promise<void>;
};

/** Milliseconds: a clock that was set back must not put work off for ever. */
const LONGEST_WAIT = 60_000;
/** Milliseconds, for a store that cannot write. */
const AFTER_THE_UNEXPECTED = 10_000;

export function createLane({ pictures, clock, log, states, width, closedUntil, work }: LaneNeeds): Lane {
  const busy = new Map<number, Promise<void>>();
  let wakeUp = () => {};
  let wokenBefore = false;

  const wake = () => {
    wokenBefore = true;
    wakeUp();
  };

  const attempt = async (row: PictureRow, signal: AbortSignal) => {
    try {
      await work(row, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.error({ number: row.number, err: error }, 'picture cannot be worked on');
      // The place stays taken meanwhile, or it would be tried again at once and without end.
      await sleep(AFTER_THE_UNEXPECTED, signal).catch(() => undefined);
    }
  };

  const begin = (now: number, signal: AbortSignal) => {
    const free = width() - busy.size;
    if (free <= 0 || closedUntil() > now) return;
    const rows = pictures.due(states, now, free + busy.size).filter(({ number }) => !busy.has(number));
    for (const row of rows.slice(0, free)) {
      busy.set(
        row.number,
        attempt(row, signal).finally(() => {
          busy.delete(row.number);
          wake();
        }),
      );
    }
  };

  /** Milliseconds until something can be begun; the end of what is at work wakes the lane. */
  const patience = (now: number): number => {
    const closed = closedUntil();
    const next = closed > now ? closed : (pictures.nextAt(states, now) ?? Infinity);
    return Math.min(LONGEST_WAIT, Math.max(0, next - now));
  };

  return {
    wake,
    async run(signal) {
      while (!signal.aborted) {
        wokenBefore = false;
        // The same time for both: what falls due between the two would be seen by neither.
        const now = clock.now();
        begin(now, signal);
        await new Promise<void>((resolve) => {
          const end = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', end);
            resolve();
          };
          const timer = setTimeout(end, patience(now));
          wakeUp = end;
          signal.addEventListener('abort', end, { once: true });
          // What came while work was begun must not wait for the timer.
          if (wokenBefore || signal.aborted) end();
        });
      }
      await Promise.all(busy.values());
    },
  };
}
