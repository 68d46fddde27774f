/** The pictures of the README, taken from the demo: `node scripts/screenshots.ts`. Wants Debian's Chromium. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { startBotProcess } from '../sandbox/bot-process.ts';
import { PANEL } from '../sandbox/controls.ts';
import { startMiniPc } from '../sandbox/minipc.ts';
import { publishUptimeKuma } from '../sandbox/published.ts';
import { writeHistory } from './history.ts';

const TARGET = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const CHROMIUM = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

/** Milliseconds: three starts of the new version, and the old one is proven healthy for as long as it is on a host. */
const ROLLED_BACK = 120_000;

/** The same of three backups, on a machine that has more to do. */
const BACKED_UP = 120_000;

// A name that reads well in a path.
const folder = join(tmpdir(), 'minipc');
await rm(folder, { recursive: true, force: true });
const pc = await startMiniPc({ folder });
const bot = startBotProcess(pc.env);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM });
try {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
  const tab = await context.newPage();
  await tab.goto(pc.page.url);
  await pc.telegram.listening();

  await pc.telegram.send('/backup all');
  await tab.getByRole('article').filter({ hasText: 'All 3 backed up' }).waitFor({ timeout: BACKED_UP });
  await say(tab, '/check', /update/);
  await pc.telegram.file('whiteboard.png', await screenshot());
  await seen(tab, 'In Immich:');
  writeHistory(pc.env['STATE_DIR'] ?? '');
  await say(tab, '/report', /All good/);
  await take(tab, 'report');
  await say(tab, '/report week', /week to/);
  await take(tab, 'week');

  pc.engine.setHealth('archivebox', 'unhealthy', 'database is locked');
  await seen(tab, 'archivebox is unhealthy');
  await say(tab, '/status', '6 of 7 healthy');
  await say(tab, '/logs archivebox errors', /📄 archivebox/);
  await take(tab, 'status');

  pc.engine.run(PANEL);
  await say(tab, '/doctor', 'is open to every network');
  await take(tab, 'doctor');

  await say(tab, '/restart immich', 'Restart immich?');
  await tap(tab, 'Restart immich?', 'Restart');
  await seen(tab, /✅ Stop – ml/);
  await take(tab, 'restart');
  await seen(tab, 'immich restarted');

  pc.engine.setHealth('archivebox', 'healthy');
  await seen(tab, 'archivebox is back');
  void pc.engine.kill('copyparty', { code: 1, stay: true });
  await seen(tab, 'copyparty is down');
  await tap(tab, 'copyparty is down', 'Restart');
  await tap(tab, 'Restart copyparty?', 'Restart');
  await seen(tab, 'copyparty is back');
  void pc.engine.kill('vaultwarden', { code: 137, oom: true, stay: true });
  await seen(tab, 'vaultwarden is down');
  await take(tab, 'alert');

  publishUptimeKuma(pc.registry, ['dies', '3']);
  await say(tab, '/update uptime', 'Update uptime-kuma');
  await tap(tab, 'Update uptime-kuma', 'Back up and update');
  await tab.getByRole('article').filter({ hasText: 'is back and healthy' }).waitFor({ timeout: ROLLED_BACK });
  await take(tab, 'update');

  await pc.telegram.file('login-bug.png', await screenshot());
  await seen(tab, 'In Immich:');
  await pc.telegram.photo(await screenshot());
  await seen(tab, 'Telegram shrank it');
  await take(tab, 'picture');
} finally {
  await browser.close();
  await bot.stop();
  await pc.close();
  await rm(folder, { recursive: true, force: true });
}

async function say(tab: Page, text: string, answer: string | RegExp): Promise<void> {
  await pc.telegram.send(text);
  await seen(tab, answer);
}

async function seen(tab: Page, text: string | RegExp): Promise<void> {
  await tab.getByRole('article').filter({ hasText: text }).last().waitFor();
}

async function tap(tab: Page, text: string, label: string): Promise<void> {
  const message = tab.getByRole('article').filter({ hasText: text }).last();
  await message.getByRole('button', { name: label, exact: true }).click();
}

async function take(tab: Page, name: string): Promise<void> {
  // What has just come in is highlighted for a moment.
  await tab.waitForTimeout(700);
  const image = await tab.screenshot();
  await sharp(image)
    .png({ palette: true, colours: 128 })
    .toFile(join(TARGET, `${name}.png`));
}

/** A phone's screenshot with something on it. */
function screenshot(): Promise<Buffer> {
  const lines = ['Sign in', 'ada@example.dev', 'Error 401: token expired'];
  const text = lines.map(
    (line, index) => `<text x="90" y="${500 + index * 180}" font-size="72" fill="#e8eef2">${line}</text>`,
  );
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="1290" height="2796"><rect width="100%" height="100%" fill="#1d2b36"/><rect x="60" y="590" width="1170" height="130" rx="20" fill="#2c4152"/>${text.join('')}</svg>`,
    ),
  )
    .png()
    .toBuffer();
}
