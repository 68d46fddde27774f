/** Requests to registries: with TLS, and for an insecure registry without it where it has none. */
import type { Dispatcher } from 'undici';
import { causeOf, UnreachableError } from '../../errors.ts';
import { ASKED_AGAIN } from '../asked-again.ts';
import type { Place } from './configuration.ts';

export type Answer = {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  text: string;
  url: string;
};

type Method = 'HEAD' | 'GET' | 'POST';
type How = { method: Method; headers: Record<string, string>; body?: string };

export type Transport = {
  /**
   * One request, its answer read whole; a second one where the connection broke. Redirects are answers.
   * @throws UnreachableError
   */
  send(
    url: string,
    how: How,
    options: { insecure: boolean; signal: AbortSignal | undefined },
  ): Promise<Answer>;
  /** @param path with its `/v2/` @throws UnreachableError */
  sendTo(place: Place, path: string, how: How, signal: AbortSignal | undefined): Promise<Answer>;
  close(): Promise<void>;
};

/** A configuration of many layers has some 20 KB. */
const LARGEST_ANSWER = 4 * 1024 ** 2;

/** @param patience milliseconds that an answer may take */
export function createTransport(patience: number): Transport {
  /** Insecure registries that answer without TLS. */
  const withoutTls = new Set<string>();

  const load = async () => {
    const undici = await import('undici');
    const agent = (connect: { rejectUnauthorized?: boolean }) =>
      new undici.RetryAgent(
        new undici.Agent({ connect: { timeout: Math.min(10_000, patience), ...connect } }),
        ASKED_AGAIN,
      );
    return { request: undici.request, agent: agent({}), trusting: agent({ rejectUnauthorized: false }) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const http = () => (loaded ??= load());

  const send: Transport['send'] = async (url, how, { insecure, signal }) => {
    const { request, agent, trusting } = await http();
    const limit = AbortSignal.timeout(patience);
    try {
      const { statusCode, headers, body } = await request(url, {
        ...how,
        body: how.body ?? null,
        dispatcher: insecure ? trusting : agent,
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of body as AsyncIterable<Uint8Array>) {
        size += part.length;
        if (size > LARGEST_ANSWER) throw new Error(`the answer has more than ${LARGEST_ANSWER} bytes`);
        parts.push(part);
      }
      return { status: statusCode, headers, text: Buffer.concat(parts).toString(), url };
    } catch (error) {
      signal?.throwIfAborted();
      const why = limit.aborted ? `no answer in ${patience / 1000} s` : causeOf(error);
      throw new UnreachableError(`${new URL(url).host}: ${why}`, { cause: new Error(why) });
    }
  };

  const sendTo: Transport['sendTo'] = async ({ host, insecure }, path, how, signal) => {
    const to = (scheme: string) => send(`${scheme}://${host}${path}`, how, { insecure, signal });
    if (!insecure) return to('https');
    if (!withoutTls.has(host)) {
      try {
        return await to('https');
      } catch {
        signal?.throwIfAborted();
      }
    }
    const answer = await to('http');
    withoutTls.add(host);
    return answer;
  };

  return {
    send,
    sendTo,
    async close() {
      const opened = await loaded;
      await Promise.all([opened?.agent.destroy(), opened?.trusting.destroy()]);
    },
  };
}
