/** Undoing a restore on purpose: what it replaced is still kept. */
import type { Plan, Run } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { readRecord } from '../../backup/record.ts';
import { UserError } from '../../errors.ts';
import type { RestoreReport } from '../../report/restore.ts';
import type { Service } from '../../services.ts';
import type { RestoreRow } from '../../store/restores.ts';
import type { RestoreReach } from './journey.ts';
import { hadNothing } from './outcome.ts';
import { restoredParts } from './parts.ts';
import { undoRestore } from './restore.ts';

/** @throws UserError where there is nothing to undo, BusyError while the service is worked on */
export async function planUndo(app: RestoreReach, service: Service): Promise<Plan> {
  app.locks.requireFree(service.name);
  const row = await lastRestore(app, service);
  const { parts } = await restoredParts(app.hosts.of(service), service);
  return {
    report: {
      kind: 'undo-restore-plan',
      id: row.id,
      service: service.name,
      title: service.title,
      backup: row.plan.backup,
      restoredAt: row.endedAt ?? row.startedAt,
      stops: parts.toReversed().map(({ name }) => name),
      at: app.clock.now(),
    },
    fingerprint: row.id,
    typed: service.name,
  };
}

/** Do it. The caller holds the service's lock. @throws as {@link planUndo} */
export async function undoLast(app: RestoreReach, service: Service, run: Run): Promise<RestoreReport> {
  return undoRestore(app, service, run, await lastRestore(app, service));
}

/** @throws UserError where what it replaced is not there any more */
async function lastRestore(app: Pick<RestoreReach, 'store'>, service: Service): Promise<RestoreRow> {
  const row = app.store.restores
    .history(service.name)
    .find(({ outcome }) => outcome !== undefined && ['restored', 'placed', 'down'].includes(outcome));
  if (row === undefined) throw new UserError(`There is no restore of ${service.title} to undo.`);
  if (hadNothing(row)) {
    throw new UserError(
      `There was no data of ${service.title} before that restore, so there is nothing to undo.`,
    );
  }
  const { folder } = row.plan.backup;
  if (await isThere(folder)) {
    if ((await readRecord(folder, row.id)) !== undefined) return row;
    throw new UserError(
      `What the restore of ${service.title} replaced is not kept any more: it was, for seven days.`,
    );
  }
  throw new UserError(
    `Cannot undo the restore of ${service.title}: its record lies with the backup, and "${folder}" is not there. Is its disk mounted?`,
  );
}
