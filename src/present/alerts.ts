/** Alerts: the card, its end, and what rings again. */
import type { Block, Card } from '../card.ts';
import type {
  AlertEndReport,
  AlertReport,
  AlertRingReport,
  AlertsReport,
  Finding,
  MuteReport,
  Severity,
  ToldAlert,
} from '../report/alerts.ts';
import { b, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { presentFact } from './findings.ts';
import { severityIcon } from './icons.ts';
import { minuteOf, timeOf } from './moments.ts';

const rank: Record<Severity, number> = { critical: 0, warning: 1, notice: 2 };

/** More lines than this are a wall. */
const MOST_LINES = 20;

const bySeverity = (a: ToldAlert, z: ToldAlert) =>
  rank[a.finding.severity] - rank[z.finding.severity] || a.id - z.id;
const worst = (alerts: readonly ToldAlert[]) => alerts.toSorted(bySeverity)[0]?.finding.severity ?? 'notice';
const isOpen = ({ endedAt }: ToldAlert) => endedAt === undefined;

export function presentAlert(report: AlertReport, texts: Texts): Card {
  return isOpen(report) ? openCard(report, texts) : endedCard(report, texts);
}

function openCard(report: AlertReport, texts: Texts): Card {
  const { finding, times, lasted, stillFine, stillDown, ackedBy, snoozed } = report;
  const words = texts.alerts;
  const since = sinceOf(finding, report.openedAt, texts);
  const blocks: Block[] = [
    rich`${severityIcon[finding.severity]} ${b(words.title(finding))}${since}`,
    ...presentFact(finding, texts),
  ];
  if (times > 1) blocks.push(rich`${words.again(times, texts.about(lasted))}`);
  if (stillDown.length > 0) blocks.push(rich`${words.alsoDown(stillDown.join(', '))}`);
  if (stillFine > 0) blocks.push(rich`${words.stillFine(stillFine)}`);
  if (ackedBy !== undefined) blocks.push(words.onIt(ackedBy));
  if (snoozed !== undefined)
    blocks.push(words.snoozed(snoozed.by, minuteOf(snoozed.until, report.openedAt, texts)));
  return { blocks };
}

/** When it began; of what a look has found only the time of the look is known. */
function sinceOf({ fact, since }: Finding, now: number, texts: Texts): Rich {
  const at = minuteOf(since, now, texts);
  return fact.kind === 'service' || fact.kind === 'host' ? texts.alerts.since(at) : rich` · ${at}`;
}

function endedCard(report: AlertReport, texts: Texts): Card {
  const { alerts: words } = texts;
  const since = sinceOf(report.finding, report.endedAt ?? report.openedAt, texts);
  const [cause, ...rest] = presentFact(report.finding, texts);
  return {
    blocks: [
      endLine(report, texts, report.stillDown),
      rich`${words.was(words.title(report.finding))}${since}`,
      ...(cause === undefined ? [] : [cause]),
      // What is to be done is done; what was logged still tells why.
      ...rest.filter((block) => 'quote' in block),
    ],
  };
}

function endLine(alert: ToldAlert, texts: Texts, stillDown: readonly string[] = []): Rich {
  const { alerts: words, duration } = texts;
  const { lasted, mended } = alert;
  const who = mended === undefined ? '' : words.mended(mended);
  const rest = stillDown.length === 0 ? '' : ` ${words.stillDown(stillDown.join(', '))}`;
  return rich`${words.ended(alert, duration(lasted))}${who}${memoryNow(alert, texts)}${rest}`;
}

function memoryNow({ finding: { fact } }: ToldAlert, { alerts: words, memory, status }: Texts): string {
  if (fact.kind !== 'service' || fact.memoryNow === undefined) return '';
  const { used, limit } = fact.memoryNow;
  return words.memoryNow(limit === undefined ? memory(used) : status.ofLimit(memory(used), memory(limit)));
}

export function presentAlertEnd({ alerts, stillDown }: AlertEndReport, texts: Texts): Card {
  const [only, ...others] = alerts;
  if (only === undefined) return { blocks: [] };
  if (others.length === 0) return { blocks: [endLine(only, texts, stillDown)] };
  return { blocks: [texts.alerts.manyOver(alerts.length), ...lines(alerts, texts)] };
}

export function presentAlerts({ alerts }: AlertsReport, texts: Texts): Card {
  const { alerts: words } = texts;
  const left = alerts.filter(isOpen);
  const [first] = alerts;
  const since = first === undefined ? rich`` : words.since(rich`${timeOf(first.openedAt, texts)}`);
  const head =
    left.length === 0
      ? words.manyOver(alerts.length)
      : rich`${severityIcon[worst(left)]} ${left.length === alerts.length ? words.many(alerts.length) : words.manyLeft(left.length, alerts.length)}${since}`;
  return { blocks: [head, ...lines(alerts, texts)] };
}

/** Worst first, and what is over last. */
function lines(alerts: readonly ToldAlert[], texts: Texts): Rich[] {
  const sorted = [...alerts.filter(isOpen).toSorted(bySeverity), ...alerts.filter((one) => !isOpen(one))];
  const shown = sorted.slice(0, MOST_LINES).map((one) => line(one, texts));
  return sorted.length > shown.length ? [...shown, texts.alerts.more(sorted.length - shown.length)] : shown;
}

function line(alert: ToldAlert, texts: Texts): Rich {
  if (!isOpen(alert)) return endLine(alert, texts);
  const [cause = []] = presentFact(alert.finding, texts);
  const { severity } = alert.finding;
  return rich`${severityIcon[severity]} ${texts.alerts.line(texts.alerts.title(alert.finding))}${'quote' in cause || cause.length === 0 ? '' : rich` – ${cause}`}`;
}

export function presentAlertRing({ alerts, why, at }: AlertRingReport, texts: Texts): Card {
  const { alerts: words, duration } = texts;
  const [only, ...others] = alerts;
  if (only === undefined) return { blocks: [] };
  const lasted = (alert: ToldAlert) => duration(Math.max(0, at - alert.finding.since));
  const icon = severityIcon[worst(alerts)];
  if (others.length > 0)
    return { blocks: [rich`${icon} ${words.lastMany(alerts.length)}`, ...lines(alerts, texts)] };
  const head = words.ring[why](words.title(only.finding), lasted(only));
  return { blocks: [rich`${icon} ${head}`, ...(only.ackedBy === undefined ? [rich`${words.nobody}`] : [])] };
}

export function presentMute({ muted, quietHours, held, at }: MuteReport, texts: Texts): Card {
  const { alerts: words } = texts;
  const head =
    muted === undefined
      ? words.notMuted
      : words.muted({ until: minuteOf(muted.until, at, texts), who: muted.by });
  return {
    blocks: [
      head,
      ...(quietHours === undefined ? [] : [rich`${words.quietHours(quietHours)}`]),
      ...(held === 0 ? [] : [rich`${words.waiting(held)}`]),
    ],
  };
}
