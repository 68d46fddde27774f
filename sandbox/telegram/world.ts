/** Everything that this Telegram knows: people, chats, messages, taps, calls. Methods and people change it, pages and tests watch it. */
import { createFiles, type Files } from './files.ts';
import { createQueue, type UpdateQueue } from './queue.ts';
import type { BotCommand, Button, Chat, Keyboard, Message, User } from './types.ts';

/** Milliseconds for which Telegram keeps updates for a bot (tdlib/telegram-bot-api `Client.cpp`). */
export const MESSAGE_LIFETIME = 24 * 3_600_000;
export const TAP_LIFETIME = 150_000;

/** A message and what the Bot API does not show of it. */
export type Kept = {
  message: Message;
  silent: boolean;
  deleted: boolean;
  edits: number;
  /** Grow with every change anywhere; say which of two came later. */
  created: number;
  changed: number;
  /** Every keyboard that it ever had, the newest last. */
  keyboards: Keyboard[];
  /** User id → emoji. */
  reactions: Map<number, string>;
};

export type Tap = {
  id: string;
  person: number;
  kept: Kept;
  button: Button;
  at: number;
  answer?: { text?: string; show_alert?: boolean; url?: string };
};

export type Call = {
  id: number;
  at: number;
  method: string;
  /** Parameters as sent; of a file only its name and size. */
  params: Record<string, unknown>;
  /** What became of it: `applied` and then `cut` is what a bot cannot know. */
  outcome: 'pending' | 'ok' | 'error' | 'dropped' | 'cut' | 'gone';
  applied: boolean;
  result?: unknown;
  code?: number;
  description?: string;
  /** Milliseconds. */
  took?: number;
};

export type Person = { user: User; started: boolean; blocked: boolean };

export type WorldEvent =
  | { kind: 'message' | 'edited' | 'deleted' | 'reaction'; kept: Kept }
  | { kind: 'tap' | 'answer'; tap: Tap }
  | { kind: 'action'; chat: number; action: string }
  | { kind: 'call'; call: Call }
  | { kind: 'commands' | 'people' | 'controls' | 'polling' };

export type World = {
  readonly token: string;
  readonly bot: User;
  readonly updates: UpdateQueue;
  readonly files: Files;
  readonly people: Map<number, Person>;
  readonly chats: Map<number, Chat & { members?: Set<number>; topics?: Map<number, string> }>;
  readonly messages: Kept[];
  readonly taps: Map<string, Tap>;
  readonly calls: Call[];
  /** Keyed by scope and language. */
  readonly commands: Map<string, BotCommand[]>;
  /** Name, description, short description by language, menu button. */
  readonly profile: Map<string, string>;
  webhook: string;
  /** Everything to a chat answers 429 until then; milliseconds since 1970. */
  floodUntil: number;
  now(): number;
  /** Lets time pass without waiting. */
  advance(milliseconds: number): void;
  find(chat: number, message: number): Kept | undefined;
  /** Adds a message with the next id and tells everyone who watches. */
  add(message: Omit<Message, 'message_id' | 'date'>, silent?: boolean): Kept;
  /** Tells of a change to a message. */
  touch(kind: 'edited' | 'deleted' | 'reaction', kept: Kept): void;
  watch(listener: (event: WorldEvent) => void): () => void;
  emit(event: WorldEvent): void;
  /** The number of the latest change. */
  mark(): number;
};

/** Old calls are forgotten so that a run of days does not grow. */
const MAX_CALLS = 20_000;

export type WorldOptions = {
  token: string;
  bot: Partial<Pick<User, 'first_name' | 'username'>>;
  slowdown: number;
  localFolder?: string | undefined;
};

export function createWorld(options: WorldOptions): World {
  let skew = 0;
  let changes = 0;
  let lastMessage = 100 + Math.floor(Math.random() * 1000);
  const listeners = new Set<(event: WorldEvent) => void>();
  const now = (): number => Date.now() + skew;
  const index = new Map<string, Kept>();
  const calls: Call[] = [];

  const world: World = {
    token: options.token,
    bot: {
      id: Number(options.token.split(':')[0]),
      is_bot: true,
      first_name: options.bot.first_name ?? 'Steward',
      username: options.bot.username ?? 'steward_demo_bot',
    },
    updates: createQueue(now, options.slowdown, () => world.emit({ kind: 'polling' })),
    files: createFiles(now, options.localFolder),
    people: new Map(),
    chats: new Map(),
    messages: [],
    taps: new Map(),
    calls,
    commands: new Map(),
    profile: new Map(),
    webhook: '',
    floodUntil: 0,
    now,
    advance(milliseconds) {
      skew += milliseconds;
    },
    find: (chat, message) => index.get(`${chat} ${message}`),
    add(message, silent = false) {
      changes++;
      const kept: Kept = {
        message: { message_id: ++lastMessage, date: Math.floor(now() / 1000), ...message },
        silent,
        deleted: false,
        edits: 0,
        created: changes,
        changed: changes,
        keyboards: message.reply_markup ? [message.reply_markup] : [],
        reactions: new Map(),
      };
      world.messages.push(kept);
      index.set(`${message.chat.id} ${kept.message.message_id}`, kept);
      world.emit({ kind: 'message', kept });
      return kept;
    },
    touch(kind, kept) {
      kept.changed = ++changes;
      world.emit({ kind, kept });
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(event) {
      if (event.kind === 'call' && event.call.outcome === 'pending') {
        calls.push(event.call);
        if (calls.length > MAX_CALLS) calls.shift();
      }
      for (const listener of listeners) listener(event);
    },
    mark: () => changes,
  };
  return world;
}

/** A person's private chat with the bot. */
export function privateChat(user: User): Chat {
  return {
    id: user.id,
    type: 'private',
    first_name: user.first_name,
    ...(user.last_name !== undefined && { last_name: user.last_name }),
    ...(user.username !== undefined && { username: user.username }),
  };
}

/** A message as another one shows it when it replies to it: without what that one replied to. */
export function quoted(message: Message): Message {
  const { reply_to_message: _, ...rest } = message;
  return rest;
}
