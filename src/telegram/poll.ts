/**
 * Long polling. grammY's own loop moves its offset before the handler has run and confirms at `stop()`, which loses
 * an update that could not be written down; here an update is confirmed by the poll after its commit, and not before.
 */
import type { Update } from 'grammy/types';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import { judge, type Apis } from './api.ts';

export type PollNeeds = {
  api: Apis['polling'];
  clock: Clock;
  log: Logger;
  /** Write an update down. @throws when that is impossible: it is asked for again */
  commit(update: Update): void;
  /** Telegram has answered. */
  reached(): void;
  /** Somebody else polls with the same token. */
  shared(): void;
};

/** Seconds; Telegram allows 50. */
const TIMEOUT = 30;
const ALLOWED = ['message', 'callback_query', 'my_chat_member'] as const;
/** Milliseconds between tries. A wrong token or another copy of the bot is not hurried. */
const WAITS = { away: { first: 1000, most: 30_000 }, 'locked-out': { first: 30_000, most: 300_000 } };

/** @returns when the signal aborts; nothing else ends it */
export async function poll(needs: PollNeeds, signal: AbortSignal): Promise<void> {
  const patience = createPatience(needs.log);
  const { api } = needs;
  let offset: number | undefined;
  // The first answer comes at once, so that an absence is told and not waited for.
  let timeout = 0;
  while (!signal.aborted) {
    try {
      const updates = await api.getUpdates(
        { timeout, allowed_updates: ALLOWED, ...(offset === undefined ? {} : { offset }) },
        signal as never,
      );
      needs.reached();
      for (const update of updates) {
        needs.commit(update);
        offset = update.update_id + 1;
      }
      patience.well();
      timeout = TIMEOUT;
    } catch (error) {
      if (signal.aborted) return;
      timeout = 0;
      if (isShared(error)) needs.shared();
      if (isWebhook(error)) await api.deleteWebhook().catch((failed: unknown) => patience.unwell(failed));
      await sleep(patience.unwell(error), signal).catch(() => {});
    }
  }
}

/** Make a call that nothing can do without, as often as it takes. @returns undefined when the signal aborts */
export async function insist<T>(
  call: () => Promise<T>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<T | undefined> {
  const patience = createPatience(log);
  while (!signal.aborted) {
    try {
      const result = await call();
      patience.well();
      return result;
    } catch (error) {
      if (!signal.aborted) await sleep(patience.unwell(error), signal).catch(() => {});
    }
  }
  return undefined;
}

/** One plain sentence when trouble begins and one when it ends, and how long to wait meanwhile. */
function createPatience(log: Logger) {
  let trouble: string | undefined;
  let wait = 0;
  return {
    well() {
      if (trouble !== undefined) log.info('Telegram answers again');
      trouble = undefined;
      wait = 0;
    },
    /** @returns milliseconds */
    unwell(error: unknown): number {
      const { sentence, kind, ms } = explain(error);
      if (sentence !== trouble) {
        log.error(sentence);
        wait = 0;
      }
      trouble = sentence;
      if (ms !== undefined) return ms;
      const { first, most } = WAITS[kind];
      wait = wait === 0 ? first : Math.min(most, wait * 2);
      return wait;
    },
  };
}

function explain(error: unknown): { sentence: string; kind: keyof typeof WAITS; ms?: number } {
  const verdict = isCallError(error) ? judge(error) : undefined;
  if (verdict === undefined) {
    const why = error instanceof Error ? error.message : String(error);
    return { sentence: `Cannot write down what Telegram brought: ${why}`, kind: 'away' };
  }
  if (verdict.kind === 'wait') {
    return { sentence: 'Telegram asks for a pause in polling', kind: 'away', ms: verdict.ms };
  }
  if (verdict.kind !== 'locked-out')
    return { sentence: `Cannot reach Telegram: ${verdict.why}`, kind: 'away' };
  const sentence = verdict.why.startsWith('Conflict')
    ? 'Another copy of the bot polls with this token: stop it, or give this one a token of its own'
    : 'Telegram does not know the bot token: get it from BotFather and set TELEGRAM_BOT_TOKEN';
  return { sentence, kind: 'locked-out' };
}

const isCallError = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'GrammyError' || error.name === 'HttpError');

const isWebhook = (error: unknown): boolean =>
  isCallError(error) && judge(error).why.includes('webhook is active');

const isShared = (error: unknown): boolean =>
  isCallError(error) && judge(error).why.includes('other getUpdates request');
