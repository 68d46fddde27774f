/** What an ended restore has to say, and the buttons under it. */
import type { Report } from '../../report.ts';
import type { Action } from '../../report/actions.ts';
import type { RestoreOutcome, RestoreReport } from '../../report/restore.ts';
import type { Service } from '../../services.ts';
import type { RestoreRow } from '../../store/restores.ts';
import type { RestoreReach } from './journey.ts';

/** Milliseconds that what a restore replaced is kept. */
export const KEPT = 7 * 24 * 3_600_000;

/** On a new machine: a way back would lead nowhere. */
export const hadNothing = ({ plan, facts }: Pick<RestoreRow, 'plan' | 'facts'>): boolean =>
  (facts.present ?? plan.present) === 'none';

const DATA: Record<RestoreOutcome, RestoreReport['data']> = {
  restored: 'backup',
  placed: 'backup',
  'rolled-back': 'before',
  unchanged: 'before',
  down: 'unknown',
  observed: 'before',
};

export function reportOf(app: Pick<RestoreReach, 'clock'>, service: Service, row: RestoreRow): RestoreReport {
  const { plan, facts, id, outcome = 'unchanged', startedAt, endedAt = app.clock.now() } = row;
  const { stoppedAt, wellAt, why, lost, aside = [] } = facts;
  const { folder, takenAt } = plan.backup;
  const isUndone = facts.undone === true;
  return {
    kind: 'restore-outcome',
    verb: isUndone ? 'undo' : 'restore',
    id,
    service: service.name,
    title: service.title,
    outcome,
    backup: { id: plan.backup.id, folder, takenAt },
    took: endedAt - (isUndone ? (stoppedAt ?? startedAt) : startedAt),
    down: stoppedAt === undefined ? undefined : Math.max(0, (wellAt ?? endedAt) - stoppedAt),
    containers: service.containers.length,
    data: outcome === 'down' && hadNothing(row) ? 'backup' : DATA[outcome],
    newer: facts.newer ?? [],
    aside: aside.length === 0 ? undefined : { places: aside, until: endedAt + KEPT },
    why,
    lastLines: facts.lastLines ?? [],
    lost:
      outcome === 'down' && lost !== undefined
        ? { why: lost, command: `steward restore ${service.name} back` }
        : undefined,
    missing: plan.missing,
    warnings: facts.warnings ?? [],
    at: endedAt,
    ...actionsOf(service, outcome, row),
  };
}

function actionsOf(
  { name }: Service,
  outcome: RestoreOutcome,
  { facts, plan }: RestoreRow,
): Pick<Report, 'actions'> {
  const status: Action = { label: 'status', command: 'status', args: [name] };
  const logs: Action = { label: 'logs', command: 'logs', args: [name] };
  const undo: Action = { label: 'undo-restore', command: 'restore', args: [name, 'back'] };
  const retry: Action = { ...undo, label: 'try-way-back', style: 'primary' };
  const again: Action = { label: 'try-again', command: 'restore', args: [name, plan.backup.id] };
  const isKept = (facts.aside ?? []).length > 0 && facts.undone !== true && !hadNothing({ facts, plan });
  const rows: Record<RestoreOutcome, Action[]> = {
    restored: isKept ? [status, undo] : [status],
    placed: isKept ? [undo] : [],
    'rolled-back': facts.undone === true ? [status] : [logs, again],
    unchanged: [logs, again],
    down: [...(hadNothing({ facts, plan }) ? [] : [retry]), logs],
    observed: [],
  };
  return rows[outcome].length === 0 ? {} : { actions: [rows[outcome]] };
}
