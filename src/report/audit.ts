/** What was asked of Steward, as `audit` tells it. */
import type { Action } from './actions.ts';
import type { AuditRow } from '../store/audit.ts';

export type AuditEntry = Omit<AuditRow, 'plan'>;

export type AuditReport =
  | {
      kind: 'audit';
      actions?: readonly (readonly Action[])[];
      /** Only what is about it; undefined: everything. */
      service: string | undefined;
      /** Of so many days; undefined: all that is kept. */
      days: number | undefined;
      /** The newest first. */
      entries: readonly AuditEntry[];
      /** These and the ones left out. */
      total: number;
      asFile: boolean;
      at: number;
    }
  /** Each entry whole, with its plan, as one line of JSON; the oldest first. */
  | { kind: 'audit-lines'; lines: readonly string[] };
