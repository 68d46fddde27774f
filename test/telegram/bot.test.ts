import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/app.ts';
import { GUEST, OWNER, startHarness, STRANGER } from './harness.ts';

describe('commands', () => {
  test('a look is answered as a silent reply', async () => {
    const { telegram } = await startHarness();
    const { message_id: id } = await telegram.send('/status');
    const answer = await telegram.waitFor('configured');
    expect(answer).toMatchObject({ replyTo: id, silent: true, edits: 0 });
  });

  test('a command with the name of the bot is ours, with another name it is not', async () => {
    const { telegram, deeds } = await startHarness();
    await telegram.send('/status@somebody_else_bot');
    await telegram.send(`/STATUS@${telegram.world.bot.username} `);
    await telegram.waitFor('configured');
    expect(deeds.looks).toBe(1);
  });

  test('an unknown command names the nearest ones', async () => {
    const { telegram } = await startHarness();
    await telegram.send('/statsu immich');
    const answer = await telegram.waitFor('/statsu');
    expect(answer.text).toContain('/status');
  });

  test('text that is no command gets a short answer', async () => {
    const { telegram } = await startHarness();
    await telegram.send('hello there');
    const answer = await telegram.waitFor('/help');
    expect(answer.silent).toBe(true);
  });

  test('a bare command that needs a service offers the services, and the tap becomes its plan on the same card', async () => {
    const { telegram } = await startHarness();
    await telegram.send('/restart');
    const choice = await telegram.waitFor('Which service?');
    expect(choice.buttons).toEqual([['Immich', 'Vaultwarden']]);
    telegram.tap('Vaultwarden');
    const plan = await telegram.waitFor('Restart vaultwarden?');
    expect(plan.id).toBe(choice.id);
  });

  test('a bare command offers only the services that it can do something for', async () => {
    const { telegram } = await startHarness();
    await telegram.send('/restore');
    const choice = await telegram.waitFor('Which service?');
    expect(choice.buttons).toEqual([['Vaultwarden']]);
  });

  test('Refresh changes its own card', async () => {
    const { telegram, deeds } = await startHarness();
    await telegram.send('/status');
    const card = await telegram.waitFor('configured');
    await telegram.tap('Refresh').answered;
    await telegram.until(() => deeds.looks === 2, 'a second look');
    await telegram.until(() => telegram.calls('editMessageText').length > 0, 'an edit');
    expect(
      telegram
        .messages()
        .filter(({ from }) => from === 'bot')
        .map(({ id }) => id),
    ).toEqual([card.id]);
  });

  test('an error of a command is told without its stack, and secrets in it are masked', async () => {
    const { telegram } = await startHarness({
      commands: () => [
        {
          name: 'status',
          usage: '',
          purpose: 'look',
          run: async () => {
            throw new Error('outer', { cause: new Error('no route, password=hunter22') });
          },
        },
      ],
    });
    await telegram.send('/status');
    const answer = await telegram.waitFor('no route');
    expect(answer.text).toContain('•••');
    expect(answer.text).not.toContain('hunter22');
  });

  test('a command older than ten minutes is offered, and obeyed when its button is tapped', async () => {
    const { telegram, deeds, later } = await startHarness();
    await telegram.send('/status');
    await telegram.waitFor('configured');
    later(11 * 60_000);
    await telegram.send('/status immich');
    const offer = await telegram.waitFor('/status immich');
    expect(deeds.looks).toBe(1);
    telegram.tap(offer.buttons[0]?.[0] ?? '');
    await telegram.until(() => deeds.looks === 2, 'the command to be obeyed');
  });

  test('text that looks like markup arrives as it is', async () => {
    const { telegram } = await startHarness();
    await telegram.send('/logs immich <b>&amp;</i>"<script>');
    const answer = await telegram.waitFor('<b>&amp;</i>"<script>');
    expect(answer.html).toContain('&lt;b&gt;&amp;amp;&lt;/i&gt;');
  });

  test('an answer over the limit is shortened and arrives', async () => {
    const { telegram } = await startHarness();
    await telegram.send(`/logs immich ${'<&>'.repeat(1300)}`);
    const answer = await telegram.waitFor('<&>');
    expect([...answer.text].length).toBeLessThanOrEqual(4096);
    expect(telegram.calls('sendMessage')).toHaveLength(1);
  });

  test('a report as a file is sent as a document', async () => {
    const { telegram } = await startHarness();
    await telegram.send('/logs immich one+line file');
    const answer = await telegram.waitFor(({ media }) => media === 'document');
    expect(answer.fileName).toMatch(/^immich-.*\.log$/);
  });
});

describe('access', () => {
  test('a stranger is refused once a day, then there is silence', async () => {
    const { telegram, deeds, later } = await startHarness();
    const stranger = telegram.person(STRANGER);
    await stranger.send('/status');
    await telegram.waitFor('Private bot', { chat: STRANGER });
    await stranger.send('/status');
    await stranger.send('let me in');
    await telegram.send('/status');
    await telegram.waitFor('configured');
    expect(telegram.messages(STRANGER).filter(({ from }) => from === 'bot')).toHaveLength(1);
    expect(deeds.looks).toBe(1);
    later(25 * 3_600_000);
    await stranger.send('/status');
    await telegram.waitFor('Private bot', { chat: STRANGER });
  });

  test("a stranger's picture is not taken", async () => {
    const { telegram, taken } = await startHarness();
    await telegram.person(STRANGER).file('a.png', new Uint8Array([1]));
    await telegram.waitFor('Private bot', { chat: STRANGER });
    expect(taken).toEqual([]);
  });

  test('a guest may look and send pictures, nothing else', async () => {
    const { telegram, taken, deeds } = await startHarness();
    const guest = telegram.person(GUEST);
    await guest.send('/restart immich');
    await telegram.waitFor('The rest is for the owner', { chat: GUEST });
    await guest.send('/status');
    await telegram.waitFor('configured', { chat: GUEST });
    await guest.file('a.png', new Uint8Array([1]), { caption: 'look' });
    await telegram.until(() => taken.length === 1, 'the picture');
    expect(taken[0]).toMatchObject({
      chat: GUEST,
      caption: 'look',
      source: { kind: 'document', name: 'a.png' },
    });
    expect(deeds.restarts).toEqual([]);
  });

  test('in a group that is not ours nobody is answered, the owner neither', async () => {
    const { telegram, deeds } = await startHarness();
    const group = telegram.addGroup({ members: [OWNER, STRANGER] });
    await telegram.send('/status', { chat: group });
    await telegram.person(STRANGER).send('/status', { chat: group });
    await telegram.send('/status');
    await telegram.waitFor('configured');
    expect(telegram.messages(group).filter(({ from }) => from === 'bot')).toEqual([]);
    expect(deeds.looks).toBe(1);
  });

  test("in our group the owner is answered, a stranger is not, and his tap on the owner's plan does nothing", async () => {
    let group = 0;
    const { telegram, deeds } = await startHarness({
      config: (one) => ({ chat: (group = one.addGroup({ members: [OWNER, STRANGER] })) }),
    });
    await telegram.send('/status', { chat: group });
    await telegram.waitFor('configured', { chat: group });
    await telegram.person(STRANGER).send('/status', { chat: group });
    await telegram.send('/restart immich', { chat: group });
    await telegram.waitFor('Restart immich?', { chat: group });
    const refused = await telegram.person(STRANGER).tap('Restart', { chat: group }).answered;
    expect(refused).toMatchObject({ text: 'This button is not for you.' });
    expect(deeds.restarts).toEqual([]);
    await telegram.tap('Restart', { chat: group }).answered;
    await telegram.waitFor('immich restarted', { chat: group });
    expect(deeds).toMatchObject({ restarts: ['immich'], looks: 1 });
  });
});

describe('plans', () => {
  test('a plan rings, is confirmed once, and becomes its result on the same card', async () => {
    const { telegram, deeds } = await startHarness();
    await telegram.send('/restart immich');
    const plan = await telegram.waitFor('Restart immich?');
    expect(plan).toMatchObject({ silent: false, buttons: [['Restart', 'Cancel']] });
    telegram.tap('Restart');
    const done = await telegram.waitFor('immich restarted');
    expect(done).toMatchObject({ id: plan.id, buttons: [] });
    expect(deeds.restarts).toEqual(['immich']);
  });

  test('two taps on one button act once; the second is told so', async () => {
    const { telegram, deeds } = await startHarness();
    await telegram.send('/restart immich');
    const plan = await telegram.waitFor('Restart immich?');
    const first = telegram.tap('Restart', { message: plan.id });
    const second = telegram.tapOld('Restart', { message: plan.id });
    expect(await first.answered).not.toHaveProperty('text', 'Already answered.');
    expect(await second.answered).toMatchObject({ text: 'Already answered.' });
    await telegram.waitFor('immich restarted');
    expect(deeds.restarts).toEqual(['immich']);
  });

  test('Cancel changes nothing and takes the buttons away', async () => {
    const { telegram, deeds } = await startHarness();
    await telegram.send('/restart immich');
    await telegram.waitFor('Restart immich?');
    telegram.tap('Cancel');
    const card = await telegram.waitFor('Nothing was changed');
    expect(card.buttons).toEqual([]);
    expect(deeds.restarts).toEqual([]);
  });

  test('an expired plan says so, and its button shows a new one that holds', async () => {
    const { telegram, deeds, later } = await startHarness();
    await telegram.send('/restart immich');
    await telegram.waitFor('Restart immich?');
    later(2 * 60_000 + 1);
    telegram.tap('Restart');
    const expired = await telegram.waitFor('expired');
    expect(deeds.restarts).toEqual([]);
    telegram.tap(expired.buttons[0]?.[0] ?? '');
    await telegram.waitFor('Restart immich?');
    telegram.tap('Restart');
    await telegram.waitFor('immich restarted');
  });

  test('a tap after the world has changed gets the new plan, not the act', async () => {
    const { telegram, deeds } = await startHarness();
    await telegram.send('/restart immich');
    const old = await telegram.waitFor('Restart immich?');
    deeds.state = 'stopped meanwhile';
    telegram.tap('Restart');
    await telegram.waitFor('Things have changed');
    const plan = await telegram.waitFor('Restart immich?');
    expect(plan.id).not.toBe(old.id);
    expect(deeds.restarts).toEqual([]);
    telegram.tap('Restart');
    await telegram.waitFor('immich restarted');
    expect(deeds.restarts).toEqual(['immich']);
  });

  test('a tap after a restart of the bot still holds', async () => {
    const { telegram, deeds, stop, start } = await startHarness();
    await telegram.send('/restart immich');
    await telegram.waitFor('Restart immich?');
    await stop();
    start();
    telegram.tap('Restart');
    await telegram.waitFor('immich restarted');
    expect(deeds.restarts).toEqual(['immich']);
  });

  test('work is shown while it runs, and work over 30 s ends in a new message that rings', async () => {
    const { telegram, deeds, later } = await startHarness();
    const gate = Promise.withResolvers<void>();
    deeds.gate = gate.promise;
    await telegram.send('/restart immich');
    const plan = await telegram.waitFor('Restart immich?');
    telegram.tap('Restart');
    const working = await telegram.waitFor('Restarting immich');
    expect(working.id).toBe(plan.id);
    later(31_000);
    gate.resolve();
    const done = await telegram.waitFor('immich restarted');
    expect(done).toMatchObject({ silent: false, replyTo: plan.id });
    expect(done.id).not.toBe(plan.id);
    // The card of the work does not look as if it went on.
    await telegram.until(
      () => telegram.message(plan.id)?.text.startsWith('🏁 Restart of immich') === true,
      'its end',
    );
  });

  test('work that no plan announced shows its steps while it runs, and becomes its result on the same card', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const command: Command = {
      name: 'backup',
      usage: '<service>',
      purpose: 'act',
      plan: () => Promise.resolve(undefined),
      shows: (_app, [service = '']) => ({ verb: 'backup', service }),
      async run(_app, _args, { progress }) {
        progress.plan([{ step: 'copy-files' }, { step: 'prove' }]);
        progress.begin('copy-files');
        progress.amount(118e6, 240e6);
        await promise;
        return { kind: 'note', note: { key: 'cancelled' } };
      },
    };
    const { telegram } = await startHarness({ commands: () => [command] });
    await telegram.send('/backup vaultwarden');
    const card = await telegram.waitFor('Backing up vaultwarden');
    await telegram.waitFor('Files – 118 MB of 240 MB');
    resolve();
    expect((await telegram.waitFor('Cancelled')).id).toBe(card.id);
  });

  test('work that the end of the process cuts off says so', async () => {
    const { telegram, deeds, stop, start } = await startHarness();
    deeds.gate = new Promise(() => {});
    await telegram.send('/restart immich');
    await telegram.waitFor('Restart immich?');
    telegram.tap('Restart');
    await telegram.waitFor('Restarting immich');
    await stop();
    await telegram.waitFor('stopped in the middle of: restart immich');
    deeds.gate = Promise.resolve();
    start();
    await telegram.send('/status');
    await telegram.waitFor('configured');
    expect(deeds.restarts).toEqual(['immich']);
  }, 20_000);
});

describe('pictures', () => {
  test('an album is taken part by part, onto one card', async () => {
    const { telegram, taken } = await startHarness();
    const part = { kind: 'document', name: 'a.png', bytes: new Uint8Array([1]) } as const;
    await telegram.album([part, { ...part, name: 'b.png' }, { ...part, name: 'c.png' }]);
    await telegram.until(() => taken.length === 3, 'three pictures');
    expect(new Set(taken.map(({ card }) => card)).size).toBe(1);
    expect(taken.map(({ source }) => source.name)).toEqual(['a.png', 'b.png', 'c.png']);
  });

  test('a live photo is taken as its still', async () => {
    const { telegram, taken } = await startHarness();
    await telegram.photo(new Uint8Array([1]), { width: 10, height: 20, motion: new Uint8Array([2]) });
    await telegram.until(() => taken.length === 1, 'the picture');
    expect(taken[0]?.source).toMatchObject({ kind: 'live-photo', width: 10, height: 20 });
  });
});

describe('the list of commands', () => {
  const KOREAN = 700_000_003;
  const people = [
    { id: OWNER },
    { id: GUEST, started: true },
    { id: KOREAN, language_code: 'ko', started: true },
  ];

  test('is whole for the owner, short for a guest, /start for others', async () => {
    const { telegram } = await startHarness({ telegram: { people } });
    const names = (person: number) => telegram.commands(person).map(({ command }) => command);
    await telegram.until(() => telegram.calls('setMyCommands').length === 6, 'three lists in two languages');
    expect([OWNER, GUEST, KOREAN].map(names)).toEqual([
      ['status', 'restart', 'logs', 'restore'],
      ['status'],
      [],
    ]);
  });

  test('is in the language of the phone where none was chosen', async () => {
    const { telegram } = await startHarness({
      telegram: { people },
      config: () => ({ owners: [OWNER, KOREAN] }),
    });
    await telegram.until(() => telegram.calls('setMyCommands').length === 8, 'four lists in two languages');
    expect(telegram.commands(OWNER)[1]?.description).toBe('Restart a service');
    expect(telegram.commands(KOREAN)[1]?.description).toBe('서비스 재시작');
  });

  test('is in the language that was chosen, on every phone; the other lists go', async () => {
    const harness = await startHarness({ telegram: { people } });
    const { telegram } = harness;
    await telegram.until(() => telegram.calls('setMyCommands').length === 6, 'three lists in two languages');
    await harness.stop();
    harness.speak('ko');
    harness.start();
    await telegram.until(() => telegram.calls('deleteMyCommands').length === 3, 'the Korean lists to go');
    expect(telegram.commands(OWNER)[1]?.description).toBe('서비스 재시작');
    await telegram.send('/status');
    await telegram.waitFor('설정된 서비스가 없습니다');
  });
});
