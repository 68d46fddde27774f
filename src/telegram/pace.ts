/**
 * How fast one chat may be written to. Telegram names no exact limits: about one message a second with bursts,
 * twenty a minute in a group, edits counted like messages (core.telegram.org/bots/faq, grammy.dev/advanced/flood).
 */
import type { Clock } from '../clock.ts';

export type Pace = {
  /** Milliseconds until the next call may go out. */
  wait(): number;
  /** A call goes out. */
  spend(): void;
  /** Nothing goes out before this time. */
  hold(until: number): void;
};

const PRIVATE = { burst: 30, every: 1000 };
/** Never more than 20 in any minute: 5 at once and one every 4 s. */
const GROUP = { burst: 5, every: 4000 };

/** @param chat groups have negative ids */
export function createPace(chat: number, clock: Clock): Pace {
  const { burst, every } = chat < 0 ? GROUP : PRIVATE;
  let left = burst;
  let countedAt = clock.now();
  let heldUntil = 0;
  const refill = () => {
    const now = clock.now();
    left = Math.min(burst, left + Math.max(0, now - countedAt) / every);
    countedAt = now;
  };
  return {
    wait() {
      refill();
      const forToken = left >= 1 ? 0 : Math.ceil((1 - left) * every);
      return Math.max(forToken, heldUntil - clock.now(), 0);
    },
    spend() {
      refill();
      left -= 1;
    },
    hold: (until) => {
      heldUntil = Math.max(heldUntil, until);
    },
  };
}
