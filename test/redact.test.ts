import { expect, test } from 'vitest';
import { createRedact, redactJson } from '../src/redact.ts';

const redact = createRedact(['hunter2hunter2', 'a"b\\c-secret', 'short']);

test.each([
  ['a known value', 'password is hunter2hunter2.', 'password is •••.'],
  ['a known value inside JSON', JSON.stringify({ x: 'a"b\\c-secret' }), '{"x":"•••"}'],
  ['a known value in a URL', `https://x/?k=${encodeURIComponent('a"b\\c-secret')}`, 'https://x/?k=•••'],
  ['a Telegram token', 'bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_x/getMe', 'bot•••/getMe'],
  ['an authorization header', 'Authorization: Bearer abc.def', 'Authorization: Bearer •••'],
  ['a password in a URL', 'postgres://immich:geheim@db/immich', 'postgres://immich:•••@db/immich'],
  ['an assignment', 'DB_PASSWORD=geheim next', 'DB_PASSWORD=••• next'],
  ['a quoted assignment', '"apiKey": "geheim", "a": 1', '"apiKey": •••, "a": 1'],
])('createRedact masks %s', (_what, text, masked) => {
  expect(redact(text)).toBe(masked);
});

test('createRedact leaves everyday text alone, short configured values included', () => {
  const text = 'a short line about tokens and passwords, none of them here';
  expect(redact(text)).toBe(text);
  const request = 'POST /identity/connect/token => 200 OK';
  expect(redact(request)).toBe(request);
});

test('redactJson gives JSON again, with strings masked inside and values of secret keys whole', () => {
  const json = JSON.stringify({
    msg: 'said password="geheim"',
    botToken: 'x y',
    n: 1,
    list: ['hunter2hunter2'],
  });
  expect(JSON.parse(redactJson(redact, json))).toEqual({
    msg: 'said password=•••',
    botToken: '•••',
    n: 1,
    list: ['•••'],
  });
});
