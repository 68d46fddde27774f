/** Messages by Pushover, a way to the phone beside Telegram. https://pushover.net/api, https://pushover.net/api/receipts */
import { causeOf, RateLimitedError, RefusedError, UnreachableError } from '../errors.ts';

/** Quiet; usual; high, which breaks into quiet hours; and emergency, which is repeated until somebody confirms it. */
export type PushPriority = -1 | 0 | 1 | 2;

export type PushMessage = {
  /** Of the application that it comes from. */
  token: string;
  title: string;
  text: string;
  priority: PushPriority;
  /** When it happened, in milliseconds since 1970. */
  at: number;
};

export type Pushed = {
  /** Of an emergency, by which its repetition can be ended. */
  receipt: string | undefined;
  /** Messages that the application may still send this month, as far as told. */
  remaining: number | undefined;
};

export type Pushover = {
  /**
   * @throws RateLimitedError when the month's messages of the application are used up, RefusedError with Pushover's words
   *   for what it will never take, UnreachableError for all else
   */
  send(message: PushMessage): Promise<Pushed>;
  /** End the repetition of an emergency; one that is over is left alone. @throws as `send` */
  cancel(receipt: string, token: string): Promise<void>;
};

const API = 'https://api.pushover.net';
/** Milliseconds. */
const TIMEOUT = 15_000;
/** Characters that it takes. */
const TITLE_MOST = 250;
const TEXT_MOST = 1024;
/** Seconds: how often an emergency is repeated, and for how long, at most. */
const RETRY = 60;
const EXPIRE = 3 * 60 * 60;
/** A limit whose end nobody told. Seconds. */
const LATER = 60 * 60;

type Answer = { status?: number; errors?: readonly string[]; receipt?: string };

/** @param user key of the person or group. @param options.api without a slash at its end */
export function createPushover(user: string, { api = API, timeout = TIMEOUT } = {}): Pushover {
  const post = async (
    doing: string,
    path: string,
    form: Readonly<Record<string, string>>,
  ): Promise<{ answer: Answer; remaining: number | undefined }> => {
    // Loaded at the first message, because it is dear and many hosts have no Pushover.
    const { request } = await import('undici');
    let status: number;
    let headers: Readonly<Record<string, string | string[] | undefined>>;
    let text: string;
    try {
      const response = await request(`${api}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
        signal: AbortSignal.timeout(timeout),
      });
      ({ statusCode: status, headers } = response);
      text = await response.body.text();
    } catch (error) {
      const isSlow = error instanceof Error && error.name === 'TimeoutError';
      const why = isSlow ? `no answer in ${timeout / 1000} s` : causeOf(error);
      throw new UnreachableError(`Cannot ${doing}: ${why}.`, { cause: error });
    }
    const answer = parse(text);
    if (status === 429)
      throw new RateLimitedError(
        'Pushover',
        (countIn(headers['x-limit-app-reset']) ?? Date.now() / 1000 + LATER) * 1000,
      );
    if (status >= 400 && status < 500) {
      throw new RefusedError(`Cannot ${doing}: ${answer.errors?.join('; ') ?? `status ${status}`}.`);
    }
    if (status >= 300 || answer.status !== 1) {
      throw new UnreachableError(`Cannot ${doing}: status ${status}.`);
    }
    return { answer, remaining: countIn(headers['x-limit-app-remaining']) };
  };

  return {
    async send({ token, title, text, priority, at }) {
      const { answer, remaining } = await post('send by Pushover', '/1/messages.json', {
        token,
        user,
        title: shorten(title, TITLE_MOST),
        // An empty message is refused.
        message: shorten(text, TEXT_MOST) || shorten(title, TEXT_MOST),
        priority: String(priority),
        timestamp: String(Math.floor(at / 1000)),
        ...(priority === 2 ? { retry: String(RETRY), expire: String(EXPIRE) } : {}),
      });
      return { receipt: answer.receipt, remaining };
    },
    async cancel(receipt, token) {
      const path = `/1/receipts/${encodeURIComponent(receipt)}/cancel.json`;
      await post('end the repetition by Pushover', path, { token });
    },
  };
}

/** An answer that is no JSON comes from something on the way. */
function parse(text: string): Answer {
  try {
    const answer = JSON.parse(text) as unknown;
    return typeof answer === 'object' && answer !== null ? answer : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function countIn(header: string | string[] | undefined): number | undefined {
  const text = [header].flat()[0] ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whole characters, as Pushover counts them. */
const shorten = (text: string, most: number): string => {
  const characters = [...text.trim()];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
};
