/** messages.md, rule 2: states by colour; an icon never stands alone. */
import type { State, StepState } from '../report.ts';

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
