/** The bot in Telegram: polling, the intake, the outbox, and what they need of one another. */
import type { Update } from 'grammy/types';
import type { App } from '../app.ts';
import type { Card } from '../card.ts';
import { causeOf } from '../errors.ts';
import { LANGUAGES } from '../language.ts';
import { plain } from '../rich.ts';
import type { Report } from '../report.ts';
import type { Tasks } from '../tasks.ts';
import { TOKEN_SHARED } from '../token-shared.ts';
import { textsOf, type Texts } from '../texts/index.ts';
import { createAbsence } from './absence.ts';
import { createAccess } from './access.ts';
import { createApis, whyOf } from './api.ts';
import { createConfirm, type Toast } from './confirm.ts';
import { createDispatch, listensTo } from './dispatch.ts';
import { forGuests } from './for-guests.ts';
import { createIntake, type IntakeNeeds } from './intake.ts';
import { createInterrupted } from './interrupted.ts';
import { createMenu, type Describe } from './menu.ts';
import { createOutboxWorker } from './outbox.ts';
import { insist, poll } from './poll.ts';
import { createRequests, note } from './request.ts';
import { within } from './within.ts';

export type BotNeeds = {
  app: App;
  /** From BotFather. */
  token: string;
  tasks: Tasks;
  texts: Texts;
  present: (report: Report) => Card;
  bridge: IntakeNeeds['bridge'];
};

export type Bot = {
  /** Poll, answer and tell until the signal; then end what is running, and say so. */
  run(signal: AbortSignal): Promise<void>;
  /** Where reports go; undefined until there is an owner. */
  chat: () => number | undefined;
  /** For what is critical while the store cannot write. @returns whether it arrived */
  sendDirectly: (report: Report) => Promise<boolean>;
};

/** Milliseconds that running work gets at the end, and the last messages after it. */
const DRAIN = 5000;
const FLUSH = 3000;
const MINUTE = 60_000;
/** Characters: core.telegram.org/bots/api#answercallbackquery. */
const TOAST_MOST = 200;
/** Times in a row, some seconds: a store that is only busy, or one picture that cannot be taken, is over by then. */
const SHUT_AFTER = 4;
/** Who the bot is, for the time before Telegram has answered. */
const ME = 'telegram:me';

export function createBot(needs: BotNeeds): Bot {
  const { app, token, tasks, texts, present } = needs;
  const { store, clock, log, commands } = app;
  const { telegram } = app.config;
  const apis = createApis(token, telegram.apiRoot);
  const api = apis.calls;
  const access = createAccess({ telegram, facts: store.facts, clock });
  const me = () => store.facts.get<{ id: number; username: string }>(ME);
  const describeIn =
    ({ commands: words }: Pick<Texts, 'commands'>): Describe =>
    (name) =>
      words[name] ?? name;
  const [usual, ...others] = LANGUAGES;
  const refreshMenu = createMenu({
    api,
    commands,
    describe: describeIn(texts),
    // A language that was chosen holds for every phone.
    translations: new Map(
      app.config.language === usual ? others.map((one) => [one, describeIn(textsOf(one))]) : [],
    ),
    access,
    facts: store.facts,
    log,
  });
  const forGuest = new Set(commands.flatMap(({ name, guests }) => (guests === true ? [name] : [])));
  const outbox = createOutboxWorker({
    apis,
    store,
    clock,
    log,
    // A private chat has the id of the person.
    present: (report, chat) =>
      present(access.roleOf(chat) === 'guest' ? forGuests(report, forGuest) : report),
    chat: access.chat,
  });

  /** What is not worth a second try: signs that something is going on. */
  const light = new Set<Promise<unknown>>();
  const lightly = (what: string, call: Promise<unknown>) => {
    const end = call
      .catch((error: unknown) => log.debug({ why: whyOf(error) }, what))
      .finally(() => light.delete(end));
    light.add(end);
  };
  const toast = (tap: string, answer?: Toast) => {
    const text = answer === undefined ? undefined : toastText(answer);
    lightly('a tap is not answered', api.answerCallbackQuery(tap, text === undefined ? {} : { text }));
  };
  const toastText = (answer: Toast): string => {
    if (answer === 'not-yours') return texts.notes.strangerTap;
    const [block = []] = present(note(answer)).blocks;
    return [...('quote' in block ? '' : plain(block))].slice(0, TOAST_MOST).join('');
  };
  const menu = () => {
    const known = me();
    if (known !== undefined) lightly('the list of commands is not set', refreshMenu(known.id));
  };

  const requests = createRequests({
    app,
    tasks,
    busy: (chat) => lightly('no sign of work', api.sendChatAction(chat, 'typing')),
    sendDirectly: outbox.sendDirectly,
  });
  const takeUpRun = createInterrupted({ app, tasks, requests, tell });
  const intake = createIntake({
    store,
    access,
    log,
    bridge: needs.bridge,
    listensTo: (chat) => listensTo(access, chat),
    handle: createDispatch({
      app,
      access,
      requests,
      confirm: createConfirm({ app, requests }),
      username: () => me()?.username,
      toast,
      shrug: (chat, id) =>
        lightly('no shrug', api.setMessageReaction(chat, id, [{ type: 'emoji', emoji: '🤷' }])),
      ownerWrote: menu,
    }),
    giveUp({ update }) {
      const message = update.message ?? update.callback_query?.message;
      if (message === undefined) return;
      const at = { card: `gave-up:${update.update_id}`, chat: message.chat.id, replyTo: message.message_id };
      requests.answer(at, note({ key: 'gave-up' }));
    },
  });

  /** Put a report where reports go. */
  function tell(key: string, report: Report, silent: boolean): void {
    const chat = access.chat();
    if (chat === undefined) return log.warn({ key }, 'nobody to tell this to');
    store.outbox.put({ key, chat, silent, body: { what: 'report', report } });
  }

  async function introduce(signal: AbortSignal): Promise<void> {
    const known = await insist(() => api.getMe(signal as never), { log, signal });
    if (known === undefined) return;
    store.facts.put(ME, { id: known.id, username: known.username });
    log.info({ bot: known.username }, 'polling');
    const code = access.enrolment();
    if (code !== undefined) {
      const link = `https://t.me/${known.username}?start=${code}`;
      log.warn({ link }, 'no owner yet: whoever opens this link within 10 minutes becomes the owner');
    }
    menu();
  }

  let refusals = 0;
  const commit = (update: Update): void => {
    try {
      intake.commit(update);
      refusals = 0;
    } catch (error) {
      refusals += 1;
      if (refusals === SHUT_AFTER) {
        const report = note({ key: 'store-shut', cause: causeOf(error) });
        lightly('nobody knows that the store takes nothing', outbox.sendDirectly(report));
      }
      throw error;
    }
  };

  const absence = createAbsence(store.facts, clock, (gap) =>
    tell(`offline:${gap.from}`, note({ key: 'offline', ...gap }), true),
  );

  return {
    chat: access.chat,
    sendDirectly: outbox.sendDirectly,
    async run(signal) {
      const takeUp = () => {
        try {
          tasks.recover().forEach(takeUpRun);
        } catch (error) {
          log.error({ err: error }, 'cannot look for work that was cut off');
        }
      };
      takeUp();
      // A command line can be killed, too.
      const looking = setInterval(takeUp, MINUTE);
      const outboxEnd = new AbortController();
      const telling = outbox.run(outboxEnd.signal);
      const working = intake.run(signal);
      await introduce(signal);
      const shared = () => store.facts.put(TOKEN_SHARED, true);
      await poll({ api: apis.polling, clock, log, commit, reached: absence.reached, shared }, signal);
      clearInterval(looking);
      await tasks.drain(DRAIN);
      await within(FLUSH, working);
      await outbox.flush(FLUSH);
      await within(FLUSH, Promise.all(light));
      outboxEnd.abort();
      await telling;
    },
  };
}
