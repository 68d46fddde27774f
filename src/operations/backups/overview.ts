/** What there is of backups, for whoever asks. */
import type { App } from '../../app.ts';
import { readManifest, type Part } from '../../backup/manifest.ts';
import { readProof, type Proof } from '../../backup/proof.ts';
import { createCalendar } from '../../calendar.ts';
import { UserError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { Action } from '../../report/actions.ts';
import type { State } from '../../report/services.ts';
import type { BackupsReport, ListedBackup, ServiceBackups } from '../../report/backups.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { backupsOf, isCovered } from '../data-reach.ts';
import { OVERDUE } from './due.ts';
import { retentionOf } from './keep.ts';
import { findBackup, isProvenRow, syncBackups, type ListReach } from './list.ts';
import { offSiteStanding } from './off-site.ts';
import { acceptShrunk, shrunkOf } from './shrunk.ts';

export type OverviewReach = ListReach & Pick<App, 'clock' | 'offsite'>;
type Of<Kind extends BackupsReport['kind']> = Extract<BackupsReport, { kind: Kind }>;

/** Buttons beside one another. */
const IN_A_ROW = 2;

/** All services, as they stand. */
export async function backupsOverview(app: OverviewReach): Promise<Report> {
  const covered = app.services.all.filter((service) => isCovered(app, service));
  let lost: string | undefined;
  for (const service of covered) lost = (await syncOrTell(app, service)) ?? lost;
  const services = covered.map((service) => standingOf(app, service));
  const buttons = services.map(({ service }): Action => ({
    label: 'service',
    command: 'backups',
    args: [service],
    subject: service,
  }));
  return {
    kind: 'backups',
    services,
    uncovered: app.services.all.filter((service) => !isCovered(app, service)).map(({ name }) => name),
    lost,
    at: app.clock.now(),
    actions: rowsOf(buttons),
  };
}

/** @throws UserError for a service without a backup */
export async function serviceBackups(app: OverviewReach, service: Service): Promise<Report> {
  backupsOf(app, service);
  const lost = await syncOrTell(app, service);
  const rows = app.store.backups.ofService(service.name);
  const standing = standingOf(app, service);
  const accept: Action = { label: 'accept', command: 'backups', args: [service.name, 'accept'] };
  return {
    kind: 'service-backups',
    standing,
    backups: rows.map(listed),
    kept: keptOf(app, service, rows),
    lost,
    at: app.clock.now(),
    actions: [
      ...(standing.shrunk.length === 0 ? [] : [[accept]]),
      [
        { label: 'back-up', command: 'backup', args: [service.name] },
        { label: 'drill', command: 'drill', args: [service.name] },
      ],
      ...(standing.proven === undefined
        ? []
        : [[{ label: 'restore', command: 'restore', args: [service.name] } satisfies Action]]),
    ],
  };
}

/** @param which as {@link findBackup} takes it. @throws UserError for none */
export async function oneBackup(app: OverviewReach, service: Service, which: string): Promise<Report> {
  backupsOf(app, service);
  const row = await findBackup(app, service, which);
  const plan = retentionOf(app, service, app.store.backups.ofService(service.name));
  return {
    kind: 'one-backup',
    service: service.name,
    title: service.title,
    backup: listed(row),
    folder: row.folder,
    ...(row.isReadable ? await contentsOf(row.folder) : { sources: [], checks: [] }),
    reasons: plan.refused ? [] : (plan.kept.find(({ id }) => id === row.id)?.reasons ?? []),
    notCovered: service.backup?.notCovered,
    at: app.clock.now(),
    actions: [
      [
        { label: 'restore', command: 'restore', args: [service.name, row.id] },
        { label: 'all-backups', command: 'backups', args: [service.name] },
      ],
    ],
  };
}

/** @throws UserError when nothing is missing */
export function acceptBackups(app: OverviewReach, service: Service): Report {
  return { kind: 'shrunk-accepted', service: service.name, shrunk: acceptShrunk(app, service) };
}

/** @returns why the folder cannot be looked at; what the store knows of it stays */
async function syncOrTell(app: OverviewReach, service: Service): Promise<string | undefined> {
  try {
    await syncBackups(app, service);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const STATES: Readonly<Record<NonNullable<ServiceBackups['worry']>, State>> = {
  never: 'down',
  overdue: 'degraded',
  unproven: 'degraded',
  shrunk: 'degraded',
  'off-site': 'degraded',
};

function standingOf(app: OverviewReach, service: Service): ServiceBackups {
  const { name, title, backup } = service;
  const rows = app.store.backups.ofService(name);
  const [newest] = rows;
  const proven = rows.find(isProvenRow);
  const shrunk = shrunkOf(app, service);
  const now = app.clock.now();
  const at = backup?.at;
  const offSite = offSiteStanding(app, service);
  const worry =
    proven === undefined
      ? 'never'
      : at !== undefined && now - proven.takenAt > OVERDUE
        ? 'overdue'
        : proven !== newest
          ? 'unproven'
          : shrunk.length > 0
            ? 'shrunk'
            : offSite?.trouble !== undefined
              ? 'off-site'
              : undefined;
  return {
    service: name,
    title,
    state: worry === undefined ? 'ok' : STATES[worry],
    worry,
    newest: newest && listed(newest),
    proven: proven && listed(proven),
    count: rows.length,
    shrunk,
    notCovered: backup?.notCovered,
    offSite,
    nextAt: at === undefined ? undefined : createCalendar(app.config.timeZone).next({ at }, now),
  };
}

function keptOf(
  app: OverviewReach,
  service: Service,
  rows: readonly BackupRow[],
): Of<'service-backups'>['kept'] {
  const plan = retentionOf(app, service, rows);
  if (plan.refused) return undefined;
  const reasons = plan.kept.flatMap((one) => one.reasons);
  return (['daily', 'weekly', 'monthly'] as const)
    .map((period) => ({
      period,
      have: reasons.filter(({ kind }) => kind === period).length,
      of: service.backup?.keep[period] ?? 0,
    }))
    .filter(({ of }) => of > 0);
}

/** @throws Error when it has been damaged this instant */
async function contentsOf(folder: string): Promise<Pick<Of<'one-backup'>, 'sources' | 'checks'>> {
  const { parts } = await readManifest(folder);
  // One that cannot be read is told by the trouble of the backup.
  const proof = await readProof(folder).catch(() => undefined);
  return { sources: parts.map((part) => sourceOf(part, proof)), checks: proof?.checks ?? [] };
}

function sourceOf({ kind, facts: { name, counts } }: Part, proof: Proof | undefined) {
  const sum = Object.values(counts).reduce((all, one) => all + one, 0);
  const isFolder = kind === 'files';
  return {
    name,
    kind,
    level: proof?.sources[name] ?? proof?.level ?? ('copied' as const),
    tables: isFolder ? 0 : Object.keys(counts).length,
    rows: isFolder ? 0 : sum,
    files: isFolder ? sum : 0,
  };
}

const listed = (row: BackupRow): ListedBackup => ({
  id: row.id,
  takenAt: row.takenAt,
  size: row.size,
  level: row.level,
  isProven: isProvenRow(row),
  drilledAt: row.drilledAt,
  drillTook: row.drillTook,
  trouble: row.trouble,
});

const rowsOf = (buttons: readonly Action[]): Action[][] =>
  Array.from({ length: Math.ceil(buttons.length / IN_A_ROW) }, (_, row) =>
    buttons.slice(row * IN_A_ROW, (row + 1) * IN_A_ROW),
  );
