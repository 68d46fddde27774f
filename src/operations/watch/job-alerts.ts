/** A job that fails is a trouble like any other: told once with its cause, and over with its next good run. */
import type { App } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { TaskEnd } from '../../tasks.ts';
import { reconcile } from './reconcile.ts';
import { tellAlerts, type TellReach } from './tell-alerts.ts';

export function noteJobEnd(
  app: TellReach & Pick<App, 'redact'>,
  { job, subject, by }: { job: string; subject: string | undefined; by: string },
  end: TaskEnd,
): void {
  const key = ['job:', job, subject === undefined ? '' : ` ${subject}`].join('');
  const covers = (other: string) => other === key;
  if (end.outcome === 'done') {
    // Many jobs run each minute, and nearly all of them go well.
    const last = app.store.alerts.byKey(key);
    if (last === undefined || last.endedAt !== undefined) return;
    reconcile(app, [], { covers });
  } else if (end.outcome === 'failed' && by === 'schedule') {
    const fact = { kind: 'job', job, subject, cause: app.redact(causeOf(end.error)) } as const;
    reconcile(app, [{ key, severity: 'warning', since: app.clock.now(), fact }], { covers });
  } else {
    // Who has asked for it is answered; what was skipped or cut off comes again.
    return;
  }
  tellAlerts(app);
}
