/** What there is of backups: of all services, worst first; of one; one whole. */
import type { Block, Card } from '../card.ts';
import type { ListedBackup, ServiceBackups } from '../report/backups.ts';
import { b, join, rich, type Rich } from '../rich.ts';
import { isWell, worstFirst } from '../state.ts';
import type { Texts } from '../texts/index.ts';
import { copyButton } from './copy.ts';
import { stateIcon } from './icons.ts';
import type { Presented } from './index.ts';
import { momentOf, spanOf } from './moments.ts';

/** A list is to be read on a phone. */
const LISTED_MOST = 10;

export function presentBackups(report: Presented<'backups'>, texts: Texts): Card {
  const { backups } = texts;
  const { uncovered, lost, at } = report;
  const services = worstFirst(report.services);
  const rest = uncovered.length === 0 ? [] : [[], backups.notBackedUp(uncovered.join(', '))];
  if (services.length === 0) return { blocks: [backups.none, ...rest] };
  return {
    blocks: [
      headline(services, texts),
      ...(lost === undefined ? [] : [backups.lost(lost)]),
      [],
      ...services.map((one) => serviceLine(one, at, texts)),
      ...secondPlace(services, at, texts),
      ...rest,
    ],
  };
}

function headline(services: readonly ServiceBackups[], texts: Texts): Rich {
  const { backups } = texts;
  const [worst, ...more] = services.filter(({ state }) => !isWell(state));
  if (worst?.worry === undefined) return rich`🟢 ${b(backups.allProven(services.length))}`;
  const fine = services.length - more.length - 1;
  const others = more.length === 0 ? '' : `, ${backups.more(more.length)}`;
  return rich`${stateIcon[worst.state]} ${b(backups.someFine(fine, services.length))} · ${backups.worst(worst.service, worst.worry)}${others}`;
}

function serviceLine(
  { service, state, worry, proven, count }: ServiceBackups,
  at: number,
  texts: Texts,
): Rich {
  const { backups } = texts;
  const worries = {
    never: count === 0 ? backups.never : backups.neverOf(count),
    overdue: backups.overdue,
    unproven: backups.unproven,
    shrunk: backups.smaller,
    'off-site': backups.offSite,
  };
  const facts: Rich[] = [
    ...(worry === undefined ? [] : [rich`${worries[worry]}`]),
    ...(proven === undefined
      ? []
      : [
          rich`${spanOf(proven.takenAt, at, texts)}`,
          rich`${backups.levels[proven.level]}`,
          rich`${texts.size(proven.size)}`,
          rich`${backups.kept(count)}`,
        ]),
  ];
  return rich`${stateIcon[state]} ${b(service)} – ${join(facts, ', ')}`;
}

export function presentServiceBackups(report: Presented<'service-backups'>, texts: Texts): Card {
  const { backups } = texts;
  const { standing, kept, lost, at } = report;
  const { proven, shrunk, notCovered, nextAt } = standing;
  const age = proven && spanOf(proven.takenAt, at, texts);
  const older = report.backups.length - LISTED_MOST;
  const list: Block[] = report.backups.slice(0, LISTED_MOST).map((one) => backupLine(one, at, texts));
  return {
    blocks: [
      rich`${stateIcon[standing.state]} ${backups.head(standing.service, age, backups.levels[proven?.level ?? 'copied'])}`,
      ...(lost === undefined ? [] : [backups.lost(lost)]),
      ...shrunk.map((one) => backups.shrunk(one)),
      ...(list.length === 0 ? [] : [[], ...list]),
      ...(older > 0 ? [backups.older(older)] : []),
      [],
      ...(kept === undefined ? [backups.ahead] : list.length === 0 ? [] : [backups.retention(kept)]),
      nextAt === undefined ? backups.unscheduled : backups.next(momentOf(nextAt, at, texts)),
      ...secondPlace([standing], at, texts),
      ...(notCovered === undefined ? [] : [backups.notCovered(notCovered)]),
    ],
  };
}

/** What is wrong there, each cause once; when something came there last. */
function secondPlace(services: readonly ServiceBackups[], at: number, texts: Texts): Rich[] {
  const { there, none, trouble } = texts.backups.secondPlace;
  const known = services.flatMap(({ offSite }) => offSite ?? []);
  if (known.length === 0) return [];
  const sent = known.flatMap(({ sentAt }) => sentAt ?? []);
  const troubles = new Set(known.flatMap((one) => one.trouble ?? []));
  return [
    sent.length === 0 ? none : there(momentOf(Math.max(...sent), at, texts)),
    ...[...troubles].map((why) => trouble(why)),
  ];
}

function backupLine(backup: ListedBackup, at: number, texts: Texts): Rich {
  const { takenAt, level, size, trouble } = backup;
  const facts = [texts.backups.levels[level], ...(size === 0 ? [] : [texts.size(size)])];
  const why = trouble === undefined ? '' : `. ${texts.told(trouble)}`;
  return rich`${iconOf(backup)} ${momentOf(takenAt, at, texts)} – ${facts.join(', ')}${why}`;
}

const iconOf = ({ isProven, trouble }: ListedBackup): string =>
  stateIcon[isProven ? 'ok' : trouble === undefined ? 'degraded' : 'down'];

export function presentOneBackup(report: Presented<'one-backup'>, texts: Texts): Card {
  const { backups } = texts;
  const { backup, checks, sources, reasons, notCovered, folder, at } = report;
  const { drilledAt, drillTook, trouble } = backup;
  const sum = (of: 'tables' | 'rows' | 'files') => sources.reduce((all, source) => all + source[of], 0);
  const contents = [
    ...(backup.size === 0 ? [] : [texts.size(backup.size)]),
    backups.contents(sum('tables'), sum('rows'), sum('files')),
  ].filter((part) => part !== '');
  const took = drillTook === undefined ? undefined : texts.duration(drillTook);
  const copy = copyButton([folder], texts);
  return {
    blocks: [
      rich`${iconOf(backup)} ${backups.one(report.service, momentOf(backup.takenAt, at, texts), backups.levels[backup.level])}`,
      ...(trouble === undefined ? [] : [backups.trouble(trouble)]),
      ...(contents.length === 0 ? [] : [rich`${contents.join(' · ')}`]),
      ...(drilledAt === undefined ? [] : [backups.drilled(spanOf(drilledAt, at, texts), took)]),
      ...(checks.length === 0 ? [] : [{ quote: checks.map((one) => backups.check(one)) }]),
      backups.reasons(reasons),
      ...(notCovered === undefined ? [] : [backups.notCovered(notCovered)]),
      backups.path(folder),
    ],
    ...(copy.length === 0 ? {} : { buttons: [copy] }),
  };
}

export function presentOffSite({ troubled, recovered }: Presented<'off-site'>, texts: Texts): Card {
  const { secondPlace: place } = texts.backups;
  return {
    blocks: [
      ...(troubled.length === 0 ? [] : [place.troubled]),
      ...troubled.map(({ services, trouble }) => place.line(services.join(', '), trouble)),
      ...(troubled.length === 0 ? [] : [rich`${place.untouched}`]),
      ...(recovered.length === 0 ? [] : [place.recovered(recovered.join(', '))]),
    ],
  };
}

export function presentShrunkAccepted({ service, shrunk }: Presented<'shrunk-accepted'>, texts: Texts): Card {
  return { blocks: [texts.backups.accepted(service), ...shrunk.map((one) => texts.backups.shrunk(one))] };
}
