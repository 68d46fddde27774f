/** How things stand: what wants a look first, then what is well, in one line a thing. */
import type { Block, Card } from '../card.ts';
import type { Report } from '../report.ts';
import type { Severity } from '../report/alerts.ts';
import type { DiskOverview, OverviewAlert, OverviewReport, Trends, Unseen } from '../report/overview.ts';
import { b, join, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { heldBlocks } from './held.ts';
import { stateIcon } from './icons.ts';
import { minuteOf, spanOf } from './moments.ts';
import { diskName } from './status.ts';
import { trendCharts, weekLines } from './trends.ts';

const VERDICTS: Record<OverviewReport['verdict'], string> = {
  good: '🟢',
  unsure: '🟡',
  troubled: '🟡',
  bad: '🔴',
};
const SEVERITIES: Record<Severity, string> = { critical: '🔴', warning: '🟡', notice: 'ℹ️' };
/** Bytes a day: less is the noise of logs. */
const GROWS = 10e6;
/** More names than this are a wall. */
const NAMES_MOST = 5;

/** @param blocksOf another report in words */
export function presentOverview(
  report: OverviewReport,
  texts: Texts,
  blocksOf: (report: Report) => readonly Block[],
): Card {
  const troubles = troubleLines(report, texts);
  const day = texts.overview.day(texts.local(report.at).day);
  const rows: Block[] = [
    rich`${VERDICTS[report.verdict]} ${texts.overview.head(report, troubles.length, day)}`,
    ...troubles,
    ...unseenLines(report, texts),
    ...offlineLines(report, texts),
    [],
    ...weekLines(report, texts),
    ...factLines(report, texts),
    ...heldPart(report, texts, blocksOf),
    ...(report.isWhole ? wholePart(report, texts) : []),
  ];
  // Nothing stands between the headline and the facts where all is good.
  const blocks = rows.filter((row, index) => index < rows.length - 1 || !isBlank(row));
  const charts = report.isWhole ? [] : trendCharts(report, texts);
  return charts.length === 0 ? { blocks } : { blocks, picture: { name: 'trends.png', charts } };
}

const isBlank = (block: Block): boolean => !('quote' in block) && block.length === 0;

/** Each trouble once: an alert tells more than the look that found the same. */
function troubleLines(report: OverviewReport, texts: Texts): Rich[] {
  const { alerts, services, backups, jobs, disks, unseen, errors, at } = report;
  const known = new Set(alerts.open.map(({ finding }) => finding.key));
  const about = new Set(alerts.open.flatMap(({ finding }) => finding.service ?? []));
  const ofHosts = unseen.filter((one) => one.kind === 'host');
  return [
    ...ofHosts
      .filter(({ name }) => !known.has(`host:${name}`))
      .map(({ name, cause }) => texts.status.hostUnreachable(name, cause)),
    ...alerts.open.map(
      ({ finding }) =>
        rich`${SEVERITIES[finding.severity]} ${b(texts.alerts.title(finding))}${texts.overview.since(minuteOf(finding.since, at, texts))}`,
    ),
    ...services
      .filter(({ name, state }) => !['ok', 'stopped', 'working'].includes(state) && !about.has(name))
      .filter(({ trouble }) => trouble?.kind !== 'host-unreachable')
      .map(
        ({ name, state, trouble }) =>
          rich`${stateIcon[state]} ${b(name)}${trouble === undefined ? '' : ` – ${texts.trouble(trouble, at)}`}`,
      ),
    ...disks.flatMap((disk) =>
      'lost' in disk &&
      disk.lost !== 'silent' &&
      !known.has(`mount:${disk.path}`) &&
      !known.has(`disk:${disk.path}`)
        ? [rich`🔴 ${texts.status.lostDisk(disk.path, disk.lost)}`]
        : [],
    ),
    ...(backups?.troubled ?? [])
      .filter(({ name }) => !known.has(`backup:${name}`))
      .map(({ name, worry, provenAt }) =>
        texts.overview.worry(name, worry, provenAt === undefined ? undefined : texts.about(at - provenAt)),
      ),
    ...jobs
      .filter(({ isOver, name, subject }) => !isOver && !known.has(`job:${labelOf(name, subject)}`))
      .map(({ name, subject, at: failedAt, times, reason }) =>
        texts.overview.job(labelOf(name, subject), spanOf(failedAt, at, texts), times, reason),
      ),
    ...(errors.count === 0 ? [] : [texts.overview.errors(errors.count, errors.last?.message)]),
  ];
}

const labelOf = (name: string, subject: string | undefined): string =>
  subject === undefined ? name : `${name} ${subject}`;

function unseenLines({ unseen, at, isWhole }: OverviewReport, texts: Texts): Rich[] {
  const said = (what: Unseen): Rich => {
    const lastAt = what.kind === 'smoke-test' ? what.lastAt : undefined;
    return texts.overview.unseen(what, lastAt === undefined ? undefined : minuteOf(lastAt, at, texts));
  };
  // A host that is away is a trouble, and told as one.
  const others = unseen.filter(({ kind }) => kind !== 'host');
  const checks = others.filter((one) => one.kind === 'check');
  if (isWhole || checks.length < 2) return others.map((what) => texts.overview.notSeen(said(what)));
  // Why each of them could not be made is a matter of the details.
  const names = [...new Set(checks.map(({ key }) => texts.overview.check(key)))].join(', ');
  return [
    ...others.filter(({ kind }) => kind !== 'check').map((what) => texts.overview.notSeen(said(what))),
    texts.overview.notSeen([names]),
  ];
}

const offlineLines = ({ offline, at }: OverviewReport, texts: Texts): Rich[] =>
  offline.map(({ from, to }) => texts.overview.offline(minuteOf(from, at, texts), minuteOf(to, at, texts)));

function factLines(report: OverviewReport, texts: Texts): Block[] {
  const { overview } = texts;
  const { services, backups, disks, pictures, updates, alerts, jobs, trends, at } = report;
  const { filed, waiting, cleaned } = pictures;
  const stopped = services.filter(({ state }) => state === 'stopped' || state === 'working');
  const oldest =
    backups?.oldest && overview.oldest(backups.oldest.name, texts.about(Math.max(0, at - backups.oldest.at)));
  return [
    ...stopped.map(
      ({ name, state, trouble }) =>
        rich`${stateIcon[state]} ${b(name)}${trouble === undefined ? '' : ` – ${texts.trouble(trouble, at)}`}`,
    ),
    ...(backups === undefined
      ? []
      : [overview.backups(backups.good, backups.all, oldest, backups.notCovered)]),
    ...disks.flatMap((disk) => ('lost' in disk ? [] : [diskLine(disk, trends, texts)])),
    ...(filed + waiting + cleaned === 0 ? [] : [overview.pictures(filed, waiting, cleaned)]),
    ...(updates.length === 0
      ? []
      : [overview.updates(updates.map(({ name, to }) => [name, to].filter(Boolean).join(' ')))]),
    ...(alerts.ended.length === 0
      ? []
      : [overview.ended(alerts.ended.length, endedNames(alerts.ended, texts))]),
    ...jobs
      .filter(({ isOver }) => isOver)
      .map(({ name, subject, at: failedAt }) =>
        overview.jobOver(labelOf(name, subject), spanOf(failedAt, at, texts)),
      ),
  ];
}

/** How much it gains: in the week where that is known, else a day. */
function diskLine(
  { path, used, size, growth, daysLeft }: DiskOverview,
  trends: Trends | undefined,
  texts: Texts,
): Rich {
  const { overview } = texts;
  const gained = trends?.disks.find((one) => one.path === path)?.gained;
  const gains =
    gained !== undefined
      ? overview.week.gained(texts.size(Math.abs(gained)), gained >= 0)
      : growth === undefined || Math.abs(growth) < GROWS
        ? undefined
        : overview.growth(texts.size(Math.abs(growth)), growth > 0);
  const parts = [
    texts.status.disk(diskName(path, texts), texts.percent(used / size)),
    gains,
    daysLeft === undefined ? undefined : overview.full(daysLeft),
  ];
  return rich`💾 ${parts.filter((part) => part !== undefined).join(', ')}`;
}

function endedNames(ended: readonly OverviewAlert[], texts: Texts): string {
  const names = ended
    .slice(0, NAMES_MOST)
    .map(({ finding, lasted, times }) =>
      texts.overview.times(texts.alerts.title(finding), texts.duration(lasted), times),
    );
  return [...names, ...(ended.length > NAMES_MOST ? ['…'] : [])].join(', ');
}

function heldPart(
  { held, at, isWhole }: OverviewReport,
  texts: Texts,
  blocksOf: (report: Report) => readonly Block[],
): Block[] {
  if (held.length === 0) return [];
  const blocks = heldBlocks({ kind: 'held', held, at }, texts, blocksOf);
  const head = texts.overview.held(held.length);
  if (isWhole) return [head, ...blocks];
  // In the morning a line for each is enough.
  return [head, { quote: blocks.flatMap((block) => ('quote' in block ? [] : [block])) }];
}

/** All that was looked at, also where it is well. */
function wholePart(report: OverviewReport, texts: Texts): Block[] {
  const { services, backups, alerts, from, at } = report;
  const healthy = services.filter(({ state }) => state === 'ok').length;
  const age = (then: number | undefined) =>
    then === undefined ? texts.backups.never : texts.about(Math.max(0, at - then));
  const lines = (quote: readonly Rich[]): Block[] => (quote.length === 0 ? [] : [{ quote }]);
  return [
    [],
    texts.overview.services(healthy, services.length),
    ...lines(services.map(({ name, state }) => rich`${stateIcon[state]} ${name}`)),
    ...lines(
      (backups?.services ?? []).map(
        ({ name, provenAt, size }) =>
          rich`🗄 ${name} – ${[age(provenAt), size === undefined ? undefined : texts.size(size)].filter(Boolean).join(', ')}`,
      ),
    ),
    ...lines(
      alerts.ended.map(
        ({ finding, endedAt = at }) =>
          rich`🩹 ${join([rich`${texts.alerts.title(finding)}`, rich`${minuteOf(finding.since, at, texts)} – ${minuteOf(endedAt, at, texts)}`], ', ')}`,
      ),
    ),
    texts.overview.from(minuteOf(from, at, texts)),
  ];
}
