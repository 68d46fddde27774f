/**
 * The way to an engine: one Unix socket, the API version that both sides know, time limits, and what to say when
 * it does not answer. dockerode speaks the API; it is loaded at the first call, because it costs 150 ms and 36 MB.
 */
import { request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type Dockerode from 'dockerode';
import { UnreachableError } from '../../errors.ts';
import { sleep } from '../../sleep.ts';
import type { CallOptions } from '../engine.ts';

/** What is asked for here has had the same form from Docker 19.03 to 28; Podman 4.3 says 1.41, Docker 29 begins at 1.44. */
const OLDEST_API = [1, 40] as const;
const NEWEST_API = [1, 51] as const;

/** Milliseconds for the first word. Asking whether it lives waits for no lock, so a busy engine answers it too. */
const CONNECT_TIMEOUT = 5000;
/** While a stream is open the engine is asked whether it lives, each time after so many time limits of an answer … */
const PULSE = 3;
/** … and the stream is given up when it has not answered so often, one after the other. */
const MISSED = 2;

export type StreamRequest = {
  method: 'GET' | 'POST';
  path: string;
  /** Query of a GET, body of a POST. */
  options: Readonly<Record<string, unknown>>;
  /** Query of a POST. */
  query?: Readonly<Record<string, unknown>>;
  /** For the registry that the engine will ask. */
  login?: { username: string; password: string };
  /** Take over the connection in both directions, as for exec; other streams are only read. */
  hijack?: boolean;
};

export type Work<T> = (docker: Dockerode, options: { abortSignal: AbortSignal }) => Promise<T>;

export type Connection = {
  ping(options?: CallOptions): Promise<void>;
  /**
   * One call, within the time limit.
   * @param doing for messages: `inspect "immich-server"`
   */
  call<T>(doing: string, work: Work<T>, options?: TimedOptions): Promise<T>;
  /** As {@link call}; undefined when the engine answers with one of these codes. */
  callUnless<T>(
    codes: readonly number[],
    doing: string,
    work: Work<T>,
    options?: TimedOptions,
  ): Promise<T | undefined>;
  /**
   * A stream: the limit counts until the engine begins to answer, the signal ends it at any time. It may be silent for as
   * long as it likes while the engine lives; it ends with an UnreachableError when the engine does not answer any more.
   */
  stream(doing: string, request: StreamRequest, options?: TimedOptions): Promise<Duplex>;
  close(): void;
};

/** `timeout` in milliseconds, where the connection's own does not fit. */
export type TimedOptions = CallOptions & { timeout?: number };

/** The engine's refusal of a call, as opposed to an engine that cannot be reached. */
type Refusal = Error & { statusCode: number; json: unknown };

/**
 * @param address `unix:///run/podman/podman.sock`
 * @param timeout milliseconds for one answer
 */
export function createConnection(address: string, timeout: number): Connection {
  const socket = address.replace(/^unix:\/\//, '');
  if (!socket.startsWith('/'))
    throw new Error(`Cannot use the engine "${address}": unix:///path is expected.`);
  const closing = new AbortController();
  let docker: Promise<Dockerode> | undefined;

  /** Run `work` with a signal that fires at the caller's, at the limit (until the answer) and at closing. */
  async function within<T>(
    work: (signal: AbortSignal) => Promise<T>,
    { signal, timeout: patience = timeout }: TimedOptions = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), patience);
    const all = AbortSignal.any([limit.signal, closing.signal, ...(signal === undefined ? [] : [signal])]);
    // docker-modem inspects its options in full depth at each call, for a debug line that is hardly ever printed.
    Object.defineProperty(all, inspect.custom, { value: () => 'AbortSignal' });
    try {
      // A request that ends by its signal does not always say so, least of all in the middle of an answer.
      return await orAborted(work(all), all);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (limit.signal.aborted) {
        throw new UnreachableError(`The engine at "${socket}" did not answer within ${patience / 1000} s.`);
      }
      if (closing.signal.aborted) throw new Error('The connection to the engine was closed.');
      throw explain(error, socket);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ask for the version once; again after the engine could not be reached, for it may come back as another one. */
  function connect(): Promise<Dockerode> {
    docker ??= within(
      async (signal) => {
        const [{ headers }, { default: Docker }] = await Promise.all([
          ask(socket, signal),
          import('dockerode'),
        ]);
        return new Docker({
          socketPath: socket,
          version: `v${chooseVersion(headers['api-version'])}`,
          // Without it Node keeps connections and finds out at the next call that the engine was restarted.
          headers: { connection: 'close' },
          // dockerode would take these from DOCKER_HOST.
          ...({ host: undefined, port: undefined, timeout: undefined, protocol: 'http' } as object),
        });
      },
      { timeout: Math.min(timeout, CONNECT_TIMEOUT) },
    );
    docker.catch(() => (docker = undefined));
    return docker;
  }

  async function callUnless<T>(
    codes: readonly number[],
    doing: string,
    work: Work<T>,
    options?: TimedOptions,
  ): Promise<T | undefined> {
    options?.signal?.throwIfAborted();
    try {
      const connected = await orAborted(connect(), options?.signal);
      return await within((abortSignal) => work(connected, { abortSignal }), options);
    } catch (error) {
      if (error instanceof UnreachableError) docker = undefined;
      if (!isRefusal(error)) throw error;
      if (codes.includes(error.statusCode) || (codes.includes(404) && hasGone(error))) return undefined;
      throw new Error(`Cannot ${doing}: ${wordsOf(error)}`);
    }
  }

  // With no code excused there is always an answer.
  const call = <T>(doing: string, work: Work<T>, options?: TimedOptions) =>
    callUnless([], doing, work, options) as Promise<T>;

  const ping: Connection['ping'] = async (options) => {
    await within((signal) => ask(socket, signal), options);
  };

  /** An engine that hangs breaks nothing off: whoever reads would wait for ever. */
  async function watch(stream: Duplex): Promise<void> {
    const over = new AbortController();
    stream.once('close', () => over.abort());
    let missed = 0;
    let why: unknown;
    try {
      while (missed < MISSED) {
        await sleep(timeout * PULSE, over.signal);
        try {
          await ping({ signal: over.signal });
          missed = 0;
        } catch (error) {
          missed += 1;
          why = error;
        }
      }
    } catch {
      // Closed, as all of them are at some time.
      return;
    }
    stream.destroy(why as Error);
  }

  return {
    ping,
    call,
    callUnless,
    async stream(doing, asked, options) {
      const stream = await call(doing, (connected, signal) => open(connected, asked, signal), options);
      void watch(stream);
      return stream;
    },
    close() {
      closing.abort();
    },
  };
}

/** Several callers wait for one connection; each leaves with its own signal. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** dockerode's own calls for logs gather a log that is not followed in memory, and take one that reads as JSON for JSON. */
function open(
  docker: Dockerode,
  { method, path, options, query, login, hijack }: StreamRequest,
  { abortSignal }: { abortSignal: AbortSignal },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        method,
        path: method === 'GET' || query !== undefined ? `${path}?` : path,
        options: query === undefined ? { ...options } : { _query: query, _body: options },
        ...(login === undefined ? {} : { authconfig: login }),
        isStream: true,
        abortSignal,
        ...(hijack === true ? { hijack, openStdin: true } : {}),
        // docker-modem's stand-in for a connection that was not handed over cannot be ended with an error.
        statusCodes: hijack === true ? { 101: true } : { 200: true },
      },
      (error: unknown, stream: unknown) => {
        if (error !== null && error !== undefined) reject(error);
        else resolve(endWith(stream as Duplex, abortSignal));
      },
    );
  });
}

/** A connection that was taken over no longer listens to the request's signal. */
function endWith(stream: Duplex, signal: AbortSignal): Duplex {
  // Too late for its caller, who has left.
  if (signal.aborted) return stream.destroy();
  const end = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', end, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', end));
  return stream;
}

function ask(socketPath: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/_ping', agent: false, signal }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(response);
        else reject(new Error(`"/_ping" answered ${response.statusCode}.`));
      });
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** The newest version that both know. */
function chooseVersion(offered: string | string[] | undefined): string {
  const [major = 0, minor = 0] = String(offered ?? '')
    .split('.')
    .map(Number);
  if (!(major > OLDEST_API[0] || (major === OLDEST_API[0] && minor >= OLDEST_API[1]))) {
    throw new Error(`The engine speaks API ${String(offered)}; ${OLDEST_API.join('.')} or newer is needed.`);
  }
  return major === NEWEST_API[0] && minor < NEWEST_API[1] ? `${major}.${minor}` : NEWEST_API.join('.');
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOENT:
    'the socket does not exist. Start the engine (systemctl start podman.socket) or correct the address.',
  ECONNREFUSED: 'nothing listens there. Start the engine: systemctl restart podman.socket',
  EACCES: 'permission denied. Use sudo, or join the group that owns the socket.',
  EPERM: 'permission denied. Use sudo, or join the group that owns the socket.',
  ENAMETOOLONG: 'the path is too long for a socket (107 bytes at most).',
  EINVAL: 'the path is too long for a socket (107 bytes at most).',
  ECONNRESET: 'it broke the connection off before it had answered.',
  EPIPE: 'it broke the connection off before it had answered.',
};

function explain(error: unknown, socket: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = UNREACHABLE[code];
  return why === undefined ? error : new UnreachableError(`Cannot reach the engine at "${socket}": ${why}`);
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && typeof (error as Partial<Refusal>).statusCode === 'number';
}

/**
 * Podman's answer for a container that went away while it was looked at: 500, with the cause that goes with 404, or with
 * that of its storage, which forgets it first.
 */
function hasGone({ json }: Refusal): boolean {
  const cause = (json as { cause?: unknown } | null | undefined)?.cause;
  return cause === 'no such container' || cause === 'container not known';
}

/** The engine's own words, without dockerode's frame around them. */
function wordsOf(error: Refusal): string {
  const json = error.json as { message?: unknown } | null | undefined;
  const words =
    typeof json?.message === 'string'
      ? json.message
      : error.message.replace(/^\(HTTP code \d+\) .*? - /s, '');
  return words.trim();
}
