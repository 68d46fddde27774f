/** The list of commands that the chat offers: all of it to owners, what they may ask to guests, /start to others. */
import { createHash } from 'node:crypto';
import type { BotCommand, LanguageCode } from 'grammy/types';
import type { Command } from '../app.ts';
import type { Logger } from '../logger.ts';
import type { Facts } from '../store/facts.ts';
import type { Access } from './access.ts';
import { whyOf, type Apis } from './api.ts';

/** Which list each chat has, by a digest: `{ "<chat>": "<digest>", "<chat> <language>": "<digest>" }`. */
const MENUS = 'telegram:menus';
/** A chat's id, as the default scope. */
const DEFAULT = '0';
/** Telegram shows this list where it has none in the language of the phone. */
const EVERY = '';

/** Telegram's names of commands have no dashes. */
export const menuName = (command: string): string => command.replaceAll('-', '_');

/** What commands do, in a few words each. */
export type Describe = (command: string) => string;

export function createMenu(needs: {
  api: Apis['calls'];
  commands: readonly Command[];
  describe: Describe;
  /** For phones that speak another language, by its code of ISO 639-1. */
  translations: ReadonlyMap<string, Describe>;
  access: Access;
  facts: Facts;
  log: Logger;
}) {
  const { api, commands, access, facts, log } = needs;
  const languages = new Map([[EVERY, needs.describe], ...needs.translations]);

  const listsOf = (chat: string, shown: readonly Command[]): [key: string, list: BotCommand[]][] =>
    [...languages].map(([language, describe]) => [
      `${chat} ${language}`.trim(),
      shown.map(({ name }) => ({ command: menuName(name), description: describe(name) })),
    ]);

  /**
   * Set the lists that are not as they should be. A person who never wrote to the bot gets his when he does.
   * @param bot its id: another bot knows nothing of what this one was told
   */
  return async function refresh(bot: number): Promise<void> {
    const wanted = new Map<string, BotCommand[]>([
      ...access.guests.flatMap((id) =>
        listsOf(
          String(id),
          commands.filter(({ guests }) => guests),
        ),
      ),
      ...access.owners.flatMap((id) => listsOf(String(id), commands)),
      ...listsOf(
        DEFAULT,
        commands.filter(({ name }) => name === 'start'),
      ),
    ]);
    const known = facts.get<Record<string, string>>(MENUS) ?? {};
    const menus = { ...known };
    for (const key of new Set([...wanted.keys(), ...Object.keys(known)])) {
      const menu = wanted.get(key);
      const digest = menu && digestOf([bot, menu]);
      if (digest === known[key]) continue;
      const [chat, language = EVERY] = key.split(' ');
      const place = {
        scope:
          chat === DEFAULT
            ? ({ type: 'default' } as const)
            : ({ type: 'chat', chat_id: Number(chat) } as const),
        ...(language === EVERY ? {} : { language_code: language as LanguageCode }),
      };
      try {
        if (menu === undefined) await api.deleteMyCommands(place);
        else await api.setMyCommands(menu, place);
        if (digest === undefined) delete menus[key];
        else menus[key] = digest;
      } catch (error) {
        log.debug({ list: key, why: whyOf(error) }, 'the list of commands is not set');
      }
    }
    if (digestOf(menus) !== digestOf(known)) facts.put(MENUS, menus);
  };
}

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
