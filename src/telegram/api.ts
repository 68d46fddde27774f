/** grammY's Api over our own HTTP, and what its errors mean for whoever may try again. */
import { Api, GrammyError, HttpError } from 'grammy';
import { createHttp, ExchangeError } from './http.ts';

export type Apis = {
  /** Long polling: one request is always open. */
  polling: Api;
  /** Everything that is small. */
  calls: Api;
  /** Documents. */
  uploads: Api;
};

/** Milliseconds for one call. A dead NAT entry must not freeze polling for longer than a minute. */
const LASTS = { polling: 60_000, calls: 30_000, uploads: 500_000 };

/** @param apiRoot without a slash at its end */
export function createApis(token: string, apiRoot: string): Apis {
  const api = (lasts: number) => {
    const http = createHttp(lasts);
    // grammY reads nothing of the answer but `json()`. Its own time limit, which cannot tell whether the request
    // left, lies behind ours.
    const fetch = async (url: string, exchange: Parameters<typeof http.text>[1]) => {
      const answer = await http.text(url, exchange);
      return { json: async () => JSON.parse(answer) as unknown };
    };
    return new Api(token, { apiRoot, timeoutSeconds: lasts / 1000 + 5, fetch: fetch as never });
  };
  return { polling: api(LASTS.polling), calls: api(LASTS.calls), uploads: api(LASTS.uploads) };
}

/** What a failed call means. `why` never holds the token. */
export type Verdict = { why: string } & (
  | { kind: 'wait'; ms: number }
  /** It did not happen, and may go better later. */
  | { kind: 'not-sent' }
  /** It may have happened. */
  | { kind: 'unknown' }
  /** Telegram shows it already. */
  | { kind: 'unchanged' }
  /** The message to change is not there, or of another sort. */
  | { kind: 'gone' }
  /** A group has become a supergroup. */
  | { kind: 'moved'; chat: number }
  /** This chat takes nothing from us. */
  | { kind: 'closed' }
  /** The token, or another copy of the bot: nothing that this call could do better. */
  | { kind: 'locked-out' }
  | { kind: 'refused' }
);

const GONE = /message to edit not found|message can't be edited|there is no (?:text|caption) in the message/i;
const CLOSED =
  /chat not found|user is deactivated|bot (?:was blocked|was kicked|can't initiate)|PEER_ID_INVALID/i;

/** Why a call failed, without the token. */
export const whyOf = (error: unknown): string =>
  error instanceof HttpError || error instanceof GrammyError
    ? judge(error).why
    : error instanceof Error
      ? error.message
      : String(error);

/** Which errors of a call mean what, whatever the method. @throws what is no failed call */
export function judge(error: unknown): Verdict {
  if (error instanceof HttpError) {
    const inner = error.error;
    const why = inner instanceof Error ? inner.message : String(inner);
    return { kind: inner instanceof ExchangeError && !inner.reached ? 'not-sent' : 'unknown', why };
  }
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: code, description: why, parameters } = error;
  if (code === 429) return { kind: 'wait', ms: (parameters.retry_after ?? 5) * 1000, why };
  if (code >= 500) return { kind: 'unknown', why };
  if (parameters.migrate_to_chat_id !== undefined) {
    return { kind: 'moved', chat: parameters.migrate_to_chat_id, why };
  }
  if (/method not found/i.test(why)) return { kind: 'refused', why };
  if (code === 401 || code === 404 || code === 409) return { kind: 'locked-out', why };
  if (/message is not modified/i.test(why)) return { kind: 'unchanged', why };
  if (GONE.test(why)) return { kind: 'gone', why };
  if (code === 403 || CLOSED.test(why)) return { kind: 'closed', why };
  return { kind: 'refused', why };
}
