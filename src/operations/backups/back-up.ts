/** A backup as somebody asks for it, or the clock does: what came of it, remembered and told to the monitor. */
import type { App, Plan, Run } from '../../app.ts';
import { sizeOf, type Manifest } from '../../backup/manifest.ts';
import { isProven, type Check, type Proof } from '../../backup/proof.ts';
import { BusyError, causeOf, UserError } from '../../errors.ts';
import type {
  BackedUpSource,
  BackupReport,
  MadeBackup,
  NoBackup,
  ToldCheck,
} from '../../report/backup-runs.ts';
import type { Report } from '../../report.ts';
import { sizeSample, tookSample } from '../../sample-names.ts';
import type { Service } from '../../services.ts';
import { whileLocked } from '../arguments.ts';
import { isCovered } from '../data-reach.ts';
import { beat } from './beat.ts';
import { recallBackups, rememberBackups } from './memory.ts';
import { isBusy, NotStartedError, pausedParts } from './pause.ts';
import {
  ClientConnectedError,
  ObservingError,
  takeBackup,
  type BackupReach,
  type BackupReason,
  type BackupTaken,
} from './take.ts';

const DAY = 86_400_000;

/** Services that have a backup, in the order of the file. */
export const coveredServices = (app: Pick<App, 'services'>): Service[] =>
  app.services.all.filter((service) => isCovered(app, service));

/**
 * Those that would be stopped for it; undefined where none is: then nobody need be asked.
 * @throws UserError for a service without a backup, BusyError while it is worked on
 */
export async function planBackup(
  app: Pick<App, 'locks' | 'machine' | 'store' | 'clock' | 'services'>,
  services: readonly Service[],
): Promise<Plan | undefined> {
  for (const service of services) {
    requireCovered(app, service);
    app.locks.requireFree(service.name);
  }
  if (services.every(({ backup }) => backup?.pause === undefined)) return undefined;
  const planned = await Promise.all(
    services.map(async (service) => ({
      service: service.name,
      title: service.title,
      stops:
        service.backup?.pause === undefined
          ? []
          : pausedParts(service)
              .map(({ name }) => name)
              .toReversed(),
      isBusy: service.backup?.pause !== undefined && (await isBusy(app, service)),
      away: recallBackups(app.store, service.name)?.away,
    })),
  );
  return {
    report: { kind: 'backup-plan', services: planned, at: app.clock.now() },
    fingerprint: JSON.stringify(planned.map(({ service, stops }) => [service, stops])),
  };
}

/** @throws UserError for a service without a backup */
export function requireCovered(app: Pick<App, 'services'>, service: Service): void {
  if (!isCovered(app, service)) throw new UserError(`${service.title} has no backup configured.`);
}

/**
 * Take one, and say how it went: a failure is an outcome. The caller holds the service's lock.
 * @throws UserError for a service without a backup; the signal's reason
 */
export async function backUp(
  app: BackupReach,
  service: Service,
  run: Run,
  { reason }: { reason: BackupReason },
): Promise<BackupReport> {
  requireCovered(app, service);
  const begunAt = app.clock.now();
  rememberBackups(app.store, service.name, begunAt, (memory) => ({
    begunAt,
    waitsSince: undefined,
    // A kill came before the end of that one.
    ...(memory.begunAt === undefined
      ? {}
      : {
          failures: [
            ...memory.failures,
            { at: memory.begunAt, cause: 'Steward was ended in the middle of it.' },
          ],
        }),
  }));
  let taken: BackupTaken | undefined;
  let why: NoBackup | undefined;
  try {
    taken = await takeBackup(app, service, run, { reason });
  } catch (error) {
    // What was begun stays written down: the next look takes it up.
    if (run.signal.aborted && !(error instanceof NotStartedError)) throw error;
    run.progress.end({ failed: true });
    app.log.warn({ err: error, service: service.name }, 'a backup failed');
    why = whyOf(app, error);
  }
  const at = app.clock.now();
  const made = taken && madeOf(taken);
  if (made !== undefined) {
    app.store.samples.put(sizeSample(service.name), made.size, at);
    app.store.samples.put(tookSample(service.name), at - begunAt, at);
  }
  const failure = failureOf(made, why);
  rememberBackups(app.store, service.name, at, ({ failures }) => ({
    begunAt: undefined,
    failures: [
      ...failures.filter((one) => one.at <= at && at - one.at < DAY),
      ...(failure === undefined ? [] : [{ at, cause: failure }]),
    ],
    ...(taken?.away === undefined ? {} : { away: taken.away }),
  }));
  const warnings = [...(taken?.warnings ?? [])];
  if (failure !== undefined) {
    await beat(app, service, { isWell: false, why: failure }).catch((error: unknown) => {
      app.log.warn({ err: error, service: service.name }, 'the monitor was not told');
      warnings.push(app.redact(causeOf(error)));
    });
  }
  return {
    kind: 'backup',
    service: service.name,
    title: service.title,
    made,
    why,
    took: at - begunAt,
    away: taken?.away,
    provenAt: app.store.backups.newestProven(service.name)?.takenAt,
    keep: service.backup?.keep ?? { daily: 0, weekly: 0, monthly: 0 },
    notCovered: service.backup?.notCovered,
    warnings,
    at,
    ...actionsOf(service, made, why),
  };
}

/** One after another, each with the lock of its service; one that fails does not keep the others waiting. */
export async function backUpAll(app: BackupReach & Pick<App, 'locks'>, run: Run): Promise<Report> {
  const done: BackupReport[] = [];
  const waiting = coveredServices(app);
  if (waiting.length === 0) throw new UserError('No service has a backup configured.');
  while (waiting.length > 0 && !run.signal.aborted) {
    const service = waiting.shift() as Service;
    try {
      done.push(
        await whileLocked(app, service, 'backup', run, () => backUp(app, service, run, { reason: 'asked' })),
      );
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      done.push(busyReport(app, service, error));
    }
  }
  return { kind: 'backups-done', done, rest: waiting.map(({ title }) => title), at: app.clock.now() };
}

function busyReport(app: BackupReach, service: Service, { holder }: BusyError): BackupReport {
  const at = app.clock.now();
  return {
    kind: 'backup',
    service: service.name,
    title: service.title,
    made: undefined,
    why: { kind: 'busy', what: holder?.what },
    took: 0,
    away: undefined,
    provenAt: app.store.backups.newestProven(service.name)?.takenAt,
    keep: service.backup?.keep ?? { daily: 0, weekly: 0, monthly: 0 },
    notCovered: service.backup?.notCovered,
    warnings: [],
    at,
  };
}

function whyOf(app: Pick<App, 'redact'>, error: unknown): NoBackup {
  if (error instanceof ClientConnectedError) return { kind: 'client' };
  if (error instanceof ObservingError) return { kind: 'observing' };
  const cause = app.redact(causeOf(error));
  return { kind: error instanceof NotStartedError ? 'not-started' : 'failed', cause };
}

/** Why there is no new proven backup, in a sentence; undefined where there is, or where it only waits. */
function failureOf(made: MadeBackup | undefined, why: NoBackup | undefined): string | undefined {
  if (why !== undefined) return 'cause' in why ? why.cause : undefined;
  if (made === undefined || isProven(made.level)) return undefined;
  return made.failed.map(({ name, detail }) => detail ?? name).join(' ') || 'It could not be proven.';
}

function madeOf({ id, folder, manifest, proof, shrunk }: BackupTaken): MadeBackup {
  return {
    id,
    folder,
    takenAt: manifest.takenAt,
    size: manifest.parts.reduce((sum, part) => sum + sizeOf(part), 0),
    level: proof.level,
    sources: sourcesOf(manifest, proof),
    ...toldChecks(proof),
    shrunk,
  };
}

export function sourcesOf({ parts }: Manifest, { sources }: Proof): BackedUpSource[] {
  return parts.map(({ kind, facts: { name, counts } }) => {
    const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const isFolder = kind === 'files';
    return {
      name,
      kind,
      level: sources[name] ?? 'copied',
      tables: isFolder ? 0 : Object.keys(counts).length,
      rows: isFolder ? 0 : rows,
      files: isFolder ? (counts['files'] ?? 0) : 0,
    };
  });
}

export function toldChecks({ checks }: Proof): Pick<MadeBackup, 'failed' | 'leftOut'> {
  const told = (result: Check['result']): ToldCheck[] =>
    checks
      .filter((check) => check.result === result)
      .map(({ name, source, detail }) => ({ name, source, detail }));
  return { failed: told('failed'), leftOut: told('left out') };
}

function actionsOf(
  { name }: Service,
  made: MadeBackup | undefined,
  why: NoBackup | undefined,
): Pick<Report, 'actions'> {
  const args = [name];
  const all = { label: 'all-backups' as const, command: 'backups', args };
  if (why?.kind === 'not-started') {
    return {
      actions: [
        [
          { label: 'start', command: 'start', args, style: 'primary' },
          { label: 'logs', command: 'logs', args },
        ],
      ],
    };
  }
  if (made === undefined) {
    return { actions: [[{ label: 'back-up', command: 'backup', args, style: 'primary' }, all]] };
  }
  const accept = { label: 'accept' as const, command: 'backups', args: [name, 'accept'] };
  return { actions: made.shrunk.length === 0 ? [[all]] : [[accept], [all]] };
}
