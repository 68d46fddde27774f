/** What an update means: who asks for what, and on which card the answer goes. */
import type { CallbackQuery, Message, Update, User } from 'grammy/types';
import type { App, Command } from '../app.ts';
import { nearest } from '../nearest.ts';
import { rememberName } from '../people.ts';
import type { Report } from '../report.ts';
import { isEnrolment, type Access } from './access.ts';
import type { Confirm, Toast } from './confirm.ts';
import type { Turn } from './intake.ts';
import { menuName } from './menu.ts';
import { pictureOf } from './picture.ts';
import { cardOf, note, type Requests } from './request.ts';

export type DispatchNeeds = {
  app: App;
  access: Access;
  requests: Requests;
  confirm: Confirm;
  /** The bot's name, where it is known yet. */
  username(): string | undefined;
  /** End the wait of a tapped button. */
  toast: (tap: string, answer?: Toast) => void;
  /** What we can do nothing with gets a shrug. */
  shrug(chat: number, messageId: number): void;
  /** An owner has written: his list of commands can be set now. */
  ownerWrote(): void;
};

/** A command that waited longer is offered, not obeyed: the world has moved on. */
const TOO_OLD = 10 * 60_000;
/** A second tap on the same button within this time was meant as one. */
const DOUBLE_TAP = 2000;

/** As the audit keeps it. */
const STRANGER = { outcome: 'refused', reason: 'stranger' } as const;
const GUEST = { outcome: 'refused', reason: 'guest' } as const;

export function createDispatch(needs: DispatchNeeds): (turn: Turn) => Promise<void> {
  const { app, access, requests, toast } = needs;
  const { store, clock, log } = app;
  /** When each button was tapped last. */
  const taps = new Map<string, number>();

  async function onMessage(turn: Turn, message: Message, from: User): Promise<void> {
    const { chat, text } = message;
    const replyTo = message.message_id;
    const at = (card: string) => ({ card: `${card}:${turn.update.update_id}`, chat: chat.id, replyTo });
    const say = (card: string, report: Report) => requests.answer(at(card), report);
    const role = access.roleOf(from.id);
    const words = (text ?? '').trim().split(/\s+/);

    if (role === 'stranger') {
      if (chat.type !== 'private') return;
      const enrolment = words[0] === '/start' ? access.enrol(from.id, words[1] ?? '') : 'wrong';
      if (enrolment === 'late') return say('late', note({ key: 'enrolment-late' }));
      if (enrolment === 'wrong') {
        if (!access.refuses(from.id)) return;
        app.audit.refuse({ what: 'message', by: `telegram:${from.id}` }, STRANGER);
        say('stranger', note({ key: 'stranger', id: from.id }));
        return;
      }
      log.warn({ user: from.id }, 'enrolled as the owner');
    }
    // Who opens the link again, from the history of his chat, is greeted again.
    if (words[0] === '/start' && isEnrolment(words[1] ?? '') && !isService(words[1])) words.length = 1;
    if (role === 'owner') rememberName(store.facts, from.id, from.first_name);
    if (chat.type === 'private') needs.ownerWrote();
    // The bridge has taken every picture that it can note.
    if (pictureOf(message) !== undefined) return say('picture', note({ key: 'gave-up' }));
    if (text === undefined) {
      if (chat.type === 'private' && hasContent(message)) needs.shrug(chat.id, message.message_id);
      return;
    }

    const [first = '', ...args] = words;
    if (!first.startsWith('/')) {
      const naming = namingOf(message, text);
      if (naming !== undefined) {
        return request(turn, {
          ...naming,
          user: from.id,
          sentAt: message.date * 1000,
          text,
          ...at(naming.command.name),
        });
      }
      const confirms = await needs.confirm.word({
        turn,
        user: from.id,
        text,
        ...at('word'),
        to: message.reply_to_message?.message_id,
        isPrivate: chat.type === 'private',
        nextCard: (command) => cardOf(command, turn),
      });
      if (!confirms && chat.type === 'private') say('text', unknown(first, from.id));
      return;
    }
    const [name = '', addressee] = first.slice(1).split('@');
    const username = needs.username();
    if (addressee !== undefined && username !== undefined && !sameName(addressee, username)) return;
    const command = commandOf(name);
    if (command === undefined) {
      // In a group it may be meant for another bot.
      if (chat.type === 'private' || addressee !== undefined) say('unknown', unknown(`/${name}`, from.id));
      return;
    }
    await request(turn, {
      command,
      args,
      user: from.id,
      sentAt: message.date * 1000,
      text,
      ...at(command.name),
    });
  }

  const isService = (word: string | undefined) => app.services.all.some(({ name }) => name === word);

  /** A word in reply to a picture, or to the card with its path, is its name; in a group people also talk about it. */
  function namingOf({ chat, reply_to_message: replied }: Message, text: string) {
    const command = commandOf('name');
    if (replied === undefined || command === undefined) return undefined;
    if (chat.type !== 'private' && /\s/.test(text.trim())) return undefined;
    const sent = store.pictures.ofMessage(chat.id, replied.message_id);
    const card = store.outbox.keyOf(chat.id, replied.message_id);
    const rows = sent !== undefined ? [sent] : card === undefined ? [] : store.pictures.ofCard(card);
    const numbers = rows.filter(({ state }) => state !== 'refused').map(({ number }) => String(number));
    return numbers.length === 0 ? undefined : { command, args: [...numbers, text.trim()] };
  }

  type Asked = {
    command: Command;
    args: readonly string[];
    user: number;
    sentAt: number;
    /** As it was typed. */
    text: string;
    card: string;
    chat: number;
    replyTo: number;
  };

  async function request(turn: Turn, asked: Asked): Promise<void> {
    const { command, args, sentAt, text, user } = asked;
    if (mayNot(user, command)) {
      app.audit.refuse({ what: command.name, args, by: `telegram:${user}` }, GUEST);
      return requests.answer(asked, note({ key: 'guest' }));
    }
    if (clock.now() - sentAt > TOO_OLD) {
      const runNow = { label: 'run-now' as const, command: command.name, args };
      return requests.answer(asked, note({ key: 'old-command', text, sentAt }, [[runNow]]));
    }
    const offered = command.needsService && app.services.all.filter(command.needsService);
    // With none to offer the command itself says why.
    if (offered !== undefined && offered.length > 0 && args.length === 0) {
      const services = offered.map(({ name, title }) => ({ name, title }));
      return requests.answer(asked, { kind: 'choose', command: command.name, services });
    }
    await requests.ask({ ...asked, turn });
  }

  const mayNot = (user: number, command: Command) =>
    access.roleOf(user) === 'guest' && command.guests !== true;

  async function onTap(turn: Turn, tap: CallbackQuery): Promise<void> {
    const { message, data = '', from } = tap;
    if (message === undefined || access.roleOf(from.id) === 'stranger') return toast(tap.id, 'not-yours');
    if (access.roleOf(from.id) === 'owner') rememberName(store.facts, from.id, from.first_name);
    const chat = message.chat.id;
    const messageId = message.message_id;
    const base = { turn, user: from.id, chat, replyTo: messageId };

    const [, token, answer] = /^c:(\w+):([yn])$/.exec(data) ?? [];
    if (token !== undefined) {
      return needs.confirm.tap({
        ...base,
        token,
        yes: answer === 'y',
        messageId,
        card: `answer:${turn.update.update_id}`,
        nextCard: (command) => cardOf(command, turn),
        toast: (words) => toast(tap.id, words),
      });
    }
    const wanted = commandOfButton(data);
    const command = wanted && commandOf(wanted.command);
    if (wanted === undefined || command === undefined) return toast(tap.id, { key: 'expired' });
    if (isDoubleTap(`${chat}:${messageId}:${data}`)) return toast(tap.id, { key: 'taken' });
    const { args } = wanted;
    if (command.isBrief === true) {
      if (mayNot(from.id, command)) {
        app.audit.refuse({ what: command.name, args, by: `telegram:${from.id}` }, GUEST);
        return toast(tap.id, { key: 'guest' });
      }
      const report = await requests.askBriefly({ ...base, command, args, card: cardOf(command.name, turn) });
      return toast(tap.id, report.kind === 'note' ? report.note : undefined);
    }
    toast(tap.id);
    await request(turn, {
      ...base,
      command,
      args,
      sentAt: turn.receivedAt,
      text: `/${[menuName(command.name), ...args].join(' ')}`,
      card: cardOfTap(turn, command, chat, messageId),
    });
  }

  /** A list, a question or a look is replaced by what follows; an outcome stays, and the answer is a new card. */
  function cardOfTap(turn: Turn, command: Command, chat: number, messageId: number): string {
    const key = store.outbox.keyOf(chat, messageId);
    const body = key === undefined ? undefined : store.outbox.get(key)?.body;
    if (key === undefined || body?.what !== 'report') return cardOf(command.name, turn);
    const { kind } = body.report;
    const replaces =
      key.startsWith(`${command.name}:`) &&
      (command.purpose === 'look' || kind === 'choose' || kind === 'note' || kind === 'jobs');
    return replaces ? key : cardOf(command.name, turn);
  }

  function isDoubleTap(button: string): boolean {
    const now = clock.now();
    for (const [known, at] of taps) if (now - at > DOUBLE_TAP) taps.delete(known);
    const double = taps.has(button);
    taps.set(button, now);
    return double;
  }

  function commandOfButton(data: string): { command: string; args: readonly string[] } | undefined {
    if (data.startsWith('t:')) return store.confirmations.tap(data.slice(2));
    if (!data.startsWith('a:')) return undefined;
    const [command = '', ...args] = data.slice(2).split(' ');
    return { command, args };
  }

  const commandOf = (name: string): Command | undefined =>
    app.commands.find((command) => sameName(menuName(command.name), menuName(name)));

  const unknown = (word: string, user: number): Report =>
    note({
      key: 'unknown-command',
      word: word.slice(0, 64),
      nearest: nearest(
        menuName(word.replace(/^\//, '')),
        app.commands.filter((one) => !mayNot(user, one)).map(({ name }) => menuName(name)),
      ),
    });

  return async (turn) => {
    const { message, callback_query: tap, my_chat_member: membership } = turn.update;
    if (message?.from !== undefined && listensTo(access, message.chat)) {
      await onMessage(turn, message, message.from);
    } else if (tap !== undefined) await onTap(turn, tap);
    else if (membership !== undefined) logMembership(membership);
  };

  function logMembership({ chat, new_chat_member: member }: NonNullable<Update['my_chat_member']>): void {
    log.info({ chat: chat.id, type: chat.type, status: member.status }, 'our place in a chat has changed');
  }
}

/** Private chats, and the one group where reports go. */
export const listensTo = (access: Access, chat: { id: number; type: string }): boolean =>
  chat.type === 'private' || chat.id === access.chat();

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Service messages ("pinned a message", "joined") are nobody's question. */
const hasContent = (message: Message): boolean =>
  ['voice', 'audio', 'sticker', 'location', 'contact', 'poll', 'dice', 'video_note', 'venue', 'story'].some(
    (kind) => kind in message,
  );
