/**
 * An Immich server to test against, without Immich: its calls, its answers in the words of 2.6.3 or 3.1.0, real
 * files on disk, and everything that was seen to go wrong on real servers.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer, Refusal, type Version } from './immich/answers.ts';
import {
  createLibrary,
  type ApiKey,
  type Library,
  type Mount,
  type StoredAsset,
  type User,
} from './immich/library.ts';
import { PUBLIC, ROUTES, type Answer, type Call, type Timing } from './immich/routes.ts';

export type ImmichFault = {
  method?: string;
  /** Matched against the path after `/api`. */
  path?: RegExp;
  /** How many calls it hits; 1 by default. */
  times?: number;
  /** Milliseconds before the call is looked at. */
  delay?: number;
  /** Answer this instead; `message` in the version's own body, `html` as a proxy would. */
  status?: number;
  message?: string;
  html?: string;
  /** Cut the connection: `before` the call does anything, or `after` it did all. */
  cut?: 'before' | 'after';
};

export type ImmichStandIn = {
  url: string;
  version: Version;
  /** The bot's user and a key of it that may do all; more with `addKey`. */
  user: User;
  key: string;
  /** As the engine tells them of the container `immich-server`. */
  mounts: readonly Mount[];
  library: Library;
  /** Method, path and status of every call, oldest first. */
  calls: { method: string; path: string; status: number }[];
  addUser(email: string, options?: { name?: string; storageLabel?: string }): User;
  addKey(user: User, permissions?: readonly string[]): string;
  /** A photo that somebody has in the library already. */
  addPhoto(user: User, bytes: Uint8Array, about?: Partial<StoredAsset>): StoredAsset;
  fault(fault: ImmichFault): void;
  clearFaults(): void;
  maintenance(on: boolean): void;
  /** Nothing listens, open connections are cut. */
  down(): Promise<void>;
  /** Listens again, at the same address. */
  up(): Promise<void>;
  close(): Promise<void>;
};

export type ImmichOptions = {
  /** Holds the two volumes, `photos` and `upload-cache`. */
  folder: string;
  version?: Version;
  port?: number;
  timing?: Partial<Timing>;
  email?: string;
};

export async function startImmich(options: ImmichOptions): Promise<ImmichStandIn> {
  const { folder, version = '3.1.0', email = 'steward@example.dev' } = options;
  const timing: Timing = { delete: 100, template: undefined, mark: 0, ...options.timing };
  const library = createLibrary(folder, '/usr/src/app/upload');
  const user = library.addUser(email);
  const calls: ImmichStandIn['calls'] = [];
  let faults: (ImmichFault & { times: number })[] = [];
  let maintenance = false;

  const takeFault = (method: string, path: string): ImmichFault | undefined => {
    const found = faults.find(
      (fault) => (fault.method ?? method) === method && (fault.path === undefined || fault.path.test(path)),
    );
    if (found === undefined) return undefined;
    found.times -= 1;
    if (found.times <= 0) faults = faults.filter((fault) => fault !== found);
    return found;
  };

  const answer = async (request: IncomingMessage, method: string, url: URL): Promise<Answer> => {
    const path = url.pathname.replace(/^\/api/, '');
    const notFound = () => new Refusal(404, `Cannot ${method} ${url.pathname}`);
    if (maintenance && !PUBLIC.test(path)) throw notFound();
    const route = ROUTES.find(([verb, pattern]) => verb === method && pattern.test(path));
    if (route === undefined || !url.pathname.startsWith('/api/')) throw notFound();
    const [, pattern, permission, handle] = route;
    const key = keyOf(library, request, url);
    if (permission !== undefined) {
      if (key === undefined) {
        throw new Refusal(
          401,
          'x-api-key' in request.headers ? 'Invalid API key' : 'Authentication required',
        );
      }
      if (permission !== '' && !key.permissions.includes('all') && !key.permissions.includes(permission)) {
        throw new Refusal(403, `Missing required permission: ${permission}`);
      }
    }
    const headers = new Headers(request.headers as Record<string, string>);
    const body = () => new Response(Readable.toWeb(request) as ReadableStream, { headers });
    let parsed: Promise<Record<string, unknown>> | undefined;
    const call: Call = {
      version,
      maintenance,
      timing,
      library,
      key: key as ApiKey,
      url,
      id: decodeURIComponent(pattern.exec(path)?.[1] ?? ''),
      headers,
      json: () => (parsed ??= body().json() as Promise<Record<string, unknown>>),
      form: () => body().formData(),
    };
    return handle(call);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://immich');
    const path = url.pathname.replace(/^\/api/, '');
    const fault = takeFault(method, path);
    if (fault?.delay !== undefined) await sleep(fault.delay);
    if (fault?.cut === 'before') return request.socket.destroy();

    let status: number;
    let body: unknown;
    let bytes: Uint8Array | undefined;
    let headers: Record<string, string> = {};
    try {
      if (fault?.status !== undefined)
        throw new Refusal(fault.status, fault.message ?? 'Internal server error');
      ({ status = 200, body, bytes } = await answer(request, method, url));
    } catch (error) {
      // A client that was killed in the middle of its upload.
      if (request.destroyed && !request.complete) return response.destroy();
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'Internal server error');
      status = refusal.status;
      ({ body, headers } = errorAnswer(version, refusal));
    }
    calls.push({ method, path, status });
    if (fault?.cut === 'after') return request.socket.destroy();
    if (fault?.html !== undefined) {
      return response.writeHead(status, { 'content-type': 'text/html' }).end(fault.html);
    }
    const content = bytes ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
    const type = bytes === undefined ? 'application/json; charset=utf-8' : 'application/octet-stream';
    return response
      .writeHead(status, { ...headers, ...(content === undefined ? {} : { 'content-type': type }) })
      .end(content);
  };

  const server = createServer((request, response) => void serve(request, response));
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    version,
    user,
    key: library.addKey(user).secret,
    mounts: library.mounts,
    library,
    calls,
    addUser: (...about) => library.addUser(...about),
    addKey: (owner, permissions) => library.addKey(owner, permissions).secret,
    addPhoto: (owner, bytes, about = {}) =>
      library.addAsset(owner, bytes, { name: 'IMG_0001.jpg', ...about }),
    fault: (fault) => void faults.push({ times: 1, ...fault }),
    clearFaults: () => void (faults = []),
    maintenance: (on) => void (maintenance = on),
    down: () => (server.listening ? stop() : Promise.resolve()),
    up: () => (server.listening ? Promise.resolve() : listen(port)),
    close: () => (server.listening ? stop() : Promise.resolve()),
  };
}

const keyOf = (library: Library, request: IncomingMessage, url: URL): ApiKey | undefined => {
  const header = request.headers['x-api-key'];
  return library.keys.get((typeof header === 'string' ? header : url.searchParams.get('apiKey')) ?? '');
};
