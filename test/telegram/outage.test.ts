import { expect, test } from 'vitest';
import type { Report } from '../../src/report.ts';
import { TOKEN_SHARED } from '../../src/token-shared.ts';
import { OWNER, startHarness, STRANGER, type Harness } from './harness.ts';
import { waitFor } from '../wait.ts';

const note = (job: string): Report => ({ kind: 'note', note: { key: 'job-set', job, paused: false } });

const put = ({ store }: Harness, key: string, options: { resend?: boolean; content?: string } = {}) =>
  store.outbox.put({
    key,
    chat: OWNER,
    body: { what: 'report', report: note(options.content ?? key) },
    ...(options.resend === undefined ? {} : { resend: options.resend }),
  });

const texts = ({ telegram }: Harness) =>
  telegram
    .messages()
    .filter(({ from }) => from === 'bot')
    .map(({ text }) => text);

/** All that was put is shown, or told to be lost. */
const settled = ({ store }: Harness) => waitFor(() => expect(store.outbox.nextAt()).toBeUndefined());

const logs = ({ logged }: Harness, text: string) => waitFor(() => expect(logged.join('')).toContain(text));

const unknown = ({ store }: Harness) => waitFor(() => expect(store.outbox.unknown(OWNER)).toBe(1));

test('what is put while Telegram is away comes afterwards, in order and once', async () => {
  const bot = await startHarness();
  await bot.telegram.away('refuse');
  for (const name of ['one', 'two', 'three', 'four']) put(bot, name);
  put(bot, 'two', { content: 'two, newer' });
  await logs(bot, 'Cannot reach Telegram');
  await bot.telegram.back();
  await bot.telegram.waitFor('four');
  await bot.telegram.waitFor('two, newer');
  await settled(bot);
  expect(texts(bot).map((text) => /one|two, newer|three|four/.exec(text)?.[0])).toEqual([
    'one',
    'two, newer',
    'three',
    'four',
  ]);
});

test('commands sent while Telegram cuts every connection are answered once each', async () => {
  const bot = await startHarness();
  await bot.telegram.away('cut');
  for (const word of ['one', 'two', 'three']) await bot.telegram.send(`/logs immich ${word}`);
  await bot.telegram.back();
  await bot.telegram.waitFor('three');
  expect(texts(bot)).toHaveLength(3);
});

test('a message that was applied and whose connection was cut is not sent again; the next one tells of it', async () => {
  const bot = await startHarness();
  bot.telegram.addFault({ method: 'sendMessage', afterEffect: true });
  put(bot, 'first');
  await bot.telegram.until(() => bot.telegram.appliedUnseen('sendMessage').length === 1, 'the cut');
  await unknown(bot);
  put(bot, 'second');
  const second = await bot.telegram.waitFor('second');
  expect(second.text).toContain('1 message before this one may not have reached you');
  put(bot, 'third');
  const third = await bot.telegram.waitFor('third');
  expect(third.text).not.toContain('may not have reached you');
  expect(texts(bot).filter((text) => text.includes('first'))).toHaveLength(1);
});

test('a picture card whose fate is unknown is sent again', async () => {
  const bot = await startHarness();
  bot.telegram.addFault({ method: 'sendMessage', drop: true });
  put(bot, 'path', { resend: true });
  const card = await bot.telegram.waitFor('path');
  expect(card.text).not.toContain('may not have reached you');
});

test('a card whose first message may not have arrived shows its newer content', async () => {
  const bot = await startHarness();
  bot.telegram.addFault({ method: 'sendMessage', drop: true });
  put(bot, 'work');
  await unknown(bot);
  put(bot, 'work', { content: 'the result' });
  await bot.telegram.waitFor('the result');
  expect(bot.store.outbox.unknown(OWNER)).toBe(0);
});

test('a plan whose sending was cut after it arrived can be confirmed on the message that is there', async () => {
  const bot = await startHarness();
  bot.telegram.addFault({ method: 'sendMessage', afterEffect: true });
  await bot.telegram.send('/restart immich');
  const plan = await bot.telegram.waitFor('Restart immich?');
  await unknown(bot);
  bot.telegram.tap('Restart');
  const done = await bot.telegram.waitFor('immich restarted');
  expect(done.id).toBe(plan.id);
  expect(bot.store.outbox.unknown(OWNER)).toBe(0);
});

test('an edit whose connection was cut is made again', async () => {
  const bot = await startHarness();
  put(bot, 'card');
  await bot.telegram.waitFor('card');
  bot.telegram.addFault({ method: 'editMessageText', drop: true });
  put(bot, 'card', { content: 'changed' });
  await bot.telegram.waitFor('changed');
  expect(texts(bot)).toHaveLength(1);
});

test('an edit that Telegram applied unseen counts as shown the second time', async () => {
  const bot = await startHarness();
  put(bot, 'card');
  await bot.telegram.waitFor('card');
  bot.telegram.addFault({ method: 'editMessageText', afterEffect: true });
  put(bot, 'card', { content: 'changed' });
  await bot.telegram.waitForCall('editMessageText', {
    where: ({ outcome }) => outcome !== 'cut' && outcome !== 'gone',
  });
  await settled(bot);
  expect(texts(bot)).toHaveLength(1);
});

test('a flood limit holds the whole chat and loses nothing', async () => {
  const bot = await startHarness();
  put(bot, 'card');
  await bot.telegram.waitFor('card');
  bot.telegram.flood(1);
  put(bot, 'card', { content: 'changed' });
  put(bot, 'new');
  await bot.telegram.waitFor('new');
  await bot.telegram.waitFor('changed');
  const refused = bot.telegram.calls().filter(({ outcome }) => String(outcome).includes('429'));
  expect(refused.length).toBeLessThanOrEqual(1);
});

test('a card whose message was deleted is sent anew', async () => {
  const bot = await startHarness();
  put(bot, 'card');
  const { id } = await bot.telegram.waitFor('card');
  const kept = bot.telegram.world.find(OWNER, id);
  if (kept !== undefined) kept.deleted = true;
  put(bot, 'card', { content: 'changed' });
  const anew = await bot.telegram.waitFor('changed');
  expect(anew.id).not.toBe(id);
});

test('a chat that takes nothing is given up with one line in the log, and others go on', async () => {
  const bot = await startHarness();
  bot.store.outbox.put({ key: 'x', chat: STRANGER, body: { what: 'report', report: note('x') } });
  put(bot, 'card');
  await bot.telegram.waitFor('card');
  await logs(bot, 'Telegram refused this');
  expect(bot.store.outbox.get('x')).toMatchObject({ messageId: undefined, attempts: 0 });
});

test('HTML that the server does not know is sent as plain text', async () => {
  const bot = await startHarness();
  bot.telegram.addFault({
    method: 'sendMessage',
    contains: '<b>',
    code: 400,
    description: `Bad Request: can't parse entities: Unsupported start tag "b" at byte offset 0`,
  });
  put(bot, 'card');
  const card = await bot.telegram.waitFor('card');
  expect(card.html).not.toContain('<b>');
});

test('a reaction is set, and one on a message that is gone is given up', async () => {
  const bot = await startHarness();
  const { message_id: id } = await bot.telegram.send('hello');
  bot.store.outbox.put({ key: 'r1', chat: OWNER, body: { what: 'reaction', messageId: id, emoji: '👀' } });
  bot.store.outbox.put({
    key: 'r2',
    chat: OWNER,
    body: { what: 'reaction', messageId: 999_999, emoji: '👀' },
  });
  await bot.telegram.until(() => bot.telegram.message(id)?.reactions.includes('👀'), 'the reaction');
  await logs(bot, 'message to react not found');
  await waitFor(() => expect(bot.store.outbox.next(OWNER)).toBeUndefined());
});

test('an update that cannot be written down is asked for again, and answered once', async () => {
  const bot = await startHarness();
  const { intake } = bot.store;
  const add = intake.add.bind(intake);
  let refusals = 0;
  intake.add = (...args) => {
    refusals += 1;
    if (refusals === 1) throw new Error('database or disk is full');
    return add(...args);
  };
  await bot.telegram.send('/logs immich kept');
  await bot.telegram.waitFor('kept');
  expect(refusals).toBe(2);
  expect(texts(bot)).toHaveLength(1);
});

test('a store that takes nothing is told past the store, once, and what was sent is answered afterwards', async () => {
  const bot = await startHarness();
  const { intake } = bot.store;
  const add = intake.add.bind(intake);
  intake.add = () => {
    throw new Error('database or disk is full');
  };
  await bot.telegram.send('/logs immich kept');
  const told = await bot.telegram.waitFor('I cannot write anything down: database or disk is full', {
    timeout: 30_000,
  });
  expect(told.silent).toBe(false);
  intake.add = add;
  await bot.telegram.waitFor('kept', { timeout: 30_000 });
  expect(texts(bot)).toHaveLength(2);
});

test('a picture that the bridge cannot note is given up after three tries and holds up nothing', async () => {
  const bot = await startHarness();
  let tries = 0;
  bot.taken.push = () => {
    tries += 1;
    throw new Error('no');
  };
  await bot.telegram.file('a.png', new Uint8Array([1]));
  await bot.telegram.send('/logs immich behind');
  await bot.telegram.waitFor('behind', { timeout: 20_000 });
  expect(texts(bot).some((text) => text.includes('given it up'))).toBe(true);
  expect(tries).toBe(3);
}, 30_000);

test('an absence is told when it is over, with what is lost after more than a day', async () => {
  const bot = await startHarness();
  await bot.telegram.send('/logs immich before');
  await bot.telegram.waitFor('before');
  await bot.stop();
  bot.later(20 * 60_000);
  bot.start();
  const short = await bot.telegram.waitFor('Offline');
  expect(short.text).not.toContain('24 h');
  await bot.stop();
  bot.later(30 * 3_600_000);
  bot.start();
  await bot.telegram.waitFor('24 h');
});

test('a refused token is one plain sentence, and no crash', async () => {
  const bot = await startHarness();
  await bot.telegram.send('/status');
  await bot.telegram.waitFor('configured');
  await bot.stop();
  bot.telegram.revoke(true);
  bot.start();
  await logs(bot, 'does not know the bot token');
  expect(bot.logged.filter((line) => line.includes('"level":50'))).toHaveLength(1);
  expect(bot.logged.join('')).not.toContain(bot.telegram.token);
});

test('another copy that polls is one plain sentence, and no crash', async () => {
  const bot = await startHarness();
  await bot.telegram.waitForCall('setMyCommands');
  await bot.telegram.until(() => bot.telegram.calls('getUpdates').length > 1, 'a poll that waits');
  // It displaces only a poll that waits.
  const displaced = () => {
    bot.telegram.secondPoller();
    expect(bot.logged.join('')).toContain('Another copy of the bot');
  };
  await waitFor(displaced);
  // For whoever asks the doctor.
  expect(bot.store.facts.get(TOKEN_SHARED)).toBe(true);
  expect(bot.telegram.calls('getUpdates').length).toBeLessThan(5);
});

test('without an owner the link of the log makes its first user the owner, once', async () => {
  const bot = await startHarness({ config: () => ({ owners: [], guests: [], chat: undefined }) });
  await logs(bot, '?start=');
  const link = /start=([\w-]+)/.exec(bot.logged.join(''))?.[1] ?? '';
  await bot.telegram.person(STRANGER).send('/start wrong-code');
  await bot.telegram.waitFor('Private bot', { chat: STRANGER });
  await bot.telegram.send(`/start ${link}`);
  await bot.telegram.send('/status');
  await bot.telegram.waitFor('configured');
  expect(bot.bot.chat()).toBe(OWNER);
  const stranger = bot.telegram.person(STRANGER);
  await stranger.send(`/start ${link}`);
  await stranger.send('/status');
  await bot.telegram.send('/logs immich last');
  await bot.telegram.waitFor('last');
  expect(bot.deeds.looks).toBe(1);
});

test('sendDirectly goes past the store', async () => {
  const bot = await startHarness();
  bot.store.outbox.put = () => {
    throw new Error('database or disk is full');
  };
  expect(await bot.bot.sendDirectly(note('critical'))).toBe(true);
  const told = await bot.telegram.waitFor('critical');
  expect(told.silent).toBe(false);
});

test('a card that cannot be drawn is given up and holds up nothing', async () => {
  const bot = await startHarness();
  const broken = { kind: 'of another version' } as unknown as Report;
  bot.store.outbox.put({ key: 'broken', chat: OWNER, body: { what: 'report', report: broken } });
  put(bot, 'behind');
  await bot.telegram.waitFor('behind');
  expect(bot.logged.join('')).toContain('cannot draw a card');
});

test('what a refused stranger goes on to send is not even kept', async () => {
  const bot = await startHarness();
  const stranger = bot.telegram.person(STRANGER);
  await stranger.send('/start');
  await bot.telegram.waitFor('Private bot', { chat: STRANGER });
  for (let count = 0; count < 5; count += 1) await stranger.send('spam');
  await bot.telegram.send('/logs immich last');
  await bot.telegram.waitFor('last');
  const { count } = bot.store.database.get<{ count: number }>('select count(*) as count from intake') ?? {};
  expect(count).toBe(2);
});

test('work that a kill cut off is told at the next start, on its card and in a message that rings', async () => {
  const bot = await startHarness();
  await bot.telegram.send('/restart immich');
  const plan = await bot.telegram.waitFor('Restart immich?');
  const card = await waitFor(() => {
    const key = bot.store.outbox.keyOf(OWNER, plan.id);
    expect(key).toBeDefined();
    return key ?? '';
  });
  await bot.stop();
  bot.start();
  // As a process leaves it that was killed while it worked.
  bot.store.outbox.put({
    key: card,
    chat: OWNER,
    body: {
      what: 'report',
      report: { kind: 'work', verb: 'restart', service: 'immich', steps: [], startedAt: 0, at: 0 },
    },
  });
  const dead = { kind: 'command', by: 'cli:root', owner: 'process:dead' } as const;
  bot.store.runs.begin({ ...dead, name: 'restart', subject: 'immich', card });
  bot.store.runs.begin({ ...dead, name: 'stop', subject: 'vaultwarden', card: undefined });
  await bot.stop();
  const since = bot.telegram.mark();
  bot.start();
  const told = await bot.telegram.waitFor('in the middle of: restart immich', { since });
  await bot.telegram.waitFor('in the middle of: stop vaultwarden', { since });
  await bot.telegram.until(() => bot.telegram.ringing({ since }).length === 2, 'two that ring');
  expect(bot.telegram.messages().filter(({ text }) => text.includes('restart immich'))).toHaveLength(2);
  expect(told.buttons).toEqual([]);
});
