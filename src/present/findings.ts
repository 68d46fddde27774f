/** What a look has found, below the first line of its alert: the cause, and what was said last. */
import type { Block } from '../card.ts';
import type { Finding, ServiceFact } from '../report/alerts.ts';
import type { Trouble } from '../report/services.ts';
import { rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { factLines } from './checks.ts';
import { presentWatchFact } from './watch-facts.ts';

/** The first block is the cause in one line. */
export function presentFact({ fact, service, since }: Finding, texts: Texts): Block[] {
  switch (fact.kind) {
    case 'service':
      return presentService(fact, texts, { service, since });
    case 'host':
      return [
        rich`${texts.alerts.cause(undefined, fact.cause)}`,
        ...(fact.services.length === 0 ? [] : [rich`${texts.alerts.unseen(fact.services.join(', '))}`]),
      ];
    case 'job':
      return [rich`${texts.alerts.cause(undefined, fact.cause)}`];
    case 'log':
    case 'slow-pattern':
    case 'deploy-left':
      return presentWatchFact(fact, since, texts);
    default:
      return factLines(fact, texts);
  }
}

function presentService(
  fact: ServiceFact,
  texts: Texts,
  { service, since }: { service: string | undefined; since: number },
): Block[] {
  const { alerts: words } = texts;
  const { part, trouble, restarts, memoryLimit, lastLines } = fact;
  const why = texts.trouble(withoutTime(trouble), since);
  const isMemory = trouble.kind === 'exited' && trouble.outOfMemory && memoryLimit !== undefined;
  const cause = words.cause(
    part === service ? undefined : part,
    isMemory ? words.limit(why, texts.memory(memoryLimit)) : why,
  );
  const again = restarts > 0 && trouble.kind !== 'restarting' ? ` ${words.restarts(restarts)}` : '';
  const blocks: Block[] = [rich`${cause}${again}`];
  if (trouble.kind === 'unhealthy' && trouble.output !== undefined && trouble.output !== '') {
    blocks.push(rich`${words.check(trouble.output)}`);
  }
  if (lastLines.length > 0) blocks.push({ quote: lastLines.map((text) => rich`${text}`), mono: true });
  return blocks;
}

/** "3 min ago" would be wrong on a card that stays: the first line has the time. */
function withoutTime(trouble: Trouble): Trouble {
  if (trouble.kind === 'exited') return { ...trouble, at: undefined };
  return trouble.kind === 'unhealthy' ? { ...trouble, since: undefined } : trouble;
}
