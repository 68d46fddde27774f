/** Whether what was asked for has been done, as its report tells it. */
import type { Plan } from './app.ts';
import type { Report } from './report.ts';

export function hasSucceeded(report: Report): boolean {
  switch (report.kind) {
    case 'outcome':
      return report.ok;
    case 'update-outcome':
      return report.outcome === 'updated' || report.outcome === 'observed';
    case 'guard':
      return report.stage !== 'unchanged' && report.stage !== 'not-back';
    case 'updates-outcome':
    case 'restores-outcome':
      return report.done.every(hasSucceeded) && report.rest.length === 0;
    case 'restore-outcome':
      return (
        ['restored', 'placed', 'observed'].includes(report.outcome) ||
        (report.verb === 'undo' && report.outcome === 'rolled-back')
      );
    case 'restores-plan':
      return report.plans.length > 0;
    case 'releases':
      return (
        report.services.some(({ verdict }) => verdict.kind !== 'unknown') || report.services.length === 0
      );
    case 'note':
      return report.note.key !== 'failed' && report.note.key !== 'not-asked';
    case 'backup':
      return report.made !== undefined && report.made.level !== 'copied';
    case 'backups-done':
      return report.done.every((one) => hasSucceeded(one)) && report.rest.length === 0;
    case 'drill':
      return report.failed.length === 0;
    case 'off-site':
      return report.troubled.length === 0;
    case 'unpaused':
      return report.lost === undefined;
    case 'cleaning':
      return (report.trouble ?? report.failed ?? report.folderTrouble) === undefined;
    default:
      return true;
  }
}

/** An update's way back that failed was tried again, and has worked. */
export const isBack = (plan: Plan['report'], report: Report): boolean =>
  plan.kind === 'rollback-plan' &&
  report.kind === 'update-outcome' &&
  report.verb === 'update' &&
  report.outcome === 'rolled-back';

/** STEWARD_OBSERVE: nothing was changed. */
export function isObserved(report: Report): boolean {
  if (report.kind === 'updates-outcome' || report.kind === 'restores-outcome') {
    return report.done.every(isObserved);
  }
  if (report.kind === 'update-outcome' || report.kind === 'restore-outcome') {
    return report.outcome === 'observed';
  }
  if (report.kind === 'guard') return report.stage === 'observed';
  return report.kind === 'outcome' && report.observed;
}

/** Why it has not, in a few words; undefined where the report has no one cause. */
export function whyOf(report: Report): string | undefined {
  if (report.kind === 'note') return 'message' in report.note ? report.note.message : undefined;
  const why = 'why' in report ? report.why : 'trouble' in report ? report.trouble : undefined;
  if (why === undefined || typeof why === 'string') return undefined;
  return 'cause' in why ? why.cause : why.kind;
}
