/** What can be done about a trouble, as buttons. */
import type { Action } from '../../report/actions.ts';
import type { Trouble } from '../../report/services.ts';
import type { Finding } from '../../report/alerts.ts';

const status: Action = { label: 'status', command: 'status', args: [] };

/** Only a change of the host's configuration starts these. */
const HOPELESS: readonly Trouble['kind'][] = ['no-unit', 'masked'];

export function remediesOf({ fact, service }: Finding): readonly Action[] {
  switch (fact.kind) {
    case 'service':
      return service === undefined || HOPELESS.includes(fact.trouble.kind)
        ? looksAt({ service })
        : [
            { ...powerOf(fact.trouble, service), style: 'primary' },
            { label: 'logs', command: 'logs', args: [service] },
          ];
    case 'job':
      return [
        {
          label: 'run-now',
          command: 'jobs',
          args: ['run', fact.job, ...(fact.subject === undefined ? [] : [fact.subject])],
          style: 'primary',
        },
      ];
    case 'log':
      return service === undefined ? [status] : [{ label: 'logs', command: 'logs', args: [service] }];
    case 'late-backup':
      return service === undefined
        ? [status]
        : [
            { label: 'back-up', command: 'backup', args: [service], style: 'primary' },
            { label: 'all-backups', command: 'backups', args: [service] },
          ];
    default:
      return looksAt({ service });
  }
}

/** What is at rest need not be stopped first. */
const powerOf = (trouble: Trouble, service: string): Action =>
  trouble.kind === 'stopped' ||
  trouble.kind === 'stopped-loop' ||
  trouble.kind === 'held-back' ||
  trouble.kind === 'condition' ||
  // Given up, whatever the first result was.
  (trouble.kind === 'unit-failed' && (trouble.restarts !== undefined || trouble.result === 'start-limit-hit'))
    ? { label: 'start', command: 'start', args: [service] }
    : { label: 'restart', command: 'restart', args: [service] };

/** Once it is over, and where only a look helps. */
export const looksAt = ({ service }: { service?: string | undefined }): readonly Action[] =>
  service === undefined
    ? [status]
    : [
        { label: 'status', command: 'status', args: [service] },
        { label: 'logs', command: 'logs', args: [service] },
      ];
