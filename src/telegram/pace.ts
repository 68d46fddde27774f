/**
 * How fast one chat may be written to. Telegram names no exact limits for a private chat ("about one message a second,
 * short bursts are fine": core.telegram.org/bots/faq), so bursts go through until it asks for a pause; for a group it
 * is twenty a minute, edits counted like messages (grammy.dev/advanced/flood).
 */
import type { Clock } from '../clock.ts';

/** A change is an edit or a reaction. It has a share of its own, so that a new message never waits for edits. */
export type CallKind = 'message' | 'change';

export type Pace = {
  /** Milliseconds until the next call may go out. */
  wait(kind: CallKind): number;
  /** A call goes out. */
  spend(kind: CallKind): void;
  /** Nothing goes out before this time. */
  hold(until: number): void;
  /** Telegram has asked for a pause until this time: no bursts for a while after it, either. */
  flooded(until: number): void;
};

type Rate = { burst: number; every: number };

const PRIVATE: Record<CallKind, Rate> = {
  message: { burst: 60, every: 1000 },
  change: { burst: 60, every: 2000 },
};
/** Together never more than 20 in any minute: 3 + 10 and 1 + 6. */
const GROUP: Record<CallKind, Rate> = {
  message: { burst: 3, every: 6000 },
  change: { burst: 1, every: 10_000 },
};

/** @param chat groups have negative ids */
export function createPace(chat: number, clock: Clock): Pace {
  const rates = chat < 0 ? GROUP : PRIVATE;
  const buckets = {
    message: createBucket(rates.message, clock),
    change: createBucket(rates.change, clock),
  };
  let heldUntil = 0;
  const hold = (until: number) => {
    heldUntil = Math.max(heldUntil, until);
  };
  return {
    hold,
    wait: (kind) => Math.max(buckets[kind].wait(), heldUntil - clock.now(), 0),
    spend: (kind) => buckets[kind].spend(),
    flooded(until) {
      buckets.message.empty();
      buckets.change.empty();
      hold(until);
    },
  };
}

function createBucket({ burst, every }: Rate, clock: Clock) {
  let left = burst;
  let countedAt = clock.now();
  const refill = () => {
    const now = clock.now();
    left = Math.min(burst, left + Math.max(0, now - countedAt) / every);
    countedAt = now;
  };
  return {
    wait() {
      refill();
      return left >= 1 ? 0 : Math.ceil((1 - left) * every);
    },
    spend() {
      refill();
      left -= 1;
    },
    empty() {
      refill();
      left = Math.min(left, 1);
    },
  };
}
