/** Forget what the store no longer needs. */
import type { App } from '../app.ts';

const DAY = 86_400_000;

/** Telegram repeats an update for 24 h at most. */
const INTAKE_LASTS = 7 * DAY;
/** As long as the buttons of a message work. */
const OUTBOX_LASTS = 30 * DAY;
/** So long a tap on an expired plan is told so. */
const EXPIRED_LASTS = 30 * DAY;
const RUNS_LAST = 365 * DAY;
const AUDIT_LASTS = 365 * DAY;
/** Reports of a year look back on them. */
const ALERTS_LAST = 365 * DAY;

export function tidyStore({ store, clock }: Pick<App, 'store' | 'clock'>): void {
  const now = clock.now();
  store.intake.forget(now - INTAKE_LASTS);
  store.outbox.forget(now - OUTBOX_LASTS);
  store.confirmations.forget(now - EXPIRED_LASTS);
  store.runs.forget(now - RUNS_LAST);
  store.samples.thin(now);
  store.audit.forget(now - AUDIT_LASTS);
  store.alerts.forget(now - ALERTS_LAST);
}
