/** Reports that nobody asked for: where they go, and whether they ring. */
import { randomUUID } from 'node:crypto';
import type { App } from '../app.ts';
import type { Report } from '../report.ts';
import { reportsChat } from '../reports-chat.ts';
import { minutesOf, type Hours } from '../units.ts';

/** `critical` rings always, `warning` outside quiet hours, `notice` never. */
type Severity = 'critical' | 'warning' | 'notice';

export function tellUnasked(
  { config, store, clock, log }: Pick<App, 'config' | 'store' | 'clock' | 'log'>,
  report: Report,
): void {
  const chat = reportsChat(config.telegram, store.facts);
  if (chat === undefined) return log.warn({ report: report.kind }, 'nobody to tell this to');
  const severity = severityOf(report);
  const silent =
    severity === 'notice' ||
    (severity === 'warning' && isQuiet(config.quietHours, config.timeZone, clock.now()));
  store.outbox.put({ key: `told:${randomUUID()}`, chat, silent, body: { what: 'report', report } });
}

function severityOf(report: Report): Severity {
  switch (report.kind) {
    case 'backup':
      return report.why?.kind === 'not-started' ? 'critical' : 'notice';
    case 'unpaused':
      return report.lost === undefined ? 'notice' : 'critical';
    case 'backup-troubles':
      return report.troubled.length > 0 ? 'warning' : 'notice';
    case 'off-site':
      return report.troubled.length > 0 ? 'warning' : 'notice';
    default:
      return 'notice';
  }
}

/** @param hours undefined: no hours are quiet */
export function isQuiet(hours: Hours | undefined, timeZone: string, at: number): boolean {
  if (hours === undefined) return false;
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  const now = minutesOf(new Intl.DateTimeFormat('sv-SE', { timeStyle: 'short', timeZone }).format(at));
  return from < to ? now >= from && now < to : now >= from || now < to;
}
