import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startMiniPc, type MiniPc } from '../sandbox/minipc.ts';
import { picture } from './operations/bridge.ts';
import { CHILD_ENV } from './child-env.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let folder: string;
let pc: MiniPc;
let stop: () => Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steward-doors-'));
  pc = await startMiniPc({ folder });
  stop = () => Promise.resolve();
});
afterEach(async () => {
  await stop();
  await pc.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The program as the unit starts it. @returns its log */
const start = (changes: Record<string, string> = {}): (() => string) => {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...CHILD_ENV, ...pc.env, LOG_LEVEL: 'info', ...changes },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += String(chunk)));
  stop = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return () => log;
};

const PATIENCE = { timeout: 30_000, interval: 100 };
const healthy = () =>
  fetch(`${pc.http.url}/healthz`).then(
    ({ status }) => status,
    () => undefined,
  );

it('the program takes pictures by HTTP into the agent’s folder, and files into the library by the inbox', async () => {
  const log = start();
  await expect.poll(healthy, PATIENCE).toBe(200);
  const send = async (path: string, bytes: Buffer) =>
    (
      await fetch(`${pc.http.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${pc.http.token}` },
        body: new Uint8Array(bytes),
      })
    ).text();
  expect(await send('/pictures', await picture(1))).toBe(join(pc.env.PICTURES_DIR ?? '', 'p1.jpg'));
  await expect.poll(() => pc.telegram.transcript(), PATIENCE).toContain('p1.jpg');

  expect(await send('/inbox?name=IMG_2.jpg', await picture(2))).toBe('In the inbox: IMG_2.jpg');
  writeFileSync(join(pc.inbox, 'IMG_3.jpg'), await picture(3));
  await expect.poll(() => readdirSync(pc.inbox), PATIENCE).toEqual([]);
  const owned = [...pc.immich.library.assets.values()].filter(({ owner }) => owner !== pc.immich.user);
  expect(owned.map(({ name }) => name).sort()).toEqual(['IMG_2.jpg', 'IMG_3.jpg']);
  await expect.poll(() => pc.telegram.transcript(), PATIENCE).toContain('from the inbox');
  await stop();
  expect(log()).not.toContain(pc.http.token);
});

it('the program gives its figures by HTTP, of what runs here and of itself, and no secret', async () => {
  start();
  await expect.poll(healthy, PATIENCE).toBe(200);
  const response = await fetch(`${pc.http.url}/metrics`, {
    headers: { authorization: `Bearer ${pc.http.token}` },
  });
  const text = await response.text();
  expect(text).toContain('steward_well 1\n');
  expect(text).toContain('steward_host_up{host="local"} 1\n');
  expect(text).toContain('steward_service_state{service="vaultwarden",host="local",state="ok"} 1\n');
  expect(text).toContain('steward_service_state{service="vaultwarden",host="local",state="down"} 0\n');
  expect(text).toMatch(/steward_container_memory_bytes\{service="immich",container="immich-ml"\} \d+\n/);
  expect(text).toMatch(/steward_disk_free_bytes\{path="[^"]+"\} \d+\n/);
  expect(text).toContain('steward_alerts_open{severity="critical"} 0\n');
  expect(text).toContain('process_resident_memory_bytes ');
  for (const line of text.trim().split('\n')) expect(line).toMatch(/^(?:$|#|[a-z_0-9]+(?:\{[^}]*\})? \S+$)/i);
  for (const secret of [pc.http.token, pc.env.TELEGRAM_BOT_TOKEN ?? '-', pc.env.IMMICH_API_KEY ?? '-']) {
    expect(text).not.toContain(secret);
  }
});

it('the program calls its monitor while it is well, with how the services stand', async () => {
  const seen: string[] = [];
  const monitor = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end('OK');
  }).listen(0, '127.0.0.1');
  await once(monitor, 'listening');
  const { port } = monitor.address() as AddressInfo;
  const log = start({ HEARTBEAT_URL: `http://127.0.0.1:${port}/api/push/s3cret` });
  await expect.poll(() => seen.length, PATIENCE).toBeGreaterThan(0);
  expect(seen[0]).toMatch(/^GET \/api\/push\/s3cret\?status=up&msg=\d\+of\+\d\+services\+healthy&ping=\d+$/);
  await stop();
  monitor.close();
  expect(log()).not.toContain('s3cret');
});

it('what is not configured is off: nothing listens, and half an inbox says what is missing', async () => {
  const log = start({ HTTP_LISTEN: 'off', INBOX_API_KEY: '' });
  await expect.poll(log, PATIENCE).toContain('"polling"');
  expect(log()).toContain('the inbox is off: INBOX_API_KEY is not set');
  expect(await healthy()).toBeUndefined();
});
