/** The list of commands that the chat offers: all of it to owners, what they may ask to guests, /start to others. */
import { createHash } from 'node:crypto';
import type { BotCommand } from 'grammy/types';
import type { Command } from '../app.ts';
import type { Logger } from '../logger.ts';
import type { Facts } from '../store/facts.ts';
import type { Access } from './access.ts';
import { whyOf, type Apis } from './api.ts';

/** Which list each chat has, by a digest: `{ "<chat>": "<digest>" }`. */
const MENUS = 'telegram:menus';
/** A chat's id, as the default scope. */
const DEFAULT = '0';

/** Telegram's names of commands have no dashes. */
export const menuName = (command: string): string => command.replaceAll('-', '_');

export function createMenu(needs: {
  api: Apis['calls'];
  commands: readonly Command[];
  /** What a command does, in a few words. */
  describe(command: string): string;
  access: Access;
  facts: Facts;
  log: Logger;
}) {
  const { api, commands, access, facts, log } = needs;
  const list = (shown: readonly Command[]): BotCommand[] =>
    shown.map(({ name }) => ({ command: menuName(name), description: needs.describe(name) }));

  /**
   * Set the lists that are not as they should be. A person who never wrote to the bot gets his when he does.
   * @param bot its id: another bot knows nothing of what this one was told
   */
  return async function refresh(bot: number): Promise<void> {
    const wanted = new Map<string, BotCommand[]>([
      ...access.guests.map((id) => [String(id), list(commands.filter(({ guests }) => guests))] as const),
      ...access.owners.map((id) => [String(id), list(commands)] as const),
      [DEFAULT, list(commands.filter(({ name }) => name === 'start'))],
    ]);
    const known = facts.get<Record<string, string>>(MENUS) ?? {};
    const menus = { ...known };
    for (const chat of new Set([...wanted.keys(), ...Object.keys(known)])) {
      const menu = wanted.get(chat);
      const digest = menu && digestOf([bot, menu]);
      if (digest === known[chat]) continue;
      const scope =
        chat === DEFAULT
          ? ({ type: 'default' } as const)
          : ({ type: 'chat', chat_id: Number(chat) } as const);
      try {
        if (menu === undefined) await api.deleteMyCommands({ scope });
        else await api.setMyCommands(menu, { scope });
        if (digest === undefined) delete menus[chat];
        else menus[chat] = digest;
      } catch (error) {
        log.debug({ chat, why: whyOf(error) }, 'the list of commands is not set');
      }
    }
    if (digestOf(menus) !== digestOf(known)) facts.put(MENUS, menus);
  };
}

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
