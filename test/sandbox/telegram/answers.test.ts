import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTelegram, type Telegram } from '../../../sandbox/telegram.ts';
import { call, callForm, callWith, idOf, png } from './client.ts';

const OWNER = 1;
const STRANGER = 2;
const BLOCKER = 3;

let telegram: Telegram;
beforeAll(async () => {
  telegram = await startTelegram({
    slowdown: 0,
    people: [{ id: OWNER }, { id: STRANGER }, { id: BLOCKER, started: true }],
  });
  telegram.person(BLOCKER).block();
});
afterAll(() => telegram.close());

const button = (extra: object, text = 'Go') => ({
  reply_markup: { inline_keyboard: [[{ text, ...extra }]] },
});
const say = (extra: object = {}) => ({ chat_id: OWNER, text: 'x', ...extra });

/** Every refusal that names no earlier message: method, parameters, code and sentence. */
const REFUSALS: [string, object, number, string][] = [
  ['sendMessag', say(), 404, 'Not Found: method not found'],
  ['sendMessage', { text: 'x' }, 400, 'Bad Request: chat_id is empty'],
  ['sendMessage', say({ chat_id: 99 }), 400, 'Bad Request: chat not found'],
  ['sendMessage', say({ chat_id: STRANGER }), 403, "Forbidden: bot can't initiate conversation with a user"],
  ['sendMessage', say({ chat_id: BLOCKER }), 403, 'Forbidden: bot was blocked by the user'],
  ['sendMessage', say({ text: '' }), 400, 'Bad Request: message text is empty'],
  ['sendMessage', say({ text: ' \n ' }), 400, 'Bad Request: text must be non-empty'],
  ['sendMessage', say({ text: 'x'.repeat(4097) }), 400, 'Bad Request: message is too long'],
  ['sendMessage', say({ text: 'x'.repeat(32_769) }), 400, 'Bad Request: text is too long'],
  ['sendMessage', say({ parse_mode: 'BBCode' }), 400, 'Bad Request: unsupported parse_mode'],
  [
    'sendMessage',
    say({ parse_mode: 'HTML', text: '1 <x>' }),
    400,
    'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 2',
  ],
  [
    'sendMessage',
    say({ reply_parameters: { message_id: 7 } }),
    400,
    'Bad Request: message to be replied not found',
  ],
  ['sendMessage', say({ message_thread_id: 7 }), 400, 'Bad Request: message thread not found'],
  [
    'sendMessage',
    say(button({})),
    400,
    "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
  ],
  [
    'sendMessage',
    say(button({ callback_data: 'x' }, ' ')),
    400,
    'Bad Request: inline keyboard button text must be non-empty',
  ],
  ['sendMessage', say(button({ callback_data: '한'.repeat(22) })), 400, 'Bad Request: BUTTON_DATA_INVALID'],
  [
    'sendMessage',
    say(button({ copy_text: { text: 'x'.repeat(257) } })),
    400,
    'Bad Request: BUTTON_COPY_TEXT_INVALID',
  ],
  [
    'sendMessage',
    say(button({ url: 'http://localhost:2283' })),
    400,
    "Bad Request: inline keyboard button URL 'http://localhost:2283' is invalid: Wrong HTTP URL",
  ],
  [
    'sendMessage',
    say(button({ url: 'ftp://example.dev' })),
    400,
    "Bad Request: inline keyboard button URL 'ftp://example.dev' is invalid: Unsupported URL protocol",
  ],
  [
    'editMessageText',
    { chat_id: OWNER, message_id: 7, text: 'x' },
    400,
    'Bad Request: message to edit not found',
  ],
  ['deleteMessage', { chat_id: OWNER, message_id: 7 }, 400, 'Bad Request: message to delete not found'],
  ['setMessageReaction', { chat_id: OWNER, message_id: 7 }, 400, 'Bad Request: message to react not found'],
  [
    'answerCallbackQuery',
    { callback_query_id: '7' },
    400,
    'Bad Request: query is too old and response timeout expired or query ID is invalid',
  ],
  [
    'sendChatAction',
    { chat_id: OWNER, action: 'thinking' },
    400,
    'Bad Request: wrong parameter action in request',
  ],
  ['getFile', {}, 400, 'Bad Request: file_id not specified'],
  ['getFile', { file_id: 'x' }, 400, 'Bad Request: invalid file_id'],
  ['sendPhoto', { chat_id: OWNER }, 400, 'Bad Request: there is no photo in the request'],
  ['sendDocument', { chat_id: OWNER }, 400, 'Bad Request: there is no document in the request'],
  [
    'sendMediaGroup',
    { chat_id: OWNER, media: Array.from({ length: 11 }, () => ({ type: 'photo', media: 'x' })) },
    400,
    'Bad Request: too many messages to send as an album',
  ],
  [
    'sendMediaGroup',
    {
      chat_id: OWNER,
      media: [
        { type: 'photo', media: 'x' },
        { type: 'document', media: 'x' },
      ],
    },
    400,
    "Bad Request: document can't be mixed with other media types",
  ],
  [
    'setMyCommands',
    { commands: [{ command: 'Status', description: 'x' }] },
    400,
    'Bad Request: BOT_COMMAND_INVALID',
  ],
  [
    'setMyCommands',
    { commands: [{ command: 'x', description: '' }] },
    400,
    'Bad Request: command description must be non-empty',
  ],
  [
    'setMyCommands',
    { commands: [{ command: 'x', description: 'x'.repeat(257) }] },
    400,
    'Bad Request: command description length must not exceed 256',
  ],
  [
    'setMyCommands',
    { commands: Array.from({ length: 101 }, () => ({ command: 'x', description: 'x' })) },
    400,
    'Bad Request: BOT_COMMANDS_TOO_MUCH',
  ],
  [
    'setMyCommands',
    { commands: [], scope: { type: 'chat', chat_id: 99 } },
    400,
    'Bad Request: chat not found',
  ],
  ['createForumTopic', { chat_id: OWNER, name: 'x' }, 400, 'Bad Request: the chat is not a forum'],
];

describe('the Bot API', () => {
  it.each(REFUSALS)('%s %o is refused with %i', async (method, params, code, description) => {
    const reply = await call(telegram, method, params);
    expect(reply).toMatchObject({ status: code, ok: false, error_code: code, description });
    expect(telegram.messages()).toEqual([]);
  });

  it('refuses malformed and foreign tokens in different words', async () => {
    const ask = async (token: string) => (await fetch(`${telegram.url}/bot${token}/getMe`)).json();
    await expect(ask('abc')).resolves.toEqual({
      ok: false,
      error_code: 401,
      description: 'Unauthorized: invalid token specified',
    });
    await expect(ask('1:AAAAAAAAAAAAAAAAAAAAAA')).resolves.toEqual({
      ok: false,
      error_code: 401,
      description: 'Unauthorized',
    });
  });
});

describe('the Bot API', () => {
  let open: Telegram;
  beforeAll(async () => {
    open = await startTelegram({ slowdown: 0, people: [{ id: OWNER }] });
  });
  afterAll(() => open.close());
  const file = (bytes: Uint8Array<ArrayBuffer>, name: string) => new File([bytes], name);

  it.each([
    ['query', () => callWith(open, 'sendmessage?chat_id=1&text=hi', {})],
    [
      'form',
      () =>
        callWith(open, 'SENDMESSAGE', {
          method: 'POST',
          body: new URLSearchParams({ chat_id: '1', text: 'hi' }),
        }),
    ],
    ['JSON', () => call(open, 'sendMessage', { chat_id: '1', text: 'hi' })],
    ['multipart', () => callForm(open, 'sendMessage', { chat_id: '1', text: 'hi' })],
  ])('takes parameters as %s, methods in any case', async (_, send) => {
    expect((await send()).result).toMatchObject({
      text: 'hi',
      chat: { id: 1, type: 'private' },
      from: { is_bot: true },
    });
  });

  it('refuses an edit that changes nothing, and knows what can be edited', async () => {
    const keyboard = button({ callback_data: 'go' });
    const id = idOf(
      await call(open, 'sendMessage', { chat_id: OWNER, text: '<b>x</b>', parse_mode: 'HTML', ...keyboard }),
    );
    const place = { chat_id: OWNER, message_id: id };
    const unchanged =
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';
    const same = await call(open, 'editMessageText', {
      ...place,
      text: '<b>x</b>',
      parse_mode: 'HTML',
      ...keyboard,
    });
    expect(same.description).toBe(unchanged);
    expect(await call(open, 'editMessageText', { ...place, text: 'x', ...keyboard })).toMatchObject({
      ok: true,
    });
    const bare = await call(open, 'editMessageReplyMarkup', place);
    expect(bare.result).not.toHaveProperty('reply_markup');
    expect((await call(open, 'editMessageReplyMarkup', place)).description).toBe(unchanged);
    expect((await call(open, 'editMessageCaption', { ...place, caption: 'c' })).description).toBe(
      'Bad Request: there is no caption in the message to edit',
    );
    const mine = await open.send('mine');
    const foreign = await call(open, 'editMessageText', {
      chat_id: OWNER,
      message_id: mine.message_id,
      text: 'y',
    });
    expect(foreign.description).toBe("Bad Request: message can't be edited");
    const photo = await callForm(open, 'sendPhoto', { chat_id: '1', photo: file(png(10, 10), 'a.png') });
    const text = await call(open, 'editMessageText', { chat_id: OWNER, message_id: idOf(photo), text: 'y' });
    expect(text.description).toBe('Bad Request: there is no text in the message to edit');
  });

  it.each([
    ['an empty file', new Uint8Array(), 'file must be non-empty'],
    ['junk', new Uint8Array(100), 'IMAGE_PROCESS_FAILED'],
    ['a picture that is too long', png(100, 2100), 'PHOTO_INVALID_DIMENSIONS'],
    ['a picture that is too large', png(9000, 1100), 'PHOTO_INVALID_DIMENSIONS'],
    [
      'too many bytes',
      new Uint8Array(10_485_761),
      'file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes',
    ],
  ])('refuses %s as a photo', async (_, bytes, why) => {
    const reply = await callForm(open, 'sendPhoto', { chat_id: '1', photo: file(bytes, 'a.png') });
    expect(reply.description).toBe(`Bad Request: ${why}`);
  });

  it('answers 413 to an upload over 50 MB', async () => {
    const reply = await callForm(open, 'sendDocument', {
      chat_id: '1',
      document: file(new Uint8Array(53 * 1024 * 1024), 'a'),
    });
    expect(reply).toMatchObject({ status: 413, description: 'Request Entity Too Large' });
  });

  it('shows several sizes of a photo and sends a known file again', async () => {
    const sent = await callForm(open, 'sendPhoto', {
      chat_id: '1',
      photo: file(png(1290, 2796), 'a.png'),
      caption: 'c',
    });
    const { photo } = sent.result as { photo: { file_id: string; width: number; height: number }[] };
    expect(photo.map((size) => `${size.width}×${size.height}`)).toEqual([
      '42×90',
      '148×320',
      '369×800',
      '1290×2796',
    ]);
    const again = await call(open, 'sendPhoto', { chat_id: OWNER, photo: photo.at(-1)?.file_id });
    expect(again.result).toMatchObject({ photo: expect.any(Array) as unknown });
    const document = await call(open, 'sendDocument', { chat_id: OWNER, document: 'nonsense' });
    expect(document.ok).toBe(false);
  });

  it('sends an album whose files are attached', async () => {
    const reply = await callForm(open, 'sendMediaGroup', {
      chat_id: '1',
      media: JSON.stringify([
        { type: 'photo', media: 'attach://one', caption: '<b>c</b>', parse_mode: 'HTML' },
        { type: 'photo', media: 'attach://two' },
      ]),
      one: file(png(10, 10), '1.png'),
      two: file(png(10, 10), '2.png'),
    });
    const [first, second] = reply.result as { media_group_id: string; caption?: string }[];
    expect(first).toMatchObject({ caption: 'c', caption_entities: [{ type: 'bold', offset: 0, length: 1 }] });
    expect(second?.media_group_id).toBe(first?.media_group_id);
  });

  it('reacts with what is on the list, once', async () => {
    const { message_id } = await open.send('look');
    const react = (...emoji: string[]) =>
      call(open, 'setMessageReaction', {
        chat_id: OWNER,
        message_id,
        reaction: emoji.map((each) => ({ type: 'emoji', emoji: each })),
      });
    expect((await react('👀')).ok).toBe(true);
    expect((await react('👌')).ok).toBe(true);
    expect(open.message(message_id)?.reactions).toEqual(['👌']);
    expect((await react('✅')).description).toBe('Bad Request: REACTION_INVALID');
    expect((await react('👀', '👌')).description).toBe('Bad Request: REACTIONS_TOO_MANY');
    await react();
    expect(open.message(message_id)?.reactions).toEqual([]);
  });

  it('replies to what is gone only where that is allowed', async () => {
    const id = idOf(await call(open, 'sendMessage', { chat_id: OWNER, text: 'gone soon' }));
    expect((await call(open, 'deleteMessage', { chat_id: OWNER, message_id: id })).result).toBe(true);
    const reply_parameters = { message_id: id, allow_sending_without_reply: true };
    const reply = await call(open, 'sendMessage', { chat_id: OWNER, text: 'x', reply_parameters });
    expect(reply.ok).toBe(true);
    expect(reply.result).not.toHaveProperty('reply_to_message');
  });

  it('deletes nothing older than 48 hours', async () => {
    const id = idOf(await call(open, 'sendMessage', { chat_id: OWNER, text: 'old' }));
    open.advance(48 * 3_600_000 + 1000);
    expect((await call(open, 'deleteMessage', { chat_id: OWNER, message_id: id })).description).toBe(
      "Bad Request: message can't be deleted",
    );
  });

  it('shows commands by scope and language, the narrowest first', async () => {
    const set = (name: string, extra: object) =>
      call(open, 'setMyCommands', { commands: [{ command: name, description: name }], ...extra });
    await set('start', {});
    await set('all', { scope: { type: 'all_private_chats' } });
    expect(open.commands()).toEqual([{ command: 'all', description: 'all' }]);
    const scope = { type: 'chat', chat_id: OWNER };
    await set('mine', { scope });
    await set('korean', { scope, language_code: 'ko' });
    expect(open.commands()[0]?.command).toBe('mine');
    open.addPerson({ id: 5, language_code: 'ko', started: true });
    await set('hers', { scope: { type: 'chat', chat_id: 5 } });
    await set('ko', { scope: { type: 'chat', chat_id: 5 }, language_code: 'ko' });
    expect(open.commands(5)[0]?.command).toBe('ko');
    await call(open, 'deleteMyCommands', { scope });
    expect(open.commands()[0]?.command).toBe('all');
    const listed = await call(open, 'getMyCommands', { scope, language_code: 'ko' });
    expect(listed.result).toEqual([{ command: 'korean', description: 'korean' }]);
  });

  it('keeps descriptions by language', async () => {
    await call(open, 'setMyDescription', { description: 'Looks after a server' });
    await call(open, 'setMyDescription', { description: '서버 관리', language_code: 'ko' });
    expect((await call(open, 'getMyDescription', { language_code: 'ko' })).result).toEqual({
      description: '서버 관리',
    });
    expect((await call(open, 'getMyDescription', { language_code: 'fr' })).result).toEqual({
      description: 'Looks after a server',
    });
  });

  it('writes to a topic of a forum, and to no group that it was put out of', async () => {
    const group = open.addGroup({ members: [OWNER], topics: true });
    const topic = await call(open, 'createForumTopic', { chat_id: group, name: 'Alerts' });
    const { message_thread_id } = topic.result as { message_thread_id: number };
    const sent = await call(open, 'sendMessage', { chat_id: group, text: 'x', message_thread_id });
    expect(sent.result).toMatchObject({ message_thread_id, is_topic_message: true });
    open.removeBot(group);
    const after = await call(open, 'sendMessage', { chat_id: group, text: 'x' });
    expect(after).toMatchObject({
      status: 403,
      description: 'Forbidden: bot was kicked from the supergroup chat',
    });
  });
});
