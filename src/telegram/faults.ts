/** Tells the owner that Steward did not start: each fault at most once a day, so that a unit's retries do not ring all night. */
import { createHash } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { describeFault } from '../errors.ts';
import { present } from '../present/index.ts';
import { reportsChat } from '../reports-chat.ts';
import { openStore } from '../store.ts';
import { textsOf } from '../texts/index.ts';
import type { CheckedConfig } from '../check-config.ts';
import { createApis } from './api.ts';
import { send } from './message.ts';
import { render } from './render.ts';

const DAY = 86_400_000;

/**
 * @param token one that passed its own check
 * @throws when Telegram cannot be reached or refuses
 */
export async function tellFaults({ config, faults }: CheckedConfig, token: string): Promise<void> {
  const store = openStore(config.stateDir, systemClock);
  try {
    const chat = reportsChat(config.telegram, store.facts);
    if (chat === undefined) return;
    const lines = faults.map(describeFault);
    const keyOf = (line: string) => `config-fault:${createHash('sha256').update(line).digest('hex')}`;
    const fresh = lines.filter((line) => {
      const told = store.facts.at(keyOf(line));
      return told === undefined || systemClock.now() - told >= DAY;
    });
    if (fresh.length === 0) return;
    const card = present(
      { kind: 'note', note: { key: 'config-faults', faults: fresh } },
      textsOf(config.language),
    );
    const apis = createApis(token, config.telegram.apiRoot);
    const rendered = render(card, { button: () => '' });
    await send(apis, chat, rendered, { replyTo: undefined, silent: false });
    for (const line of fresh) store.facts.put(keyOf(line), true);
  } finally {
    store.close();
  }
}
