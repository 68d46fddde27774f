/**
 * The chat page: a phone's view of the stand-in for Telegram, live, with the bot's calls beside it and switches for what
 * can go wrong. Also `/sim/*`, the same for programs in other processes.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Telegram } from './telegram.ts';
import { createActs, type Ask } from './telegram/acts.ts';
import { pageControls, telegramControls, type Control } from './telegram/controls.ts';
import { multipart } from './telegram/multipart.ts';
import {
  pageCall,
  pageGroups,
  pageMessage,
  pagePeople,
  type PageEvent,
  type PageState,
} from './telegram/page-view.ts';
import type { WorldEvent } from './telegram/world.ts';

export type PageOptions = {
  /** 0, the default, for any that is free. */
  port?: number;
  host?: string;
  title?: string;
  /** Beside Telegram's own. */
  controls?: readonly Control[];
};

export type Page = {
  readonly url: string;
  /** Tells the page that a control's state has changed by itself. */
  refresh(): void;
  close(): Promise<void>;
};

/** Messages and calls that a page is given when it opens. */
const HISTORY = 300;
const MAX_BODY = 64 * 1024 * 1024;
/** Milliseconds between signs of life, so that a dead connection is noticed. */
const HEARTBEAT = 15_000;

const ASSETS: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'page.ts': 'text/javascript; charset=utf-8',
  'markup.ts': 'text/javascript; charset=utf-8',
  'message.ts': 'text/javascript; charset=utf-8',
  'composer.ts': 'text/javascript; charset=utf-8',
  'panel.ts': 'text/javascript; charset=utf-8',
  'server.ts': 'text/javascript; charset=utf-8',
  'dom.ts': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Serves the page for a stand-in. */
export async function startPage(telegram: Telegram, options: PageOptions = {}): Promise<Page> {
  const { world } = telegram;
  const controls = [...telegramControls(telegram), ...(options.controls ?? [])];
  const listeners = new Set<ServerResponse>();

  const state = (): PageState => ({
    title: options.title ?? `${world.bot.first_name} demo`,
    bot: { id: world.bot.id, name: world.bot.first_name, username: world.bot.username ?? '' },
    people: pagePeople(world),
    groups: pageGroups(world),
    messages: world.messages
      .filter((kept) => !kept.deleted)
      .slice(-HISTORY)
      .map((kept) => pageMessage(world, kept)),
    calls: world.calls.slice(-HISTORY).map(pageCall),
    controls: pageControls(controls),
    now: world.now(),
  });

  function told(event: WorldEvent): PageEvent | undefined {
    switch (event.kind) {
      case 'message':
      case 'edited':
      case 'deleted':
      case 'reaction':
        return { kind: 'message', message: pageMessage(world, event.kept) };
      case 'call':
        return { kind: 'call', call: pageCall(event.call) };
      case 'answer': {
        const { text, show_alert: alert, url } = event.tap.answer ?? {};
        return {
          kind: 'answer',
          tap: event.tap.id,
          ...(text !== undefined && { text }),
          ...(alert !== undefined && { alert }),
          ...(url !== undefined && { url }),
        };
      }
      case 'action':
        return { kind: 'action', chat: event.chat, action: event.action };
      case 'commands':
      case 'people':
        return { kind: 'people', people: pagePeople(world), groups: pageGroups(world) };
      case 'controls':
        return { kind: 'controls', controls: pageControls(controls) };
      case 'tap':
      case 'polling':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  const line = (event: PageEvent): string => `data: ${JSON.stringify(event)}\n\n`;
  const unwatch = world.watch((event) => {
    const tell = listeners.size > 0 ? told(event) : undefined;
    if (tell) for (const listener of listeners) listener.write(line(tell));
  });
  const heartbeat = setInterval(() => {
    for (const listener of listeners) listener.write(': alive\n\n');
  }, HEARTBEAT);
  heartbeat.unref();

  function listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`retry: 500\n${line({ kind: 'state', state: state() })}`);
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
  }

  const acts = createActs(telegram, controls);

  async function act(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    url: URL,
  ): Promise<void> {
    const run = acts[name];
    if (!run) return say(response, 404, { error: `No such act: ${name}` });
    const body = await read(request);
    const type = request.headers['content-type'] ?? '';
    const parts = multipart(type, body) ?? [];
    const ask: Ask = {
      ...Object.fromEntries(url.searchParams),
      ...(/^application\/json\b/.test(type) && body.length > 0
        ? (JSON.parse(body.toString('utf8')) as Ask)
        : {}),
    };
    try {
      say(response, 200, (await run(ask, parts)) ?? {});
    } catch (error) {
      say(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  async function asset(response: ServerResponse, name: string): Promise<void> {
    const type = ASSETS[name];
    if (type === undefined) return say(response, 404, { error: 'Not found' });
    const source = await readFile(join(import.meta.dirname, 'page', name), 'utf8');
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(name.endsWith('.ts') ? stripTypeScriptTypes(source) : source);
  }

  function file(response: ServerResponse, id: string): void {
    const stored = world.files.find(id);
    if (!stored) return say(response, 404, { error: 'Not found' });
    response.writeHead(200, {
      'content-type': stored.type === '' ? 'application/octet-stream' : stored.type,
      // What a bot sends is shown to a person, never run in the page.
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
    response.end(stored.bytes);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://page');
    const [, first = '', second = '', third = ''] = url.pathname.split('/');
    if (!fromHere(request)) return say(response, 403, { error: 'Only the page itself may ask' });
    if (first !== 'sim') return asset(response, first === '' ? 'index.html' : first);
    if (request.method === 'POST') return act(request, response, second, url);
    if (second === 'events') return listen(response);
    if (second === 'state') return say(response, 200, state());
    if (second === 'file') return file(response, third);
    if (second === 'calls') return say(response, 200, telegram.calls());
    if (second === 'transcript') {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      return void response.end(telegram.transcript(Number(url.searchParams.get('chat') ?? telegram.id)));
    }
    return say(response, 404, { error: 'Not found' });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      say(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    refresh: () => world.emit({ kind: 'controls' }),
    async close() {
      unwatch();
      clearInterval(heartbeat);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Another site in the same browser must not act here. */
function fromHere({ headers }: IncomingMessage): boolean {
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new Error('Too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
