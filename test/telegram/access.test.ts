import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/app.ts';
import { createCommands, GUEST, OWNER, startHarness, STRANGER, type Deeds } from './harness.ts';
import { waitFor } from '../wait.ts';

const withStart = (deeds: Deeds): Command[] => [
  ...createCommands(deeds),
  {
    name: 'start',
    usage: '[service]',
    purpose: 'act',
    run: async (_app, args) => {
      if (args.length > 0) throw new Error(`started ${args.join(' ')}`);
      return { kind: 'start', host: 'minipc', services: [], actions: [] };
    },
  },
  {
    name: 'help',
    usage: '',
    purpose: 'about',
    guests: true,
    run: async (app) => ({
      kind: 'help',
      commands: app.commands.map(({ name, usage, purpose }) => ({ name, usage, purpose })),
    }),
  },
];

describe('enrolment', () => {
  const startWithoutOwner = () =>
    startHarness({
      config: () => ({ owners: [], guests: [], chat: undefined }),
      commands: withStart,
    });

  /** The newest link in the log. */
  async function codeOf(bot: { logged: string[] }, after = 0): Promise<string> {
    const find = () => bot.logged.slice(after).flatMap((line) => /start=([\w-]+)/.exec(line)?.[1] ?? []);
    await waitFor(() => expect(find()).not.toEqual([]));
    return find().at(-1) ?? '';
  }

  test('the link greets its owner, and gives him the list of commands', async () => {
    const bot = await startWithoutOwner();
    await bot.telegram.send(`/start ${await codeOf(bot)}`);
    const greeting = await bot.telegram.waitFor('Connected to minipc');
    expect(greeting.chat).toBe(OWNER);
    await bot.telegram.until(() => bot.telegram.commands(OWNER).length > 1, 'the whole list');
  });

  test('the link opened again greets again, and takes no second owner', async () => {
    const bot = await startWithoutOwner();
    const code = await codeOf(bot);
    await bot.telegram.send(`/start ${code}`);
    await bot.telegram.waitFor('Connected to minipc');
    await bot.telegram.send(`/start ${code}`);
    await bot.telegram.waitFor('Connected to minipc');
    await bot.telegram.person(STRANGER).send(`/start ${code}`);
    await bot.telegram.waitFor('Private bot', { chat: STRANGER });
    expect(bot.bot.chat()).toBe(OWNER);
  });

  test('a link after its ten minutes says so and takes nobody; that of the next start holds', async () => {
    const bot = await startWithoutOwner();
    const late = await codeOf(bot);
    bot.later(10 * 60_000 + 1);
    bot.telegram.advance(10 * 60_000 + 1);
    await bot.telegram.send(`/start ${late}`);
    await bot.telegram.waitFor('This link has run out');
    expect(bot.bot.chat()).toBeUndefined();
    await bot.stop();
    const before = bot.logged.length;
    bot.start();
    const code = await codeOf(bot, before);
    await bot.telegram.send(`/start ${late}`);
    await bot.telegram.waitFor('Private bot');
    await bot.telegram.send(`/start ${code}`);
    await bot.telegram.waitFor('Connected to minipc');
    expect(bot.bot.chat()).toBe(OWNER);
  });

  test('a wrong code is a stranger like any other, whatever it looks like', async () => {
    const bot = await startWithoutOwner();
    const code = await codeOf(bot);
    const stranger = bot.telegram.person(STRANGER);
    await stranger.send(`/start ${'A'.repeat(code.length)}`);
    await bot.telegram.waitFor('Private bot', { chat: STRANGER });
    await stranger.send('/start 가나다');
    await stranger.send('/start');
    await bot.telegram.send(`/start ${code}`);
    await bot.telegram.waitFor('Connected to minipc');
    expect(bot.telegram.messages(STRANGER).filter(({ from }) => from === 'bot')).toHaveLength(1);
  });

  test('where an owner is configured there is no link, and a code greets him all the same', async () => {
    const bot = await startHarness({ commands: withStart });
    await bot.telegram.send('/start sZ0h-9hqX_tRkAbCdEfGhIjK');
    await bot.telegram.waitFor('Connected to minipc');
    expect(bot.logged.join('')).not.toContain('?start=');
  });
});

describe('a guest', () => {
  test('sees the status without buttons that are not for him', async () => {
    const { telegram } = await startHarness({ commands: withStart });
    await telegram.person(GUEST).send('/status');
    const card = await telegram.waitFor('configured', { chat: GUEST });
    expect(card.buttons).toEqual([['Refresh']]);
    await telegram.send('/status');
    expect((await telegram.waitFor('configured')).buttons).toEqual([['Refresh', 'Restart immich']]);
  });

  test('is told what he may do by /start and by what he may not do, and gets a list of just that', async () => {
    const { telegram, deeds } = await startHarness({ commands: withStart });
    const guest = telegram.person(GUEST);
    for (const text of ['/start', '/restart immich', '/logs immich']) {
      await guest.send(text);
      await telegram.waitFor('You are a guest here', { chat: GUEST });
    }
    await guest.send('/help');
    const help = await telegram.waitFor('/status', { chat: GUEST });
    expect(help.text).not.toMatch(/\/restart|\/start|\/logs/);
    await guest.send('/stauts');
    await telegram.waitFor('Did you mean /status?', { chat: GUEST });
    await guest.send('/restrat');
    await telegram.waitFor('/help lists what I do', { chat: GUEST });
    expect(telegram.commands(GUEST).map(({ command }) => command)).toEqual(['status', 'help']);
    expect(deeds.restarts).toEqual([]);
  });

  test("who taps on an owner's button in the group is told so, and nothing happens", async () => {
    let group = 0;
    const { telegram, deeds } = await startHarness({
      commands: withStart,
      config: (one) => ({ chat: (group = one.addGroup({ members: [OWNER, GUEST] })) }),
    });
    await telegram.send('/status', { chat: group });
    await telegram.waitFor('configured', { chat: group });
    telegram.person(GUEST).tap('Restart immich', { chat: group });
    await telegram.waitFor('You are a guest here', { chat: group });
    await telegram.send('/restart immich', { chat: group });
    await telegram.waitFor('Restart immich?', { chat: group });
    const answered = await telegram.person(GUEST).tap('Restart', { chat: group }).answered;
    expect(answered?.text ?? '').not.toBe('');
    expect(deeds.restarts).toEqual([]);
  });

  test('is not told the cause of a failure, which may name anything of the host', async () => {
    const { telegram } = await startHarness({
      commands: () => [
        {
          name: 'status',
          usage: '',
          purpose: 'look',
          guests: true,
          run: async () => {
            throw new Error('cannot open /run/agenix/secret');
          },
        },
      ],
    });
    await telegram.person(GUEST).send('/status');
    const told = await telegram.waitFor('could not work this message off', { chat: GUEST });
    expect(told.text).not.toContain('agenix');
  });
});
