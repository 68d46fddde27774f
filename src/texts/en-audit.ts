/** What was asked of Steward, in English. */
import { b, rich, type Rich } from '../rich.ts';
import type { AuditOutcome, Origin } from '../store/audit.ts';
import { plural } from './en-words.ts';

const outcomes: Readonly<Record<AuditOutcome, string>> = {
  done: '',
  failed: 'failed',
  refused: 'refused',
  busy: 'something else was at work',
  interrupted: 'cut off',
  cancelled: 'cancelled',
  expired: 'the plan had expired',
  changed: 'things had changed since the plan',
  observed: 'would have been done: Steward only observes',
};

export const audit = {
  head: (service: string | undefined, shown: number, total: number, days: number | undefined): Rich => {
    const of = service === undefined ? '' : ` about ${service}`;
    const span = days === undefined ? '' : ` in ${plural(days, 'day')}`;
    if (total === 0) return rich`🧾 ${b(`Nothing was asked of me${of}${span}.`)}`;
    const count = plural(total, 'entry', 'entries');
    return rich`🧾 ${b(shown === total ? count : `The last ${shown} of ${count}`)}${of}${span}`;
  },
  by: (from: Origin, who: string) =>
    ({ chat: `${who} in the chat`, cli: `${who} on the command line`, schedule: 'by the schedule' })[from],
  /** @param reason as the error had it, or one of `reasons` */
  outcome: (outcome: AuditOutcome | undefined, isConfirmed: boolean, reason: string | undefined) => {
    const said = outcome === undefined ? 'running' : outcomes[outcome];
    const why = reason === undefined || outcome === 'busy' ? '' : reason;
    return [isConfirmed ? 'confirmed' : '', [said, why].filter((part) => part !== '').join(': ')]
      .filter((part) => part !== '')
      .join(', ');
  },
  reasons: { stranger: 'a stranger', guest: 'a guest' } as Record<string, string>,
};
