/** What an ended update has to say, and the buttons under it. */
import type { Report, UpdateOutcome, UpdateReport } from '../../report.ts';
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

function actionsOf(
  service: Service,
  outcome: UpdateOutcome,
  { verb, id, plan }: UpdateRow,
): Pick<Report, 'actions'> {
  const { name } = service;
  const logs = { label: 'logs', command: 'logs', args: [name] } as const;
  switch (outcome) {
    case 'updated':
      return {
        actions: [
          [
            { label: 'status', command: 'status', args: [name] },
            ...(verb === 'update'
              ? [{ label: 'roll-back', command: 'rollback', args: [name] } as const]
              : []),
          ],
        ],
      };
    case 'rolled-back':
    case 'unchanged':
      return {
        actions: [
          [
            logs,
            ...(verb === 'update'
              ? [{ label: 'try-again', command: 'update', args: [name, plan.key] } as const]
              : []),
          ],
        ],
      };
    case 'down':
      return {
        actions: [
          [{ label: 'try-roll-back', command: 'rollback', args: [name, '--to', id], style: 'primary' }, logs],
        ],
      };
    case 'observed':
      return {};
  }
}
