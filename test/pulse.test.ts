import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHeartbeat } from '../src/clients/heartbeat.ts';
import { createPulse, type PulseNeeds } from '../src/pulse.ts';
import { createRedact } from '../src/redact.ts';
import { textsOf } from '../src/texts/index.ts';
import type { Wellness } from '../src/wellness.ts';

let server: Server;
let origin: string;
let seen: string[];
let status: number;
let lines: string[];
const until = (): { controller: AbortController; end: (running: Promise<void>) => Promise<void> } => {
  const controller = new AbortController();
  return {
    controller,
    async end(running) {
      controller.abort();
      await running;
    },
  };
};

beforeEach(async () => {
  seen = [];
  lines = [];
  status = 200;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`.trim());
      response.writeHead(status).end('OK');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const WELL: Wellness = { isWell: true, lastPoll: Date.now() };
const pulse = (needs: Partial<PulseNeeds>) =>
  createPulse({
    look: () => WELL,
    services: () => ({ well: 5, all: 6 }),
    heartbeat: createHeartbeat(),
    url: undefined,
    notify: undefined,
    watchdog: undefined,
    texts: textsOf('en'),
    redact: createRedact(['s3cret-value']),
    log: pino({ base: null }, { write: (line: string) => void lines.push(line) }),
    every: 20,
    ...needs,
  });

describe('createPulse', () => {
  test('calls the monitor again and again while Steward is well, with how the services stand', async () => {
    const { controller, end } = until();
    const running = pulse({ url: `${origin}/api/push/AbC` }).run(controller.signal);
    await expect.poll(() => seen.length).toBeGreaterThan(2);
    await end(running);
    expect(seen[0]).toMatch(/^GET \/api\/push\/AbC\?status=up&msg=5\+of\+6\+services\+healthy&ping=\d+$/);
  });

  test('tells the reason when it is not well, secrets masked, and nothing before the first answer', async () => {
    const { controller, end } = until();
    let self: Wellness = { isWell: false, lastPoll: undefined, why: { kind: 'starting' } };
    let looks = 0;
    const running = pulse({
      url: `${origin}/ping/1`,
      look: () => {
        looks += 1;
        return self;
      },
    }).run(controller.signal);
    await expect.poll(() => looks).toBeGreaterThan(2);
    expect(seen).toEqual([]);
    self = { isWell: false, lastPoll: undefined, why: { kind: 'store', cause: 'no room for s3cret-value' } };
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    await end(running);
    expect(seen[0]).toMatch(/^POST \/ping\/1\/fail Nothing can be written down: no room for \S+$/);
    expect(seen[0]).not.toContain('s3cret');
  });

  test('a monitor that does not take it is logged once, and once more when it does', async () => {
    const { controller, end } = until();
    status = 503;
    const running = pulse({ url: `${origin}/ping/1` }).run(controller.signal);
    await expect.poll(() => seen.length).toBeGreaterThan(3);
    status = 200;
    await expect.poll(() => lines.length).toBe(2);
    await end(running);
    expect(lines[0]).toContain('status 503');
    expect(lines.join()).not.toContain('/ping/1');
  });

  test('tells systemd that it is ready first, gives a sign at half of the watchdog’s time, and says when it stops', async () => {
    const { controller, end } = until();
    const told: string[][] = [];
    const notify = {
      tell: (...state: string[]) => {
        told.push(state);
        return Promise.resolve();
      },
    };
    const running = pulse({ notify, watchdog: 20, every: 60_000 }).run(controller.signal);
    await expect.poll(() => told.length).toBeGreaterThan(3);
    await end(running);
    expect(told[0]).toEqual(['READY=1', 'STATUS=5 of 6 services healthy']);
    expect(told[1]).toEqual(['WATCHDOG=1', 'STATUS=5 of 6 services healthy']);
    expect(told.at(-1)).toEqual(['STOPPING=1']);
  });

  test('gives systemd its sign although Telegram is away and the store is broken: a restart would mend neither', async () => {
    const { controller, end } = until();
    const told: string[][] = [];
    const running = pulse({
      look: () => ({ isWell: false, lastPoll: 0, why: { kind: 'telegram', since: 0 } }),
      services: () => {
        throw new Error('disk I/O error');
      },
      notify: {
        tell: (...state) => {
          told.push([...state]);
          return Promise.resolve();
        },
      },
      watchdog: 20,
    }).run(controller.signal);
    await expect.poll(() => told.length).toBeGreaterThan(2);
    await end(running);
    expect(told[1]).toEqual(['WATCHDOG=1', 'STATUS=Nothing can be written down: disk I/O error']);
  });
});
