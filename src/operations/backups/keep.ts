/** What is deleted of backups, and what never is. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { isLeftover } from '../../backup/names.ts';
import { isChanging, readRecords, type Record } from '../../backup/record.ts';
import { planRetention, type RetentionPlan } from '../../backup/retention.ts';
import { createCalendar } from '../../calendar.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { dropPutBack, dropSnapshot, type DataReach } from '../backup.ts';
import { heldBackups } from '../update/guarded.ts';
import { folderOfBackups, isProvenRow, listBackups } from './list.ts';
import { fullerOf, rememberAmounts } from './shrunk.ts';
import { requireTarget, type TargetReach } from './target.ts';

export type KeepReach = DataReach & TargetReach & Pick<App, 'guard' | 'config'>;

export type Pruned = {
  /** Ids of what was deleted, the oldest first; what would be, where it was refused for observing. */
  removed: readonly string[];
  /** Ids of backups of which something is deleted that a restore had set aside. */
  emptied: readonly string[];
  /** Ids of what could not be deleted, and why. */
  failed: readonly { id: string; cause: string }[];
  /** `clock`: nothing is chosen while a backup is dated ahead of it. */
  refused?: 'clock' | 'observing';
  /** The one that is dated ahead. */
  ahead?: { id: string; takenAt: number };
};

const DAY = 86_400_000;
/** What a restore replaced can be had back for so long. */
const ASIDE_LASTS = 7 * DAY;
/** Proven backups of so many days must have come after it: a clock that jumps ahead gives none of them. */
const ASIDE_DAYS = 2;

/** Which of the backups are to be kept, and why. What cannot be read is no part of it. */
export function retentionOf(
  { clock, config, store }: Pick<App, 'clock' | 'config' | 'store'>,
  { name, backup }: Service,
  rows: readonly BackupRow[],
): RetentionPlan {
  const calendar = createCalendar(config.timeZone);
  const backups = rows
    .filter(({ isReadable }) => isReadable)
    .map((row) => ({ ...row, level: isProvenRow(row) ? row.level : ('copied' as const) }));
  // Of a service that is backed up no more all stays.
  const keep = backup?.keep ?? { daily: Infinity, weekly: 0, monthly: 0 };
  return planRetention(backups, keep, {
    now: clock.now(),
    dayOf: (at) => calendar.dayOf(at),
    fuller: fullerOf({ store }, { name }),
  });
}

/**
 * Delete the backups that newer ones took the place of, what restores have set aside a week ago, and what killed runs left.
 * Only folders that are named as ours, with a manifest of this service. The caller holds the service's lock.
 * @throws UserError when the disk of the backups is not there
 */
export async function pruneBackups(app: KeepReach, service: Service): Promise<Pruned> {
  const target = await requireTarget(app);
  const rows = await listBackups(app, service);
  const plan = retentionOf(app, service, rows);
  if (plan.refused) {
    app.log.warn({ service: service.name, ahead: plan.ahead }, 'backups are dated ahead of the clock');
    return { removed: [], emptied: [], failed: [], refused: 'clock', ahead: plan.ahead };
  }
  const removed: string[] = [];
  const emptied: string[] = [];
  const failed: { id: string; cause: string }[] = [];
  /** One that cannot be deleted keeps no other from it. */
  const attempt = async (id: string, act: () => Promise<void>): Promise<boolean> => {
    try {
      await act();
      return true;
    } catch (error) {
      app.log.warn({ service: service.name, id, err: error }, 'backup not deleted');
      failed.push({ id, cause: causeOf(error) });
      return false;
    }
  };

  await app.guard.change(`sweep what is left of backups of ${service.name}`, () =>
    sweepLeftovers(folderOfBackups(target.folder, service)),
  );
  const held = heldBackups(app.store, service.name);
  const removable = new Set(plan.removable);
  for (const row of rows.filter(({ isReadable }) => isReadable).toReversed()) {
    const { id, folder } = row;
    const records: Record[] = [];
    // What was put back from it, and how far, has to be known for certain.
    if (!(await attempt(id, async () => void records.push(...(await readRecords(folder)))))) continue;
    const over = records.filter((record) => isOver(app, record, rows));
    if (removable.has(id) && !held.has(folder) && over.length === records.length) {
      await target.verify();
      const drop = async () => {
        await dropSnapshot(app, service, folder);
        rememberAmounts(app, row);
        app.store.backups.remove(service.name, id);
      };
      const what = `delete the backup ${id} of ${service.name}`;
      if (await attempt(id, () => app.guard.change(what, drop))) removed.push(id);
      continue;
    }
    for (const record of over) {
      const what = `delete what the restore ${record.id} of ${service.name} has replaced`;
      const drop = () => dropPutBack(app, service, folder, record.id);
      if (await attempt(id, () => app.guard.change(what, drop))) emptied.push(id);
    }
  }
  return { removed, emptied, failed, ...(app.guard.observing && { refused: 'observing' }) };
}

/** What killed runs left of backups that were being made or deleted: only who holds the lock can tell that they were killed. */
export async function sweepLeftovers(folder: string): Promise<void> {
  const names = (await isThere(folder)) ? await readdir(folder) : [];
  for (const name of names.filter(isLeftover)) await rm(join(folder, name), { recursive: true, force: true });
}

/** Nobody will want back what it has replaced. */
function isOver(
  { clock, config }: Pick<App, 'clock' | 'config'>,
  record: Record,
  rows: readonly BackupRow[],
): boolean {
  const at = timeOfPutBack(record.id);
  if (isChanging(record) || at === undefined || clock.now() - at < ASIDE_LASTS) return false;
  const calendar = createCalendar(config.timeZone);
  const later = rows.filter((row) => isProvenRow(row) && row.takenAt > at);
  return new Set(later.map(({ takenAt }) => calendar.dayOf(takenAt))).size >= ASIDE_DAYS;
}

/** The moment in the name of a restore, `20261120t143910r`; undefined for any other name. */
function timeOfPutBack(id: string): number | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)/.exec(id) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}
