/** Where reports go: the chat that is configured, or the private chat of the owner who enrolled. */
import type { Config } from './config.ts';
import type { Facts } from './store/facts.ts';

/** Fact: the owner who enrolled where the configuration names none. */
export const ENROLLED = 'telegram:owner';

/** @returns undefined while there is no owner */
export const reportsChat = (
  telegram: Pick<Config['telegram'], 'chat' | 'owners'>,
  facts: Pick<Facts, 'get'>,
): number | undefined => telegram.chat ?? telegram.owners[0] ?? facts.get<number>(ENROLLED);
