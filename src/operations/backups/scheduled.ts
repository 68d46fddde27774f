/** Backups that the clock asks for: at their time, made up when they were missed, tried again when they failed. */
import type { App, Run } from '../../app.ts';
import { BusyError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { Service } from '../../services.ts';
import { whileLocked } from '../arguments.ts';
import { lookAtServices } from '../status.ts';
import { backUp, coveredServices } from './back-up.ts';
import { lastProven, standingOf } from './due.ts';
import { rememberBackups } from './memory.ts';
import type { BackupReach } from './take.ts';
import { tellBackup } from './tell.ts';

export type ScheduledReach = BackupReach & Pick<App, 'locks'>;

/** The job whose times are those of the services: pausing it there pauses the retries, too. */
export const BACK_UP = 'back-up';

/** One that was taken so shortly before its time does for it. Milliseconds. */
const FRESH = 10 * 60_000;

export const scheduledServices = (app: Pick<App, 'services'>): Service[] =>
  coveredServices(app).filter(({ backup }) => backup?.at !== undefined);

/** @returns what is to be told: nothing of one that went well. @throws BusyError while the service is worked on */
export async function scheduledBackup(
  app: ScheduledReach,
  service: Service,
  run: Run,
): Promise<Report | undefined> {
  const { store, clock } = app;
  const now = clock.now();
  const { dueAt } = run;
  if (dueAt !== undefined) {
    const last = lastProven(store.backups.ofService(service.name), now);
    // Somebody, or the look at what is overdue, was quicker.
    if (last !== undefined && last.takenAt >= dueAt - FRESH) return undefined;
  }
  return attempt(app, service, run);
}

/** Each that wants one now, one after the other. Told is what each has to say. */
export async function backUpAgain(
  app: ScheduledReach,
  run: Run,
  tell: (report: Report) => void,
): Promise<void> {
  const paused = new Set(
    app.store.runs
      .dues()
      .filter((due) => due.job === BACK_UP && due.paused)
      .map(({ subject }) => subject),
  );
  for (const service of scheduledServices(app)) {
    run.signal.throwIfAborted();
    // Nothing may be stopped, so that it cannot be copied: that is known.
    if (app.guard.observing && service.backup?.pause !== undefined) continue;
    rememberBackups(app.store, service.name, app.clock.now(), () => ({}));
    if (paused.has(service.name) || !app.locks.isFree(service.name)) continue;
    if (!standingOf(app, service).isWanted || (await isComingUp(app, service))) continue;
    const report = await attempt(app, service, run);
    if (report !== undefined) tell(report);
  }
}

async function attempt(app: ScheduledReach, service: Service, run: Run): Promise<Report | undefined> {
  const putOff = () => {
    const now = app.clock.now();
    rememberBackups(app.store, service.name, now, () => ({ waitsSince: now }));
  };
  try {
    const report = await whileLocked(app, service, 'backup', run, () =>
      backUp(app, service, run, { reason: 'scheduled' }),
    );
    if (report.why?.kind === 'client') putOff();
    const told = tellBackup(app, service, report);
    // A service that is down is told as what it is.
    return report.why?.kind === 'not-started' ? report : told;
  } catch (error) {
    if (error instanceof BusyError) putOff();
    throw error;
  }
}

/** After a boot: what is copied now would be copied in the middle of its start. */
async function isComingUp(app: ScheduledReach, service: Service): Promise<boolean> {
  const { services } = await lookAtServices(app, [service]);
  return services[0]?.state === 'working';
}
