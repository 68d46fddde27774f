/** What watching finds beside services that do not work. */
import type { Block } from '../card.ts';
import type { WatchFact } from '../report/watch-facts.ts';
import { rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { momentOf } from './moments.ts';

/** @param since when the alert began: a moment of another day says which */
export function presentWatchFact(fact: WatchFact, since: number, texts: Texts): Block[] {
  const { watchFacts: words } = texts;
  switch (fact.kind) {
    case 'log':
      return [
        words.logged(fact, momentOf(fact.lastAt, since, texts)),
        { quote: [rich`${fact.line}`], mono: true },
      ];
    case 'slow-pattern':
      return [rich`${words.slow(fact)}`];
    case 'deploy-left':
      return [words.deploy(fact, momentOf(fact.begunAt, since, texts))];
  }
}
