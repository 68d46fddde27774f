/** What `npm run demo` shows a person: the real program on the box, driven in Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Browser, Locator, Page as Tab } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBotProcess, type BotProcess } from '../../sandbox/bot-process.ts';
import { startMiniPc, type MiniPc } from '../../sandbox/minipc.ts';
import { launchChromium } from './chromium.ts';

let folder: string;
let pc: MiniPc;
let bot: BotProcess;
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-demo-test-'));
  [pc, browser] = await Promise.all([startMiniPc({ folder }), launchChromium()]);
  bot = startBotProcess(pc.env);
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: pc.page.url });
  tab = await context.newPage();
  await tab.goto(pc.page.url);
  await pc.telegram.listening();
});
afterAll(async () => {
  await browser.close();
  await bot.stop();
  await pc.close();
  await rm(folder, { recursive: true, force: true });
});

const say = async (text: string) => {
  await tab.getByRole('combobox', { name: 'Message' }).fill(text);
  await tab.keyboard.press('Enter');
};
const newest = (text: string | RegExp): Locator => tab.getByRole('article').filter({ hasText: text }).last();
const button = (text: string | RegExp, name: string): Locator =>
  newest(text).getByRole('button', { name, exact: true });

test('/status typed on the page tells how the services are', async () => {
  await say('/status');
  await newest('All 7 healthy').waitFor();
  expect(await newest('All 7 healthy').locator('.text b').first().innerText()).toBe('All 7 healthy');
});

test('/restart vaultwarden asks, and the tapped button does it', async () => {
  await say('/restart vaultwarden');
  await button('Restart vaultwarden?', 'Restart').click();
  await newest(/vaultwarden restarted – healthy after \d+ s/).waitFor();
  // The buttons go with the first tap.
  expect(
    await newest('vaultwarden restarted').getByRole('button', { name: 'Restart', exact: true }).count(),
  ).toBe(0);
});

test('/logs shows the last lines in a quote that opens', async () => {
  await say('/logs archivebox');
  await newest(/archivebox – \d+ lines/).waitFor();
  expect(
    await newest(/archivebox – \d+ lines/)
      .locator('blockquote')
      .innerText(),
  ).toMatch(/\d\d:\d\d:\d\d /);
});

test('a picture sent on the page comes back as a path, and its button copies it', async () => {
  const screenshot = await sharp({
    create: { width: 1290, height: 2796, channels: 3, background: '#35507a' },
  })
    .png()
    .toBuffer();
  await tab.locator('#picker').setInputFiles({ name: 'shot.png', mimeType: 'image/png', buffer: screenshot });
  const sheet = tab.getByRole('dialog');
  await sheet.getByText('As file').click();
  await sheet.getByRole('button', { name: 'Send' }).click();
  await newest('Ready for your agent').waitFor();
  await button('Ready for your agent', 'Copy path').click();
  const copied = await tab.evaluate('navigator.clipboard.readText()');
  expect(copied).toBe(join(folder, 'pictures', 'p1.png'));
  expect(await sharp(copied as string).metadata()).toMatchObject({ width: 923, height: 2000 });
});

test('with Immich down a picture is ready at once, and its message changes when it is filed', async () => {
  await pc.immich.down();
  const photo = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#a04030' } })
    .jpeg()
    .toBuffer();
  await pc.telegram.photo(photo);
  await newest('Immich is down, filing later').waitFor();
  await pc.immich.up();
  await newest('Immich is down, filing later').waitFor({ state: 'detached', timeout: 60_000 });
  expect(await newest('p2.jpg').innerText()).toContain('Ready for your agent');
});

test('a killed bot is back by itself and answers what was sent meanwhile', async () => {
  bot.kill();
  await say('/status copyparty');
  await newest(/🟢 copyparty .*healthy, up/).waitFor();
  expect(
    await tab
      .getByRole('article')
      .filter({ hasText: /🟢 copyparty .*healthy, up/ })
      .count(),
  ).toBe(1);
});

test('a backup is proven and listed, and restoring it asks for the name and brings back what was lost', async () => {
  const vault = () => new DatabaseSync(join(folder, 'docker-data/vaultwarden/data/db.sqlite3'));
  await say('/backup vaultwarden');
  await newest('vaultwarden backed up').waitFor();
  expect(await newest('vaultwarden backed up').innerText()).toContain('Restored and equal: 2 tables');
  await button('vaultwarden backed up', 'All backups').click();
  await button(/vaultwarden backed up .* ago/, 'Restore…').waitFor();
  const damaged = vault();
  damaged.exec('delete from ciphers');
  damaged.close();
  await button(/vaultwarden backed up .* ago/, 'Restore…').click();
  await newest('Restore vaultwarden as of').getByText('To go ahead, reply: vaultwarden').waitFor();
  await say('vaultwarden');
  await newest('vaultwarden is restored and healthy').waitFor({ timeout: 60_000 });
  const restored = vault();
  const [row = {}] = restored.prepare('select count(*) as rows from ciphers').all();
  restored.close();
  expect(Number(row['rows'])).toBeGreaterThanOrEqual(240);
});

test("Immich's database is dumped, and a drill restores it and finds the same rows", async () => {
  await say('/backup immich');
  await newest('immich backed up').waitFor({ timeout: 60_000 });
  await say('/drill immich');
  await newest(/immich: the backup of .* restores/).waitFor({ timeout: 60_000 });
  expect(await newest(/immich: the backup of .* restores/).innerText()).toMatch(
    /Restored and equal: 4 tables, 1 8\d\d rows/,
  );
});

test('a container that dies is told within seconds, somebody is on it, and a restart ends it', async () => {
  void pc.engine.kill('copyparty', { code: 1, stay: true });
  await newest('copyparty is down').waitFor();
  await button('copyparty is down', "I'm on it").click();
  await newest('You are on it').waitFor();
  await button('You are on it', 'Restart').click();
  await button('Restart copyparty?', 'Restart').click();
  await newest(/copyparty is back – down for \d+ s\. Restarted by you\./).waitFor({ timeout: 60_000 });
  // The card has changed, too.
  expect(await tab.getByRole('article').filter({ hasText: 'copyparty is back' }).count()).toBe(2);
});

test('a disk that is full is told when it is looked at, and that it has room again', async () => {
  // The switches stand beside the chat, where a narrow page hides them.
  const flip = () => tab.evaluate(`document.querySelector('[data-id="disk-full"]').click()`);
  await flip();
  await newest('is 97 % full').waitFor();
  const alert = await newest('is 97 % full').innerText();
  expect(alert).toContain('120 GB of 4 TB are free.');
  await flip();
  await newest('has room again').waitFor();
});
