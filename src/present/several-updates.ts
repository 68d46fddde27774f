/** Several updates in one go: what would be done, and what came of it. */
import type { Block, Card } from '../card.ts';
import type { UpdateReport } from '../report/updates.ts';
import { b, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';
import { troubleText } from './releases.ts';
import { durationOf, hazardLines, headOf, outcomeBlocks, outcomeButtons, validUntil } from './updates.ts';

export function presentUpdatesPlan(report: Presented<'updates-plan'>, texts: Texts): Card {
  const { all, versions } = texts.updates;
  const { plans, left } = report;
  const lines = plans.map((plan) =>
    [
      versions(plan.from, plan.to),
      ...(plan.size === undefined || plan.size === 0 ? [] : [texts.size(plan.size)]),
      ...((plan.notes?.breaking.length ?? 0) > 0 ? [texts.releases.breaking] : []),
    ].join(' · '),
  );
  const leftLines =
    left.length === 0 ? [] : [[], rich`${all.leftHead}`, ...left.map((one) => leftLine(one, texts))];
  if (plans.length === 0) return { blocks: [all.nothing, ...leftLines] };
  return {
    blocks: [
      all.question(plans.length),
      [],
      ...plans.flatMap((plan, index) => [
        rich`${index + 1}. ${b(plan.service)} ${lines[index] ?? ''}`,
        ...hazardLines(plan, texts),
      ]),
      [],
      rich`${all.order(plans.length)}`,
      ...leftLines,
      ...validUntil(report, texts),
    ],
    buttons: [
      [
        { label: all.confirm(plans.length), answer: 'yes', style: 'primary' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
    ],
  };
}

function leftLine(one: Presented<'updates-plan'>['left'][number], texts: Texts): Rich {
  const { all } = texts.updates;
  if ('cause' in one) return all.leftFor(one.name, one.cause);
  if (one.verdict.kind !== 'unknown') return all.left(one);
  const [trouble] = one.troubles;
  return all.leftFor(one.name, trouble === undefined ? all.unknown : troubleText(trouble, texts));
}

/** Worst first. */
export function presentUpdatesOutcome(report: Presented<'updates-outcome'>, texts: Texts): Card {
  const { all, outcome } = texts.updates;
  const { done, rest } = report;
  const isWell = (one: UpdateReport) => one.outcome === 'updated' || one.outcome === 'observed';
  const worst = done.find((one) => !isWell(one));
  const well = done
    .filter(isWell)
    .flatMap((one): Block[] => [
      rich`${headOf(one, texts)}${one.outcome === 'updated' ? outcome.took(texts.duration(one.took), durationOf(one.down, texts)) : ''}`,
      ...one.warnings.map((text) => outcome.warning(text)),
    ]);
  return {
    blocks: [
      allHead(report, worst, texts),
      [],
      ...(worst === undefined ? [] : outcomeBlocks(worst, texts)),
      ...(worst === undefined || well.length === 0 ? [] : [[]]),
      ...well,
      ...(rest.length === 0 ? [] : [all.rest(rest.join(', '))]),
    ],
    buttons: worst === undefined ? [] : outcomeButtons(worst, texts),
  };
}

function allHead(
  { done, rest }: Presented<'updates-outcome'>,
  worst: UpdateReport | undefined,
  texts: Texts,
): Rich {
  const { all, outcome } = texts.updates;
  if (worst === undefined) return all.done(done.length);
  // It is the last one, because it ended the row.
  const well = done.length - 1;
  const count = done.length + rest.length;
  return worst.outcome === 'down'
    ? all.down(well, count, worst.service)
    : all.some(well, count, outcome.head(worst).icon, worst.service);
}
