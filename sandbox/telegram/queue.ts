/** Updates that wait for the bot, and the long poll that fetches them (tdlib/td `TQueue.cpp`, tdlib/telegram-bot-api `Client.cpp`). */
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict } from './api-error.ts';
import type { Update } from './types.ts';

type UpdateKind = Exclude<keyof Update, 'update_id'>;
type Waiting = { update: Update; expires: number };
type Outcome = 'news' | 'timeout' | 'displaced' | 'gone';
type Poll = { wake: (outcome: Outcome) => void };

/** An offset further than this beyond the newest update counts as none. */
const FUTURE = 10;
const MAX_POLL_SECONDS = 50;

export type PollOptions = {
  offset: number;
  limit: number;
  timeout: number;
  allowed?: readonly string[] | undefined;
  /** Aborted when the bot hangs up. */
  signal: AbortSignal;
};

export type UpdateQueue = {
  /** Takes an update for the bot unless it does not want such; `lifetime` in milliseconds. */
  push(kind: UpdateKind, value: object, lifetime: number): void;
  /** The answer to getUpdates. @throws ApiError 409 when another poll takes over. */
  poll(options: PollOptions): Promise<Update[]>;
  /** Ends the poll that waits as if another bot had begun one. */
  displace(): void;
  clear(): void;
  allow(kinds: readonly string[]): void;
  pending(): number;
  /** Whether a poll waits now. */
  waiting(): boolean;
};

/**
 * @param now milliseconds since 1970, on the stand-in's clock.
 * @param onWait called when a poll begins to wait.
 * @param slowdown milliseconds by which a repeated poll and a repeated 409 are held back; 3000 on the real server.
 */
export function createQueue(now: () => number, slowdown: number, onWait: () => void): UpdateQueue {
  // Ids begin far up and grow with the clock, from one stand-in to the next: a bot drops ids lower than it has seen.
  let next = (Math.floor(now() / 100) % 900_000_000) + 2_000_001;
  let queue: Waiting[] = [];
  let allowed: readonly string[] = [];
  let poll: Poll | undefined;
  let previous = { offset: -1, started: -Infinity };
  let conflictFree = -Infinity;

  const alive = (): Waiting[] => {
    queue = queue.filter((each) => each.expires >= now());
    return queue;
  };

  function take(offset: number, limit: number): Update[] {
    if (offset < 0) {
      // The last few stay, what is older is forgotten.
      queue = alive().slice(offset);
      return queue.slice(0, limit).map((each) => each.update);
    }
    if (offset > 0 && offset <= next + FUTURE)
      queue = alive().filter((each) => each.update.update_id >= offset);
    return alive()
      .slice(0, limit)
      .map((each) => each.update);
  }

  async function displaced(): Promise<never> {
    const time = performance.now();
    if (time < conflictFree) await sleep(slowdown);
    else conflictFree = time + slowdown;
    throw conflict('terminated by other getUpdates request; make sure that only one bot instance is running');
  }

  return {
    push(kind, value, lifetime) {
      if (allowed.length > 0 && !allowed.includes(kind)) return;
      queue.push({ update: { update_id: next++, [kind]: value }, expires: now() + lifetime });
      poll?.wake('news');
    },
    async poll(options) {
      const { offset, signal } = options;
      let limit = Math.min(100, Math.max(1, options.limit));
      let timeout = Math.min(MAX_POLL_SECONDS, Math.max(0, options.timeout)) * 1000;
      if (options.allowed) allowed = options.allowed;
      const time = performance.now();
      if (offset === previous.offset) {
        if (timeout < slowdown && time < previous.started + slowdown) timeout = slowdown;
        if (time < previous.started + slowdown / 6) limit = 1;
      }
      previous = { offset, started: time };

      const ready = take(offset, limit);
      if (ready.length > 0 || timeout === 0 || signal.aborted) return ready;
      poll?.wake('displaced');
      const mine: Poll = { wake: () => {} };
      poll = mine;
      const outcome = await new Promise<Outcome>((resolve) => {
        const gone = (): void => mine.wake('gone');
        const timer = setTimeout(() => mine.wake('timeout'), timeout);
        signal.addEventListener('abort', gone, { once: true });
        mine.wake = (why) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', gone);
          resolve(why);
        };
        onWait();
      });
      if (outcome === 'displaced') return displaced();
      if (poll === mine) poll = undefined;
      return outcome === 'news' ? take(offset, limit) : [];
    },
    displace: () => {
      const current = poll;
      poll = undefined;
      current?.wake('displaced');
    },
    clear: () => {
      queue = [];
    },
    allow: (kinds) => {
      allowed = kinds;
    },
    pending: () => alive().length,
    waiting: () => poll !== undefined,
  };
}
