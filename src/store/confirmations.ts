/** Plans that wait for a yes (2 minutes, one use), and buttons whose arguments do not fit into a callback (30 days). */
import { randomInt } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

export type Confirmation = {
  command: string;
  args: readonly string[];
  user: number | undefined;
  fingerprint: string | undefined;
};

/** A plan that waits for a word. */
export type TypedPlan = { token: string; word: string; card: string; isExpired: boolean };

export type Taken =
  | { outcome: 'taken' | 'expired'; confirmation: Confirmation }
  | { outcome: 'unknown' | 'used' | 'not-yours' };

export type Confirmations = {
  /**
   * @param plan `card`: key of the card that shows it; `word`: what confirms it, where a tap is not enough
   * @returns the token: 8 characters of a–z and 0–9
   */
  plan(
    plan: Confirmation & {
      user: number;
      fingerprint: string;
      chat: number;
      card: string;
      word?: string | undefined;
    },
  ): string;
  /**
   * Take a plan's token, once, by the user that it was shown to.
   * @param tap the update that brought the tap: one that a kill cut off finds its token taken by itself, and goes on
   */
  take(token: string, user: number, tap: number): Taken;
  /** Plans of this user in this chat that wait for a word, the newest first; for some minutes those that expired, too. */
  typed(by: { user: number; chat: number; tap?: number }): TypedPlan[];
  /** The same command gets the same token, so that drawing a card again does not fill the store. */
  button(command: string, args: readonly string[]): string;
  /** A button's command; it can be tapped again. */
  tap(token: string): Confirmation | undefined;
  forget(before: number): void;
};

/** messages.md, rule 4. */
export const PLAN_LASTS = 2 * 60_000;
/** A word that comes so much too late is still known as one, to be told that. */
const WORD_LATE = 10 * 60_000;
const BUTTON_LASTS = 30 * 86_400_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const newToken = () => Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('');

type Row = {
  token: string;
  user: number | null;
  command: string;
  args: string;
  fingerprint: string | null;
  expires_at: number;
  used_at: number | null;
  used_by: number | null;
};

const fromRow = (row: Row): Confirmation => ({
  command: row.command,
  args: JSON.parse(row.args) as string[],
  user: row.user ?? undefined,
  fingerprint: row.fingerprint ?? undefined,
});

export function createConfirmations(database: Database, clock: Clock): Confirmations {
  return {
    plan({ command, args, user, chat, fingerprint, card, word }) {
      const token = newToken();
      database.run(
        `insert into confirmations (token, kind, user, chat, command, args, fingerprint, card, word, expires_at)
         values (?, 'plan', ?, ?, ?, ?, ?, ?, ?, ?)`,
        token,
        user,
        chat,
        command,
        JSON.stringify(args),
        fingerprint,
        card,
        word ?? null,
        clock.now() + PLAN_LASTS,
      );
      return token;
    },
    take(token, user, tap) {
      return database.transaction((): Taken => {
        const row = database.get<Row>(`select * from confirmations where token = ? and kind = 'plan'`, token);
        if (row === undefined) return { outcome: 'unknown' };
        if (row.user !== user) return { outcome: 'not-yours' };
        if (row.used_at !== null && row.used_by !== tap) return { outcome: 'used' };
        const at = row.used_at ?? clock.now();
        database.run('update confirmations set used_at = ?, used_by = ? where token = ?', at, tap, token);
        return { outcome: row.expires_at < at ? 'expired' : 'taken', confirmation: fromRow(row) };
      });
    },
    typed: ({ user, chat, tap = 0 }) =>
      database
        .all<Row & { word: string; card: string }>(
          `select * from confirmations where word is not null and user = ? and chat = ? and expires_at >= ?
             and (used_at is null or used_by = ?) order by expires_at desc, rowid desc`,
          user,
          chat,
          clock.now() - WORD_LATE,
          tap,
        )
        .map(({ token, word, card, expires_at: expires }) => ({
          token,
          word,
          card,
          isExpired: expires < clock.now(),
        })),
    button(command, args) {
      return database.transaction(() => {
        const expires = clock.now() + BUTTON_LASTS;
        const known = database.get<{ token: string }>(
          `update confirmations set expires_at = ? where kind = 'button' and command = ? and args = ? returning token`,
          expires,
          command,
          JSON.stringify(args),
        );
        if (known !== undefined) return known.token;
        const token = newToken();
        database.run(
          `insert into confirmations (token, kind, command, args, expires_at) values (?, 'button', ?, ?, ?)`,
          token,
          command,
          JSON.stringify(args),
          expires,
        );
        return token;
      });
    },
    tap(token) {
      const row = database.get<Row>(
        `select * from confirmations where token = ? and kind = 'button' and expires_at >= ?`,
        token,
        clock.now(),
      );
      return row === undefined ? undefined : fromRow(row);
    },
    forget: (before) => void database.run('delete from confirmations where expires_at < ?', before),
  };
}
