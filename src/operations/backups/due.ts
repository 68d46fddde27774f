/** Whether a service wants a backup now, beside its time of day: what counts is the last proven one, not that a timer fired. */
import type { App } from '../../app.ts';
import type { ServiceState } from '../../report/services.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { isCovered } from '../data-reach.ts';
import { isProvenRow } from './list.ts';
import { lastDrill, recallBackups, type BackupMemory } from './memory.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A day, and what a slow machine and a late start take. Milliseconds. */
export const OVERDUE = 26 * HOUR;
/** One that failed is tried again after so long, and so often a day. */
const RETRY_AFTER = HOUR;
const RETRIES = 3;
/** One that waited for somebody else is tried again after so long. */
const WAITS = HOUR / 6;
/** A clock is a little off now and then. */
const SLACK = 60_000;

/** Key of the alert of a service whose newest proven backup is too old. */
export const lateKey = (service: string): string => `backup:${service}`;

/** The newest proven backup that is not dated ahead of the clock: one that is says nothing about today. */
export const lastProven = (rows: readonly BackupRow[], now: number): BackupRow | undefined =>
  rows.find((row) => isProvenRow(row) && row.takenAt <= now + SLACK);

/** Failures of the last day; those that are dated ahead are of a clock that was set back since. */
export const failuresOf = (memory: BackupMemory | undefined, now: number): BackupMemory['failures'] =>
  (memory?.failures ?? []).filter(({ at }) => at <= now + SLACK && now - at < DAY);

/** With how its backups stand, for whoever asks how it is. */
export function withBackup(
  app: Pick<App, 'store' | 'clock' | 'services'>,
  state: ServiceState,
): ServiceState {
  const service = app.services.get(state.name);
  if (service === undefined || !isCovered(app, service)) return state;
  const now = app.clock.now();
  const rows = app.store.backups.ofService(service.name);
  const last = lastProven(rows, now);
  return {
    ...state,
    backup: {
      provenAt: last?.takenAt,
      level: last?.level ?? 'copied',
      drilledAt: lastDrill(app.store, service.name)?.at,
      isOverdue: service.backup?.at !== undefined && standingOf(app, service).isOverdue,
      notCovered: service.backup?.notCovered,
    },
  };
}

/** How things stand with the backups of a service. */
export type Standing = {
  provenAt: number | undefined;
  /** The last proven one is too old, or there has been none for as long. */
  isOverdue: boolean;
  /** One is wanted now: overdue, failed an hour ago, cut off, or put off for somebody else. */
  isWanted: boolean;
};

export function standingOf(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  { name }: Pick<Service, 'name'>,
): Standing {
  const now = clock.now();
  const memory = recallBackups(store, name);
  const provenAt = lastProven(store.backups.ofService(name), now)?.takenAt;
  const since = provenAt ?? Math.min(memory?.firstSeenAt ?? now, now);
  const isOverdue = now - since > OVERDUE;
  const failures = failuresOf(memory, now);
  const last = failures.at(-1);
  const mayTry = (last === undefined || now - last.at >= RETRY_AFTER) && failures.length <= RETRIES;
  const hasFailed = last !== undefined && last.at > (provenAt ?? 0);
  const { begunAt, waitsSince } = memory ?? {};
  const hasWaited = waitsSince !== undefined && (waitsSince > now || now - waitsSince >= WAITS);
  // Put off for somebody else, overdue or not, it is looked again at its own pace.
  const wants = waitsSince === undefined ? isOverdue || hasFailed || begunAt !== undefined : hasWaited;
  return { provenAt, isOverdue, isWanted: wants && mayTry };
}
