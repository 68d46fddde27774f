/**
 * What is told of backups without being asked: what is wrong once a day for each service, and once that it is over. That
 * one is late is an alert (smoke/backups.ts), which has the cause and the end of that.
 */
import type { App } from '../../app.ts';
import type { BackupReport, BackupTrouble, BackupTroubles, DrillReport } from '../../report/backup-runs.ts';
import type { Service } from '../../services.ts';
import { failuresOf, lateKey, standingOf } from './due.ts';
import { recallBackups, rememberBackups } from './memory.ts';

type Reach = Pick<App, 'store' | 'clock'>;

/** Once a day, though the next backup may come some minutes earlier. Milliseconds. */
const TOLD_AGAIN = 23 * 3_600_000;

/**
 * What a backup says of how things stand, put beside what was told before.
 * @returns undefined where there is nothing to tell, or it was told today
 */
export function tellBackup(
  app: Reach,
  service: Service,
  { made, why }: Pick<BackupReport, 'made' | 'why'>,
): BackupTroubles | undefined {
  const trouble = troubleOf(app, service, { made, why });
  if (trouble !== undefined) return tellTrouble(app, service, trouble);
  // One that only waits says nothing about those before it.
  return made === undefined ? undefined : tellRecovery(app, service);
}

function tellTrouble(
  { store, clock }: Pick<Reach, 'store' | 'clock'>,
  { name, title }: Service,
  what: BackupTrouble,
): BackupTroubles | undefined {
  const now = clock.now();
  let isNews = false;
  rememberBackups(store, name, now, ({ trouble }) => {
    const toldAt = trouble?.toldAt;
    const isDue = toldAt === undefined || toldAt > now || now - toldAt >= TOLD_AGAIN;
    isNews = isDue && !(what.kind === 'failed' && isLate(store, name));
    const since = trouble === undefined || trouble.since > now ? now : trouble.since;
    return { trouble: { what, since, toldAt: isNews ? now : toldAt } };
  });
  if (!isNews) return undefined;
  const { provenAt } = standingOf({ store, clock }, { name });
  return {
    kind: 'backup-troubles',
    troubled: [{ service: name, title, trouble: what, provenAt }],
    recovered: [],
    at: now,
    actions: [
      [
        what.kind === 'shrunken'
          ? { label: 'accept', command: 'backups', args: [name, 'accept'] }
          : { label: 'back-up', command: 'backup', args: [name], style: 'primary' },
        { label: 'all-backups', command: 'backups', args: [name] },
      ],
    ],
  };
}

/** Of a drill by the clock: nothing where it went well. */
export function tellDrill(
  app: Reach,
  service: Service,
  { failed }: Pick<DrillReport, 'failed'>,
): BackupTroubles | undefined {
  return failed.length === 0 ? undefined : tellTrouble(app, service, { kind: 'undrilled', failed });
}

const isLate = ({ alerts }: Reach['store'], service: string): boolean => {
  const alert = alerts.byKey(lateKey(service));
  return alert !== undefined && alert.endedAt === undefined;
};

function tellRecovery(
  { store, clock }: Pick<Reach, 'store' | 'clock'>,
  { name, title }: Service,
): BackupTroubles | undefined {
  const now = clock.now();
  const trouble = recallBackups(store, name)?.trouble;
  if (trouble === undefined) return undefined;
  rememberBackups(store, name, now, () => ({ trouble: undefined }));
  // Data that is less than it was and stays so was right: nothing has recovered.
  if (trouble.toldAt === undefined || trouble.what.kind === 'shrunken') return undefined;
  if (isLate(store, name)) return undefined;
  return {
    kind: 'backup-troubles',
    troubled: [],
    recovered: [{ service: name, title, since: Math.min(trouble.since, now) }],
    at: now,
  };
}

function troubleOf(
  { store, clock }: Reach,
  service: Service,
  { made, why }: Pick<BackupReport, 'made' | 'why'>,
): BackupTrouble | undefined {
  const { name } = service;
  if (why !== undefined) {
    if (!('cause' in why)) return undefined;
    const failures = failuresOf(recallBackups(store, name), clock.now()).length;
    return { kind: 'failed', cause: why.cause, failures };
  }
  if (made === undefined) return undefined;
  if (made.level === 'copied') return { kind: 'unproven', failed: made.failed };
  if (made.shrunk.length > 0) return { kind: 'shrunken', shrunk: made.shrunk };
  return undefined;
}
