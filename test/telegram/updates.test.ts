import { describe, expect, test } from 'vitest';
import { cancel } from '../../commands/cancel.ts';
import type { Command, Plan, Run } from '../../src/app.ts';
import type { Report } from '../../src/report.ts';
import type { UpdateOutcome, UpdatePlan } from '../../src/report/updates.ts';
import { OWNER, STRANGER, startHarness, type Harness } from './harness.ts';

const MINUTE = 60_000;

const updatePlan = (service = 'immich'): UpdatePlan => ({
  service,
  title: service,
  from: 'v1',
  to: 'v2',
  key: 'v2',
  images: [],
  size: undefined,
  stops: [service],
  withData: true,
  notCovered: undefined,
  limit: 10 * MINUTE,
  away: undefined,
  hazards: [],
  notes: undefined,
  at: 0,
});

const outcomeOf = (verb: 'update' | 'rollback', service: string, outcome: UpdateOutcome): Report => ({
  kind: 'update-outcome',
  verb,
  id: '1',
  service,
  title: service,
  outcome,
  from: 'v1',
  to: 'v2',
  took: 1000,
  down: undefined,
  containers: 1,
  why: undefined,
  lastLines: [],
  data: undefined,
  keptAt: undefined,
  lost: outcome === 'down' ? { why: { kind: 'gone' }, command: 'steward rollback immich' } : undefined,
  warnings: [],
  notes: undefined,
  at: 0,
});

type Deeds = {
  /** What the plan sees. */
  state: string;
  runs: { plan: Plan | undefined; args: readonly string[] }[];
  /** How the run goes on, with what it needs for that. */
  work: (run: Run) => Promise<UpdateOutcome>;
};

/** An update that asks with a tap, and a rollback that asks for the service's name. */
const commandsOf = (deeds: Deeds): Command[] => {
  const run =
    (verb: 'update' | 'rollback'): Command['run'] =>
    async (_app, args, one) => {
      deeds.runs.push({ plan: one.plan, args });
      return outcomeOf(verb, args[0] ?? '', await deeds.work(one));
    };
  return [
    cancel,
    {
      name: 'update',
      usage: '<service>',
      purpose: 'act',
      plan: async (_app, [service = '']) => ({
        report: { kind: 'update-plan', ...updatePlan(service) },
        fingerprint: deeds.state,
      }),
      run: run('update'),
      resume: async (app, [service = '']) => {
        const row = app.store.updates.open(service);
        if (row === undefined) return undefined;
        app.store.updates.end(row.id, 'rolled-back');
        return outcomeOf('update', service, 'rolled-back');
      },
    },
    {
      name: 'rollback',
      usage: '<service>',
      purpose: 'act',
      plan: async (_app, [service = '']) => ({
        report: {
          kind: 'rollback-plan',
          id: '1',
          service,
          title: service,
          from: 'v2',
          to: 'v1',
          stops: [service],
          data: { asOf: 0, lost: [] },
          reason: 'other-schema',
          away: undefined,
          at: 0,
        },
        fingerprint: deeds.state,
        typed: service,
      }),
      run: run('rollback'),
    },
  ];
};

async function scene(config?: Parameters<typeof startHarness>[0]): Promise<Harness & { acts: Deeds }> {
  const acts: Deeds = { state: 'as it is', runs: [], work: async () => 'updated' };
  const harness = await startHarness({ ...config, commands: () => commandsOf(acts) });
  const services = { all: [{ name: 'immich' }, { name: 'blog' }], find: (name: string) => ({ name }) };
  Object.assign(harness.app, { services });
  return Object.assign(harness, { acts });
}

const begin = ({ store }: Harness, service = 'immich', verb: 'update' | 'rollback' = 'update') =>
  store.updates.begin({ service, verb, by: 'x', plan: updatePlan(service), facts: { from: {}, to: {} } });

/** An update whose stages the test decides. */
async function running(harness: Harness & { acts: Deeds }) {
  const end = Promise.withResolvers<UpdateOutcome>();
  const begun = Promise.withResolvers<{ id: string; run: Run }>();
  harness.acts.work = (run) => {
    const { id } = begin(harness);
    run.progress.plan([{ step: 'backup' }, { step: 'stop' }, { step: 'health' }]);
    run.progress.begin('backup');
    begun.resolve({ id, run });
    return end.promise;
  };
  await harness.telegram.send('/update immich');
  const card = await harness.telegram.waitFor('Update immich');
  harness.telegram.tap('Back up and update');
  const { id, run } = await begun.promise;
  return {
    id,
    run,
    card: card.id,
    step(stage: 'moving' | 'starting' | 'back', step: string) {
      harness.store.updates.record(id, { stage });
      run.progress.begin(step);
    },
    end(outcome: UpdateOutcome) {
      harness.store.updates.end(id, outcome);
      end.resolve(outcome);
    },
    buttons: (wanted: string[][]) =>
      harness.telegram.until(
        () => JSON.stringify(harness.telegram.message(card.id)?.buttons) === JSON.stringify(wanted),
        `the buttons ${JSON.stringify(wanted)}`,
      ),
  };
}

describe('a confirmed plan', () => {
  test('is handed to the command as it was confirmed', async () => {
    const { telegram, acts } = await scene();
    await telegram.send('/update immich v2');
    await telegram.waitFor('Update immich');
    telegram.tap('Back up and update');
    await telegram.waitFor('immich runs v2');
    expect(acts.runs).toMatchObject([
      {
        args: ['immich', 'v2'],
        plan: { fingerprint: 'as it is', report: { kind: 'update-plan', key: 'v2' } },
      },
    ]);
  });

  test('says until when it holds, and no more once it was answered', async () => {
    const { telegram } = await scene();
    await telegram.send('/update immich');
    const card = await telegram.waitFor('Valid until');
    telegram.tap('Cancel');
    await telegram.waitFor('Nothing was changed');
    expect(telegram.message(card.id)?.text).not.toContain('Valid until');
  });
});

describe('the card of a running update', () => {
  test('offers to cancel before the stop, the way back after it, nothing on the way back and after the end', async () => {
    const harness = await scene();
    const update = await running(harness);
    await update.buttons([['Cancel']]);
    update.step('moving', 'stop');
    await update.buttons([['Roll back now!']]);
    update.step('back', 'back-stop');
    await update.buttons([]);
    update.end('rolled-back');
    const done = await harness.telegram.waitFor('v1 is back and healthy');
    expect(done).toMatchObject({ id: update.card, buttons: [] });
  });

  test('Cancel is asked of the update, and told over the chat', async () => {
    const harness = await scene();
    const update = await running(harness);
    await update.buttons([['Cancel']]);
    const answer = await harness.telegram.tap('Cancel').answered;
    expect(answer).toMatchObject({ text: '⏳ immich: the update is being cancelled.' });
    expect(harness.store.updates.takeWish(update.id)).toBe('cancel');
    update.end('unchanged');
    await harness.telegram.waitFor('immich was not updated');
  });

  test('two taps on the way back ask once; the second is told so', async () => {
    const harness = await scene();
    const update = await running(harness);
    update.step('moving', 'stop');
    await update.buttons([['Roll back now!']]);
    const first = harness.telegram.tap('Roll back now!');
    const second = harness.telegram.tap('Roll back now!');
    expect(await first.answered).toMatchObject({ text: '⏳ immich: going back to the old version.' });
    expect(await second.answered).toMatchObject({ text: 'Already answered.' });
    expect(harness.store.updates.takeWish(update.id)).toBe('roll-back');
    update.end('rolled-back');
    await harness.telegram.waitFor('v1 is back and healthy');
  });

  test('a Cancel that comes after the stop does nothing', async () => {
    const harness = await scene();
    const update = await running(harness);
    await update.buttons([['Cancel']]);
    harness.store.updates.record(update.id, { stage: 'moving' });
    const answer = await harness.telegram.tap('Cancel').answered;
    expect(answer).toMatchObject({ text: expect.stringContaining('too late to cancel') as string });
    expect(harness.store.updates.takeWish(update.id)).toBeUndefined();
    update.end('updated');
    await harness.telegram.waitFor('immich runs v2');
  });

  test('a button of an earlier update does nothing to a later one', async () => {
    const harness = await scene();
    const update = await running(harness);
    await update.buttons([['Cancel']]);
    harness.store.updates.end(update.id, 'updated');
    const { id } = begin(harness);
    const answer = await harness.telegram.tap('Cancel', { message: update.card }).answered;
    expect(answer).toMatchObject({ text: '✋ immich: that update is over.' });
    expect(harness.store.updates.takeWish(id)).toBeUndefined();
    update.end('updated');
    await harness.telegram.waitFor('immich runs v2');
  });

  test('more time is offered once it has waited for half its limit', async () => {
    const harness = await scene();
    const update = await running(harness);
    update.step('starting', 'health');
    await update.buttons([['Roll back now!']]);
    harness.later(6 * MINUTE);
    // Drawn again by another step, the health check still going on.
    update.run.progress.plan([{ step: 'after' }]);
    await update.buttons([['Roll back now!'], ['Wait 10 min more']]);
    await harness.telegram.tap('Wait 10 min more').answered;
    expect(harness.store.updates.takeWish(update.id)).toBe('wait');
    update.end('updated');
    await harness.telegram.waitFor('immich runs v2');
  });

  test('one that a kill cuts off is taken up, and answered to its card', async () => {
    const harness = await scene();
    const { telegram, store } = harness;
    await telegram.send('/update immich');
    const { id } = await telegram.waitFor('Update immich');
    await telegram.until(() => store.outbox.keyOf(OWNER, id) !== undefined, 'the card to be known');
    begin(harness);
    // What a process that is gone leaves behind.
    const of = { kind: 'command', name: 'update', subject: 'immich', args: ['immich'], by: 'x' } as const;
    store.runs.begin({ ...of, card: store.outbox.keyOf(OWNER, id), owner: 'process:gone' });
    await harness.stop();
    harness.start();
    const told = await telegram.waitFor('v1 is back and healthy');
    expect(told).toMatchObject({ replyTo: id, silent: false });
    expect(telegram.message(id)?.text).toContain('I take it up again');
  });

  test('a service that is down is told in a message that rings, however short it was', async () => {
    const harness = await scene();
    const update = await running(harness);
    update.end('down');
    const told = await harness.telegram.waitFor('immich is DOWN');
    expect(told).toMatchObject({ silent: false, replyTo: update.card });
  });
});

describe('cancel', () => {
  const ask = (harness: Harness, ...args: string[]) =>
    cancel.run(harness.app, args, { by: 'x' } as Run).then((report) => report.kind === 'note' && report.note);

  test('bare means the one that runs', async () => {
    const harness = await scene();
    await expect(ask(harness)).rejects.toThrow('No update is running.');
    const { id } = begin(harness, 'blog');
    expect(await ask(harness)).toEqual({ key: 'asked', what: 'cancel', service: 'blog' });
    expect(harness.store.updates.takeWish(id)).toBe('cancel');
    begin(harness, 'immich');
    await expect(ask(harness)).rejects.toThrow('Say which of them: immich, blog.');
  });

  test('of nothing that runs says so', async () => {
    expect(await ask(await scene(), 'immich')).toEqual({ key: 'not-asked', why: 'over', service: 'immich' });
  });

  test('a rollback can be cancelled before its stop, and is seen through after it', async () => {
    const harness = await scene();
    const { id } = begin(harness, 'immich', 'rollback');
    expect(await ask(harness, 'immich')).toMatchObject({ key: 'asked' });
    harness.store.updates.record(id, { stage: 'moving' });
    await expect(ask(harness, 'immich', 'now')).rejects.toThrow('seen through');
  });

  test('another word is refused with those that are known', async () => {
    await expect(ask(await scene(), 'immich', 'later')).rejects.toThrow('say now (roll back) or wait');
  });
});

describe('a plan that asks for a word', () => {
  const asked = async (harness: Harness) => {
    await harness.telegram.send('/rollback immich');
    return harness.telegram.waitFor('To go ahead, reply: immich');
  };

  test('has no button for yes, and goes ahead below the word, case and blanks aside', async () => {
    const harness = await scene();
    const { telegram, acts } = harness;
    const card = await asked(harness);
    expect(card.buttons).toEqual([['Copy', 'Cancel']]);
    const { message_id: word } = await telegram.send('  Immich ');
    const done = await telegram.waitFor('immich is back on v2');
    expect(done.replyTo).toBe(word);
    await telegram.until(() => telegram.message(card.id)?.buttons.length === 0, 'the buttons to go');
    expect(telegram.message(card.id)?.text).not.toContain('To go ahead');
    expect(acts.runs).toHaveLength(1);
  });

  test('another word changes nothing, and the plan still holds', async () => {
    const harness = await scene();
    const { telegram, acts } = harness;
    await asked(harness);
    await telegram.send('imich');
    await telegram.waitFor('That is another word');
    expect(acts.runs).toEqual([]);
    await telegram.send('immich');
    await telegram.waitFor('immich is back on v2');
  });

  test('is used up by its word, and by Cancel', async () => {
    const harness = await scene();
    const { telegram, acts } = harness;
    await asked(harness);
    await telegram.send('immich');
    await telegram.waitFor('immich is back on v2');
    await telegram.send('immich');
    await telegram.waitFor('I do not know immich');
    await telegram.send('/rollback blog');
    await telegram.waitFor('reply: blog');
    telegram.tap('Cancel');
    await telegram.waitFor('Cancelled');
    await telegram.send('blog');
    await telegram.waitFor('I do not know blog');
    expect(acts.runs).toHaveLength(1);
  });

  test('a word after a restart of the bot still holds', async () => {
    const harness = await scene();
    const { telegram, acts } = harness;
    await asked(harness);
    await harness.stop();
    harness.start();
    await telegram.send('immich');
    await telegram.waitFor('immich is back on v2');
    expect(acts.runs).toHaveLength(1);
  });

  test('a yes that no button has is refused, and the plan still holds', async () => {
    const harness = await scene();
    const { telegram, acts, store } = harness;
    const card = await asked(harness);
    const [{ token } = { token: '' }] = store.confirmations.typed({ user: OWNER, chat: OWNER });
    const { message } = telegram.world.messages.find((one) => one.message.message_id === card.id) ?? {};
    const from = { id: OWNER, is_bot: false, first_name: 'Owner' };
    const tap = { id: 'forged', from, message, chat_instance: '1', data: `c:${token}:y` };
    telegram.world.updates.push('callback_query', tap, MINUTE);
    await telegram.until(() => telegram.calls('answerCallbackQuery').length > 0, 'an answer to the tap');
    expect(acts.runs).toEqual([]);
    await telegram.send('immich');
    await telegram.waitFor('immich is back on v2');
  });

  test('a word that comes too late is told so, and the plan can be shown again', async () => {
    const harness = await scene();
    const { telegram, acts, later } = harness;
    await asked(harness);
    later(2 * MINUTE + 1);
    await telegram.send('immich');
    const expired = await telegram.waitFor('expired');
    expect(acts.runs).toEqual([]);
    telegram.tap(expired.buttons[0]?.[0] ?? '');
    await telegram.until(
      () => telegram.messages().filter(({ text }) => text.includes('reply: immich')).length > 1,
      'a new plan',
    );
    await telegram.send('immich');
    await telegram.waitFor('immich is back on v2');
  });

  test('a word for a world that has changed gets the new plan', async () => {
    const harness = await scene();
    const { telegram, acts } = harness;
    const card = await asked(harness);
    acts.state = 'another';
    await telegram.send('immich');
    await telegram.waitFor('Things have changed');
    await telegram.until(
      () => telegram.messages().some(({ id, text }) => id !== card.id && text.includes('reply: immich')),
      'a new plan',
    );
    expect(acts.runs).toEqual([]);
  });

  test('in a group only a reply to it is taken as a wrong word, and the word of somebody else is none', async () => {
    let group = 0;
    const other = STRANGER;
    const harness = await scene({
      config: (one) => ({
        chat: (group = one.addGroup({ members: [OWNER, other] })),
        owners: [OWNER, other],
      }),
    });
    const { telegram, acts } = harness;
    await telegram.send('/rollback immich', { chat: group });
    const card = await telegram.waitFor('reply: immich', { chat: group });
    await telegram.person(other).send('immich', { chat: group });
    await telegram.send('good morning', { chat: group });
    await telegram.send('imich', { chat: group, replyTo: card.id });
    await telegram.waitFor('That is another word', { chat: group });
    expect(acts.runs).toEqual([]);
    expect(telegram.messages(group).filter(({ text }) => text.includes('another word'))).toHaveLength(1);
    await telegram.send('immich', { chat: group, replyTo: card.id });
    await telegram.waitFor('immich is back on v2', { chat: group });
  });
});
