/**
 * Asks a URL whether it is well. Redirects are answers, not followed: a panel that answers 302 is up.
 * undici is loaded at the first question, because it costs some 80 ms and 12 MB.
 */
import { causeOf, UnreachableError } from '../errors.ts';

export type ProbeAnswer = {
  status: number;
  /** Milliseconds until the head of the answer. */
  took: number;
};

export type Probe = {
  /** @throws UnreachableError when nothing answers in time */
  get(url: string, options?: { timeout?: number; signal?: AbortSignal }): Promise<ProbeAnswer>;
  /** The answer's JSON. @throws UnreachableError as `get`, and for an answer that is not JSON with status 200 */
  json(url: string, options?: { timeout?: number; signal?: AbortSignal }): Promise<unknown>;
};

/** Long enough for a busy home server, short enough for someone who waits at a phone. */
const TIMEOUT = 5_000;

export function createProbe(): Probe {
  const ask = async (
    url: string,
    { timeout = TIMEOUT, signal }: { timeout?: number; signal?: AbortSignal } = {},
  ) => {
    const { request } = await import('undici');
    const limit = AbortSignal.timeout(timeout);
    try {
      const begun = performance.now();
      const answer = await request(url, {
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      return { answer, took: performance.now() - begun };
    } catch (error) {
      signal?.throwIfAborted();
      const why = limit.aborted ? `no answer in ${timeout / 1000} s` : causeOf(error);
      throw new UnreachableError(why, { cause: error });
    }
  };
  return {
    async get(url, options) {
      const { answer, took } = await ask(url, options);
      await answer.body.dump();
      return { status: answer.statusCode, took };
    },
    async json(url, options) {
      const { answer } = await ask(url, options);
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new UnreachableError(`status ${answer.statusCode}`);
      }
      try {
        return await answer.body.json();
      } catch (error) {
        throw new UnreachableError('the answer is not JSON', { cause: error });
      }
    },
  };
}
