/** What quiet hours have held back comes with the morning report, or in one message where that is far. */
import type { App } from '../../app.ts';
import type { HeldReport } from '../../report/alerts.ts';
import { reportsChat } from '../../reports-chat.ts';
import { isQuietNow } from '../quiet.ts';

/** The job whose message has what was held in it. */
const MORNING = 'daily-report';
/** Milliseconds that it may be away, and that it may take once it is due. */
const IS_NEAR = 60 * 60_000;
const IS_MADE = 10 * 60_000;

/** Called each minute. What it tells it clears, in one transaction. */
export function tellHeld(app: Pick<App, 'store' | 'clock' | 'config'>): void {
  const { store, clock, config } = app;
  const chat = reportsChat(config.telegram, store.facts);
  if (chat === undefined || isQuietNow(app) || isMorningNear(app)) return;
  store.database.transaction(() => {
    const report = takeHeld(app);
    if (report === undefined) return;
    const silent = report.held.every(({ severity }) => severity === 'notice');
    store.outbox.put({ key: `held:${clock.now()}`, chat, silent, body: { what: 'report', report } });
  });
}

/** All that is held, which counts as told from now on: call it where it is told, in the same transaction. */
export function takeHeld({ store, clock }: Pick<App, 'store' | 'clock'>): HeldReport | undefined {
  const held = store.held.all();
  if (held.length === 0) return undefined;
  store.held.clear();
  return {
    kind: 'held',
    held: held.map(({ at, severity, report }) => ({ at, severity, report })),
    at: clock.now(),
  };
}

function isMorningNear({ store, clock }: Pick<App, 'store' | 'clock'>): boolean {
  const now = clock.now();
  const due = store.runs.dues().find(({ job }) => job === MORNING);
  if (due !== undefined && !due.paused && due.dueAt <= now + IS_NEAR && due.dueAt > now - IS_MADE)
    return true;
  return store.runs
    .open()
    .some(({ kind, name, startedAt }) => kind === 'job' && name === MORNING && startedAt > now - IS_MADE);
}
