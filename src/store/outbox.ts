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
};

export type OutboxCard = {
  /** Putting the same key again replaces the content: an edit, once it is shown. */
  key: string;
  chat: number;
  body: OutboxBody;
  replyTo?: number | undefined;
  resend?: boolean;
  /** Default true: it does not ring. */
  silent?: boolean;
};

export type Outbox = {
  put(card: OutboxCard): void;
  /** Cards whose newest content is not shown and may be tried now, oldest first. */
  due(): OutboxRow[];
  /** When the next card that waits may be tried. */
  nextAt(): number | undefined;
  /** Write down that a first send begins, so that a kill in between is seen. */
  sending(id: number): void;
  /** Telegram shows this version. */
  shown(id: number, version: number, messageId: number | undefined): void;
  /** Try again not before this time. */
  later(id: number, notBefore: number, problem: string): void;
  /** Telegram may or may not have it. It is not tried again unless the card says `resend`. */
  fateUnknown(id: number): void;
  /** Telegram will never take it. */
  failed(id: number, problem: string): void;
  /** Sends that a kill cut off: `resend` cards are queued again, the others become unknown. @returns how many became unknown */
  recover(): number;
  /** Cards of unknown fate that nobody was told of; told from now on. */
  takeUnknown(): number;
  /** The card that a message belongs to. */
  keyOf(chat: number, messageId: number): string | undefined;
  get(key: string): OutboxRow | undefined;
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
});

/** Open for sending: new content, not given up, and not a send of unknown fate that must not be repeated. */
const OPEN = `shown_version < version and state in ('queued', 'shown')`;

export function createOutbox(database: Database, clock: Clock): Outbox {
  return {
    put({ key, chat, body, replyTo, resend = false, silent = true }) {
      database.run(
        `insert into outbox (key, chat, reply_to, body, resend, silent, created_at, changed_at)
         values (?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (key) do update set
           body = excluded.body, version = version + 1, not_before = 0, attempts = 0, changed_at = excluded.changed_at
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
    },
    due: () =>
      database
        .all<Row>(`select * from outbox where ${OPEN} and not_before <= ? order by id`, clock.now())
        .map(fromRow),
    nextAt: () =>
      database.get<{ at: number | null }>(`select min(not_before) as at from outbox where ${OPEN}`)?.at ??
      undefined,
    sending: (id) => void database.run(`update outbox set state = 'sending' where id = ?`, id),
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
        `update outbox set state = iif(message_id is null, 'queued', 'shown'), not_before = ?, problem = ?,
           attempts = attempts + 1 where id = ?`,
        notBefore,
        problem,
        id,
      ),
    fateUnknown: (id) =>
      void database.run(`update outbox set state = iif(resend, 'queued', 'unknown') where id = ?`, id),
    failed: (id, problem) =>
      void database.run(`update outbox set state = 'failed', problem = ? where id = ?`, problem, id),
    recover() {
      database.run(`update outbox set state = 'queued' where state = 'sending' and resend = 1`);
      return database.run(`update outbox set state = 'unknown' where state = 'sending'`).changes;
    },
    takeUnknown: () =>
      database.run(`update outbox set state = 'failed', problem = 'fate unknown' where state = 'unknown'`)
        .changes,
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
    forget: (before) =>
      void database.run(
        `delete from outbox where changed_at < ? and (shown_version = version or state = 'failed')`,
        before,
      ),
  };
}
