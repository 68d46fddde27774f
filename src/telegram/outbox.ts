/**
 * Makes Telegram agree with the outbox of the store: one call in flight for each chat, the newest content wins.
 * A message is sent again only when it certainly did not arrive; one whose fate is unknown is told with the next.
 */
import type { ReactionTypeEmoji } from 'grammy/types';
import type { Card } from '../card.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Report } from '../report.ts';
import { sleep } from '../sleep.ts';
import type { OutboxRow } from '../store/outbox.ts';
import type { Store } from '../store.ts';
import { judge, type Apis, type Verdict } from './api.ts';
import { edit, send } from './message.ts';
import { photoOf } from './photo.ts';
import { createPace, type CallKind, type Pace } from './pace.ts';
import { render } from './render.ts';
import { within } from './within.ts';

export type OutboxWorker = {
  /** Work until the signal; then what is in flight is given a few seconds to end. */
  run(signal: AbortSignal): Promise<void>;
  /** Wait until all that may be tried now is shown. Milliseconds. */
  flush(patience: number): Promise<void>;
  /** For what is critical while the store cannot write: past the outbox, a few tries. @returns whether it arrived */
  sendDirectly: (report: Report) => Promise<boolean>;
};

export type OutboxNeeds = {
  apis: Pick<Apis, 'calls' | 'uploads'>;
  store: Store;
  clock: Clock;
  log: Logger;
  present: (report: Report, chat: number) => Card;
  /** Where reports go. */
  chat: () => number | undefined;
};

/** The command line writes into the same store from another process, which nobody tells us. */
const LOOK_EVERY = 2000;
const PATIENCE_MOST = 30_000;
const DIRECT_TRIES = 5;
const RECORD_TRIES = 60;

type Lane = { pace: Pace; busy: boolean };

export function createOutboxWorker(needs: OutboxNeeds): OutboxWorker {
  const { apis, store, clock, log, present } = needs;
  const lanes = new Map<number, Lane>();
  const inFlight = new Set<Promise<void>>();
  let stopped = true;
  let timer: NodeJS.Timeout | undefined;
  const quiet: (() => void)[] = [];

  const laneOf = (chat: number): Lane => {
    let lane = lanes.get(chat);
    if (lane === undefined) lanes.set(chat, (lane = { pace: createPace(chat, clock), busy: false }));
    return lane;
  };

  const lookIn = (ms: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(look, Math.min(ms, LOOK_EVERY));
  };

  /** Start a call in every chat that is free and has something to show. */
  function look(): void {
    let soonest = LOOK_EVERY;
    try {
      for (const chat of store.outbox.chats()) {
        const lane = laneOf(chat);
        if (lane.busy) continue;
        const row = store.outbox.next(chat);
        if (row === undefined) continue;
        const wait = lane.pace.wait(kindOf(row));
        if (wait > 0) soonest = Math.min(soonest, wait);
        else begin(row, lane);
      }
      const at = store.outbox.nextAt();
      if (at !== undefined && at > clock.now()) soonest = Math.min(soonest, at - clock.now());
    } catch (error) {
      log.error({ err: error }, 'cannot read the outbox');
    }
    if (inFlight.size === 0) for (const resolve of quiet.splice(0)) resolve();
    lookIn(soonest);
  }

  function begin(row: OutboxRow, lane: Lane): void {
    lane.busy = true;
    lane.pace.spend(kindOf(row));
    const call = deliver(row, lane)
      .catch((error: unknown) => {
        // Its record is as it was before the call, or "sending": neither leads to a second message.
        lane.pace.hold(clock.now() + PATIENCE_MOST);
        log.error({ err: error, card: row.key }, 'cannot work off the outbox');
      })
      .finally(() => {
        lane.busy = false;
        inFlight.delete(call);
        look();
      });
    inFlight.add(call);
  }

  async function deliver(row: OutboxRow, lane: Lane): Promise<void> {
    let call: Call;
    try {
      call = callFor(row);
    } catch (error) {
      // One card that cannot be drawn must not hold up what stands behind it.
      log.error({ err: error, card: row.key }, 'cannot draw a card');
      return store.outbox.failed(row.id, 'cannot be drawn');
    }
    if (call.once) store.outbox.sending(row.id, row.version);
    const outcome = await attempt(call.go);
    await record(() =>
      store.database.transaction(() => {
        if (!('ok' in outcome)) return settle(row, lane, call.once, outcome);
        store.outbox.shown(row.id, row.version, outcome.ok);
        if (call.tellsUnknown === true) store.outbox.told(row.chat);
      }),
    );
  }

  /** What has happened at Telegram must get into the store, also when that is busy or full for a while. */
  async function record(write: () => void): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        return write();
      } catch (error) {
        if (stopped || tries === RECORD_TRIES) throw error;
        if (tries === 0) log.warn({ err: error }, 'cannot record what was sent; trying again');
        await sleep(1000);
      }
    }
  }

  function settle(row: OutboxRow, lane: Lane, once: boolean, verdict: Verdict): void {
    const { outbox } = store;
    const again = (ms: number) => {
      const until = clock.now() + ms;
      lane.pace.hold(until);
      outbox.later(row.id, until, verdict.why);
      log.debug({ card: row.key, why: verdict.why, ms }, 'trying again later');
    };
    const backOff = () => again(Math.min(PATIENCE_MOST, 1000 * 2 ** Math.min(row.attempts, 10)));
    switch (verdict.kind) {
      case 'wait':
        log.warn({ chat: row.chat, ms: verdict.ms }, 'Telegram asks for a pause');
        lane.pace.flooded(clock.now() + verdict.ms);
        return again(verdict.ms);
      case 'not-sent':
      case 'locked-out':
        return backOff();
      case 'unknown':
        if (!once || row.resend) return backOff();
        log.warn({ card: row.key, why: verdict.why }, 'a message may or may not have arrived');
        lane.pace.hold(clock.now() + 1000);
        return outbox.fateUnknown(row.id);
      case 'unchanged':
        return outbox.shown(row.id, row.version, undefined);
      case 'gone':
        return outbox.gone(row.id);
      case 'moved':
        log.error({ from: row.chat, to: verdict.chat }, 'the group has a new id: set TELEGRAM_CHAT_ID to it');
        return outbox.move(row.chat, verdict.chat);
      case 'closed':
      case 'refused':
        log.error({ card: row.key, chat: row.chat, why: verdict.why }, 'Telegram refused this');
        return outbox.failed(row.id, verdict.why);
    }
  }

  type Call = {
    /** Doing it twice would be seen. */
    once: boolean;
    tellsUnknown?: boolean;
    /** @returns the message's id where there is a new one */
    go: () => Promise<number | undefined>;
  };

  function callFor(row: OutboxRow): Call {
    const { body, chat, messageId } = row;
    if (body.what === 'reaction') {
      const reaction = { type: 'emoji', emoji: body.emoji as ReactionTypeEmoji['emoji'] } as const;
      return {
        once: false,
        go: async () => {
          await apis.calls.setMessageReaction(chat, body.messageId, [reaction]);
          return undefined;
        },
      };
    }
    const card = present(body.report, chat);
    const draw = (drawn: Card) =>
      render(drawn, {
        confirm: body.confirm,
        button: (command, args) => store.confirmations.button(command, args),
      });
    // A document or a picture cannot take the place of a text.
    if (messageId !== undefined && card.file === undefined && card.picture === undefined) {
      const rendered = draw(card);
      return { once: false, go: () => edit(apis.calls, chat, messageId, rendered) };
    }
    // Behind the card's own text, whose first line is the push preview.
    const unknown = store.outbox.unknown(chat);
    const note: Report = { kind: 'note', note: { key: 'fate-unknown', count: unknown } };
    const blocks = unknown === 0 ? card.blocks : [...card.blocks, [], ...present(note, chat).blocks];
    const message = { replyTo: row.replyTo, silent: row.silent };
    const rendered = draw({ ...card, blocks });
    return {
      once: true,
      tellsUnknown: unknown > 0,
      go: async () => send(apis, chat, rendered, { ...message, photo: await photoOf(card, log) }),
    };
  }

  return {
    async run(signal) {
      store.outbox.recover();
      stopped = false;
      // Put inside a transaction, so look only when it has ended.
      const unlisten = store.outbox.listen(() => lookIn(0));
      look();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      stopped = true;
      clearTimeout(timer);
      unlisten();
      await within(5000, Promise.all(inFlight));
    },
    async flush(patience) {
      if (stopped) return;
      const done = new Promise<void>((resolve) => quiet.push(resolve));
      look();
      await within(patience, done);
    },
    async sendDirectly(report) {
      const chat = needs.chat();
      if (chat === undefined) return false;
      // A button that needs the store is one that cannot be had now.
      const rendered = render(present(report, chat), { button: () => 'none' });
      for (let tries = 0; tries < DIRECT_TRIES; tries += 1) {
        const outcome = await attempt(() =>
          send(apis, chat, rendered, { replyTo: undefined, silent: false }),
        );
        if ('ok' in outcome) return true;
        if (outcome.kind !== 'wait' && outcome.kind !== 'not-sent') return false;
        await sleep(outcome.kind === 'wait' ? outcome.ms : 1000 * 2 ** tries);
      }
      return false;
    },
  };
}

const kindOf = ({ body, messageId }: OutboxRow): CallKind =>
  body.what === 'reaction' || messageId !== undefined ? 'change' : 'message';

async function attempt<T>(go: () => Promise<T>): Promise<{ ok: T } | Verdict> {
  try {
    return { ok: await go() };
  } catch (error) {
    return judge(error);
  }
}
