import { Bot, InlineKeyboard, InputFile } from 'grammy';
import type { Browser, BrowserContextOptions, Locator, Page as Tab } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPage, type Page } from '../../sandbox/page.ts';
import { startTelegram, type Telegram } from '../../sandbox/telegram.ts';
import { launchChromium } from './chromium.ts';

const OWNER = 1;
const STRANGER = 2;
const PATH = '/var/lib/steward-pictures/p1432.jpg';
const HTML = { parse_mode: 'HTML', disable_notification: true } as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

let telegram: Telegram;
let bot: Bot;
let served: Page;
let immichDown = false;
/** What the bot waits for before it answers [Refresh]. */
let held: PromiseWithResolvers<void>;
/** What the bot's calls failed with; each test says how many it spoils. */
let failures: unknown[];
let spoiled: number;

/** A bot with a script, as small as it can be. */
function script(): Bot {
  const made = new Bot(telegram.token, { client: { apiRoot: telegram.url } });
  made.command('status', (context) =>
    context.reply(
      `🟢 <b>All good</b> since <tg-time unix="${Math.floor(Date.now() / 1000) - 7200}" format="r">2 h</tg-time>, see /help\n<blockquote expandable>one\ntwo\nthree\nfour\n<code>five</code></blockquote>`,
      {
        ...HTML,
        reply_markup: new InlineKeyboard()
          .text('Refresh', 'refresh')
          .text('Ask', 'ask')
          .row()
          .text('Stop', 'stop')
          .danger(),
      },
    ),
  );
  made.command('logs', (context) =>
    context.replyWithDocument(new InputFile(Buffer.from('line\n'.repeat(400)), 'vaultwarden.log')),
  );
  made.callbackQuery('refresh', async (context) => {
    await held.promise;
    await context.answerCallbackQuery('Looked again');
    await context.editMessageText('🟢 <b>Still good</b>', {
      ...HTML,
      reply_markup: new InlineKeyboard().text('Ask', 'ask'),
    });
  });
  made.callbackQuery('ask', (context) => context.answerCallbackQuery({ text: 'Sure?', show_alert: true }));
  made.on(['message:photo', 'message:document'], async (context) => {
    await context.react('👌');
    const [size] = context.msg.photo?.slice(-1) ?? [];
    await context.reply(
      `📸 <b>Ready</b> ${size ? `${size.width}×${size.height}` : context.msg.document?.file_name}\n<code>${PATH}</code>`,
      {
        ...HTML,
        reply_parameters: { message_id: context.msg.message_id },
        reply_markup: new InlineKeyboard()
          .copyText('Copy path', PATH)
          .url('Open', 'https://immich.example.dev/'),
      },
    );
  });
  made.on('message:text', (context) => context.reply(`You said: ${context.msg.text}`));
  made.catch(({ error }) => void failures.push(error));
  return made;
}

beforeEach(async () => {
  held = Promise.withResolvers();
  failures = [];
  spoiled = 0;
  telegram = await startTelegram({
    slowdown: 0,
    people: [
      { id: OWNER, first_name: 'Mina' },
      { id: STRANGER, first_name: 'A stranger' },
    ],
  });
  served = await startPage(telegram, {
    controls: [
      {
        kind: 'toggle',
        id: 'immich-down',
        group: 'The server',
        label: 'Immich is down',
        get: () => immichDown,
        set: (on) => void (immichDown = on),
      },
    ],
  });
  bot = script();
  await bot.api.setMyCommands([
    { command: 'status', description: 'All services' },
    { command: 'logs', description: 'The last lines' },
    { command: 'stop', description: 'Stop a service' },
  ]);
  void bot.start();
  await telegram.listening();
});
afterEach(async () => {
  await bot.stop();
  await served.close();
  await telegram.close();
  if (failures.length !== spoiled) throw new AggregateError(failures, 'The bot failed where it should not');
});

/** A tab with the page open; what it complains about fails the test. */
async function open(
  options: BrowserContextOptions = {},
): Promise<{ tab: Tab; faults: string[]; close: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: served.url });
  const tab = await context.newPage();
  tab.setDefaultTimeout(10_000);
  const faults: string[] = [];
  tab.on('pageerror', (error) => faults.push(error.message));
  tab.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await tab.goto(served.url);
  await tab.getByRole('heading', { name: 'Steward', exact: true }).waitFor();
  return { tab, faults, close: () => context.close() };
}

const message = (tab: Tab, text: string | RegExp): Locator =>
  tab.getByRole('article').filter({ hasText: text });
const input = (tab: Tab): Locator => tab.getByRole('combobox', { name: 'Message' });
const toast = (tab: Tab, text: string): Locator => tab.locator('#toast.shown', { hasText: text });
const clipboard = (tab: Tab): Promise<string> => tab.evaluate('navigator.clipboard.readText()');
/** These run in the page; its types are not known here. */
const overflow = (element: unknown): number => {
  const { scrollWidth, clientWidth } = element as { scrollWidth: number; clientWidth: number };
  return scrollWidth - clientWidth;
};
const decodedHeight = async (element: unknown): Promise<number> => {
  const image = element as { decode(): Promise<void>; naturalHeight: number };
  await image.decode();
  return image.naturalHeight;
};
const picture = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#35507a' } })
    .jpeg()
    .toBuffer();

describe('the chat page', () => {
  it('sends a command that is typed, and shows the answer with its markup', async () => {
    const { tab, faults, close } = await open();
    await input(tab).fill('/status');
    await input(tab).press('Enter');
    const answer = message(tab, 'All good');
    await answer.waitFor();
    expect(await answer.locator('b').innerText()).toBe('All good');
    expect(await answer.locator('.text time[datetime]').first().innerText()).toBe('2 hours ago');
    expect(await answer.locator('.silent').count()).toBe(1);
    expect(await answer.getByRole('button', { name: 'Stop' }).getAttribute('class')).toContain('danger');
    await answer.getByRole('button', { name: '/help' }).click();
    await message(tab, 'You said: /help').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('opens the menu of commands with a slash and is driven by the keyboard', async () => {
    const { tab, faults, close } = await open();
    const menu = tab.getByRole('listbox', { name: 'Commands' });
    await input(tab).press('/');
    expect(await menu.getByRole('option').allInnerTexts()).toHaveLength(3);
    await input(tab).press('Escape');
    expect(await menu.isVisible()).toBe(false);
    await input(tab).fill('/s');
    expect(await menu.getByRole('option').allInnerTexts()).toHaveLength(2);
    await input(tab).press('ArrowDown');
    expect(await menu.getByRole('option', { selected: true }).innerText()).toContain('/stop');
    await input(tab).press('Tab');
    expect(await input(tab).inputValue()).toBe('/stop ');
    await input(tab).fill('/s');
    await input(tab).press('ArrowUp');
    await input(tab).press('ArrowUp');
    await input(tab).press('Enter');
    await message(tab, 'All good').waitFor();
    expect(telegram.messages()[0]?.text).toBe('/status');
    expect(faults).toEqual([]);
    await close();
  });

  it('keeps a tapped button spinning until the bot answers, then edits in place', async () => {
    const { tab, faults, close } = await open();
    await telegram.send('/status');
    const answer = message(tab, 'All good');
    const refresh = answer.getByRole('button', { name: 'Refresh' });
    await refresh.click();
    await telegram.until(() => telegram.world.taps.size > 0, 'the tap');
    await tab.locator('.key.waiting').waitFor();
    await refresh.click();
    expect(telegram.world.taps.size).toBe(1);
    held.resolve();
    await toast(tab, 'Looked again').waitFor();
    await message(tab, 'Still good').waitFor();
    expect(await tab.locator('.key.waiting').count()).toBe(0);
    expect(await tab.getByRole('article').count()).toBe(2);
    expect(await message(tab, 'Still good').innerText()).toContain('edited');
    await tab.getByRole('button', { name: 'Ask' }).click();
    await tab.getByRole('dialog').getByText('Sure?').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('sends a picture as a photo, shows it, and copies the path of the reply', async () => {
    const { tab, faults, close } = await open();
    await tab
      .locator('#picker')
      .setInputFiles({ name: 'shot.jpg', mimeType: 'image/jpeg', buffer: await picture(591, 1280) });
    const sheet = tab.getByRole('dialog', { name: 'Send a picture' });
    await sheet.getByRole('textbox', { name: 'Caption' }).fill('the login bug');
    await sheet.getByRole('button', { name: 'Send' }).click();
    const reply = message(tab, 'Ready');
    await reply.getByRole('button', { name: 'Copy path' }).click();
    expect(await clipboard(tab)).toBe(PATH);
    await toast(tab, 'Copied to the clipboard').waitFor();
    await tab.evaluate("navigator.clipboard.writeText('')");
    await reply.locator('code').click();
    expect(await clipboard(tab)).toBe(PATH);
    expect(await reply.getByRole('link', { name: 'Open' }).getAttribute('href')).toBe(
      'https://immich.example.dev/',
    );
    expect(await reply.locator('.quoted').innerText()).toContain('the login bug');
    const sent = tab.locator('.mine', { hasText: 'the login bug' });
    expect(await sent.locator('.reactions').innerText()).toBe('👌');
    expect(await sent.locator('img').evaluate(decodedHeight)).toBe(1280);
    expect(telegram.messages()[0]).toMatchObject({ media: 'photo', text: 'the login bug' });
    expect(faults).toEqual([]);
    await close();
  });

  it('sends as a file what is dropped, and several as an album', async () => {
    const { tab, faults, close } = await open();
    const drop = (names: string[], type: string) =>
      tab.evaluate(
        `(([names, type]) => {
          const data = new DataTransfer();
          for (const name of names) data.items.add(new File(['x'.repeat(2000)], name, { type }));
          for (const kind of ['dragenter', 'dragover', 'drop']) {
            document.getElementById('chat').dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        })(${JSON.stringify([names, type])})`,
      );
    await drop(['notes "1".pdf'], 'application/pdf');
    const sheet = tab.getByRole('dialog');
    expect(await sheet.getByRole('radio', { name: 'As photo' }).isDisabled()).toBe(true);
    await sheet.getByRole('button', { name: 'Send' }).click();
    await message(tab, 'Ready notes "1".pdf').waitFor();

    const buffer = await picture(40, 30);
    const files = ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => ({ name, mimeType: 'image/jpeg', buffer }));
    await tab.locator('#picker').setInputFiles(files);
    await tab.getByRole('dialog', { name: 'Send 3 as an album' }).getByText('As file').click();
    await tab.getByRole('button', { name: 'Send', exact: true }).last().click();
    await message(tab, 'Ready c.jpg').waitFor();
    const album = telegram.messages().filter((each) => each.album !== undefined);
    expect(album.map((each) => each.fileName)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(new Set(album.map((each) => each.album)).size).toBe(1);
    await tab.locator('#picker').setInputFiles(files.slice(0, 2));
    await tab.getByRole('button', { name: 'Send', exact: true }).last().click();
    await telegram.waitFor('40×30');
    await tab.locator('.gallery.n2 img').last().waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('offers a picture that is pasted', async () => {
    const { tab, faults, close } = await open();
    const bytes = JSON.stringify([...(await picture(40, 30))]);
    await tab.evaluate(`{
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(${bytes})], 'pasted.jpg', { type: 'image/jpeg' }));
      const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      document.getElementById('input').dispatchEvent(paste);
    }`);
    await tab.getByRole('dialog', { name: 'Send a picture' }).getByRole('button', { name: 'Send' }).click();
    await message(tab, 'Ready 40×30').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('folds long quotes and lets documents be downloaded', async () => {
    const { tab, faults, close } = await open();
    await telegram.send('/status');
    await telegram.send('/logs');
    const quote = message(tab, 'All good').locator('blockquote');
    const unfold = quote.getByRole('button', { name: 'Open the quote' });
    expect(await unfold.getAttribute('aria-expanded')).toBe('false');
    const folded = (await quote.boundingBox())?.height ?? 0;
    await unfold.click();
    await quote.getByRole('button', { name: 'Fold the quote' }).waitFor();
    expect((await quote.boundingBox())?.height).toBeGreaterThan(folded);
    const [download] = await Promise.all([
      tab.waitForEvent('download'),
      message(tab, 'vaultwarden.log').getByRole('link').click(),
    ]);
    expect(download.suggestedFilename()).toBe('vaultwarden.log');
    expect(faults).toEqual([]);
    await close();
  });

  it('shows what people and bots write as text, never as markup of its own', async () => {
    const { tab, faults, close } = await open();
    await input(tab).fill('<img src=x onerror="document.title=\'owned\'"> & <b>x</b>');
    await input(tab).press('Enter');
    await message(tab, 'You said: <img src=x').waitFor();
    expect(await tab.locator('#log img').count()).toBe(0);
    expect(await tab.title()).not.toBe('owned');
    expect(faults).toEqual([]);
    await close();
  });

  it('replies to a message', async () => {
    const { tab, faults, close } = await open({ viewport: { width: 1280, height: 800 } });
    await telegram.send('/status');
    const answer = message(tab, 'All good');
    await answer.hover();
    await answer.getByRole('button', { name: 'Reply' }).click();
    await input(tab).fill('login-bug');
    await input(tab).press('Enter');
    await message(tab, 'You said: login-bug').waitFor();
    const sent = telegram.messages().find((each) => each.text === 'login-bug');
    expect(telegram.message(sent?.replyTo ?? 0)?.text).toContain('All good');
    expect(faults).toEqual([]);
    await close();
  });

  it('has switches for what can go wrong, and shows the calls that it spoils', async () => {
    const { tab, faults, close } = await open({ viewport: { width: 1280, height: 800 } });
    await tab.getByRole('switch', { name: 'Immich is down' }).click();
    await tab.getByRole('switch', { name: 'Immich is down', checked: true }).waitFor();
    expect(immichDown).toBe(true);
    spoiled = 1;
    await tab.getByRole('button', { name: 'Cut the line after the next message' }).click();
    await input(tab).fill('hello');
    await input(tab).press('Enter');
    await tab.locator('.call.cut', { hasText: 'You said: hello' }).waitFor();
    expect(telegram.appliedUnseen('sendMessage')).toHaveLength(1);
    await tab.getByRole('switch', { name: 'Telegram is away' }).click();
    await tab.getByText('Telegram is away for the bot').waitFor();
    await tab.getByText('The bot is not listening').waitFor();
    await tab.getByRole('switch', { name: 'Telegram is away' }).click();
    await tab.getByText('The bot is listening').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('lets one be somebody else', async () => {
    const { tab, faults, close } = await open({ viewport: { width: 1280, height: 800 } });
    await telegram.send('/status');
    await message(tab, 'All good').waitFor();
    await tab.getByLabel('You are').selectOption('A stranger');
    await expect.poll(() => tab.getByRole('article').count()).toBe(0);
    await input(tab).fill('let me in');
    await input(tab).press('Enter');
    await message(tab, 'You said: let me in').waitFor();
    expect(telegram.messages(STRANGER)).toHaveLength(2);
    expect(faults).toEqual([]);
    await close();
  });

  it('finds the demo again when it was away, with everything that was said', async () => {
    const { tab, close } = await open();
    await telegram.send('/status');
    await message(tab, 'All good').waitFor();
    const { port } = new URL(served.url);
    await served.close();
    await tab.getByText('The demo has stopped').waitFor();
    await telegram.send('while you were away');
    served = await startPage(telegram, { port: Number(port) });
    await message(tab, 'You said: while you were away').waitFor();
    expect(await message(tab, 'All good').count()).toBe(1);
    await close();
  });

  it('fits a phone and a desktop without scrolling sideways, in light and dark', async () => {
    await telegram.send('/status');
    const { tab, faults, close } = await open();
    await message(tab, 'All good').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme });
      for (const width of [320, 390, 900, 1280]) {
        await tab.setViewportSize({ width, height: 800 });
        expect(await tab.locator('html').evaluate(overflow)).toBe(0);
        expect(await tab.locator('#log').evaluate(overflow)).toBe(0);
        expect(await tab.getByText('Demo: no real Telegram, server or photos').isVisible()).toBe(true);
      }
    }
    expect(faults).toEqual([]);
    await close();
  });
});

describe('/sim', () => {
  const sim = (path: string, init: RequestInit = {}) => fetch(`${served.url}/sim/${path}`, init);
  const post = (path: string, body: object, headers = {}) =>
    sim(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('does for other programs what the page does', async () => {
    expect((await post('send', { text: '/status' })).status).toBe(200);
    await telegram.waitFor('All good');
    expect(await (await sim('transcript')).text()).toContain('[Refresh] [Ask]');
    expect(await (await post('tap', { label: 'Nope' })).json()).toEqual({
      error: 'No button [Nope] to tap; there are: [Refresh] [Ask] [Stop]',
    });
    spoiled = 1;
    await post('fault', { method: 'sendMessage', code: 500 });
    await post('send', { text: 'hello' });
    await telegram.waitForCall('sendMessage', { where: (call) => call.code === 500 });
  });

  it('does nothing for another site in the same browser', async () => {
    expect((await post('send', { text: 'x' }, { origin: 'https://evil.example' })).status).toBe(403);
    expect(telegram.messages()).toEqual([]);
  });

  it('never lets a file that was sent run in the page', async () => {
    const { document } = await telegram.file('x.html', Buffer.from('<script>alert(1)</script>'), {
      type: 'text/html',
    });
    const file = await sim(`file/${document?.file_id}/x.html`);
    expect(file.headers.get('content-security-policy')).toContain('sandbox');
  });
});
