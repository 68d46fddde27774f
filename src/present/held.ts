/** What quiet hours have held back. */
import type { Block, Card } from '../card.ts';
import type { HeldReport } from '../report/alerts.ts';
import type { Report } from '../report.ts';
import { rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { minuteOf } from './moments.ts';

/** @param blocksOf a report in words */
export function presentHeld(
  report: HeldReport,
  texts: Texts,
  blocksOf: (report: Report) => readonly Block[],
): Card {
  return { blocks: [texts.alerts.held(report.held.length), ...heldBlocks(report, texts, blocksOf)] };
}

/** One line for each, with its time; what else it has to say is folded below it. */
export function heldBlocks(
  { held, at }: HeldReport,
  texts: Texts,
  blocksOf: (report: Report) => readonly Block[],
): Block[] {
  return held.flatMap(({ at: heldAt, report }): Block[] => {
    const [first = [], ...rest] = blocksOf(report);
    const line = rich`${minuteOf(heldAt, at, texts)} ${linesOf(first)[0] ?? []}`;
    const quote = rest.flatMap(linesOf).filter((one) => one.length > 0);
    return quote.length === 0 ? [line] : [line, { quote }];
  });
}

const linesOf = (block: Block): readonly Rich[] => ('quote' in block ? block.quote : [block]);
