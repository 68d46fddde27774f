/** A phone that shows the chat of the demo: what a script says, taps, sees and photographs there. Wants Debian's Chromium. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { startBotProcess } from '../sandbox/bot-process.ts';
import { startMiniPc, type MiniPc } from '../sandbox/minipc.ts';

export type Phone = {
  pc: MiniPc;
  /** @param patience milliseconds; Playwright's own unless given */
  say: (text: string, answer: string | RegExp, patience?: number) => Promise<void>;
  seen: (text: string | RegExp, patience?: number) => Promise<void>;
  /** Tap a button below the last message with this text. */
  tap: (text: string, label: string) => Promise<void>;
  /** A picture of what is on the screen, into docs/pictures. */
  take: (name: string) => Promise<void>;
  close: () => Promise<void>;
};

const TARGET = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const CHROMIUM = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];
/** As the browser and the bot have them. */
const LOCALES = { en: {}, ko: { locale: 'ko-KR', timezoneId: 'Asia/Seoul' } };

export async function openPhone(language: keyof typeof LOCALES = 'en'): Promise<Phone> {
  // A name that reads well in a path.
  const folder = join(tmpdir(), 'minipc');
  await rm(folder, { recursive: true, force: true });
  const pc = await startMiniPc({ folder, language });
  const locale = LOCALES[language];
  const bot = startBotProcess({ ...pc.env, ...('timezoneId' in locale ? { TZ: locale.timezoneId } : {}) });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM });
  const screen = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
  const tab = await (await browser.newContext({ ...screen, ...locale })).newPage();
  await tab.goto(pc.page.url);
  await pc.telegram.listening();

  const message = (text: string | RegExp) => tab.getByRole('article').filter({ hasText: text }).last();
  const seen: Phone['seen'] = (text, patience) =>
    message(text).waitFor(patience === undefined ? {} : { timeout: patience });
  return {
    pc,
    seen,
    tap: (text, label) => message(text).getByRole('button', { name: label, exact: true }).click(),
    async say(text, answer, patience) {
      await pc.telegram.send(text);
      await seen(answer, patience);
    },
    async take(name) {
      // What has just come in is highlighted for a moment.
      await tab.waitForTimeout(700);
      const image = await tab.screenshot();
      await sharp(image)
        .png({ palette: true, colours: 128 })
        .toFile(join(TARGET, `${name}.png`));
    },
    async close() {
      await browser.close();
      await bot.stop();
      await pc.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
