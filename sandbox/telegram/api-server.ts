/** The bot's side: the Bot API over HTTP, with whatever is to go wrong. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { ApiError, tooMany } from './api-error.ts';
import type { Absence, Fault, Faults } from './faults.ts';
import { BOT } from './methods/bot.ts';
import { CHANGE } from './methods/change.ts';
import type { Method } from './methods/context.ts';
import { SEND } from './methods/send.ts';
import { readParams, type Params } from './params.ts';
import type { Call, World } from './world.ts';

/** Bytes of an upload to the public server (core.telegram.org/bots/api#sending-files), and to one of one's own. */
const MAX_UPLOAD = 50 * 1024 * 1024;
const MAX_LOCAL_UPLOAD = 2000 * 1024 * 1024;
/** Room for the other fields of a form. */
const FORM_ROOM = 64 * 1024;

const METHODS: ReadonlyMap<string, [string, Method]> = new Map(
  Object.entries({ ...SEND, ...CHANGE, ...BOT }).map((entry) => [entry[0].toLowerCase(), entry]),
);

/** Methods that a flood limit of a chat stops: whatever adds or edits messages. */
const FLOODED = /^(send(?!ChatAction)|edit)/;

const TOKEN = /^[0-9]{1,15}:[A-Za-z0-9_-]{10,64}$/;

export type ApiServer = {
  readonly port: number;
  /** Telegram is away until `back`. */
  away(how: Absence): Promise<void>;
  back(): Promise<void>;
  absence(): Absence | undefined;
  /** From now on the token is not valid. */
  revoke(revoked: boolean): void;
  close(): Promise<void>;
};

export type ApiServerOptions = { world: World; faults: Faults; host: string; port: number; local: boolean };

export async function startApiServer({
  world,
  faults,
  host,
  port,
  local,
}: ApiServerOptions): Promise<ApiServer> {
  const sockets = new Set<Socket>();
  let absence: Absence | undefined;
  let revoked = false;
  let lastCall = 0;
  let server: Server | undefined;
  let bound = port;

  async function listen(): Promise<void> {
    const starting = createServer((request, response) => void handle(request, response));
    // Long polls last 50 s, uploads longer.
    starting.requestTimeout = 0;
    starting.keepAliveTimeout = 75_000;
    starting.on('connection', (socket) => {
      if (absence === 'cut') return void socket.destroy();
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      starting.once('error', reject);
      starting.listen(bound, host, resolve);
    });
    bound = (starting.address() as AddressInfo).port;
    server = starting;
  }

  async function stop(): Promise<void> {
    const stopping = server;
    server = undefined;
    const stopped = stopping && new Promise<void>((resolve) => stopping.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await stopped;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (absence === 'hang') return;
    const url = new URL(request.url ?? '/', 'http://telegram');
    const [, file, token, rest] = /^\/(file\/)?bot([^/]*)\/?(.*)$/.exec(decodeURI(url.pathname)) ?? [];
    if (token === undefined || rest === undefined) return answer(response, new ApiError(404, 'Not Found'));
    const limit = (local ? MAX_LOCAL_UPLOAD : MAX_UPLOAD) + FORM_ROOM;
    const body = await readBody(request, limit);
    if (body === 'gone') return;
    if (body === 'too large') return answer(response, new ApiError(413, 'Request Entity Too Large'));
    if (!TOKEN.test(token))
      return answer(response, new ApiError(401, 'Unauthorized: invalid token specified'));
    if (token !== world.token || revoked) return answer(response, new ApiError(401, 'Unauthorized'));
    if (file !== undefined) return download(response, rest);
    return callMethod(request, response, url.searchParams, rest, body);
  }

  async function download(response: ServerResponse, path: string): Promise<void> {
    const stored = world.files.download(path);
    const call = begin('file', { values: { file_path: path }, uploads: new Map() });
    const fault = faults.take('file', { values: { file_path: path }, uploads: new Map() });
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    if (!(await pause(fault, gone.signal))) return settle(call, 'gone');
    const cutsHalfway = fault?.afterEffect === true;
    const before = fault && !cutsHalfway ? wrong(fault) : undefined;
    if (before === 'cut') return cut(response, call, 'dropped');
    if (before) return finish(response, call, before);
    if (!stored) return finish(response, call, new ApiError(404, 'Not Found'));
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': stored.bytes.length,
    });
    if (cutsHalfway) {
      response.write(stored.bytes.subarray(0, stored.bytes.length / 2), () => cut(response, call, 'cut'));
      return;
    }
    settle(call, 'ok');
    response.end(stored.bytes);
  }

  async function callMethod(
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    name: string,
    body: Uint8Array,
  ): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const params = await attempt(() => readParams(query, request.headers['content-type'] ?? '', body));
    if (params instanceof ApiError) return answer(response, params);
    const found = METHODS.get(name.toLowerCase());
    if (!found) return answer(response, new ApiError(404, 'Not Found: method not found'));
    const [method, run] = found;

    const call = begin(method, params);
    const fault = faults.take(method, params);
    const late = fault?.afterEffect === true;
    if (!late && !(await pause(fault, gone.signal))) return settle(call, 'gone');
    const before = fault && !late ? wrong(fault) : undefined;
    if (before === 'cut') return cut(response, call, 'dropped');
    if (before) return finish(response, call, before);
    const wait = Math.ceil((world.floodUntil - world.now()) / 1000);
    if (wait > 0 && FLOODED.test(method)) return finish(response, call, tooMany(wait));

    const result = await attempt(() => run({ world, params, signal: gone.signal }));
    call.applied = !(result instanceof ApiError);
    if (late && !(await pause(fault, gone.signal))) return settle(call, 'gone');
    const after = late ? (wrong(fault) ?? 'cut') : undefined;
    if (after === 'cut') return cut(response, call, 'cut');
    return finish(response, call, after ?? result);
  }

  /** The error that a rule asks for, or that the connection is to be cut; nothing when it only delays. */
  function wrong(fault: Fault): ApiError | 'cut' | undefined {
    if (fault.drop === true) return 'cut';
    if (fault.retry_after !== undefined) return tooMany(fault.retry_after);
    if (fault.code !== undefined) {
      return new ApiError(
        fault.code,
        fault.description ?? (fault.code === 500 ? 'Internal Server Error' : 'Bad Gateway'),
      );
    }
    return undefined;
  }

  function begin(method: string, params: Params): Call {
    const uploads = [...params.uploads].map(([field, upload]) => [
      field,
      `${upload.name}, ${upload.bytes.length} bytes`,
    ]);
    const call: Call = {
      id: ++lastCall,
      at: world.now(),
      method,
      params: { ...params.values, ...Object.fromEntries(uploads) },
      outcome: 'pending',
      applied: false,
    };
    world.emit({ kind: 'call', call });
    return call;
  }

  function settle(call: Call, outcome: Call['outcome']): void {
    call.outcome = outcome;
    call.took = world.now() - call.at;
    world.emit({ kind: 'call', call });
  }

  function cut(response: ServerResponse, call: Call, outcome: 'dropped' | 'cut'): void {
    settle(call, outcome);
    response.socket?.destroy();
  }

  function finish(response: ServerResponse, call: Call, result: unknown): void {
    if (result instanceof ApiError) {
      call.code = result.code;
      call.description = result.message;
    } else call.result = result;
    if (response.destroyed || response.socket?.destroyed === true) return settle(call, 'gone');
    settle(call, result instanceof ApiError ? 'error' : 'ok');
    answer(response, result);
  }

  await listen();
  return {
    get port() {
      return bound;
    },
    async away(how) {
      if (absence === how) return;
      const listening = absence !== 'refuse';
      absence = how;
      if (how === 'refuse') {
        await stop();
        // A client in this process has seen then that its connections are gone: what it sends next is certainly refused.
        await turn();
        await turn();
        return;
      }
      if (!listening) await listen();
      for (const socket of sockets) socket.destroy();
    },
    async back() {
      const was = absence;
      absence = undefined;
      if (was === 'refuse') await listen();
      // Calls that were left hanging will never be answered.
      if (was === 'hang') for (const socket of sockets) socket.destroy();
    },
    absence: () => absence,
    revoke: (value) => {
      revoked = value;
    },
    close: stop,
  };
}

/** Waits as a rule says; false when the bot hung up meanwhile. */
async function pause(fault: Fault | undefined, signal: AbortSignal): Promise<boolean> {
  if (fault?.delayMs === undefined) return true;
  return sleep(fault.delayMs, true, { signal }).catch(() => false);
}

/** The result, or the ApiError that was thrown. */
async function attempt<Result>(run: () => Result | Promise<Result>): Promise<Result | ApiError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | 'gone' | 'too large'> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size <= limit) parts.push(part);
    }
  } catch {
    // The bot hung up while it was sending; nobody is left to be told.
    return 'gone';
  }
  return size > limit ? 'too large' : Buffer.concat(parts);
}

function answer(response: ServerResponse, result: unknown): void {
  const failed = result instanceof ApiError;
  const body = failed
    ? {
        ok: false,
        error_code: result.code,
        description: result.message,
        ...(result.retryAfter !== undefined && { parameters: { retry_after: result.retryAfter } }),
      }
    : { ok: true, result };
  response.writeHead(failed ? result.code : 200, {
    'content-type': 'application/json',
    ...(failed && result.retryAfter !== undefined && { 'retry-after': String(result.retryAfter) }),
  });
  response.end(JSON.stringify(body));
}
