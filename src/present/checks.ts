/** What the smoke test has found, below the first line of its alert; and what happened to the hosts. */
import type { Card } from '../card.ts';
import type { CheckFact, HostNews } from '../report/host-findings.ts';
import { rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { minuteOf } from './moments.ts';

/** What was found beside the title, why it matters, and what to do. The title itself is `texts.checks.title`. */
export function factLines(fact: CheckFact, texts: Texts): Rich[] {
  const { checks } = texts;
  const found = checks.found(fact, (moment) => ({
    time: moment,
    fallback: texts.local(moment).day,
    format: 'date',
  }));
  return [...(found === undefined ? [] : [found]), rich`${checks.why(fact)}`, checks.todo(fact)];
}

export function presentHostNews({ rebootedAt, engines, at }: HostNews, texts: Texts): Card {
  const { news } = texts.checks;
  return {
    blocks: [
      news.head,
      ...(rebootedAt === undefined ? [] : [news.rebooted(minuteOf(rebootedAt, at, texts))]),
      ...engines.map(news.engine),
    ],
  };
}
