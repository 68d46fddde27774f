import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHeartbeat } from '../../src/clients/heartbeat.ts';
import { UnreachableError } from '../../src/errors.ts';

let server: Server;
let origin: string;
let seen: string[];
let status: number | undefined;

beforeEach(async () => {
  seen = [];
  status = 200;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`.trim());
      if (status !== undefined) response.writeHead(status).end('OK');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('heartbeat', () => {
  test('of Healthchecks: a GET for success, the reason to /fail for failure', async () => {
    const heartbeat = createHeartbeat();
    await heartbeat.succeeded(`${origin}/ping/1234`, 'proven');
    await heartbeat.failed(`${origin}/ping/1234`, 'The disk is full.');
    expect(seen).toEqual(['GET /ping/1234', 'POST /ping/1234/fail The disk is full.']);
  });

  test("of Uptime Kuma: a GET with what it says, told by the path, whatever the monitor's own address says", async () => {
    const heartbeat = createHeartbeat();
    const url = `${origin}/api/push/AbC?status=up&msg=OK&ping=`;
    await heartbeat.succeeded(url, 'proven');
    await heartbeat.failed(url, 'No room & no hope');
    expect(seen).toEqual([
      'GET /api/push/AbC?status=up&msg=proven&ping=',
      'GET /api/push/AbC?status=down&msg=No+room+%26+no+hope&ping=',
    ]);
  });

  test('says what went wrong without the address, which is a secret', async () => {
    status = 404;
    const error = await createHeartbeat()
      .succeeded(`${origin}/ping/secret`, 'proven')
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as Error).message).toMatch(
      /^Cannot reach the monitor at "127\.0\.0\.1:\d+": status 404\.$/,
    );
  });

  test('gives up a monitor that takes the question and never answers', async () => {
    status = undefined;
    await expect(createHeartbeat({ timeout: 100 }).succeeded(origin, 'proven')).rejects.toThrow(
      /no answer in 0\.1 s/,
    );
  });
});
