/** What came into the inbox: how much of it is in Immich, what stays and why. */
import type { Block, Card } from '../card.ts';
import { code, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';

export function presentInbox(report: Presented<'inbox'>, { inbox: words }: Texts): Card {
  const { done, known, kept, keptCount, observed, album } = report;
  const blocks: Block[] = [headline(report, words)];
  if (report.trouble?.kind === 'immich' && done > 0) blocks.push(words.before(done));
  if (known > 0) blocks.push(words.known(known, done));
  if (done > 0 && observed) blocks.push(words.observed(done));
  if (keptCount > 0) {
    blocks.push(words.kept(keptCount));
    const lines: Rich[] = kept.map(
      ({ path, problem }) => rich`${code(path)} – ${words.problem(problem, album)}`,
    );
    const others = keptCount - kept.length;
    blocks.push({ quote: others > 0 ? [...lines, words.others(others)] : lines });
  }
  return { blocks };
}

function headline(
  { done, waiting, trouble, keptCount, album }: Presented<'inbox'>,
  words: Texts['inbox'],
): Rich {
  if (trouble !== undefined) return words.trouble(trouble, waiting);
  if (waiting > 0) return words.working(done, done + keptCount + waiting);
  if (done > 0) return words.done(done, album);
  return keptCount > 0 ? words.none : words.recovered;
}
