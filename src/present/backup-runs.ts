/** Backups as they are taken: the plan, what came of it, what is wrong with them. */
import type { Block, Card } from '../card.ts';
import type { BackedUpSource, BackupReport, MadeBackup } from '../report/backup-runs.ts';
import { rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyButton } from './copy.ts';
import type { Presented } from './index.ts';
import { momentOf, spanOf } from './moments.ts';
import { validUntil } from './updates.ts';

export function presentBackupPlan(report: Presented<'backup-plan'>, texts: Texts): Card {
  const { plan } = texts.backupRuns;
  const { services } = report;
  const stopped = services.filter(({ stops }) => stops.length > 0);
  const others = services.filter(({ stops }) => stops.length === 0).map(({ service }) => service);
  const [only, ...more] = services;
  const question = plan.question(
    only !== undefined && more.length === 0 ? only.service : plan.all(services.length),
  );
  return {
    blocks: [
      question,
      ...stopped.flatMap(({ service, stops, away, isBusy }) => [
        plan.stops(service, stops.join(', '), away),
        ...(isBusy ? [plan.busy(service)] : []),
      ]),
      ...(others.length === 0 ? [] : [plan.runsOn(others.join(', '))]),
      ...validUntil(report, texts),
    ],
    buttons: [
      [
        { label: plan.confirm, answer: 'yes', style: 'primary' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
    ],
  };
}

export function presentBackup(report: BackupReport, texts: Texts): Card {
  const { made, why } = report;
  const blocks = made === undefined ? withoutBackup(report, texts) : withBackup(report, made, texts);
  const copy = made === undefined ? [] : copyButton([made.folder], texts);
  return {
    blocks: [
      ...blocks,
      ...report.warnings.map((text) => texts.backupRuns.warning(text)),
      ...(why?.kind === 'busy' || made === undefined ? [] : [texts.backupRuns.path(made.folder)]),
    ],
    ...(copy.length === 0 ? {} : { buttons: [copy] }),
  };
}

function withBackup(report: BackupReport, made: MadeBackup, texts: Texts): Block[] {
  const { backupRuns } = texts;
  const { notCovered, away, keep } = report;
  const isProven = made.level !== 'copied';
  return [
    headOf(report, texts),
    ...levelLines(made.sources, texts),
    ...made.failed.map((one) => backupRuns.failedCheck(one)),
    ...made.leftOut.map((one) => backupRuns.leftOut(one)),
    ...made.shrunk.map((one) => backupRuns.shrunken(one)),
    ...(made.shrunk.length === 0 ? [] : [rich`${backupRuns.acceptable}`]),
    ...(notCovered === undefined ? [] : [backupRuns.notCovered(notCovered)]),
    ...(away === undefined ? [] : [backupRuns.away(texts.duration(away))]),
    isProven ? rich`${backupRuns.keep(keep)}` : backupRuns.uncounted,
  ];
}

function withoutBackup(report: BackupReport, texts: Texts): Block[] {
  const { backupRuns } = texts;
  const { why, provenAt, at } = report;
  return [
    headOf(report, texts),
    ...(why === undefined ? [] : [backupRuns.why(why)]),
    provenAt === undefined ? rich`${backupRuns.never}` : backupRuns.last(momentOf(provenAt, at, texts)),
  ];
}

function headOf({ service, made, why, took }: BackupReport, texts: Texts): Rich {
  const { backupRuns } = texts;
  if (made !== undefined) {
    const head = made.level === 'copied' ? backupRuns.unproven : backupRuns.done;
    return head(service, texts.size(made.size), texts.duration(took));
  }
  if (why?.kind === 'not-started') return backupRuns.down(service);
  return why?.kind === 'failed' ? backupRuns.failed(service) : backupRuns.skipped(service);
}

/** One line for each level that something has, the lowest first. */
export function levelLines(sources: readonly BackedUpSource[], texts: Texts): Rich[] {
  return (['copied', 'decoded', 'restored'] as const).flatMap((level) => {
    const own = sources.filter((source) => source.level === level);
    return own.length === 0 ? [] : [texts.backupRuns.level(level, own)];
  });
}

/** Worst first. */
export function presentBackupsDone(report: Presented<'backups-done'>, texts: Texts): Card {
  const { all } = texts.backupRuns;
  const { done, rest } = report;
  const isWell = ({ made }: BackupReport) => made !== undefined && made.level !== 'copied';
  const well = done.filter(isWell);
  const bad = done.filter((one) => !isWell(one));
  const count = done.length + rest.length;
  return {
    blocks: [
      well.length < count
        ? all.some(well.length, count)
        : count === 1
          ? all.one(done[0]?.service ?? '')
          : all.done(count),
      [],
      ...bad.flatMap((one): Block[] =>
        one.made === undefined ? withoutBackup(one, texts) : withBackup(one, one.made, texts),
      ),
      ...well.flatMap((one) => [
        headOf(one, texts),
        ...(one.made === undefined ? [] : levelLines(one.made.sources, texts)),
        ...one.warnings.map((text) => texts.backupRuns.warning(text)),
      ]),
      ...(rest.length === 0 ? [] : [all.rest(rest.join(', '))]),
    ],
  };
}

export function presentDrill(report: Presented<'drill'>, texts: Texts): Card {
  const { backupRuns } = texts;
  const { service, takenAt, at, failed, leftOut, sources, restoreTook } = report;
  const taken = momentOf(takenAt, at, texts);
  return {
    blocks: [
      failed.length === 0 ? backupRuns.drill.done(service, taken) : backupRuns.drill.failed(service, taken),
      ...levelLines(sources, texts),
      ...failed.map((one) => backupRuns.failedCheck(one)),
      ...leftOut.map((one) => backupRuns.leftOut(one)),
      ...(restoreTook === undefined ? [] : [backupRuns.drill.took(texts.duration(restoreTook))]),
    ],
  };
}

export function presentDrillsDue({ services, at }: Presented<'drills-due'>, texts: Texts): Card {
  const { drill } = texts.backupRuns;
  return {
    blocks: [
      drill.due(services.length),
      ...services.map(({ service, drilledAt }) =>
        drill.last(service, drilledAt === undefined ? undefined : spanOf(drilledAt, at, texts)),
      ),
    ],
  };
}

export function presentBackupTroubles(report: Presented<'backup-troubles'>, texts: Texts): Card {
  const { troubles, trouble } = texts.backupRuns;
  const { troubled, recovered, at } = report;
  const [only, ...more] = troubled;
  return {
    blocks: [
      ...(only === undefined
        ? []
        : [more.length === 0 ? troubles.one(only.service) : troubles.many(troubled.length)]),
      ...troubled.flatMap(({ service, trouble: what, provenAt }) => [
        troubles.line(service, trouble(what)),
        ...(provenAt === undefined ? [] : [troubles.proven(momentOf(provenAt, at, texts))]),
      ]),
      ...recovered.map(({ service, since }) => troubles.recovered(service, texts.about(at - since))),
    ],
  };
}

export function presentUnpaused(report: Presented<'unpaused'>, texts: Texts): Card {
  const { backupRuns } = texts;
  const { service, away, lost } = report;
  if (lost === undefined) return { blocks: [backupRuns.unpaused(service, texts.duration(away))] };
  return { blocks: [backupRuns.unpausedLost(service), backupRuns.lostWhy(lost)] };
}
