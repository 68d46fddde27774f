/** What becomes of an alert when somebody has looked: pure, one trouble at a time. */
import type { Finding, Severity } from '../report/alerts.ts';
import type { AlertChange, AlertRow } from '../store/alerts.ts';

/** Milliseconds; what comes back sooner than this after its end is the same alert again. */
export const FOLDED_WITHIN = 30 * 60_000;

/** Worst first. */
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'notice'];

const worse = (one: Severity, other: Severity): Severity =>
  SEVERITIES.find((severity) => severity === one || severity === other) ?? one;

export type Taken =
  /** An alert of its own begins. */
  | { is: 'new'; finding: Finding }
  /** The same alert goes on, after its end or within its course. No change: all is known. */
  | { is: 'back' | 'known'; id: number; change: AlertChange | undefined };

/**
 * A trouble that was found, beside the alert of its key.
 * @param row the open alert, or the one that ended last
 */
export function takeFinding(row: AlertRow | undefined, finding: Finding, now: number): Taken {
  // A clock that was set may put it into the future.
  const since = Math.min(finding.since, now);
  if (row === undefined) return { is: 'new', finding: { ...finding, since } };
  if (row.endedAt === undefined) {
    const found = { ...finding, since: row.openedAt };
    const change = isSame(found, row.finding) ? undefined : changeTo(row, found, now);
    return { is: 'known', id: row.id, change };
  }
  if (now - row.endedAt >= FOLDED_WITHIN) return { is: 'new', finding: { ...finding, since } };
  const openedAt = Math.max(since, row.endedAt);
  return {
    is: 'back',
    id: row.id,
    change: {
      ...changeTo(row, { ...finding, since: openedAt }, now),
      openedAt,
      endedAt: undefined,
      ending: undefined,
      times: row.times + 1,
      downBefore: row.downBefore + (row.endedAt - row.openedAt),
      toldEnd: false,
    },
  };
}

const changeTo = (row: AlertRow, finding: Finding, now: number): AlertChange => ({
  finding,
  severity: finding.severity,
  worst: worse(row.worst, finding.severity),
  changedAt: now,
});

// Both have gone through JSON, or will: what is undefined is not there.
const isSame = (one: Finding, other: Finding): boolean => JSON.stringify(one) === JSON.stringify(other);
