/**
 * One exchange with the Bot API server over node:http. grammY's own client (node-fetch) hides what the outbox must
 * know, whether a failed request can have reached Telegram, and puts the URL, which holds the token, into its errors.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

/** An exchange that gave no answer. Its message never holds the URL. */
export class ExchangeError extends Error {
  override name = 'ExchangeError';
  /** False: no connection was made, so that not one byte of the request left. */
  readonly reached: boolean;

  constructor(message: string, reached: boolean) {
    super(message);
    this.reached = reached;
  }
}

export type Exchange = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Readable;
  signal?: Abortable | undefined;
};

/** Both Node's AbortSignal and that of the package which grammY brings along. */
type Abortable = {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

export type Http = {
  /** The answer's head; its body is still to be read, within the same time limit. @throws ExchangeError */
  open(url: string, exchange?: Exchange): Promise<IncomingMessage>;
  /** The whole answer. @throws ExchangeError */
  text(url: string, exchange?: Exchange): Promise<string>;
};

/** A connection that never comes about must not take the time that a slow answer may take. */
const CONNECT_LASTS = 15_000;
/** A server closes idle connections silently; writing a message into such a one would leave its fate unknown. */
const IDLE_LASTS = 10_000;

/** @param lasts milliseconds for a whole exchange, its answer's body included */
export function createHttp(lasts: number): Http {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: IDLE_LASTS }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: IDLE_LASTS }),
  };

  const open: Http['open'] = (url, { method = 'GET', headers = {}, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(new ExchangeError('given up', false));
      const target = new URL(url);
      const secure = target.protocol === 'https:';
      const options: RequestOptions = { method, headers, agent: agents[secure ? 'https:' : 'http:'] };
      const request = (secure ? httpsRequest : httpRequest)(target, options);

      let reached = false;
      const fail = (message: string) => request.destroy(new ExchangeError(message, reached));
      const connecting = setTimeout(() => fail('no connection in time'), CONNECT_LASTS);
      const whole = setTimeout(() => fail('no answer in time'), lasts);
      const abort = () => fail('given up');
      signal?.addEventListener('abort', abort);
      const over = () => {
        clearTimeout(connecting);
        clearTimeout(whole);
        signal?.removeEventListener('abort', abort);
      };

      request.on('socket', (socket) => {
        const connected = () => {
          reached = true;
          clearTimeout(connecting);
        };
        if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', connected);
        else connected();
      });
      request.on('close', over);
      request.on('response', resolve);
      request.on('error', (error) => {
        over();
        reject(error instanceof ExchangeError ? error : new ExchangeError(describe(error), reached));
      });
      if (body === undefined || typeof body === 'string') return request.end(body);
      body.on('error', (error) => fail(describe(error)));
      body.pipe(request);
    });

  return {
    open,
    async text(url, exchange) {
      const response = await open(url, exchange);
      try {
        return Buffer.concat(await response.toArray()).toString('utf8');
      } catch (error) {
        throw error instanceof ExchangeError ? error : new ExchangeError(describe(error), true);
      }
    },
  };
}

/** Several addresses were tried: the first one's failure says enough. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
