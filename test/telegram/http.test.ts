import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { createApis, judge } from '../../src/telegram/api.ts';
import { createHttp } from '../../src/telegram/http.ts';

const TOKEN = '123456:AAsecretsecretsecretsecretsecretsecret';
const servers: Server[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const failure = async (call: Promise<unknown>) => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(String(error) + JSON.stringify(error)).not.toContain('AAsecret');
  return judge(error);
};

const send = (url: string) => createApis(TOKEN, url).calls.sendMessage(1, 'x');

test('a refused connection was not sent', async () => {
  const url = await listen(createServer());
  servers[0]?.close();
  await once(servers[0] as Server, 'close');
  expect(await failure(send(url))).toMatchObject({
    kind: 'not-sent',
    why: expect.stringContaining('ECONNREFUSED'),
  });
});

test('an address that does not exist was not sent', async () => {
  expect(await failure(send('http://no-such-host.invalid'))).toMatchObject({ kind: 'not-sent' });
});

test('a connection that ends without an answer leaves the fate unknown', async () => {
  const url = await listen(createServer((request) => request.socket.destroy()));
  expect(await failure(send(url))).toMatchObject({ kind: 'unknown' });
});

test('an answer that is no JSON leaves the fate unknown', async () => {
  const url = await listen(createServer((_, response) => response.writeHead(502).end('<html>Bad Gateway')));
  expect(await failure(send(url))).toMatchObject({ kind: 'unknown' });
});

test('a TLS handshake that fails was not sent', async () => {
  const plain = createTcpServer((socket) => socket.end('this is not TLS'));
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  expect(await failure(send(url))).toMatchObject({ kind: 'not-sent' });
  plain.close();
});

test.each([
  [429, 'Too Many Requests: retry after 126', { kind: 'wait', ms: 126_000 }],
  [500, 'Internal Server Error', { kind: 'unknown' }],
  [401, 'Unauthorized', { kind: 'locked-out' }],
  [409, 'Conflict: terminated by other getUpdates request', { kind: 'locked-out' }],
  [404, 'Not Found: method not found', { kind: 'refused' }],
  [400, 'Bad Request: message is not modified: specified new message content …', { kind: 'unchanged' }],
  [400, 'Bad Request: message to edit not found', { kind: 'gone' }],
  [400, "Bad Request: message can't be edited", { kind: 'gone' }],
  [400, 'Bad Request: there is no text in the message to edit', { kind: 'gone' }],
  [400, 'Bad Request: chat not found', { kind: 'closed' }],
  [403, 'Forbidden: bot was blocked by the user', { kind: 'closed' }],
  [400, 'Bad Request: BUTTON_DATA_INVALID', { kind: 'refused' }],
] as const)('%d "%s" is told apart', async (code, description, verdict) => {
  const url = await listen(
    createServer((_, response) =>
      response
        .writeHead(code)
        .end(JSON.stringify({ ok: false, error_code: code, description, parameters: { retry_after: 126 } })),
    ),
  );
  expect(await failure(send(url))).toMatchObject(verdict);
});

test('a group that moved names its new id', async () => {
  const body = {
    ok: false,
    error_code: 400,
    description: 'Bad Request: group chat was upgraded to a supergroup chat',
    parameters: { migrate_to_chat_id: -100_123 },
  };
  const url = await listen(createServer((_, response) => response.writeHead(400).end(JSON.stringify(body))));
  expect(await failure(send(url))).toMatchObject({ kind: 'moved', chat: -100_123 });
});

test('an exchange ends with its time limit and with its signal', async () => {
  const url = await listen(createServer(() => {}));
  const slow = createHttp(50).text(url);
  await expect(slow).rejects.toMatchObject({ message: 'no answer in time', reached: true });
  const end = new AbortController();
  const waiting = createHttp(10_000).text(url, { signal: end.signal });
  await once(servers[0] as Server, 'request');
  end.abort();
  await expect(waiting).rejects.toMatchObject({ message: 'given up' });
});
