import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bot, GrammyError, HttpError, InlineKeyboard, InputFile, type BotError } from 'grammy';
import { afterEach, describe, expect, it } from 'vitest';
import { startTelegram, type Telegram, type TelegramOptions } from '../../sandbox/telegram.ts';
import { call, idOf, png } from './telegram/client.ts';

const OWNER = 1;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start(options: TelegramOptions = {}): Promise<Telegram> {
  const telegram = await startTelegram({
    slowdown: 0,
    people: [{ id: OWNER, first_name: 'Mina' }],
    ...options,
  });
  closing.push(() => telegram.close());
  return telegram;
}

/** A bot that polls; `ended` is how its polling ends. */
function poll(
  telegram: Telegram,
  set: (bot: Bot) => void,
): { bot: Bot; ended: Promise<unknown>; errors: BotError[] } {
  const bot = new Bot(telegram.token, { client: { apiRoot: telegram.url } });
  const errors: BotError[] = [];
  set(bot);
  bot.catch((error) => void errors.push(error));
  const ended = bot.start().then(
    () => 'stopped',
    (error: unknown) => error,
  );
  closing.push(() => bot.stop());
  return { bot, ended, errors };
}

const echo = (bot: Bot) => bot.on('message:text', (context) => context.reply(`heard ${context.msg.text}`));
type Got = {
  update_id: number;
  message?: { text?: string; message_id: number };
  callback_query?: { id: string };
};
const updates = async (telegram: Telegram, params: object = {}): Promise<Got[]> =>
  (await call(telegram, 'getUpdates', params)).result as Got[];

describe('getUpdates', () => {
  it('gives updates again until a higher offset confirms them', async () => {
    const telegram = await start();
    for (const text of ['a', 'b', 'c']) await telegram.send(text);
    const [first, second] = await updates(telegram);
    expect((await updates(telegram)).map((each) => each.message?.text)).toEqual(['a', 'b', 'c']);
    expect(second?.update_id).toBe((first?.update_id ?? 0) + 1);
    const rest = await updates(telegram, { offset: second?.update_id });
    expect(rest.map((each) => each.message?.text)).toEqual(['b', 'c']);
    expect((await updates(telegram)).map((each) => each.message?.text)).toEqual(['b', 'c']);
  });

  it('keeps the last few with a negative offset, and takes no notice of one far in the future', async () => {
    const telegram = await start();
    for (const text of ['a', 'b', 'c']) await telegram.send(text);
    const [first] = await updates(telegram);
    const future = await updates(telegram, { offset: (first?.update_id ?? 0) + 100 });
    expect(future.map((each) => each.message?.text)).toEqual(['a', 'b', 'c']);
    expect((await updates(telegram, { offset: -1 })).map((each) => each.message?.text)).toEqual(['c']);
    expect(await updates(telegram)).toHaveLength(1);
  });

  it('gives no more than the limit, and a hundred at most', async () => {
    const telegram = await start();
    for (let index = 0; index < 120; index++) await telegram.send(`${index}`);
    expect(await updates(telegram, { limit: 2 })).toHaveLength(2);
    expect(await updates(telegram, { limit: 1000 })).toHaveLength(100);
  });

  it('answers a poll that waits as soon as something comes', async () => {
    const telegram = await start();
    const waiting = updates(telegram, { timeout: 50 });
    await telegram.listening();
    await telegram.send('now');
    expect((await waiting).map((each) => each.message?.text)).toEqual(['now']);
  });

  it('ends the first of two polls that wait with 409', async () => {
    const telegram = await start();
    const first = call(telegram, 'getUpdates', { timeout: 50 });
    await telegram.listening();
    const second = call(telegram, 'getUpdates', { timeout: 50 });
    expect(await first).toMatchObject({
      status: 409,
      description:
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    });
    await telegram.send('to the second');
    expect((await second).result).toHaveLength(1);
  });

  it('refuses to poll beside a webhook', async () => {
    const telegram = await start();
    await call(telegram, 'setWebhook', { url: 'https://example.dev/hook' });
    expect((await call(telegram, 'getWebhookInfo')).result).toMatchObject({
      url: 'https://example.dev/hook',
    });
    expect((await call(telegram, 'getUpdates')).description).toBe(
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
    await call(telegram, 'deleteWebhook', { drop_pending_updates: true });
    expect(await updates(telegram)).toEqual([]);
  });

  it('holds a poll that is repeated at once back, and gives it one update', async () => {
    const telegram = await start({ slowdown: 60_000 });
    expect(await updates(telegram)).toEqual([]);
    const repeated = updates(telegram);
    await telegram.listening();
    await telegram.send('a');
    expect(await repeated).toHaveLength(1);
    await telegram.send('b');
    expect(await updates(telegram)).toHaveLength(1);
  });

  it('remembers the kinds that the bot wants, and forgets what came before them', async () => {
    const telegram = await start();
    await updates(telegram, { allowed_updates: ['message'] });
    const { message_id } = await telegram.send('hello');
    telegram.edit(message_id, 'hello!');
    telegram.block();
    expect((await updates(telegram)).map((each) => Object.keys(each)[1])).toEqual(['message']);
  });

  it('forgets messages after 24 hours and taps after 150 seconds', async () => {
    const telegram = await start();
    await call(telegram, 'sendMessage', {
      chat_id: OWNER,
      text: 'x',
      reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] },
    });
    await telegram.send('a message');
    const { id } = telegram.tap('Go');
    telegram.advance(151_000);
    expect((await updates(telegram)).map((each) => each.message?.text)).toEqual(['a message']);
    expect((await call(telegram, 'answerCallbackQuery', { callback_query_id: id })).description).toBe(
      'Bad Request: query is too old and response timeout expired or query ID is invalid',
    );
    telegram.advance(24 * 3_600_000);
    expect(await updates(telegram)).toEqual([]);
  });
});

describe('startTelegram with grammY', () => {
  it('carries a conversation: command, button, answer, edit', async () => {
    const telegram = await start();
    poll(telegram, (bot) => {
      bot.command('status', (context) =>
        context.reply('<b>fine</b>', {
          parse_mode: 'HTML',
          disable_notification: true,
          reply_markup: new InlineKeyboard()
            .text('Refresh', 'r')
            .copyText('Path', '/var/x')
            .url('Notes', 'https://example.dev'),
        }),
      );
      bot.callbackQuery('r', async (context) => {
        await context.answerCallbackQuery('Looked again');
        await context.editMessageText('better', {
          reply_markup: new InlineKeyboard().text('Stop', 's').danger(),
        });
      });
    });
    await telegram.send('/status');
    const first = await telegram.waitFor('fine');
    expect(first).toMatchObject({
      html: '<b>fine</b>',
      silent: true,
      buttons: [['Refresh', 'Path', 'Notes']],
    });
    expect(telegram.copy('Path')).toBe('/var/x');
    expect(telegram.open('Notes')).toBe('https://example.dev/');
    await expect(telegram.tap('Refresh').answered).resolves.toEqual({ text: 'Looked again' });
    expect(await telegram.waitFor('better')).toMatchObject({ id: first.id, edits: 1 });
    expect(telegram.ringing()).toEqual([]);
    expect(() => telegram.tap('Refresh')).toThrow('No button [Refresh] to tap; there are: [Stop]');
    expect(telegram.tapOld('Refresh', { message: first.id }).button.callback_data).toBe('r');
    expect(telegram.transcript()).toBe(
      [
        `Mina #${first.id - 1}:`,
        '  /status',
        `Steward #${first.id} (silent, edited):`,
        '  better',
        '  [Stop!]',
      ].join('\n'),
    );
  });

  it('hands files to the bot and takes them from it, whatever they are called', async () => {
    const telegram = await start();
    poll(telegram, (bot) =>
      bot.on('message:document', async (context) => {
        const file = await context.getFile();
        const body = await fetch(`${telegram.url}/file/bot${telegram.token}/${file.file_path}`);
        const bytes = Buffer.from(await body.arrayBuffer());
        await context.replyWithDocument(new InputFile(bytes, 'the "same" file; 사진.bin'));
      }),
    );
    await telegram.file('a/b.bin', Buffer.from([0, 13, 10, 13, 10, 255]));
    const back = await telegram.waitFor((message) => message.media === 'document');
    const stored = telegram.world.files.find(back.raw.document?.file_id ?? '');
    expect([...(stored?.bytes ?? [])]).toEqual([0, 13, 10, 13, 10, 255]);
  });

  it('ends polling with 401 when the token is revoked and with 409 when another copy polls', async () => {
    const telegram = await start();
    const first = poll(telegram, echo);
    await telegram.listening();
    telegram.secondPoller();
    const conflict = (await first.ended) as GrammyError;
    expect(conflict).toBeInstanceOf(GrammyError);
    expect(conflict.error_code).toBe(409);
    telegram.revoke(true);
    const revoked = (await poll(telegram, echo).ended) as GrammyError;
    expect(revoked.error_code).toBe(401);
  });

  it('refuses connections while it is away, keeps what people write, and is back on the same port', async () => {
    const telegram = await start();
    const { bot } = poll(telegram, echo);
    await telegram.listening();
    await telegram.away();
    const socket = connect(Number(new URL(telegram.url).port), '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(bot.api.sendMessage(OWNER, 'x')).rejects.toBeInstanceOf(HttpError);
    await telegram.send('are you there?');
    await telegram.back();
    await telegram.waitFor('heard are you there?');
  });

  it('cuts connections, or takes calls and never answers', async () => {
    const telegram = await start();
    await telegram.away('cut');
    await expect(call(telegram, 'getMe')).rejects.toThrow('fetch failed');
    await telegram.away('hang');
    const hanging = call(telegram, 'getMe').catch(() => 'cut at last');
    await expect(
      Promise.race([hanging, new Promise((resolve) => setImmediate(resolve, 'still'))]),
    ).resolves.toBe('still');
    await telegram.back();
    expect(await hanging).toBe('cut at last');
    expect((await call(telegram, 'getMe')).ok).toBe(true);
  });
});

describe('faults', () => {
  it('applies a call and cuts the connection, and counts that', async () => {
    const telegram = await start();
    telegram.addFault({ method: 'sendMessage', contains: 'twice', afterEffect: true });
    await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'once' });
    await expect(call(telegram, 'sendMessage', { chat_id: OWNER, text: 'twice' })).rejects.toThrow(
      'fetch failed',
    );
    await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'twice' });
    expect(telegram.messages().map((each) => each.text)).toEqual(['once', 'twice', 'twice']);
    expect(telegram.appliedUnseen('sendMessage')).toMatchObject([
      { params: { text: 'twice' }, outcome: 'cut' },
    ]);
  });

  it('drops calls, answers errors, as often as said', async () => {
    const telegram = await start();
    const send = () => call(telegram, 'sendMessage', { chat_id: OWNER, text: 'x' });
    telegram.addFault({ method: 'sendMessage', drop: true });
    await expect(send()).rejects.toThrow('fetch failed');
    const rule = telegram.addFault({ method: '*', code: 502, times: Infinity });
    expect(await send()).toMatchObject({ status: 502, description: 'Bad Gateway' });
    expect(await call(telegram, 'getMe')).toMatchObject({ status: 502 });
    rule.remove();
    telegram.addFault({ method: 'sendMessage', code: 500, afterEffect: true });
    expect(await send()).toMatchObject({ status: 500, description: 'Internal Server Error' });
    expect(telegram.messages()).toHaveLength(1);
    expect(telegram.calls('sendMessage').map((each) => each.outcome)).toEqual(['dropped', 'error', 'error']);
  });

  it('keeps a call waiting, before or after it is applied, until the bot hangs up', async () => {
    const telegram = await start();
    const impatient = (text: string) => {
      const hangUp = new AbortController();
      const url = `${telegram.url}/bot${telegram.token}/sendMessage?chat_id=${OWNER}&text=${text}`;
      return { ended: fetch(url, { signal: hangUp.signal }).catch(() => 'hung up'), hangUp };
    };
    telegram.addFault({ method: 'sendMessage', delayMs: 3_600_000 });
    const early = impatient('early');
    await telegram.until(() => telegram.calls('sendMessage')[0], 'the call');
    early.hangUp.abort();
    await telegram.waitForCall('sendMessage', { where: (each) => each.outcome === 'gone' && !each.applied });
    telegram.addFault({ method: 'sendMessage', delayMs: 3_600_000, afterEffect: true });
    const late = impatient('late');
    await telegram.waitFor('late', { since: 0 });
    late.hangUp.abort();
    await telegram.waitForCall('sendMessage', { where: (each) => each.outcome === 'gone' && each.applied });
    expect(await Promise.all([early.ended, late.ended])).toEqual(['hung up', 'hung up']);
    expect(telegram.messages().map((each) => each.text)).toEqual(['late']);
    expect(telegram.appliedUnseen()).toHaveLength(1);
  });

  it('limits a flood with 429, in the body and as a header, until the time has passed', async () => {
    const telegram = await start();
    telegram.flood(7);
    const reply = await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'x' });
    expect(reply).toMatchObject({
      status: 429,
      description: 'Too Many Requests: retry after 7',
      parameters: { retry_after: 7 },
    });
    expect(reply.headers.get('retry-after')).toBe('7');
    expect((await call(telegram, 'getMe')).ok).toBe(true);
    telegram.advance(7000);
    expect((await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'x' })).ok).toBe(true);
    telegram.addFault({ method: 'sendMessage', retry_after: 126 });
    expect((await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'x' })).parameters).toEqual({
      retry_after: 126,
    });
  });

  it('cuts a download halfway', async () => {
    const telegram = await start();
    const { document } = await telegram.file('a.bin', new Uint8Array(1_000_000));
    const file = await call(telegram, 'getFile', { file_id: document?.file_id });
    const path = (file.result as { file_path: string }).file_path;
    const url = `${telegram.url}/file/bot${telegram.token}/${path}`;
    telegram.addFault({ method: 'file', afterEffect: true });
    const half = await fetch(url);
    await expect(half.arrayBuffer()).rejects.toThrow('terminated');
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(1_000_000);
    telegram.advance(3_600_001);
    expect((await fetch(url)).status).toBe(404);
  });

  it('delays a download that it only has to delay, and refuses one with the error asked for', async () => {
    const telegram = await start();
    const { document } = await telegram.file('a.bin', new Uint8Array(10));
    const file = await call(telegram, 'getFile', { file_id: document?.file_id });
    const path = (file.result as { file_path: string }).file_path;
    const url = `${telegram.url}/file/bot${telegram.token}/${path}`;
    telegram.addFault({ method: 'file', delayMs: 5 });
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(10);
    telegram.addFault({ method: 'file', code: 502 });
    expect((await fetch(url)).status).toBe(502);
    telegram.addFault({ method: 'file', drop: true });
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});

describe('people', () => {
  it('send albums part by part, all with one group and an update each', async () => {
    const telegram = await start();
    const first = telegram.beginAlbum();
    const second = telegram.beginAlbum();
    await first.add({ kind: 'photo', bytes: png(10, 10), caption: 'look' });
    await second.add({ kind: 'document', bytes: new Uint8Array(3), name: 'x.png' });
    await first.add({ kind: 'photo', bytes: png(10, 10) });
    await telegram.album([{ kind: 'video', bytes: new Uint8Array(9), name: 'v.mp4' }], { gapMs: 0 });
    expect(telegram.messages().map((each) => each.album === first.id)).toEqual([true, false, true, false]);
    expect(await updates(telegram)).toHaveLength(4);
  });

  it('send photos in the sizes that a scaler makes, live photos with their motion', async () => {
    const small = { bytes: png(591, 1280), width: 591, height: 1280 };
    const telegram = await start({ shrink: () => [{ bytes: png(42, 90), width: 42, height: 90 }, small] });
    const message = await telegram.photo(png(1290, 2796), { motion: new Uint8Array(50) });
    expect(message.photo?.map((size) => size.width)).toEqual([42, 591]);
    expect(message.live_photo).toMatchObject({ file_size: 50, duration: 3, mime_type: 'video/mp4' });
    await expect(telegram.photo(new Uint8Array(10))).rejects.toThrow('send this as a document');
  });

  it('cannot be downloaded from beyond 20 MB, except by a server in local mode', async () => {
    const telegram = await start();
    const { document } = await telegram.file('big.jpg', new Uint8Array(4), { size: 64 * 1024 * 1024 });
    const refused = await call(telegram, 'getFile', { file_id: document?.file_id });
    expect(refused.description).toBe('Bad Request: file is too big');
    telegram.world.files.lose(document?.file_id ?? '');
    expect((await call(telegram, 'getFile', { file_id: document?.file_id })).description).toBe(
      'Bad Request: wrong file_id or the file is temporarily unavailable',
    );

    const folder = await mkdtemp(join(tmpdir(), 'telegram-local-'));
    closing.push(() => rm(folder, { recursive: true }));
    const local = await start({ localFolder: folder });
    const sent = await local.file('big.jpg', Buffer.from('bytes'), { size: 64 * 1024 * 1024 });
    const file = await call(local, 'getFile', { file_id: sent.document?.file_id });
    const path = (file.result as { file_path: string }).file_path;
    expect(path.startsWith(`${folder}/documents/`)).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('bytes');
  });

  it('block and unblock the bot, which is told', async () => {
    const telegram = await start();
    telegram.block();
    expect((await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'x' })).status).toBe(403);
    telegram.unblock();
    expect((await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'x' })).ok).toBe(true);
    const changes = (await updates(telegram)).map(
      (each) => each as { my_chat_member?: { new_chat_member: { status: string } } },
    );
    expect(changes.map((each) => each.my_chat_member?.new_chat_member.status)).toEqual(['kicked', 'member']);
  });

  it('open a private chat by writing first, in their own language', async () => {
    const telegram = await start();
    const stranger = telegram.addPerson({ id: 9, first_name: 'Noh', language_code: 'ko' });
    expect((await call(telegram, 'sendMessage', { chat_id: 9, text: 'x' })).status).toBe(403);
    await stranger.send('/start');
    expect((await updates(telegram))[0]?.message).toMatchObject({
      from: { id: 9, first_name: 'Noh', language_code: 'ko' },
      entities: [{ type: 'bot_command', offset: 0, length: 6 }],
    });
    expect((await call(telegram, 'sendMessage', { chat_id: 9, text: 'x' })).ok).toBe(true);
  });

  it('are heard in a group only where they speak to the bot', async () => {
    const telegram = await start();
    const group = telegram.addGroup({ members: [OWNER] });
    const question = idOf(await call(telegram, 'sendMessage', { chat_id: group, text: 'x' }));
    await telegram.send('lunch?', { chat: group });
    await telegram.send('/status', { chat: group });
    await telegram.send('hey @steward_demo_bot', { chat: group });
    await telegram.send('yes', { chat: group, replyTo: question });
    expect((await updates(telegram)).map((each) => each.message?.text)).toEqual([
      '/status',
      'hey @steward_demo_bot',
      'yes',
    ]);
  });
});

describe('waitFor', () => {
  it('looks back to the last act of a person, and no further', async () => {
    const telegram = await start();
    const say = (text: string) => call(telegram, 'sendMessage', { chat_id: OWNER, text });
    await say('old');
    await telegram.send('go');
    await say('new');
    expect((await telegram.waitFor('new')).text).toBe('new');
    expect((await telegram.waitFor('old', { since: 0 })).text).toBe('old');
    await expect(telegram.waitFor('old', { timeout: 1 })).rejects.toThrow(
      /a message with old\. The conversation so far:\nMina|Steward/,
    );
  });

  it('counts only messages that make a sound', async () => {
    const telegram = await start();
    await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'quiet', disable_notification: true });
    const id = idOf(await call(telegram, 'sendMessage', { chat_id: OWNER, text: 'loud' }));
    const mark = telegram.mark();
    await call(telegram, 'editMessageText', { chat_id: OWNER, message_id: id, text: 'louder' });
    expect(telegram.ringing().map((each) => each.text)).toEqual(['louder']);
    expect(telegram.ringing({ since: mark })).toEqual([]);
  });
});
