/** What was asked of Steward, for whoever asks later. */
import type { App } from '../app.ts';
import type { Action } from '../report/actions.ts';
import type { AuditEntry, AuditReport } from '../report/audit.ts';
import type { AuditQuery, AuditRow } from '../store/audit.ts';

export type AuditQuestion = {
  service: string | undefined;
  days: number | undefined;
  form: 'card' | 'file' | 'lines';
};

const DAY = 86_400_000;
/** What a message shows, and what a file holds. */
const MOST = { card: 20, file: 5000 };

export function readAudit(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  { service, days, form }: AuditQuestion,
): AuditReport {
  const at = clock.now();
  const query: AuditQuery = { service, ...(days === undefined ? {} : { since: at - days * DAY }) };
  if (form === 'lines') {
    const rows = store.audit.list(query).toReversed();
    return { kind: 'audit-lines', lines: rows.map((row) => JSON.stringify(row)) };
  }
  const entries = store.audit.list({ ...query, most: MOST[form] }).map(withoutPlan);
  const total = store.audit.count(query);
  const asFile: Action = {
    label: 'as-file',
    command: 'audit',
    args: [
      ...(service === undefined ? [] : [service]),
      ...(days === undefined ? [] : [String(days)]),
      'file',
    ],
  };
  return {
    kind: 'audit',
    service,
    days,
    entries,
    total,
    asFile: form === 'file',
    at,
    ...(form === 'card' && total > entries.length ? { actions: [[asFile]] } : {}),
  };
}

function withoutPlan(row: AuditRow): AuditEntry {
  const { plan: _, ...entry } = row;
  return entry;
}
