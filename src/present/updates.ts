/** Updates and the way back: what would be done, and what came of it. */
import type { Block, Button, Card } from '../card.ts';
import type { Report } from '../report.ts';
import type { DataDifference, UpdateFailure, UpdatePlan, UpdateReport } from '../report/updates.ts';
import { b, code, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';
import { momentOf, spanOf, timeOf } from './moments.ts';
import { shortName } from './short-name.ts';

/** Tables that are named one by one. */
const TABLES_NAMED = 3;
/** Of what the new version said last. */
const LINES_MOST = 20;

export function presentUpdatePlan(report: Presented<'update-plan'>, texts: Texts): Card {
  const { updates } = texts;
  const { service, withData, notes, notCovered } = report;
  const steps = [
    ...(withData ? [updates.plan.backup] : []),
    downloadStep(report, texts),
    updates.plan.stop(stopped(report, texts), withData),
    updates.plan.health(texts.duration(report.limit)),
  ];
  const [first, last] = [steps.length - 1, steps.length];
  const away =
    report.away === undefined
      ? updates.plan.awayUnknown(first, last)
      : updates.plan.away(texts.duration(report.away));
  return {
    blocks: [
      updates.plan.question(service, updates.versions(report.from, report.to)),
      [],
      ...numbered(steps),
      [],
      rich`${away} ${updates.plan.failure(first, last, withData)}`,
      ...(notCovered === undefined || !withData ? [] : [updates.plan.notCovered(notCovered)]),
      ...hazardLines(report, texts),
      ...notesOf(notes, texts),
      ...validUntil(report, texts),
    ],
    buttons: [
      [
        { label: updates.plan.confirm(withData), answer: 'yes', style: 'primary' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
      ...notesButton(notes, texts),
    ],
  };
}

export const numbered = (steps: readonly string[]): Rich[] =>
  steps.map((step, index) => rich`${index + 1}. ${step}`);

export function downloadStep(
  { images, size }: Pick<UpdatePlan, 'images' | 'size'>,
  { updates, size: amount }: Texts,
): string {
  const missing = images.filter(({ to }) => to === undefined).length;
  return missing === 0 || size === 0
    ? updates.plan.here
    : updates.plan.download(missing, size === undefined ? undefined : amount(size));
}

export function stopped(
  { service, stops }: { service: string; stops: readonly string[] },
  texts: Texts,
): string {
  const names = stops.flatMap((part) => part.split(', ')).map((name) => shortName(service, name));
  return names.length === 1 && names[0] === service ? texts.updates.it : texts.updates.listed(names);
}

export const hazardLines = ({ hazards, at }: Pick<UpdatePlan, 'hazards' | 'at'>, texts: Texts): Rich[] =>
  hazards.map((one) => texts.updates.hazard(one, (moment) => spanOf(moment, at, texts)));

export function notesOf(notes: UpdatePlan['notes'], texts: Texts): Block[] {
  if (notes === undefined) return [];
  const { breaking, gist } = notes;
  const quote = [...breaking, ...gist].map((text) => rich`${text}`);
  return [
    ...(breaking.length === 0 ? [] : [texts.updates.plan.breaking(breaking.length)]),
    ...(quote.length === 0 ? [] : [{ quote }]),
  ];
}

export const notesButton = (notes: UpdatePlan['notes'], texts: Texts): Button[][] =>
  notes === undefined ? [] : [[{ label: texts.buttons.releaseNotes, url: notes.url }]];

export const validUntil = ({ asks }: Report, texts: Texts): Rich[] =>
  asks === undefined ? [] : [texts.updates.plan.valid(timeOf(asks.until, texts))];

export function presentRollbackPlan(report: Presented<'rollback-plan'>, texts: Texts): Card {
  const { back } = texts.updates;
  const { service, data, reason, from, to } = report;
  const names = stopped(report, texts);
  // Where nothing runs any more there is no version to leave.
  const question =
    from === undefined && to !== undefined
      ? back.retry(service, to)
      : back.question(service, back.versions(from, to));
  return {
    blocks: [
      question,
      ...(data === undefined
        ? [rich`${back.imageOnly[reason]}`]
        : [
            rich`${from === undefined ? back.dataToo : back.withData[reason]}`,
            back.asOf(momentOf(data.asOf, report.at, texts)),
            lossOf(data.lost, reason, texts),
          ]),
      [],
      ...numbered([
        back.stop(names, from !== undefined && reason !== 'not-covered'),
        back.place(data !== undefined),
        back.health,
      ]),
      ...validUntil(report, texts),
    ],
    buttons: [
      [
        { label: back.confirm, answer: 'yes', style: data === undefined ? 'primary' : 'danger' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
    ],
  };
}

function lossOf(
  lost: readonly DataDifference[],
  reason: Presented<'rollback-plan'>['reason'],
  texts: Texts,
): Rich {
  const { back } = texts.updates;
  if (lost.length > 0) return back.lost(countsOf(lost, texts));
  return reason === 'unreadable' ? rich`${back.lostUnknown}` : rich`${back.lostNothing}`;
}

export function presentUpdateOutcome(report: UpdateReport, texts: Texts): Card {
  return { blocks: outcomeBlocks(report, texts), buttons: outcomeButtons(report, texts) };
}

export function outcomeBlocks(report: UpdateReport, texts: Texts): Block[] {
  const { outcome } = texts.updates;
  const head = headOf(report, texts);
  const warnings = report.warnings.map((text) => outcome.warning(text));
  const why = whyLines(report, texts);
  switch (report.outcome) {
    case 'updated':
      return [
        rich`${head}${outcome.took(texts.duration(report.took), durationOf(report.down, texts))}`,
        rich`${outcome.healthy(report.containers)}`,
        ...dataLines(report, texts),
        ...(report.verb === 'update' ? [outcome.kept(report.from, timeOrNone(report.keptAt, texts))] : []),
        ...warnings,
      ];
    case 'rolled-back':
      return [
        head,
        ...dataLines(report, texts),
        ...(why.length === 0 ? [] : [[], ...why]),
        ...(isOwnFailure(report) ? [outcome.skipped(report.to)] : []),
        ...warnings,
      ];
    case 'unchanged':
      return [
        head,
        rich`${outcome.runs(report.from, durationOf(report.down, texts))}`,
        ...(why.length === 0 ? [] : [[], ...why]),
        ...warnings,
      ];
    case 'down':
      return [
        head,
        ...(report.keptAt === undefined ? [] : [outcome.snapshot(timeOf(report.keptAt, texts))]),
        [],
        ...why,
        ...(report.lost === undefined
          ? []
          : [
              outcome.whyLost(failureText(report.lost.why, report.at, texts)),
              [],
              rich`${outcome.run}`,
              rich`${code(report.lost.command)}`,
            ]),
        ...warnings,
      ];
    case 'observed':
      return [rich`${head} ${texts.updates.versions(report.from, report.to)}. ${outcome.observed}`];
  }
}

export function headOf(report: UpdateReport, texts: Texts): Rich {
  const { icon, text } = texts.updates.outcome.head(report);
  return rich`${icon} ${b(text)}`;
}

/** Nobody asked for the way back, so it says something against the image. */
const isOwnFailure = ({ verb, why }: UpdateReport): boolean =>
  verb === 'update' && why !== undefined && why.kind !== 'asked' && why.kind !== 'cut-off';

/** As of when the data is, what was written since, and where that is kept. */
function dataLines(report: UpdateReport, texts: Texts): Rich[] {
  const { outcome } = texts.updates;
  const { data, down, at } = report;
  // A rollback that worked has told its time already.
  const away = down === undefined || report.outcome === 'updated' ? '' : outcome.down(texts.duration(down));
  if (data === undefined) {
    if (report.outcome !== 'rolled-back') return [];
    return [report.verb === 'update' ? rich`${outcome.imageOnly}${away}` : rich`${away.trim()}`];
  }
  const asOf = outcome.data(momentOf(data.asOf, at, texts), report.outcome === 'rolled-back');
  if (data.newer.length === 0) return [rich`${asOf}${outcome.nothingSince}${away}`];
  return [
    rich`${asOf}.${away}`,
    outcome.since(countsOf(data.newer, texts)),
    ...data.aside.map((place) => rich`${outcome.aside} ${code(place)}`),
  ];
}

export function whyLines(
  { why, lastLines, at }: Pick<UpdateReport, 'why' | 'lastLines' | 'at'>,
  texts: Texts,
): Block[] {
  // Nothing went wrong.
  if (why?.kind === 'asked') return [];
  // A program that is started again and again says the same again and again.
  const told = [...new Set(lastLines.toReversed())].slice(0, LINES_MOST).toReversed();
  const lines = told.map((text) => rich`${text}`);
  return [
    ...(why === undefined ? [] : [texts.updates.outcome.why(failureText(why, at, texts))]),
    ...(lines.length === 0 ? [] : [{ quote: lines, mono: true }]),
  ];
}

export function failureText(why: UpdateFailure, now: number, texts: Texts): string {
  const { failure } = texts.updates;
  switch (why.kind) {
    case 'step':
      return failure.step(why.step, withShortDigests(why.cause));
    case 'slow':
      return failure.slow(why.limit);
    case 'version':
      return failure.version(why.expected, why.found);
    case 'image':
      return failure.image(why.container);
    case 'asked':
    case 'cut-off':
      return failure[why.kind];
    case 'exited':
      // By now it runs again, so how long ago that was says little.
      return texts.trouble({ ...why, at: undefined }, now);
    default:
      return texts.trouble(why, now);
  }
}

export function outcomeButtons({ outcome, lost, notes }: UpdateReport, texts: Texts): Button[][] {
  if (lost !== undefined) return [[{ label: texts.buttons.copyCommand, copy: lost.command }]];
  return outcome === 'updated' ? notesButton(notes, texts) : [];
}

/** What has become more or fewer: tables that were there before and changed most, then the rest in one sum. */
export function countsOf(differences: readonly DataDifference[], texts: Texts): string {
  const sources = new Set(differences.map(({ source }) => source));
  const change = ({ before, after }: DataDifference) => after - before;
  const told = differences.toSorted(
    (one, other) =>
      Number(other.before > 0) - Number(one.before > 0) || Math.abs(change(other)) - Math.abs(change(one)),
  );
  const named = told.slice(0, TABLES_NAMED).map((one) => ({
    name: sources.size > 1 ? `${one.source.split('/').at(-1) ?? ''} ${one.table}` : one.table,
    change: change(one),
  }));
  const others = told.slice(TABLES_NAMED);
  const sum = others.reduce((total, one) => total + change(one), 0);
  return texts.updates.outcome.counts(named, { change: sum, tables: others.length });
}

export const durationOf = (span: number | undefined, texts: Texts) =>
  span === undefined ? undefined : texts.duration(span);

const timeOrNone = (at: number | undefined, texts: Texts) =>
  at === undefined ? undefined : timeOf(at, texts);

/** Of 64 digits a person reads 12. */
const withShortDigests = (text: string): string =>
  text.replaceAll(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
