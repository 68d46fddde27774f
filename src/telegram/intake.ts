/**
 * What Telegram brings is written down in one synchronous commit before anything answers, and worked off from there.
 * A kill loses nothing: an update is asked for again until it is written, and taken up again until it is done.
 */
import type { Update } from 'grammy/types';
import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import type { IntakeRow } from '../store/intake.ts';
import type { IncomingPicture } from '../store/pictures.ts';
import type { Store } from '../store.ts';
import type { Access } from './access.ts';
import { pictureOf } from './picture.ts';

/** One update, being worked off. */
export type Turn = {
  update: Update;
  receivedAt: number;
  /** It is dealt with. Called in the transaction that writes its consequence down; else when the handler ends. */
  settle(): void;
};

export type Intake = {
  /**
   * Write an update down; a picture is the bridge's from then on.
   * @throws when the store cannot write: the update must not be confirmed
   */
  commit: (update: Update) => void;
  /** Work off what is there and what comes, until the signal; then wait for what was begun. */
  run(signal: AbortSignal): Promise<void>;
};

export type IntakeNeeds = {
  store: Store;
  access: Access;
  log: Logger;
  bridge: { take(picture: IncomingPicture): void; wake(): void };
  /** Whether messages of this chat are for us. */
  listensTo(chat: { id: number; type: string }): boolean;
  handle(turn: Turn): Promise<void>;
  /** It failed again and again. */
  giveUp(turn: Turn): void;
};

const TRIES = 3;
/** A picture that the bridge cannot even note must not hold up all that comes behind it. */
const TAKE_TRIES = 3;

export function createIntake(needs: IntakeNeeds): Intake {
  const { store, access, log, bridge } = needs;
  const inHand = new Map<number, Promise<void>>();
  let untaken = { updateId: 0, tries: 0 };
  let wake = () => {};

  function take(update: Update): boolean {
    const { message } = update;
    if (message?.from === undefined || !needs.listensTo(message.chat)) return false;
    if (access.roleOf(message.from.id) === 'stranger') return false;
    if (untaken.updateId === update.update_id && untaken.tries >= TAKE_TRIES) return false;
    const picture = pictureOf(message);
    if (picture === undefined) return false;
    try {
      bridge.take(picture);
    } catch (error) {
      const again = untaken.updateId === update.update_id ? untaken.tries : 0;
      untaken = { updateId: update.update_id, tries: again + 1 };
      throw error;
    }
    return true;
  }

  async function work(row: IntakeRow, signal: AbortSignal): Promise<void> {
    const turn: Turn = {
      update: JSON.parse(row.json) as Update,
      receivedAt: row.receivedAt,
      settle: () => store.intake.done(row.updateId),
    };
    try {
      store.intake.begin(row.updateId);
      if (row.attempts >= TRIES) needs.giveUp(turn);
      else await needs.handle(turn);
      // Work that the end of the process cuts off is taken up again at the next start.
      if (!signal.aborted) turn.settle();
    } catch (error) {
      log.error({ err: error, update: row.updateId, attempt: row.attempts + 1 }, 'cannot work off an update');
      await sleep(1000, signal).catch(() => {});
    }
  }

  return {
    commit(update) {
      const stranger = update.message?.from?.id;
      if (stranger !== undefined && access.ignores(stranger)) return;
      const taken = store.database.transaction(() => {
        if (!store.intake.add(update.update_id, tagOf(update), JSON.stringify(update))) return false;
        if (!take(update)) return false;
        store.intake.done(update.update_id);
        return true;
      });
      if (taken) bridge.wake();
      else wake();
    },
    async run(signal) {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        const next = new Promise<void>((resolve) => (wake = resolve));
        for (const row of openRows()) {
          if (inHand.has(row.updateId)) continue;
          const done = work(row, signal).finally(() => {
            inHand.delete(row.updateId);
            wake();
          });
          inHand.set(row.updateId, done);
        }
        await next;
      }
      await Promise.all(inHand.values());
    },
  };

  function openRows(): IntakeRow[] {
    try {
      return store.intake.open();
    } catch (error) {
      log.error({ err: error }, 'cannot read the intake');
      setTimeout(() => wake(), 1000).unref();
      return [];
    }
  }
}

/** Names the message or the tap itself. */
function tagOf({ update_id, message, callback_query: tap }: Update): string {
  if (message !== undefined) return `message:${message.chat.id}:${message.message_id}`;
  return tap === undefined ? `update:${update_id}` : `tap:${tap.id}`;
}
