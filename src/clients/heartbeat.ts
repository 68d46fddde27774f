/**
 * Tells a monitor elsewhere how it went: by silence it learns of what nobody could tell it. Two kinds are understood:
 * Healthchecks and what is like it (GET for success, `/fail` with the reason for failure), and Uptime Kuma's push
 * monitors, told by their path (`/api/push/…?status=up`).
 */
import { causeOf, UnreachableError } from '../errors.ts';

export type Heartbeat = {
  /**
   * @param options.took milliseconds; Uptime Kuma draws it as the answer time
   * @throws UnreachableError when it was not taken within 10 s
   */
  succeeded(url: string, message: string, options?: { took?: number }): Promise<void>;
  /** @param reason a plain sentence, secrets masked. @throws UnreachableError as `succeeded` */
  failed(url: string, reason: string): Promise<void>;
};

/** Milliseconds. Nobody waits long for a monitor. */
const TIMEOUT = 10_000;
/** Healthchecks keeps 100 kB of a body; a reason is short. */
const REASON_MOST = 1000;

export function createHeartbeat({ timeout = TIMEOUT }: { timeout?: number } = {}): Heartbeat {
  const send = async (url: URL, body?: string): Promise<void> => {
    // Loaded at the first beat, because it is dear and many hosts have no monitor.
    const { request } = await import('undici');
    try {
      const answer = await request(url, {
        method: body === undefined ? 'GET' : 'POST',
        signal: AbortSignal.timeout(timeout),
        ...(body === undefined ? {} : { body }),
      });
      await answer.body.dump();
      if (answer.statusCode >= 300) throw new UnreachableError(`status ${answer.statusCode}`);
    } catch (error) {
      const isSlow = error instanceof Error && error.name === 'TimeoutError';
      const why = isSlow ? `no answer in ${timeout / 1000} s` : causeOf(error);
      throw new UnreachableError(`Cannot reach the monitor at "${url.host}": ${why}.`, { cause: error });
    }
  };
  return {
    succeeded: (given, message, { took } = {}) =>
      send(isPush(given) ? pushOf(given, 'up', message, took) : new URL(given)),
    async failed(given, reason) {
      const short = reason.slice(0, REASON_MOST);
      if (isPush(given)) return send(pushOf(given, 'down', short));
      const url = new URL(given);
      url.pathname = `${url.pathname.replace(/\/$/, '')}/fail`;
      return send(url, short);
    },
  };
}

const isPush = (url: string): boolean => new URL(url).pathname.includes('/api/push/');

function pushOf(given: string, status: 'up' | 'down', message: string, took?: number): URL {
  const url = new URL(given);
  url.searchParams.set('status', status);
  url.searchParams.set('msg', message);
  if (took !== undefined) url.searchParams.set('ping', String(Math.round(took)));
  return url;
}
