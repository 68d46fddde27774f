/** How long Telegram was not asked. Taps are kept for 150 s, messages for 24 h (Bot API server, `Client.cpp`). */
import type { Clock } from '../clock.ts';
import type { Facts } from '../store/facts.ts';

/** Below this nothing can have been lost, and a late write of the fact does not count. */
const COUNTS_AFTER = 3 * 60_000;
const WRITE_EVERY = 60_000;
const DAY = 86_400_000;
/** Fact: when Telegram answered last, written once a minute. */
export const LAST_POLL = 'telegram:last-poll';

export type Absence = { from: number; to: number; longerThanADay: boolean };

/** @param tell gets an absence once, when it is over */
export function createAbsence(
  facts: Facts,
  clock: Clock,
  tell: (absence: Absence) => void,
): { reached: () => void } {
  let last = facts.get<number>(LAST_POLL);
  let written = 0;
  return {
    reached() {
      const now = clock.now();
      const absent = last !== undefined && now - last > COUNTS_AFTER;
      if (absent && last !== undefined) tell({ from: last, to: now, longerThanADay: now - last > DAY });
      last = now;
      if (!absent && now - written < WRITE_EVERY) return;
      facts.put(LAST_POLL, now);
      written = now;
    },
  };
}
