/** Who is who among those that a chat has: an owner is known by the name that he has given himself in Telegram. */
import type { App } from './app.ts';
import type { Who } from './report/alerts.ts';
import { ENROLLED } from './reports-chat.ts';
import type { Facts } from './store/facts.ts';

const nameKey = (user: number | string) => `telegram:name:${user}`;
/** Characters: it stands in the middle of a sentence. */
const NAME_MOST = 40;

export function rememberName(facts: Facts, user: number, name: string): void {
  const known = [...name].slice(0, NAME_MOST).join('');
  if (facts.get<string>(nameKey(user)) !== known) facts.put(nameKey(user), known);
}

/** @param by `telegram:613428907`, `cli:root`, `schedule` */
export function whoIs({ config, store }: Pick<App, 'config' | 'store'>, by: string): Who {
  const [door = '', id = ''] = by.split(':');
  if (door === 'schedule') return 'schedule';
  if (door !== 'telegram') return { name: id };
  const { owners } = config.telegram;
  const isAlone = owners.length === 1 || (owners.length === 0 && store.facts.get(ENROLLED) !== undefined);
  return isAlone ? 'you' : { name: store.facts.get<string>(nameKey(id)) ?? id };
}
