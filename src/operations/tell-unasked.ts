/** Reports that nobody asked for: where they go, whether they ring, and whether they can wait. */
import { randomUUID } from 'node:crypto';
import type { App } from '../app.ts';
import type { Report } from '../report.ts';
import { reportsChat } from '../reports-chat.ts';
import { isAwaited, severityOf } from '../severity.ts';
import { isQuietNow } from './quiet.ts';

/**
 * What is not critical is held while it is quiet.
 * @param options.key of the card: telling the same twice shows it once
 */
export function tellUnasked(
  app: Pick<App, 'config' | 'store' | 'clock' | 'log'>,
  report: Report,
  { key = `told:${randomUUID()}` }: { key?: string } = {},
): void {
  const { config, store, clock, log } = app;
  const chat = reportsChat(config.telegram, store.facts);
  if (chat === undefined) return log.warn({ report: report.kind }, 'nobody to tell this to');
  const severity = severityOf(report);
  const rings = severity === 'critical' || isAwaited(report);
  if (!rings && isQuietNow(app)) return store.held.put({ key, at: clock.now(), severity, report });
  const silent = !rings && severity === 'notice';
  store.outbox.put({ key, chat, silent, body: { what: 'report', report } });
}
