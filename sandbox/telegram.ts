/**
 * Telegram to test against, without Telegram: a strict Bot API, the people who write to the bot, and everything that
 * is known to go wrong between them. Each rule names where it was read.
 */
import { startApiServer } from './telegram/api-server.ts';
import { createFaults, type Absence, type Fault } from './telegram/faults.ts';
import { createPerson, type PersonActs, type Shrink } from './telegram/person.ts';
import { see, transcript, type Seen } from './telegram/seen.ts';
import type { BotCommand, User } from './telegram/types.ts';
import { commandsFor } from './telegram/methods/bot.ts';
import { createWorld, type Call, type World } from './telegram/world.ts';

export type PersonOptions = {
  id?: number;
  first_name?: string;
  username?: string;
  language_code?: string;
  /** Whether the bot may write first; true for the first person. */
  started?: boolean;
};

export type TelegramOptions = {
  /** 0, the default, for any that is free. */
  port?: number;
  host?: string;
  token?: string;
  bot?: Partial<Pick<User, 'first_name' | 'username'>>;
  /** The first is who acts unless said. */
  people?: readonly PersonOptions[];
  /** How a photo of a person is scaled; as it is without one. */
  shrink?: Shrink;
  /** A server in local mode: no 20 MB limit, `getFile` gives paths below this folder. */
  localFolder?: string;
  /** Milliseconds by which a poll repeated at once, and a repeated 409, are held back; 3000 as on the real server. */
  slowdown?: number;
};

export type WaitOptions = {
  /** Only changes after this `mark()`; without it, after the last act of a person. */
  since?: number;
  /** Milliseconds; 10 s unless said. */
  timeout?: number;
  /** The default person's private chat unless said. */
  chat?: number;
};

/** A text that the message contains, a pattern that it matches, or any condition. */
export type Wanted = string | RegExp | ((message: Seen) => boolean);

export type Telegram = PersonActs & {
  readonly url: string;
  readonly token: string;
  readonly world: World;
  person(id: number): PersonActs;
  addPerson(options: PersonOptions): PersonActs;
  /** A group with the bot in it; gives its id. With `topics` it is a forum. */
  addGroup(options: { title?: string; members: readonly number[]; topics?: boolean }): number;
  /** Takes the bot out of a group. */
  removeBot(group: number): void;

  addFault(fault: Fault): { remove(): void };
  clearFaults(): void;
  /** Telegram is away: connections are refused, cut, or taken and never answered. */
  away(how?: Absence): Promise<void>;
  back(): Promise<void>;
  /** For so many seconds everything that is sent or edited answers 429. */
  flood(seconds: number): void;
  /** Another bot polls with this token: the poll that waits ends with 409. */
  secondPoller(): void;
  /** The token stops being valid (401), or is valid again. */
  revoke(revoked: boolean): void;
  /** Lets time pass on Telegram's clock. */
  advance(milliseconds: number): void;

  /** Messages of a chat as they are now, oldest first, deleted ones left out. */
  messages(chat?: number): Seen[];
  message(id: number, chat?: number): Seen | undefined;
  transcript(chat?: number): string;
  /** Calls of the bot, oldest first; polls left out unless asked for by name. */
  calls(method?: string): Call[];
  /** Messages of the bot that made a sound. Edits never do. */
  ringing(options?: { chat?: number; since?: number }): Seen[];
  /** Calls that were applied though the bot saw only its connection end. */
  appliedUnseen(method?: string): Call[];
  commands(person?: number): BotCommand[];
  /** A point in time for `since`. */
  mark(): number;
  /** The first message of the bot, new or edited, that is as wanted. @throws after the timeout, with the conversation. */
  waitFor(wanted: Wanted, options?: WaitOptions): Promise<Seen>;
  /** The first call of the bot as wanted, past ones included unless `since` names a call's id. */
  waitForCall(
    method: string,
    options?: { since?: number; timeout?: number; where?: (call: Call) => boolean },
  ): Promise<Call>;
  /** Waits until the bot listens: a poll of its waits for news. */
  listening(): Promise<void>;
  /** Waits until a condition holds, looking at it whenever anything happens. */
  until<Found>(look: () => Found | undefined | false, what: string, timeout?: number): Promise<Found>;
  close(): Promise<void>;
};

/** A token of the right form that belongs to nobody. */
const TOKEN = '1234567890:AAdemo-Token_of_the_Stand-in_0000000';
const FIRST_PERSON = 613_428_900;

/** Starts the stand-in on a port of its own. */
export async function startTelegram(options: TelegramOptions = {}): Promise<Telegram> {
  const host = options.host ?? '127.0.0.1';
  const world = createWorld({
    token: options.token ?? TOKEN,
    bot: options.bot ?? {},
    slowdown: options.slowdown ?? 3000,
    localFolder: options.localFolder,
  });
  const faults = createFaults();
  const server = await startApiServer({
    world,
    faults,
    host,
    port: options.port ?? 0,
    local: options.localFolder !== undefined,
  });

  // Where waiting begins: the last thing that a person did.
  let acted = 0;
  const unwatch = world.watch((event) => {
    const written = event.kind === 'message' || event.kind === 'edited';
    if (event.kind === 'tap' || (written && event.kept.message.from.id !== world.bot.id))
      acted = world.mark();
  });

  function addPerson(person: PersonOptions): PersonActs {
    const id = person.id ?? FIRST_PERSON + world.people.size;
    world.people.set(id, {
      user: {
        id,
        is_bot: false,
        first_name:
          person.first_name ?? (world.people.size === 0 ? 'Owner' : `Person ${world.people.size + 1}`),
        ...(person.username !== undefined && { username: person.username }),
        language_code: person.language_code ?? 'en',
      },
      started: person.started ?? world.people.size === 0,
      blocked: false,
    });
    world.emit({ kind: 'people' });
    return createPerson(world, id, options.shrink);
  }

  const [first = {}, ...others] = options.people ?? [];
  const owner = addPerson(first);
  for (const other of others) addPerson(other);

  const seenIn = (chat: number): Seen[] =>
    world.messages
      .filter((kept) => kept.message.chat.id === chat && !kept.deleted)
      .map((kept) => see(world, kept));

  function until<Found>(
    look: () => Found | undefined | false,
    what: string,
    timeout = 10_000,
  ): Promise<Found> {
    return new Promise<Found>((resolve, reject) => {
      // What `look` throws belongs to the waiting test, not to the server that told of the change.
      const check = (): void => {
        try {
          const found = look();
          if (found === undefined || found === false) return;
          end();
          resolve(found);
        } catch (error) {
          end();
          reject(error);
        }
      };
      const stop = world.watch(check);
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(
            `Waited ${timeout} ms for ${what}. The conversation so far:\n${transcript(world, owner.id)}`,
          ),
        );
      }, timeout);
      const end = (): void => {
        stop();
        clearTimeout(timer);
      };
      check();
    });
  }

  function fits(wanted: Wanted, message: Seen): boolean {
    if (typeof wanted === 'string') return message.text.includes(wanted);
    return wanted instanceof RegExp ? wanted.test(message.text) : wanted(message);
  }

  const polls = (call: Call): boolean => call.method === 'getUpdates';
  const named = (method: string | undefined) => (call: Call) =>
    method === undefined ? !polls(call) : call.method.toLowerCase() === method.toLowerCase();

  return {
    ...owner,
    url: `http://${host}:${server.port}`,
    token: world.token,
    world,
    person: (id) => createPerson(world, id, options.shrink),
    addPerson,
    addGroup({ title = 'Family', members, topics = false }) {
      const id = -(1_000_000_000_000 + world.chats.size + 1);
      world.chats.set(id, {
        id,
        type: 'supergroup',
        title,
        members: new Set([world.bot.id, ...members]),
        ...(topics && { topics: new Map() }),
      });
      world.emit({ kind: 'people' });
      return id;
    },
    removeBot: (group) => void world.chats.get(group)?.members?.delete(world.bot.id),

    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    async away(how = 'refuse') {
      await server.away(how);
      world.emit({ kind: 'controls' });
    },
    async back() {
      await server.back();
      world.emit({ kind: 'controls' });
    },
    flood(seconds) {
      world.floodUntil = world.now() + seconds * 1000;
    },
    secondPoller: () => world.updates.displace(),
    revoke: (revoked) => server.revoke(revoked),
    advance: (milliseconds) => world.advance(milliseconds),

    messages: (chat = owner.id) => seenIn(chat),
    message(id, chat = owner.id) {
      const kept = world.find(chat, id);
      return kept && see(world, kept);
    },
    transcript: (chat = owner.id) => transcript(world, chat),
    calls: (method) => world.calls.filter(named(method)),
    ringing: ({ chat = owner.id, since = 0 } = {}) =>
      world.messages
        .filter((kept) => kept.message.chat.id === chat && kept.created > since && !kept.silent)
        .filter((kept) => kept.message.from.id === world.bot.id)
        .map((kept) => see(world, kept)),
    appliedUnseen: (method) =>
      world.calls
        .filter(named(method))
        .filter((call) => call.applied && ['cut', 'gone'].includes(call.outcome)),
    commands: (person = owner.id) => commandsFor(world, person),
    mark: () => world.mark(),
    waitFor(wanted, { since = acted, timeout, chat = owner.id } = {}) {
      const look = (): Seen | undefined => {
        for (const kept of world.messages) {
          const { message, changed, deleted } = kept;
          if (deleted || changed <= since || message.chat.id !== chat || message.from.id !== world.bot.id)
            continue;
          const seen = see(world, kept);
          if (fits(wanted, seen)) return seen;
        }
        return undefined;
      };
      return until(
        look,
        `a message ${typeof wanted === 'function' ? 'as wanted' : `with ${String(wanted)}`}`,
        timeout,
      );
    },
    waitForCall: (method, { since = 0, timeout, where = () => true } = {}) =>
      until(
        () =>
          world.calls
            .filter(named(method))
            .find((call) => call.id > since && call.outcome !== 'pending' && where(call)),
        `a call of ${method}`,
        timeout,
      ),
    async listening() {
      await until(() => world.updates.waiting(), 'the bot to listen');
    },
    until,
    async close() {
      unwatch();
      await server.close();
    },
  };
}
