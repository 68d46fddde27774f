/**
 * What the chat is to show. A card is a key and its newest content; `src/telegram/outbox.ts` makes Telegram
 * agree with these rows, whether it can be reached now or in an hour. The command line only writes here.
 */
import type { Clock } from '../clock.ts';
import type { Report } from '../report.ts';
import type { Database } from '../store.ts';

/** A message card, or the bot's reaction on a message. */
export type OutboxBody =
  | { what: 'report'; report: Report; confirm?: string }
  | { what: 'reaction'; messageId: number; emoji: string };

export type OutboxRow = {
  id: number;
  key: string;
  chat: number;
  replyTo: number | undefined;
  body: OutboxBody;
  version: number;
  messageId: number | undefined;
  /** Send again when a send's fate is unknown (a picture's path), else tell it. */
  resend: boolean;
  silent: boolean;
  attempts: number;
  createdAt: number;
  changedAt: number;
};

export type OutboxCard = {
  /** Putting the same key again replaces the content: an edit, once it is shown. */
  key: string;
  chat: number;
  body: OutboxBody;
  replyTo?: number | undefined;
  resend?: boolean;
  /** Default true: it does not ring. Until it is sent, the newest put decides. */
  silent?: boolean;
};

export type Outbox = {
  put(card: OutboxCard): void;
  /** Whether a card was put and is not sent yet. */
  isWaiting(key: string): boolean;
  /** Take a card back that is not sent yet. @returns whether it was taken back */
  withdraw(key: string): boolean;
  /** Be told of each put of this process, before its transaction ends: look a little later. @returns stops it */
  listen(listener: () => void): () => void;
  /** Chats with something to show that may be tried now. */
  chats(): number[];
  /** What to show next in a chat: new messages in the order they were put, then edits, then reactions. */
  next(chat: number): OutboxRow | undefined;
  /** What is still to be shown: how much, and since when the oldest waits. */
  waiting(): { count: number; oldest: number | undefined };
  /** When the next card that waits may be tried. */
  nextAt(): number | undefined;
  /** Write down that a first send begins, so that a kill in between is seen. */
  sending(id: number, version: number): void;
  /** Telegram shows this version. */
  shown(id: number, version: number, messageId: number | undefined): void;
  /** Try again not before this time. */
  later(id: number, notBefore: number, problem: string): void;
  /** The message is not there any more: its card is sent anew. */
  gone(id: number): void;
  /** Telegram may or may not have it; new content for its card is sent as a message of its own. */
  fateUnknown(id: number): void;
  /** Telegram will never take it. */
  failed(id: number, problem: string): void;
  /** Cards of a chat that has a new id now. */
  move(from: number, to: number): void;
  /** Sends that a kill cut off: `resend` cards are queued again, the others are of unknown fate. */
  recover(): void;
  /** How many messages to this chat are of unknown fate, told to nobody. */
  unknown(chat: number): number;
  /** These were told. */
  told(chat: number): void;
  /** A tap on a plan shows that its message arrived, whatever we know: its card gets the message's id. */
  arrived(token: string, messageId: number): void;
  /** The card that a message belongs to. */
  keyOf(chat: number, messageId: number): string | undefined;
  get(key: string): OutboxRow | undefined;
  /** Reports that were put at this time or later, the oldest first. */
  reportsSince(at: number): { key: string; report: Report; changedAt: number }[];
  forget(before: number): void;
};

type Row = {
  id: number;
  key: string;
  chat: number;
  reply_to: number | null;
  body: string;
  version: number;
  message_id: number | null;
  resend: number;
  silent: number;
  attempts: number;
  created_at: number;
  changed_at: number;
};

const fromRow = (row: Row): OutboxRow => ({
  id: row.id,
  key: row.key,
  chat: row.chat,
  replyTo: row.reply_to ?? undefined,
  body: JSON.parse(row.body) as OutboxBody,
  version: row.version,
  messageId: row.message_id ?? undefined,
  resend: row.resend === 1,
  silent: row.silent === 1,
  attempts: row.attempts,
  createdAt: row.created_at,
  changedAt: row.changed_at,
});

/** `shown_version` counts a send from its beginning, so that what may have arrived is not open but newer content is. */
const OPEN = `shown_version < version and state in ('queued', 'shown', 'unknown')`;
/** Telegram has never been given it, as far as is known. */
const WAITING = `message_id is null and state = 'queued'`;

export function createOutbox(database: Database, clock: Clock): Outbox {
  const listeners = new Set<() => void>();

  return {
    put({ key, chat, body, replyTo, resend = false, silent = true }) {
      // New content for a card that was given up is a new try.
      database.run(
        `insert into outbox (key, chat, reply_to, body, resend, silent, created_at, changed_at)
         values (?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (key) do update set
           body = excluded.body, version = version + 1, attempts = 0, changed_at = excluded.changed_at,
           silent = iif(message_id is null, excluded.silent, silent),
           state = iif(state = 'failed', iif(message_id is null, 'queued', 'shown'), state)
         where body <> excluded.body`,
        key,
        chat,
        replyTo ?? null,
        JSON.stringify(body),
        resend ? 1 : 0,
        silent ? 1 : 0,
        clock.now(),
        clock.now(),
      );
      for (const listener of listeners) listener();
    },
    isWaiting: (key) => database.get(`select 1 from outbox where key = ? and ${WAITING}`, key) !== undefined,
    withdraw: (key) => database.run(`delete from outbox where key = ? and ${WAITING}`, key).changes > 0,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    chats: () =>
      database
        .all<{ chat: number }>(
          `select distinct chat from outbox where ${OPEN} and not_before <= ?`,
          clock.now(),
        )
        .map(({ chat }) => chat),
    next(chat) {
      const row = database.get<Row>(
        `select * from outbox where ${OPEN} and chat = ? and not_before <= ?
         order by case when body ->> 'what' = 'reaction' then 2 when message_id is null then 0 else 1 end, id
         limit 1`,
        chat,
        clock.now(),
      );
      return row === undefined ? undefined : fromRow(row);
    },
    waiting() {
      const row = database.get<{ count: number; oldest: number | null }>(
        `select count(*) as count, min(changed_at) as oldest from outbox where ${OPEN}`,
      );
      return { count: row?.count ?? 0, oldest: row?.oldest ?? undefined };
    },
    nextAt: () =>
      database.get<{ at: number | null }>(`select min(not_before) as at from outbox where ${OPEN}`)?.at ??
      undefined,
    sending: (id, version) =>
      void database.run(`update outbox set state = 'sending', shown_version = ? where id = ?`, version, id),
    shown: (id, version, messageId) =>
      void database.run(
        `update outbox set state = 'shown', shown_version = ?, message_id = coalesce(?, message_id),
           attempts = 0, problem = null where id = ?`,
        version,
        messageId ?? null,
        id,
      ),
    later: (id, notBefore, problem) =>
      void database.run(
        `update outbox set state = iif(message_id is null, 'queued', 'shown'),
           shown_version = iif(message_id is null, 0, shown_version),
           not_before = ?, problem = ?, attempts = attempts + 1 where id = ?`,
        notBefore,
        problem,
        id,
      ),
    gone: (id) =>
      void database.run(
        // It was to be an edit, which does not ring.
        `update outbox set state = 'queued', message_id = null, shown_version = 0, silent = 1 where id = ?`,
        id,
      ),
    fateUnknown: (id) => void database.run(`update outbox set state = 'unknown' where id = ?`, id),
    failed: (id, problem) =>
      void database.run(`update outbox set state = 'failed', problem = ? where id = ?`, problem, id),
    move: (from, to) =>
      void database.run(
        `update outbox set chat = ?, message_id = null, reply_to = null, state = 'queued', shown_version = 0
         where chat = ? and (${OPEN} or state = 'sending')`,
        to,
        from,
      ),
    recover: () =>
      void database.run(
        `update outbox set state = iif(resend, 'queued', 'unknown'), shown_version = iif(resend, 0, shown_version)
         where state = 'sending'`,
      ),
    unknown: (chat) =>
      database.get<{ count: number }>(
        `select count(*) as count from outbox where state = 'unknown' and shown_version = version and chat = ?`,
        chat,
      )?.count ?? 0,
    told: (chat) =>
      void database.run(
        `update outbox set state = 'failed', problem = 'fate unknown'
         where state = 'unknown' and shown_version = version and chat = ?`,
        chat,
      ),
    arrived: (token, messageId) =>
      void database.run(
        `update outbox set message_id = ?, shown_version = version, state = 'shown'
         where message_id is null and state in ('unknown', 'failed', 'queued') and body ->> 'confirm' = ?`,
        messageId,
        token,
      ),
    keyOf: (chat, messageId) =>
      database.get<{ key: string }>(
        'select key from outbox where chat = ? and message_id = ?',
        chat,
        messageId,
      )?.key,
    get(key) {
      const row = database.get<Row>('select * from outbox where key = ?', key);
      return row === undefined ? undefined : fromRow(row);
    },
    reportsSince: (at) =>
      database
        .all<{ key: string; report: string; changedAt: number }>(
          `select key, body -> 'report' as report, changed_at as changedAt from outbox
           where changed_at >= ? and body ->> 'what' = 'report' order by changed_at, id`,
          at,
        )
        .map((row) => ({ ...row, report: JSON.parse(row.report) as Report })),
    forget: (before) =>
      void database.run(
        // The card of what lasts is there as long as that does: put anew it would be one more message.
        `delete from outbox where changed_at < ? and (shown_version = version or state = 'failed')
         and key not in (select card from alerts where ended_at is null and card is not null)`,
        before,
      ),
  };
}
