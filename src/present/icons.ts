/** messages.md, rule 2: states by colour; an icon never stands alone. */
import type { State } from '../report/services.ts';
import type { StepState } from '../report/work.ts';
import type { Severity } from '../report/alerts.ts';

export const stateIcon: Record<State, string> = {
  ok: '🟢',
  degraded: '🟡',
  down: '🔴',
  stopped: '⚪',
  working: '🔵',
  unknown: '🔴',
};

export const stepIcon: Record<StepState, string> = {
  waiting: '▫️',
  working: '🔵',
  done: '✅',
  failed: '❌',
  skipped: '⏭',
};

/** What does not work is red, what works badly yellow. */
export const severityIcon: Record<Severity, string> = { critical: '🔴', warning: '🟡', notice: 'ℹ️' };
