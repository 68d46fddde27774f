/** What an ended update has to say, and the buttons under it. */
import type { Report } from '../../report.ts';
import type { Action } from '../../report/actions.ts';
import type { UpdateOutcome, UpdateReport } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import type { UpdateRow } from '../../store/updates.ts';
import type { UpdateReach } from './journey.ts';

/** A row that was never in the journal: nothing was done. */
export const observedRow = (
  app: UpdateReach,
  service: Service,
  row: Pick<UpdateRow, 'verb' | 'plan' | 'facts' | 'by'>,
): UpdateRow => ({
  ...row,
  id: '',
  service: service.name,
  stage: 'preparing',
  outcome: 'observed',
  startedAt: app.clock.now(),
  endedAt: app.clock.now(),
});

export function reportOf(app: Pick<UpdateReach, 'clock'>, service: Service, row: UpdateRow): UpdateReport {
  const { plan, facts, verb, id, outcome = 'unchanged', startedAt, endedAt = app.clock.now() } = row;
  const { stoppedAt, wellAt, why, lost } = facts;
  return {
    kind: 'update-outcome',
    verb,
    id,
    service: service.name,
    title: service.title,
    outcome,
    from: plan.from,
    to: plan.to,
    took: endedAt - startedAt,
    down: stoppedAt === undefined ? undefined : (wellAt ?? endedAt) - stoppedAt,
    containers: service.containers.length,
    why,
    lastLines: facts.lastLines ?? [],
    data:
      facts.newer === undefined || facts.placedAt === undefined
        ? undefined
        : { asOf: facts.placedAt, newer: facts.newer, aside: facts.aside ?? [] },
    // Where neither version runs, the snapshot is what there is to hope for.
    keptAt: outcome === 'updated' || outcome === 'down' ? facts.asOf : undefined,
    lost:
      outcome === 'down' && lost !== undefined
        ? { why: lost, command: `steward rollback ${service.name} --to ${id}` }
        : undefined,
    warnings: facts.warnings ?? [],
    notes: plan.notes,
    at: endedAt,
    ...actionsOf(service, outcome, row),
  };
}

/** Each carries what this message tells of: on an old one it means nothing newer. */
function actionsOf(
  { name }: Service,
  outcome: UpdateOutcome,
  { verb, id, plan, facts }: UpdateRow,
): Pick<Report, 'actions'> {
  const isUpdate = verb === 'update';
  const args = [name];
  const logs: Action = { label: 'logs', command: 'logs', args };
  const back = { command: 'rollback', args: [name, '--to', id] };
  const again: Action[] = isUpdate ? [{ label: 'try-again', command: 'update', args: [name, plan.key] }] : [];
  const rows: Record<UpdateOutcome, Action[]> = {
    updated: [
      { label: 'status', command: 'status', args },
      ...(isUpdate ? [{ label: 'roll-back' as const, ...back }] : []),
    ],
    'rolled-back': [logs, ...again],
    // Who has cancelled it knows why.
    unchanged: facts.why?.kind === 'asked' ? again : [logs, ...again],
    down: [{ label: 'try-roll-back', ...back, style: 'primary' }, logs],
    observed: [],
  };
  return rows[outcome].length === 0 ? {} : { actions: [rows[outcome]] };
}
