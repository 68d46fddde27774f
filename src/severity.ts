/** How urgent a report is that nobody asked for. */
import type { Report } from './report.ts';
import type { Severity } from './report/alerts.ts';

/** Worst first. */
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'notice'];

const worst = (severities: readonly Severity[]): Severity =>
  SEVERITIES.find((one) => severities.includes(one)) ?? 'notice';

/** A service that is down for it rings always; a trouble that can wait for the morning is a warning. */
export function severityOf(report: Report): Severity {
  switch (report.kind) {
    case 'backup':
      return report.why?.kind === 'not-started' ? 'critical' : 'notice';
    case 'unpaused':
      return report.lost === undefined ? 'notice' : 'critical';
    case 'backup-troubles':
    case 'off-site':
      return report.troubled.length > 0 ? 'warning' : 'notice';
    case 'update-outcome':
    case 'restore-outcome':
      if (report.outcome === 'down') return 'critical';
      return ['rolled-back', 'unchanged'].includes(report.outcome) ? 'warning' : 'notice';
    case 'updates-outcome':
    case 'restores-outcome':
      return worst(report.done.map(severityOf));
    case 'guard':
      return report.stage === 'not-back' ? 'critical' : 'notice';
    case 'deploy':
      return report.isWell ? 'notice' : 'critical';
    case 'note':
      return report.note.key === 'way-back-lost' ? 'warning' : 'notice';
    default:
      return 'notice';
  }
}

/** Somebody has begun it and waits for its end, so it rings though it is good news, and by night. */
export const isAwaited = (report: Report): boolean =>
  report.kind === 'deploy' && report.course !== 'unannounced';
