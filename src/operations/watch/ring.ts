/** When an alert rings: product.md, "Watching". Pure. */
import type { AlertChange, AlertRow } from '../../store/alerts.ts';
import type { AlertRingReport } from '../../report/alerts.ts';

/** Milliseconds from the first ring to the second, and from each further one to the next. */
const SECOND_RING = 15 * 60_000;
const NEXT_RING = 60 * 60_000;
/** The first one, and six that repeat it. */
const MOST_RINGS = 7;

/** @returns when what has rung so often now rings next; undefined: never */
export const ringAfter = (rings: number, now: number): number | undefined =>
  rings < MOST_RINGS ? now + (rings <= 1 ? SECOND_RING : NEXT_RING) : undefined;

export type Moment = { now: number; isQuiet: boolean };

/** It may be heard now: nobody is on it, and it is bad enough for the hour. */
export const mayRing = (row: AlertRow, { now, isQuiet }: Moment): boolean =>
  row.endedAt === undefined &&
  (row.severity === 'critical' || (row.severity === 'warning' && !isQuiet)) &&
  row.ackedBy === undefined &&
  (row.snoozedUntil === undefined || row.snoozedUntil <= now);

/** It became worse than what was rung for: nobody has silenced that. */
const isWorse = ({ severity, rings, rungAt }: AlertRow): boolean =>
  severity === 'critical' ? rings === 0 : rungAt === undefined;

/** @returns why it is to ring again now; undefined: it is not */
export function isDue(row: AlertRow, moment: Moment): AlertRingReport['why'] | undefined {
  if (isWorse(row) && mayRing({ ...row, ackedBy: undefined, snoozedUntil: undefined }, moment))
    return 'worse';
  if (!mayRing(row, moment) || row.ringAt === undefined || row.ringAt > moment.now) return undefined;
  if (row.snoozedUntil !== undefined) return 'snooze-over';
  if (row.rungAt !== undefined && row.openedAt > row.rungAt) return 'again';
  // What was critical before is not repeated any more.
  return row.severity === 'critical' ? 'lasts' : undefined;
}

/** It rings now, for the first time or once more. */
export function rung(row: AlertRow, now: number): AlertChange {
  const isCritical = row.severity === 'critical';
  const rings = row.rings + (isCritical ? 1 : 0);
  return {
    rungAt: now,
    rings,
    ringAt: isCritical ? ringAfter(rings, now) : undefined,
    snoozedBy: undefined,
    snoozedUntil: undefined,
    ...(isWorse(row) ? { ackedBy: undefined } : {}),
  };
}

/** It would have rung, but what it rang for is not sent yet: that rings when it is. */
export const rungLater = (row: AlertRow, now: number): AlertChange => ({
  ...rung(row, now),
  rings: row.severity === 'critical' ? Math.max(1, row.rings) : row.rings,
  ringAt: row.severity === 'critical' ? now + SECOND_RING : undefined,
});

/** Over, and nobody need be on it; should it come back soon, it is heard again, but not each time that it flaps. */
export const silenced = ({ rungAt, rings }: AlertRow): AlertChange => ({
  ackedBy: undefined,
  snoozedBy: undefined,
  snoozedUntil: undefined,
  rings: Math.min(1, rings),
  ringAt: rungAt === undefined ? undefined : rungAt + SECOND_RING,
});

/** Silent until then, and heard once more if it lasts. */
export const snoozed = (by: string, until: number): AlertChange => ({
  snoozedBy: by,
  snoozedUntil: until,
  ringAt: until,
});

export const woken = ({ severity }: AlertRow, now: number): AlertChange => ({
  snoozedBy: undefined,
  snoozedUntil: undefined,
  ringAt: severity === 'critical' ? now + SECOND_RING : undefined,
});

export const acked = (by: string): AlertChange => ({
  ackedBy: by,
  snoozedBy: undefined,
  snoozedUntil: undefined,
  ringAt: undefined,
});
