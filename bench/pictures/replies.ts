/** What the bot has replied: pictures' paths. */
import type { Telegram } from '../../sandbox/telegram.ts';

/** Paths of a readable copy in what the bot wrote to this chat. */
export function pathsIn(telegram: Telegram, chat: number): number {
  return telegram
    .messages(chat)
    .filter(({ from, text }) => from === 'bot' && /\/p\d+\.(?:jpg|png)\b/.test(text)).length;
}

/** Until that many paths stand in the chat. @throws after two minutes */
export const replied = (telegram: Telegram, chat: number, count: number): Promise<true> =>
  telegram.until(() => (pathsIn(telegram, chat) >= count ? true : undefined), `${count} paths`, 120_000);
