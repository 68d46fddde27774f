import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHILD_ENV } from './child-env.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TOKEN = '123456789:AAabcdefghijklmnopqrstuvwxyz1234567';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-main-'));
  writeFileSync(join(folder, 'env'), '# all from the environment\n');
  writeFileSync(join(folder, 'services.yaml'), 'services: { notes: { containers: [notes] } }\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

type End = { code: number; output: string; errors: string };

/** The program as the unit starts it: plain Node, no build, no npm. */
const steward = (args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<End>((resolve) => {
    const options = {
      env: { ...CHILD_ENV, STEWARD_ENV: join(folder, 'env'), ...env },
      cwd: '/',
    };
    execFile(process.execPath, [MAIN, ...args], options, (error, output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, errors });
    });
  });

describe('check-config', () => {
  test('says what it understood of a good configuration, without its secrets', async () => {
    const { code, output, errors } = await steward(['check-config'], {
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_OWNER_IDS: '42',
    });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toContain(`Services: notes (${join(folder, 'services.yaml')})`);
    expect(output).toContain('Telegram: token set, 1 owner(s), reports to 42');
    expect(output).not.toContain(TOKEN);
  });

  test('a monitor of a job that there is none of is a fault, with the nearest one', async () => {
    writeFileSync(
      join(folder, 'services.yaml'),
      'services: { notes: { containers: [notes] } }\nheartbeats: { clean-albun: "https://hc.example/1" }\n',
    );
    const { code, errors } = await steward(['check-config']);
    expect(code).toBe(78);
    expect(errors).toContain(
      'heartbeats.clean-albun: found a job of this name, expected a known one (did you mean clean-album?)',
    );
  });

  test('a token of Pushover without somebody to send to is a fault', async () => {
    writeFileSync(join(folder, 'token'), 'a'.repeat(30));
    writeFileSync(
      join(folder, 'services.yaml'),
      'services: { notes: { containers: [notes], pushover_token_file: ./token } }\n',
    );
    const { code, errors } = await steward(['check-config']);
    expect(code).toBe(78);
    expect(errors).toContain(
      "PUSHOVER_USER: found nothing, expected a user's key, because a service has a token",
    );
  });

  test('says every fault of variables and services at once, one line each, and ends with 78', async () => {
    writeFileSync(join(folder, 'services.yaml'), 'services:\n  notes: { container: [notes] }\n');
    const { code, errors } = await steward(['check-config'], { TELEGRAM_BOT_TOKEN: 'x', TZ: 'Mars' });
    expect(code).toBe(78);
    expect(errors.split('\n')).toEqual([
      '3 faults in the configuration:',
      'TELEGRAM_BOT_TOKEN: found a value of 1 character, expected the token that BotFather gave (123456789:AA…)',
      'TZ: found "Mars", expected a time zone such as Europe/Rome',
      expect.stringMatching(/^services\.yaml:2 services\.notes\.container: .*\(did you mean containers\?\)$/),
      '',
    ]);
  });
});

test('STEWARD_LANGUAGE=ko puts help, mistakes and unknown commands into Korean', async () => {
  const korean = (...args: string[]) =>
    steward(args, { STEWARD_LANGUAGE: 'ko', STATE_DIR: join(folder, 'state') });
  expect((await korean('help')).output).toMatch(/\/status \[service\] – 전체 상태[^]*명령줄에서는: steward/);
  expect(await korean('logs', 'nots')).toMatchObject({
    code: 2,
    errors: '없는 서비스입니다: nots. 혹시 이것인가요? notes\n',
  });
  expect((await korean('statsu')).errors).toBe('없는 명령입니다: statsu. 혹시 이 명령인가요? status\n');
});

test('a job that is run tells its monitor', async () => {
  const seen: string[] = [];
  const monitor = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end('OK');
  }).listen(0, '127.0.0.1');
  await once(monitor, 'listening');
  const { port } = monitor.address() as AddressInfo;
  writeFileSync(
    join(folder, 'services.yaml'),
    `services: { notes: { containers: [notes] } }\nheartbeats: { tidy: "http://127.0.0.1:${port}/ping/tidy" }\n`,
  );
  const { code, errors } = await steward(['jobs', 'run', 'tidy'], { STATE_DIR: join(folder, 'state') });
  monitor.close();
  expect({ code, errors, seen }).toEqual({ code: 0, errors: '', seen: ['GET /ping/tidy'] });
});

test('a reader that leaves early, as head does, ends nothing and is told nothing', async () => {
  const child = spawn(process.execPath, [MAIN, 'help'], {
    env: { ...CHILD_ENV, STEWARD_ENV: join(folder, 'env') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  expect([await once(child, 'close'), errors]).toEqual([[0, null], '']);
});

test('the bot refuses to start without a token, and leaves no store behind', async () => {
  const state = join(folder, 'state');
  const { code, errors } = await steward([], { STATE_DIR: state });
  expect(code).toBe(78);
  expect(errors).toContain('TELEGRAM_BOT_TOKEN: found nothing');
  expect(() => rmSync(state)).toThrow('ENOENT');
});

test('a look needs no store: status is told where it cannot be opened, and what needs it says why', async () => {
  const env = { STATE_DIR: join(folder, 'env', 'state'), ENGINE_SOCKET: join(folder, 'none.sock') };
  const look = await steward(['status', '--json'], env);
  expect(look).toMatchObject({ code: 0, errors: expect.stringContaining('Cannot open the store in') });
  expect(JSON.parse(look.output)).toMatchObject({ kind: 'status', services: [{ name: 'notes' }] });
  expect(await steward(['jobs'], env)).toMatchObject({
    code: 1,
    output: '',
    errors: expect.stringContaining('ENOTDIR'),
  });
});

test('a job runs from the command line, and its outcome is there for the next one who looks', async () => {
  const run = await steward(['jobs', 'run', 'tidy', '--json']);
  expect(run).toMatchObject({ code: 0, errors: '' });
  expect(JSON.parse(run.output)).toMatchObject({
    schema: 1,
    kind: 'jobs',
    jobs: [{ last: { outcome: 'done' } }],
  });
  const list = await steward(['jobs', 'tidy', '--json']);
  expect(JSON.parse(list.output)).toMatchObject({ jobs: [{ name: 'tidy', last: { outcome: 'done' } }] });
});

test.each([
  [['statsu'], 'There is no command "statsu". Did you mean status?'],
  [['jobs', 'run', 'tydi'], 'No job is called "tydi". Did you mean tidy?'],
])('a mistake is answered with what may have been meant, and ends with 2: %j', async (args, message) => {
  expect(await steward(args)).toMatchObject({ code: 2, errors: `${message}\n` });
});
