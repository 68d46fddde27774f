/**
 * Pictures by HTTP, for a phone's share sheet: `POST /pictures` answers with paths, `POST /inbox` hands files to the
 * inbox, `GET /healthz` says if all is well, `GET /metrics` gives figures to Prometheus. Meant for this machine and a proxy on it; nothing else is served.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.ts';
import { causeOf } from './errors.ts';
import { answerWith, type Answer } from './http/answer.ts';
import type { Metrics } from './http/metrics.ts';
import { HttpError, problemOf, STATUS } from './http/problem.ts';
import { createRate } from './http/rate.ts';
import { checkHeaders, receiveBody, type Body } from './http/receive.ts';
import { takePictures } from './http/take-pictures.ts';
import { createTokenCheck } from './http/token.ts';
import type { InboxDoor, InboxOff } from './inbox/door.ts';
import type { Logger } from './logger.ts';
import type { Uploads } from './pictures/uploads.ts';
import { sleep } from './sleep.ts';
import type { Texts } from './texts/index.ts';
import type { LookAtSelf } from './wellness.ts';

/** Bytes, counts and milliseconds. */
export type HttpLimits = {
  /** Of one file, of all files of a request, and how many these may be. */
  file: number;
  total: number;
  files: number;
  /** Requests with the right token: so many at once, then one each so often. */
  requests: { burst: number; every: number };
  /** Requests with a wrong one, by address. */
  strangers: { burst: number; every: number };
  /** Bodies that are received at a time, and connections that are open. */
  bodies: number;
  connections: number;
  /** Until the headers, the whole request, or the next bytes of it must have come. */
  headers: number;
  request: number;
  silence: number;
  /** How long a request waits for the folder, and its answer for pictures to be readable. */
  ready: number;
  patience: number;
  /** Until an address is tried again: that of a VPN can come up a minute after boot. */
  again: number;
};

export const LIMITS: HttpLimits = {
  file: 100_000_000,
  total: 500_000_000,
  files: 50,
  // A share sheet of 50 pictures makes 50 requests.
  requests: { burst: 120, every: 500 },
  strangers: { burst: 10, every: 6000 },
  bodies: 8,
  connections: 64,
  headers: 10_000,
  request: 15 * 60_000,
  silence: 30_000,
  ready: 5000,
  patience: 20_000,
  again: 5000,
};

export type HttpNeeds = {
  listen: { host: string; port: number; token: string };
  uploads: Uploads;
  inbox: InboxDoor | { off: InboxOff };
  /** PICTURES_DIR. */
  folder: string;
  /** Where the card of what came goes; undefined before there is an owner. */
  chat: () => number | undefined;
  lookAtSelf: LookAtSelf;
  metrics: Metrics;
  texts: Texts;
  clock: Clock;
  log: Logger;
  limits?: Partial<HttpLimits>;
};

export type Http = {
  /** Listen until the signal, as soon as the address is there; then let what is being answered end. */
  run(signal: AbortSignal): Promise<void>;
  /** Where it listens; undefined before that. */
  readonly address: AddressInfo | undefined;
};

/** How long the rest of a refused body is thrown away, so that its sender reads the answer instead of a reset. */
const LINGER = 5000;
const LAST_ANSWERS = 3000;

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<Answer>;

export function createHttp(needs: HttpNeeds): Http {
  const { listen, uploads, inbox, folder, texts, clock, log } = needs;
  const limits: HttpLimits = { ...LIMITS, ...needs.limits };
  const isToken = createTokenCheck(listen.token);
  const requests = createRate(clock, limits.requests);
  const strangers = createRate(clock, limits.strangers);
  let bodies = 0;

  /** @throws HttpError unless the request carries the token and does not come too often */
  const admit = (request: IncomingMessage) => {
    // Whoever has the token is never held up by those who guess at it.
    const isKnown = isToken(request.headers.authorization);
    const wait = isKnown ? requests.take('token') : strangers.take(request.socket.remoteAddress ?? '');
    if (wait > 0) throw new HttpError({ kind: 'too-often', wait });
    if (!isKnown) throw new HttpError({ kind: 'token' });
  };

  const receive = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    place: () => { id: string; path: string },
  ): Promise<Body> => {
    checkHeaders(request, limits);
    if (bodies >= limits.bodies) throw new HttpError({ kind: 'busy' });
    bodies += 1;
    try {
      // A client that asks first sends its body after this, and none of it after a refusal.
      if (request.headers.expect !== undefined) {
        response.writeContinue();
        delete request.headers.expect;
      }
      const name = url.searchParams.get('name') ?? undefined;
      const body = await receiveBody(request, { limits, place, name });
      if (body.files.length === 0) throw new HttpError({ kind: 'no-file' });
      return body;
    } finally {
      bodies -= 1;
    }
  };

  const toPictures: Handler = async (request, response, url) => {
    admit(request);
    const chat = needs.chat();
    if (chat === undefined) throw new HttpError({ kind: 'no-owner' });
    await usable(uploads.ready);
    const body = await receive(request, response, url, uploads.place);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(limits.patience)]);
    return takePictures(body, { uploads, chat, folder, texts, signal });
  };

  /** A folder that cannot be used now may be usable soon, but nobody waits for it with a file in his hands. */
  const usable = async (ready: Promise<void>) => {
    const late = new AbortController();
    const timeout = sleep(limits.ready, late.signal).then(() => {
      throw new HttpError({ kind: 'storage', cause: 'the folder for pictures is not ready' });
    });
    await Promise.race([ready, timeout]).finally(() => late.abort());
  };

  const toInbox: Handler = async (request, response, url) => {
    admit(request);
    if ('off' in inbox) throw new HttpError({ kind: 'inbox-off', why: inbox.off });
    await inbox.open();
    const { files } = await receive(request, response, url, inbox.place);
    const kept = await inbox.keep(files);
    const told = kept.map(({ name, problem }) => ({
      name,
      problem: problem === undefined ? null : texts.http.notForInbox(problem.found),
    }));
    return {
      status: kept.some(({ problem }) => problem === undefined) ? 202 : 415,
      lines: told.map(({ name, problem }) => problem ?? texts.http.inInbox(name)),
      body: { files: told },
    };
  };

  const health: Handler = () => {
    const self = needs.lookAtSelf();
    const why = self.isWell ? undefined : self.why;
    const body = {
      ok: self.isWell,
      store: why?.kind === 'store' ? 'failed' : 'ok',
      lastPoll: self.lastPoll === undefined ? null : new Date(self.lastPoll).toISOString(),
      ...(why === undefined ? {} : { reason: texts.pulse.unwell(why) }),
    };
    if (why?.kind === 'store') log.error({ cause: why.cause }, 'the store cannot be used');
    return Promise.resolve({ status: self.isWell ? 200 : 503, body, isJson: true });
  };

  const toMetrics: Handler = async (request) => {
    admit(request);
    const { type, text } = await needs.metrics();
    return { status: 200, type, lines: [text], body: {}, isJson: false };
  };

  const routes: Readonly<Record<string, { methods: readonly string[]; handle: Handler }>> = {
    '/pictures': { methods: ['POST'], handle: toPictures },
    '/inbox': { methods: ['POST'], handle: toInbox },
    '/healthz': { methods: ['GET', 'HEAD'], handle: health },
    '/metrics': { methods: ['GET', 'HEAD'], handle: toMetrics },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<Answer> => {
    const url = URL.parse(request.url ?? '', 'http://steward');
    const route = url !== null && Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
    if (url === null || route === undefined) throw new HttpError({ kind: 'not-found' });
    if (!route.methods.includes(request.method ?? '')) {
      throw new HttpError({ kind: 'method', allowed: route.methods.join(', ') });
    }
    return route.handle(request, response, url);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method } = request;
    const startedAt = clock.now();
    let result: Answer;
    try {
      result = await answer(request, response);
    } catch (error) {
      // Whoever sent it is not there any more.
      if (response.destroyed) return log.info({ method, cause: causeOf(error) }, 'request was cut off');
      result = refusal(error);
    }
    if (response.destroyed) return;
    // Nobody could tell whether the next bytes are the body after all, or another request.
    if (request.headers.expect !== undefined) response.setHeader('connection', 'close');
    else if (!request.complete) {
      // What was begun to be read, nobody but us reads on.
      request.unpipe().resume();
      const linger = setTimeout(() => request.socket.destroy(), LINGER);
      request.once('close', () => clearTimeout(linger));
    }
    answerWith(request, response, result);
    log.info(
      { method, path: request.url?.split('?')[0], status: result.status, ms: clock.now() - startedAt },
      'answered',
    );
  };

  const refusal = (error: unknown): Answer => {
    const problem = problemOf(error);
    const status = STATUS[problem.kind];
    if (status >= 500) log.error({ err: error, problem: problem.kind }, 'request failed');
    const seconds = problem.kind === 'too-often' ? Math.ceil(problem.wait / 1000) : 2;
    const message = texts.http.problem(problem);
    return {
      status,
      lines: [message],
      body: { error: message },
      headers: {
        ...(problem.kind === 'method' ? { allow: problem.allowed } : {}),
        ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        ...(status === 429 || problem.kind === 'busy' ? { 'retry-after': String(seconds) } : {}),
      },
    };
  };

  const server: Server = createServer({
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    connectionsCheckingInterval: Math.min(5000, limits.headers),
    keepAliveTimeout: 5000,
    maxHeaderSize: 16_384,
  });
  server.maxConnections = limits.connections;
  server.timeout = limits.silence;
  const begin = (request: IncomingMessage, response: ServerResponse) => void serve(request, response);
  server.on('request', begin).on('checkContinue', begin);

  const open = async (signal: AbortSignal): Promise<void> => {
    for (let told = false; !signal.aborted; told = true) {
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject).listen({ host: listen.host, port: listen.port }, () => {
            server.off('error', reject);
            resolve();
          });
        });
        server.on('error', (error) => log.error({ err: error }, 'HTTP failed'));
        return log.info({ host: listen.host, port: listen.port }, 'listening for pictures');
      } catch (error) {
        if (!told) log.error({ cause: causeOf(error) }, 'cannot listen for HTTP yet');
        await sleep(limits.again, signal).catch(() => undefined);
      }
    }
  };

  return {
    get address() {
      return (server.address() as AddressInfo | null) ?? undefined;
    },
    async run(signal) {
      await open(signal);
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const patience = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS);
      await closed;
      clearTimeout(patience);
    },
  };
}
