/** What people do: write, send pictures, tap buttons, block the bot. */
import { setTimeout as sleep } from 'node:timers/promises';
import { imageSize } from './image-size.ts';
import { attachment, photoSizes, type Picture } from './media.ts';
import { typed } from './text.ts';
import type { Button, Chat, Message } from './types.ts';
import {
  MESSAGE_LIFETIME,
  privateChat,
  quoted,
  TAP_LIFETIME,
  type Kept,
  type Tap,
  type World,
} from './world.ts';

/** Where and to what; the private chat with the bot unless said. */
export type Where = { chat?: number; replyTo?: number };

export type PhotoToSend = {
  kind: 'photo';
  bytes: Uint8Array;
  caption?: string;
  /** Taken from the header where not given. */
  width?: number;
  height?: number;
  /** The motion beside it makes it a live photo. */
  motion?: Uint8Array;
};
export type FileToSend = {
  kind: 'document' | 'video' | 'animation';
  bytes: Uint8Array;
  name: string;
  type?: string;
  caption?: string;
  /** Bytes that Telegram claims, where that is to differ from what is there. */
  size?: number;
  duration?: number;
};
export type Item = PhotoToSend | FileToSend;

/** A tap on a button of the bot's; `answered` waits for answerCallbackQuery. */
export type Tapped = {
  id: string;
  button: Button;
  answered: Promise<NonNullable<Tap['answer']>>;
};

export type PersonActs = {
  readonly id: number;
  send(text: string, where?: Where): Promise<Message>;
  photo(bytes: Uint8Array, options?: Omit<PhotoToSend, 'kind' | 'bytes'> & Where): Promise<Message>;
  file(
    name: string,
    bytes: Uint8Array,
    options?: Partial<Omit<FileToSend, 'name' | 'bytes'>> & Where,
  ): Promise<Message>;
  /** Pictures or files that belong together; `gapMs` lies between one and the next. */
  album(items: readonly Item[], options?: Where & { gapMs?: number }): Promise<Message[]>;
  /** An album whose parts are sent one by one, when the caller wants. */
  beginAlbum(where?: Where): { readonly id: string; add(item: Item): Promise<Message> };
  edit(message: number, text: string): Message;
  /**
   * Taps the button with this label (or beginning with it) on the bot's newest message that has one, or on a given message.
   * @throws when there is none, naming those that there are.
   */
  tap(label: string, options?: { chat?: number; message?: number }): Tapped;
  /** Taps a button that the message had before, as a phone does that has not seen the edit yet. */
  tapOld(label: string, options: { chat?: number; message: number }): Tapped;
  /** The same by the button's data. */
  tapData(data: string, options: { chat?: number; message: number }): Tapped;
  /** What a copy button with this label puts on the clipboard. */
  copy(label: string, options?: { chat?: number; message?: number }): string;
  /** Where a link button with this label leads. */
  open(label: string, options?: { chat?: number; message?: number }): string;
  react(message: number, emoji: string | undefined, chat?: number): void;
  block(): void;
  unblock(): void;
};

/** Scales a photo as Telegram does: its sizes, smallest first. */
export type Shrink = (bytes: Uint8Array) => Promise<Picture[]> | Picture[];

export function createPerson(world: World, id: number, shrink?: Shrink): PersonActs {
  const person = () => {
    const found = world.people.get(id);
    if (!found) throw new Error(`No such person: ${id}`);
    return found;
  };

  function chatIn(where: Where | undefined): Chat {
    if (where?.chat === undefined || where.chat === id) return privateChat(person().user);
    const group = world.chats.get(where.chat);
    if (!group) throw new Error(`No such group: ${where.chat}`);
    const { members: _members, topics: _topics, ...chat } = group;
    return chat;
  }

  function deliver(content: Partial<Message>, where: Where | undefined): Message {
    const { user } = person();
    const chat = chatIn(where);
    const replied = where?.replyTo === undefined ? undefined : world.find(chat.id, where.replyTo);
    if (chat.type === 'private') person().started = true;
    const { message } = world.add({
      from: user,
      chat,
      ...content,
      ...(replied && { reply_to_message: quoted(replied.message) }),
    });
    if (heard(chat, message)) world.updates.push('message', message, MESSAGE_LIFETIME);
    return message;
  }

  /** In a group a bot hears commands, replies to it and mentions; everything else only as an administrator. */
  function heard(chat: Chat, message: Message): boolean {
    if (chat.type === 'private') return !person().blocked;
    if (world.chats.get(chat.id)?.members?.has(world.bot.id) === false) return false;
    const entities = message.entities ?? message.caption_entities ?? [];
    const text = message.text ?? message.caption ?? '';
    const mentioned = entities.some(
      (entity) =>
        entity.type === 'bot_command' ||
        text.slice(entity.offset, entity.offset + entity.length) === `@${world.bot.username}`,
    );
    return mentioned || message.reply_to_message?.from.id === world.bot.id;
  }

  async function picture(item: PhotoToSend): Promise<Partial<Message>> {
    const size = item.width === undefined ? imageSize(item.bytes) : undefined;
    const width = item.width ?? size?.width;
    const height = item.height ?? size?.height;
    if (width === undefined || height === undefined) {
      throw new Error('A phone sends only pictures as photos: send this as a document');
    }
    const pictures = shrink ? await shrink(item.bytes) : [{ bytes: item.bytes, width, height }];
    const photo = photoSizes(world.files, pictures);
    const motion =
      item.motion &&
      attachment(world.files.store({ folder: 'videos', name: '', type: 'video/mp4', bytes: item.motion }));
    return { photo, ...(motion && { live_photo: { ...motion, width, height, duration: 3, photo } }) };
  }

  async function contentOf(item: Item): Promise<Partial<Message>> {
    const caption = typed(item.caption ?? '');
    const captioned = {
      ...(caption.text !== '' && { caption: caption.text }),
      ...(caption.entities.length > 0 && { caption_entities: caption.entities }),
    };
    if (item.kind === 'photo') return { ...(await picture(item)), ...captioned };
    const file = world.files.store({
      folder: `${item.kind}s`,
      name: item.name,
      type: item.type ?? imageSize(item.bytes)?.type ?? (item.kind === 'document' ? '' : 'video/mp4'),
      bytes: item.bytes,
      ...(item.size !== undefined && { size: item.size }),
    });
    const shown = { ...attachment(file), ...(item.kind !== 'document' && { duration: item.duration ?? 1 }) };
    // An animation is sent as a document too, for programs that know no better.
    if (item.kind === 'animation') return { animation: shown, document: attachment(file), ...captioned };
    return { [item.kind]: shown, ...captioned };
  }

  const visible = (chat: number): Kept[] =>
    world.messages.filter((kept) => kept.message.chat.id === chat && !kept.deleted);

  function pick(rows: readonly (readonly Button[])[], label: string): Button | undefined {
    const buttons = rows.flat();
    return (
      buttons.find((button) => button.text === label) ??
      buttons.find((button) => button.text.startsWith(label))
    );
  }

  function find(
    label: string,
    options: { chat?: number; message?: number } = {},
  ): { kept: Kept; button: Button } {
    const chat = options.chat ?? id;
    const candidates = visible(chat)
      .filter((kept) => options.message === undefined || kept.message.message_id === options.message)
      .toReversed();
    for (const kept of candidates) {
      const button = pick(kept.message.reply_markup?.inline_keyboard ?? [], label);
      if (button) return { kept, button };
    }
    const labels = candidates.flatMap((kept) => kept.message.reply_markup?.inline_keyboard.flat() ?? []);
    const known = labels.length === 0 ? 'none' : labels.map((button) => `[${button.text}]`).join(' ');
    throw new Error(`No button [${label}] to tap; there are: ${known}`);
  }

  /** Any keyboard that the message ever had will do. */
  function pressOld(
    choose: (rows: readonly (readonly Button[])[]) => Button | undefined,
    what: string,
    options: { chat?: number; message: number },
  ): Tapped {
    const kept = world.find(options.chat ?? id, options.message);
    const button = kept?.keyboards.map((keyboard) => choose(keyboard.inline_keyboard)).find(Boolean);
    if (!kept || !button) throw new Error(`Message ${options.message} never had a button [${what}]`);
    return press(kept, button);
  }

  function press(kept: Kept, button: Button): Tapped {
    if (button.callback_data === undefined) {
      throw new Error(`[${button.text}] does not ask the bot: use copy() or open()`);
    }
    const tap: Tap = {
      id: `${id}${Math.floor(world.now() * 1000 + Math.random() * 1000)}`,
      person: id,
      kept,
      button,
      at: world.now(),
    };
    world.taps.set(tap.id, tap);
    const { promise, resolve } = Promise.withResolvers<NonNullable<Tap['answer']>>();
    const unwatch = world.watch((event) => {
      if (event.kind !== 'answer' || event.tap !== tap) return;
      unwatch();
      resolve(tap.answer ?? {});
    });
    const { chat, message_id } = kept.message;
    world.emit({ kind: 'tap', tap });
    world.updates.push(
      'callback_query',
      {
        id: tap.id,
        from: person().user,
        message: kept.deleted ? { chat, message_id, date: 0 } : kept.message,
        chat_instance: String(chat.id * 7919),
        data: button.callback_data,
      },
      TAP_LIFETIME,
    );
    return { id: tap.id, button, answered: promise };
  }

  function member(status: 'member' | 'kicked'): void {
    const { user } = person();
    const old = status === 'member' ? 'kicked' : 'member';
    world.emit({ kind: 'people' });
    world.updates.push(
      'my_chat_member',
      {
        chat: privateChat(user),
        from: user,
        date: Math.floor(world.now() / 1000),
        old_chat_member: { user: world.bot, status: old, ...(old === 'kicked' && { until_date: 0 }) },
        new_chat_member: { user: world.bot, status, ...(status === 'kicked' && { until_date: 0 }) },
      },
      MESSAGE_LIFETIME,
    );
  }

  function beginAlbum(where?: Where) {
    const group = `${Math.floor(world.now())}${Math.floor(Math.random() * 1e6)}`;
    return {
      id: group,
      add: async (item: Item) => deliver({ ...(await contentOf(item)), media_group_id: group }, where),
    };
  }

  return {
    id,
    async send(text, where) {
      const { text: plain, entities } = typed(text);
      if (plain === '') throw new Error('A phone does not send an empty message');
      return deliver({ text: plain, ...(entities.length > 0 && { entities }) }, where);
    },
    photo: async (bytes, options = {}) =>
      deliver(await contentOf({ ...options, kind: 'photo', bytes }), options),
    file: async (name, bytes, options = {}) =>
      deliver(await contentOf({ ...options, kind: options.kind ?? 'document', name, bytes }), options),
    async album(items, options = {}) {
      const album = beginAlbum(options);
      const sent: Message[] = [];
      for (const item of items) {
        if (sent.length > 0 && options.gapMs !== undefined) await sleep(options.gapMs);
        sent.push(await album.add(item));
      }
      return sent;
    },
    beginAlbum,
    edit(message, text) {
      const kept = world.messages.find((each) => each.message.message_id === message);
      if (kept?.message.from.id !== id) throw new Error(`Not this person's message: ${message}`);
      const { text: plain, entities } = typed(text);
      kept.message = {
        ...kept.message,
        edit_date: Math.floor(world.now() / 1000),
        ...(kept.message.text === undefined
          ? { caption: plain, caption_entities: entities }
          : { text: plain, entities }),
      };
      kept.edits++;
      world.touch('edited', kept);
      world.updates.push('edited_message', kept.message, MESSAGE_LIFETIME);
      return kept.message;
    },
    tap(label, options) {
      const { kept, button } = find(label, options);
      return press(kept, button);
    },
    tapOld: (label, options) => pressOld((rows) => pick(rows, label), label, options),
    tapData: (data, options) =>
      pressOld((rows) => rows.flat().find((button) => button.callback_data === data), data, options),
    copy(label, options) {
      const { button } = find(label, options);
      if (!button.copy_text) throw new Error(`[${button.text}] does not copy`);
      return button.copy_text.text;
    },
    open(label, options) {
      const { button } = find(label, options);
      if (button.url === undefined) throw new Error(`[${button.text}] is no link`);
      return button.url;
    },
    react(message, emoji, chat = id) {
      const kept = world.find(chat, message);
      if (!kept || kept.deleted) throw new Error(`No such message: ${message}`);
      if (emoji === undefined) kept.reactions.delete(id);
      else kept.reactions.set(id, emoji);
      world.touch('reaction', kept);
    },
    block() {
      person().blocked = true;
      member('kicked');
    },
    unblock() {
      person().blocked = false;
      member('member');
    },
  };
}
