/** The Docker-compatible API as Podman 4.3.1 answers it, for what a client asks. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { API, details, stats, summary, VERSION, VERSIONS } from './answers.ts';
import { frame, runExec, type Exec } from './exec.ts';
import { CONTAINER_ROUTES } from './container-routes.ts';
import type { Container, Host, HostEvent, LogPart } from './host.ts';
import { readJson, refuse, send, withContainer, type Answer, type Route } from './http.ts';
import { IMAGE_ROUTES } from './image-routes.ts';
import type { Images } from './images.ts';
import type { Postgres } from './postgres.ts';

/** Podman 4.3.1 takes these; others get 400. */
const OLDEST_API = 24;
const NEWEST_API = 51;

export type Api = {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Taken over in both directions, after the answer 101. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
};

/**
 * What is wrong with streams of events from now on: those that are open fall silent for ever, or all of them end after what
 * was; or each event comes twice, or behind the one after it.
 */
export type EventFault = 'hang' | 'end' | 'repeat' | 'disorder';

export type EventFaults = { fault: EventFault | undefined };

export function createApi(host: Host, images: Images, postgres: Postgres, faults: EventFaults): Api {
  const execs = new Map<string, Exec>();
  return {
    onRequest(request, response) {
      const url = new URL(request.url ?? '/', 'http://engine');
      const path = withoutVersion(url.pathname);
      response.setHeader('Api-Version', API);
      response.setHeader('Libpod-Api-Version', VERSION);
      response.setHeader('Server', `Libpod/${VERSION} (linux)`);
      if (path === undefined) {
        refuse(response, 400, 'a path with a version that is supported was expected');
        return;
      }
      for (const [method, pattern, run] of ROUTES) {
        const match = request.method === method ? pattern.exec(path) : null;
        if (match === null) continue;
        Promise.resolve(
          run(
            { request, response, query: url.searchParams, host, images, execs, faults },
            ...match.slice(1).map(decodeURIComponent),
          ),
        ).catch((error: unknown) => response.destroy(error as Error));
        return;
      }
      refuse(response, 404, 'Not Found');
    },
    onUpgrade(request, socket, head) {
      const id = /^\/v1\.\d+\/exec\/([^/]+)\/start$/.exec(request.url ?? '')?.[1] ?? '';
      const exec = execs.get(id);
      if (exec === undefined) {
        socket.end(
          `HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{"message":"no exec session with ID ${id}"}`,
        );
        return;
      }
      socket.write(
        'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
      );
      if (head.length > 0) socket.unshift(head);
      // The body says nothing of use. Node 26 reads it from the request, older ones left it to the socket.
      request.resume();
      runExec(exec, socket, postgres.programs(exec.container)).catch(() => socket.destroy());
    },
  };
}

function withoutVersion(path: string): string | undefined {
  if (path === '/_ping' || path === '/version') return path;
  const match = /^\/v1\.(\d+)(\/.*)$/.exec(path);
  const minor = Number(match?.[1]);
  return minor >= OLDEST_API && minor <= NEWEST_API ? match?.[2] : undefined;
}

const ROUTES: readonly Route[] = [
  ['GET', /^\/_ping$/, ({ response }) => void response.end('OK')],
  ['GET', /^\/version$/, ({ response }) => send(response, VERSIONS)],
  [
    'GET',
    /^\/containers\/json$/,
    ({ response, host, query }) => {
      const all = ['1', 'true'].includes(query.get('all') ?? '');
      send(response, [...host.containers.values()].filter((one) => all || one.running).map(summary));
    },
  ],
  [
    'GET',
    /^\/containers\/([^/]+)\/json$/,
    (answer, name = '') => withContainer(answer, name, (one) => send(answer.response, details(one))),
  ],
  [
    'GET',
    /^\/containers\/([^/]+)\/stats$/,
    (answer, name = '') =>
      withContainer(answer, name, (one) => {
        if (one.running) send(answer.response, stats(one));
        else refuse(answer.response, 409, `container ${one.id} is stopped`);
      }),
  ],
  [
    'GET',
    /^\/containers\/([^/]+)\/logs$/,
    (answer, name = '') => withContainer(answer, name, (one) => sendLog(answer, one)),
  ],
  ['GET', /^\/events$/, (answer) => sendEvents(answer)],
  ...IMAGE_ROUTES,
  ...CONTAINER_ROUTES,
  [
    'POST',
    /^\/containers\/([^/]+)\/exec$/,
    async (answer, name = '') => {
      const body = (await readJson(answer.request)) as { Cmd?: string[]; Env?: string[]; User?: string };
      withContainer(answer, name, (container) => {
        if (!container.running) {
          refuse(
            answer.response,
            409,
            `can only create exec sessions on running containers: container state improper`,
          );
          return;
        }
        const exec: Exec = {
          id: randomBytes(32).toString('hex'),
          container,
          command: body.Cmd ?? [],
          env: Object.fromEntries(
            (body.Env ?? []).map((one) => [one.split('=')[0] ?? '', one.slice(one.indexOf('=') + 1)]),
          ),
          user: body.User ?? '',
          running: false,
          exitCode: undefined,
        };
        answer.execs.set(exec.id, exec);
        send(answer.response, { Id: exec.id }, 201);
      });
    },
  ],
  [
    'GET',
    /^\/exec\/([^/]+)\/json$/,
    ({ response, execs }, id = '') => {
      const exec = execs.get(id);
      if (exec === undefined) refuse(response, 404, `no exec session with ID ${id}: no such exec session`);
      else
        send(response, {
          ID: id,
          Running: exec.running,
          ExitCode: exec.exitCode ?? 0,
          ContainerID: exec.container.id,
        });
    },
  ],
];

/** As Podman: each part of a long line is a frame with a time of its own, to the second. */
function sendLog({ response, query, host }: Answer, container: Container): void {
  const wants = (name: string) => ['1', 'true'].includes(query.get(name) ?? '');
  const since = Number(query.get('since') ?? 0) * 1000;
  const tail = query.get('tail');
  const render = ({ at, stream, bytes, last }: LogPart) => {
    if (!wants(stream)) return;
    const stamp = wants('timestamps') ? `${new Date(at).toISOString().slice(0, 19)}Z ` : '';
    const line = Buffer.concat([Buffer.from(stamp), bytes]);
    if (container.spec.terminal !== true) response.write(frame(stream, line));
    else response.write(last ? Buffer.concat([line.subarray(0, -1), Buffer.from('\r\n')]) : line);
  };
  response.setHeader('Content-Type', 'application/octet-stream');
  response.flushHeaders();
  const parts = container.log.filter((part) => part.at >= since);
  for (const part of tail === null || tail === 'all' ? parts : lastLines(parts, Number(tail))) render(part);
  if (!wants('follow') || !container.running) {
    response.end();
    return;
  }
  const stop = host.onLog((one, part) => {
    if (one !== container) return;
    if (part === undefined) response.end();
    else render(part);
  });
  response.once('close', stop);
}

function lastLines(parts: readonly LogPart[], count: number): readonly LogPart[] {
  let left = count;
  let from = parts.length;
  while (from > 0) {
    if (parts[from - 1]?.last === true && left-- === 0) break;
    from--;
  }
  return parts.slice(from);
}

function sendEvents({ response, query, host, faults }: Answer): void {
  const since = query.get('since');
  const write = (event: HostEvent) => {
    const { type, action, id, attributes, timeNano } = event;
    const time = Number(timeNano / 1_000_000_000n);
    const text = JSON.stringify({
      status: action,
      id,
      from: attributes.image,
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time,
    });
    // The number has more digits than JavaScript's hold.
    response.write(`${text.slice(0, -1)},"timeNano":${timeNano}}\n`);
  };
  let late: HostEvent | undefined;
  const render = (event: HostEvent) => {
    const { fault } = faults;
    if (fault === 'hang' || response.writableEnded) return;
    if (fault === 'end') return void response.end();
    if (fault === 'disorder' && late === undefined) {
      late = event;
      return;
    }
    write(event);
    if (fault === 'repeat') write(event);
    if (late !== undefined) write(late);
    late = undefined;
  };
  response.setHeader('Content-Type', 'application/json');
  response.flushHeaders();
  if (since !== null) {
    const from = BigInt(Math.floor(Number(since) * 1000)) * 1_000_000n;
    for (const event of host.events) if (event.timeNano >= from) write(event);
  }
  if (query.get('stream') === 'false') {
    response.end();
    return;
  }
  response.once('close', host.onEvent(render));
}
