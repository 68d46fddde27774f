/** Restoring backups: what would be done, and what came of it. */
import type { Block, Button, Card } from '../card.ts';
import type { NotRestored, RestorePlan, RestoreReport } from '../report/restore.ts';
import { b, code, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';
import { momentOf } from './moments.ts';
import { countsOf, durationOf, failureText, numbered, stopped, validUntil, whyLines } from './updates.ts';

/** Of an image's id a person reads 12 digits. */
const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

export function presentRestorePlan(report: Presented<'restore-plan'>, texts: Texts): Card {
  const { plan } = texts.restore;
  const { backup, service, at } = report;
  return {
    blocks: [
      plan.question(service, momentOf(backup.takenAt, at, texts)),
      plan.backup(backup.id, texts.size(backup.size), texts.restore.proof(backup.level)),
      ...proofLines(report, texts),
      [],
      ...replacedLines(report, texts),
      [],
      ...numbered(stepsOf(report, texts)),
      ...(report.stops.length === 0
        ? []
        : [rich`${plan.down(durationOf(report.drillTook, texts), durationOf(report.away, texts))}`]),
      ...hintLines(report, texts),
      ...validUntil(report, texts),
    ],
    buttons: answers(plan.confirm, texts),
  };
}

const answers = (label: string, texts: Texts): Button[][] => [
  [
    { label, answer: 'yes', style: 'danger' },
    { label: texts.buttons.cancel, answer: 'no' },
  ],
];

function stepsOf(report: RestorePlan, texts: Texts): string[] {
  const { plan } = texts.restore;
  if (report.stops.length === 0) return [plan.verify, plan.place];
  const health = report.present === 'none' ? plan.healthOnly : plan.health;
  return [plan.verify, plan.stop(stopped(report, texts)), health];
}

function proofLines({ backup }: RestorePlan, { restore: { plan } }: Texts): Rich[] {
  if (backup.trouble !== undefined) return [plan.trouble(backup.trouble)];
  return backup.level === 'copied' ? [rich`${plan.unproven}`] : [];
}

/** What newer data will go. */
function replacedLines(report: RestorePlan, texts: Texts): Rich[] {
  const { plan } = texts.restore;
  if (report.present === 'none') return [rich`${plan.replacesNone}`];
  return [...newerLines(report, texts), rich`${plan.kept}`];
}

function newerLines({ newer, changed, present, at }: RestorePlan, texts: Texts): Rich[] {
  const { plan } = texts.restore;
  const parts = [
    ...(newer.length === 0 ? [] : [countsOf(newer, texts)]),
    ...(changed.files === 0 ? [] : [plan.files(changed.files)]),
  ];
  const latest = changed.latestAt === undefined ? undefined : momentOf(changed.latestAt, at, texts);
  return [
    ...(present === 'unreadable' ? [rich`${plan.unreadable}`] : []),
    ...(parts.length > 0
      ? [plan.latest(parts, latest)]
      : present === 'unreadable'
        ? []
        : [rich`${plan.nothingNewer}`]),
  ];
}

function hintLines({ images, missing, notCovered, service }: RestorePlan, texts: Texts): Rich[] {
  const { plan } = texts.restore;
  return [
    ...images.map(({ container, image, was, isHere }) =>
      plan.otherImage(container, image, shortId(was), isHere),
    ),
    ...(missing.length === 0 ? [] : [plan.missing(stopped({ service, stops: missing }, texts))]),
    ...(notCovered === undefined ? [] : [plan.notCovered(notCovered)]),
  ];
}

export function presentUndoPlan(report: Presented<'undo-restore-plan'>, texts: Texts): Card {
  const { undo } = texts.restore;
  return {
    blocks: [
      undo.question(report.service, momentOf(report.restoredAt, report.at, texts)),
      rich`${undo.what}`,
      [],
      ...numbered([undo.stop(stopped(report, texts)), undo.health]),
      ...validUntil(report, texts),
    ],
    buttons: answers(undo.confirm, texts),
  };
}

export function presentRestoreOutcome(report: RestoreReport, texts: Texts): Card {
  const { lost } = report;
  return {
    blocks: outcomeBlocks(report, texts),
    ...(lost === undefined ? {} : { buttons: [[{ label: texts.buttons.copyCommand, copy: lost.command }]] }),
  };
}

function outcomeBlocks(report: RestoreReport, texts: Texts): Block[] {
  const { outcome } = texts.restore;
  const { icon, text } = outcome.head(report);
  const down = durationOf(report.down, texts);
  const asOf = outcome.asOf(momentOf(report.backup.takenAt, report.at, texts));
  const why = whyLines(report, texts);
  const whyBlocks: Block[] = why.length === 0 ? [] : [[], ...why];
  const warnings = report.warnings.map((one) => texts.updates.outcome.warning(one));
  const head = rich`${icon} ${b(text)}`;
  switch (report.outcome) {
    case 'restored':
      return [
        rich`${head}${outcome.took(texts.duration(report.took), down)}`,
        asOf,
        ...asideLines(report, texts),
        ...warnings,
      ];
    case 'placed':
      return [
        head,
        asOf,
        ...(report.missing.length === 0 ? [] : [outcome.missing(report.missing.join(', '))]),
        ...asideLines(report, texts),
        ...warnings,
      ];
    case 'rolled-back':
      return [
        head,
        ...(down === undefined ? [] : [rich`${outcome.down(down)}`]),
        ...asideLines(report, texts),
        ...whyBlocks,
        ...warnings,
      ];
    case 'unchanged':
      return [head, rich`${outcome.untouched(down)}`, ...whyBlocks, ...warnings];
    case 'down':
      return [
        head,
        ...(report.data === 'backup' ? [rich`${outcome.nothingBefore}`] : []),
        ...(saysTheSame(report, texts) ? [] : whyBlocks),
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
      return [head, rich`${outcome.observed}`];
  }
}

/** What kept it from coming up has kept its data of before from it, too. */
const saysTheSame = ({ why, lost, lastLines, at }: RestoreReport, texts: Texts): boolean =>
  why !== undefined &&
  lost !== undefined &&
  lastLines.length === 0 &&
  failureText(why, at, texts) === failureText(lost.why, at, texts);

/** What was replaced, and where it is kept. */
function asideLines({ newer, aside, data }: RestoreReport, texts: Texts): Block[] {
  const { outcome } = texts.restore;
  if (aside === undefined) return [];
  return [
    ...(newer.length === 0 || data === 'before' ? [] : [outcome.replaced(countsOf(newer, texts))]),
    {
      quote: [
        outcome[data === 'before' ? 'undone' : 'aside'](dayOf(aside.until, texts)),
        ...aside.places.map((place) => rich`${code(place)}`),
      ],
    },
  ];
}

const dayOf = (at: number, texts: Texts) => ({
  time: at,
  fallback: texts.dateOf(at),
  format: 'date' as const,
});

export function presentRestoresPlan(report: Presented<'restores-plan'>, texts: Texts): Card {
  const { all } = texts.restore;
  const { plans, left, folder } = report;
  const leftBlocks = leftLines(left, texts);
  if (plans.length === 0) return { blocks: [all.nothing(folder), ...leftBlocks] };
  return {
    blocks: [
      all.question(plans.length, folder),
      [],
      ...plans.flatMap((plan, index) => [
        rich`${index + 1}. ${planLine(plan, report.at, texts)}`,
        ...(plan.present === 'none' ? [] : newerLines(plan, texts)),
        ...hintLines(plan, texts),
      ]),
      [],
      rich`${all.order}`,
      all.notHeld,
      ...leftBlocks,
      ...validUntil(report, texts),
    ],
    buttons: answers(all.confirm(plans.length), texts),
  };
}

const planLine = ({ service, backup }: RestorePlan, now: number, texts: Texts): Rich =>
  texts.restore.all.line(
    service,
    momentOf(backup.takenAt, now, texts),
    texts.size(backup.size),
    texts.restore.proof(backup.level),
  );

function leftLines(left: readonly NotRestored[], texts: Texts): Block[] {
  const { all } = texts.restore;
  if (left.length === 0) return [];
  return [
    [],
    rich`${all.leftHead}`,
    ...left.flatMap((one): Block[] => {
      if (one.why === 'cause') return [all.cause(one.service, one.cause)];
      const definition = one.definition?.split('\n').map((line) => rich`${line}`);
      return [
        all.unknown(one.service),
        ...(definition === undefined
          ? []
          : [{ quote: [rich`${all.definition}`, ...definition], mono: true }]),
      ];
    }),
  ];
}

/** Worst first. */
export function presentRestoresOutcome(report: Presented<'restores-outcome'>, texts: Texts): Card {
  const { all } = texts.restore;
  const { done, rest, left } = report;
  const isWell = ({ outcome }: RestoreReport) => ['restored', 'placed', 'observed'].includes(outcome);
  const well = done.filter(isWell);
  const worst = done.find((one) => !isWell(one));
  const count = done.length + rest.length;
  const head =
    worst === undefined
      ? all.done(well.length)
      : (worst.outcome === 'down' ? all.down : all.some)(well.length, count, worst.service);
  return {
    blocks: [
      head,
      ...(worst === undefined ? [] : [[], ...outcomeBlocks(worst, texts)]),
      ...(well.length === 0 ? [] : [[]]),
      ...well.map((one) => {
        const { icon, text } = texts.restore.outcome.head(one);
        return rich`${icon} ${text}`;
      }),
      ...(rest.length === 0 ? [] : [all.rest(rest.join(', '))]),
      ...leftLines(left, texts),
    ],
  };
}
