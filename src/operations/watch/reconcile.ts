/** Alerts follow what a look has found: level, not edge. */
import type { App } from '../../app.ts';
import type { Ending, Finding } from '../../report/alerts.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { takeFinding } from '../../watch/alerts.ts';

/** How a trouble ended; milliseconds since 1970. `finding`: what is told of it from now on. */
export type Over = { at: number; ending: Ending; finding?: Finding };

export type Reconciled = { opened: AlertRow[]; changed: AlertRow[]; ended: AlertRow[] };

/**
 * Make the open alerts of a scope equal to what a look found: opens, updates, ends. One transaction.
 * @param findings each with a key of its own
 * @param options.covers whether this look can speak about a key: an open alert that it covers and that is not among the
 * findings is over
 * @param options.over how and when it ended; well, and now, where nothing is said
 */
export function reconcile(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  findings: readonly Finding[],
  { covers, over }: { covers: (key: string) => boolean; over?: (key: string) => Over | undefined },
): Reconciled {
  const { alerts } = store;
  const now = clock.now();
  const found = new Set(findings.map(({ key }) => key));
  const done: Reconciled = { opened: [], changed: [], ended: [] };
  return store.database.transaction(() => {
    for (const row of alerts.open()) {
      if (found.has(row.key) || !covers(row.key)) continue;
      const { at, ending, finding = row.finding }: Over = over?.(row.key) ?? { at: now, ending: 'well' };
      const endedAt = Math.max(row.openedAt, Math.min(at, now));
      done.ended.push(alerts.patch(row.id, { finding, endedAt, ending, changedAt: now }));
    }
    for (const finding of findings) {
      const taken = takeFinding(alerts.byKey(finding.key), finding, now);
      if (taken.is === 'new') done.opened.push(alerts.begin(taken.finding, now));
      else if (taken.change !== undefined) {
        done[taken.is === 'back' ? 'opened' : 'changed'].push(alerts.patch(taken.id, taken.change));
      }
    }
    return done;
  });
}
