/** Whether Steward itself is well: what its heartbeat, `/healthz` and `/metrics` say. */
import type { Clock } from './clock.ts';
import { causeOf } from './errors.ts';
import type { Facts } from './store/facts.ts';

/** `lastPoll`: when Telegram was last asked for news, in milliseconds since 1970. */
export type Wellness =
  | { isWell: true; lastPoll: number }
  | { isWell: false; lastPoll: number | undefined; why: Unwell };

export type Unwell =
  /** Nothing can be written down: then nothing is taken, and nothing is told. */
  | { kind: 'store'; cause: string }
  /** Telegram has not answered since then; undefined: never. */
  | { kind: 'telegram'; since: number | undefined }
  /** It has just begun and asks Telegram for the first time. */
  | { kind: 'starting' };

export type LookAtSelf = () => Wellness;

/** A long poll takes half a minute, and its time is written down once a minute. */
const POLL_IS_LATE = 5 * 60_000;
/** A write is synced to the disk: whoever asks often gets the answer of the last one. */
const WRITE_EVERY = 60_000;
/** Fact: the store took a write. */
const PULSE = 'steward:pulse';

/** @param lastPoll throws when the store cannot be read */
export function createLookAtSelf({
  facts,
  clock,
  lastPoll,
}: {
  facts: Pick<Facts, 'put'>;
  clock: Clock;
  lastPoll: () => number | undefined;
}): LookAtSelf {
  const startedAt = clock.now();
  let written: number | undefined;

  const write = (now: number) => {
    // A clock that was set back must not hold off the next write.
    if (written !== undefined && now >= written && now - written < WRITE_EVERY) return;
    written = undefined;
    facts.put(PULSE, now);
    written = now;
  };

  return () => {
    const now = clock.now();
    let polled: number | undefined;
    try {
      polled = lastPoll();
      write(now);
    } catch (error) {
      return { isWell: false, lastPoll: polled, why: { kind: 'store', cause: causeOf(error) } };
    }
    if (polled !== undefined && now - polled < POLL_IS_LATE) return { isWell: true, lastPoll: polled };
    const isNew = (polled === undefined || polled < startedAt) && now - startedAt < POLL_IS_LATE;
    const why: Unwell = isNew ? { kind: 'starting' } : { kind: 'telegram', since: polled };
    return { isWell: false, lastPoll: polled, why };
  };
}
