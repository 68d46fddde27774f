import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPushover, type PushMessage } from '../../src/clients/pushover.ts';
import { RateLimitedError, RefusedError, UnreachableError } from '../../src/errors.ts';

const USER = 'u'.repeat(30);
const TOKEN = 'a'.repeat(30);
let server: Server;
let api: string;
let seen: { path: string; form: Record<string, string> }[];
let answer: { status: number; body: unknown; headers?: Record<string, string> } | undefined;

beforeEach(async () => {
  seen = [];
  answer = { status: 200, body: { status: 1, request: 'x' } };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      seen.push({
        path: `${request.method} ${request.url}`,
        form: Object.fromEntries(new URLSearchParams(text)),
      });
      if (answer === undefined) return;
      const { status, body, headers } = answer;
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const message = (more: Partial<PushMessage> = {}): PushMessage => ({
  token: TOKEN,
  title: '🔴 vaultwarden is down',
  text: 'Container exited with 137',
  priority: 1,
  at: 1_795_261_080_500,
  ...more,
});
const caught = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe('send', () => {
  test('hands a message over with its priority and time', async () => {
    answer = { status: 200, body: { status: 1 }, headers: { 'x-limit-app-remaining': '7496' } };
    expect(await createPushover(USER, { api }).send(message())).toEqual({
      receipt: undefined,
      remaining: 7496,
    });
    expect(seen).toEqual([
      {
        path: 'POST /1/messages.json',
        form: {
          token: TOKEN,
          user: USER,
          title: '🔴 vaultwarden is down',
          message: 'Container exited with 137',
          priority: '1',
          timestamp: '1795261080',
        },
      },
    ]);
  });

  test('an emergency is repeated each minute for three hours, until its receipt is cancelled', async () => {
    answer = { status: 200, body: { status: 1, receipt: 'r3c/ipt' } };
    const pushover = createPushover(USER, { api });
    expect(await pushover.send(message({ priority: 2 }))).toMatchObject({ receipt: 'r3c/ipt' });
    expect(seen[0]?.form).toMatchObject({ priority: '2', retry: '60', expire: '10800' });
    await pushover.cancel('r3c/ipt', TOKEN);
    expect(seen[1]).toEqual({ path: 'POST /1/receipts/r3c%2Fipt/cancel.json', form: { token: TOKEN } });
  });

  test('cuts what is longer than Pushover takes, at whole characters, and gives an empty text its title', async () => {
    const pushover = createPushover(USER, { api });
    await pushover.send(message({ title: '🔴'.repeat(300), text: '한'.repeat(2000) }));
    expect([...(seen[0]?.form.title ?? '')]).toHaveLength(250);
    expect([...(seen[0]?.form.message ?? '')]).toHaveLength(1024);
    expect(seen[0]?.form.title?.endsWith('🔴…')).toBe(true);
    await pushover.send(message({ text: ' \n' }));
    expect(seen[1]?.form.message).toBe('🔴 vaultwarden is down');
  });

  test('tells until when the messages are used up', async () => {
    answer = { status: 429, body: { status: 0 }, headers: { 'x-limit-app-reset': '1795300000' } };
    const error = await caught(createPushover(USER, { api }).send(message()));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect((error as RateLimitedError).until).toBe(1_795_300_000_000);
  });

  test('tells what it will never take apart from what can be tried again', async () => {
    const pushover = createPushover(USER, { api, timeout: 100 });
    answer = { status: 400, body: { status: 0, errors: ['application token is invalid'] } };
    const refused = await caught(pushover.send(message()));
    expect(refused).toBeInstanceOf(RefusedError);
    expect((refused as Error).message).toBe('Cannot send by Pushover: application token is invalid.');
    answer = { status: 500, body: '<html>' };
    expect(await caught(pushover.send(message()))).toBeInstanceOf(UnreachableError);
    answer = { status: 200, body: '<html>a portal that wants a login</html>' };
    expect(await caught(pushover.send(message()))).toBeInstanceOf(UnreachableError);
    answer = undefined;
    expect((await caught(pushover.send(message()))) as Error).toMatchObject({
      message: 'Cannot send by Pushover: no answer in 0.1 s.',
    });
    server.closeAllConnections();
    server.close();
    expect(await caught(pushover.send(message()))).toBeInstanceOf(UnreachableError);
  });

  test('keeps its secrets out of what it says', async () => {
    answer = { status: 400, body: 'no' };
    const error = (await caught(createPushover(USER, { api }).send(message()))) as Error;
    expect(error.message).toBe('Cannot send by Pushover: status 400.');
    expect(error.stack).not.toContain(TOKEN);
  });
});
