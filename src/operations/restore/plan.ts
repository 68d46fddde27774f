/** What a restore would do: from which backup, what it replaces, and what is newer than that. */
import type { Plan } from '../../app.ts';
import { readManifest, type Manifest, type Part } from '../../backup/manifest.ts';
import { createDatabaseTest } from '../../backup/patterns.ts';
import { causeOf, UserError } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { OtherImage, RestoredBackup, RestorePlan } from '../../report/restore.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { awayKey } from '../power.ts';
import { isDeploying } from '../update/prepare.ts';
import { compareWithPresent } from './compare.ts';
import type { RestoreReach } from './journey.ts';
import { restoredParts } from './parts.ts';

/**
 * @throws UserError for a backup that cannot be restored here, and why; BusyError while the service is worked on
 */
export async function planRestore(app: RestoreReach, service: Service, row: BackupRow): Promise<Plan> {
  app.locks.requireFree(service.name);
  const report = await describeRestore(app, service, row);
  return {
    report: { kind: 'restore-plan', ...report },
    fingerprint: fingerprintOf(report),
    typed: service.name,
  };
}

/** It holds while the same would be replaced by the same. */
export const fingerprintOf = ({ backup, present, stops }: RestorePlan): string =>
  JSON.stringify([backup.folder, backup.takenAt, present, stops]);

/** @throws UserError for a backup that cannot be restored here, and why */
export async function describeRestore(
  app: RestoreReach,
  service: Service,
  row: BackupRow,
): Promise<RestorePlan> {
  if (!row.isReadable) {
    throw new UserError(
      `The backup ${row.id} of ${service.title} cannot be restored: ${row.trouble ?? 'it cannot be read.'}`,
    );
  }
  const manifest = await readManifest(row.folder);
  requireSameService(service, manifest, row);
  requireSamePlaces(service, manifest);
  const host = app.hosts.of(service);
  if (await isDeploying(host)) {
    throw new UserError('A deploy is running. Ask again when it is done.');
  }
  const { parts, servers, missing } = await restoredParts(host, service);
  requireServers(service, manifest, missing);
  return {
    service: service.name,
    title: service.title,
    backup: backupOf(row),
    ...(await compareWithPresent(app, service, manifest)),
    stops: parts.toReversed().map(({ name }) => name),
    missing,
    drillTook: row.drillTook ?? drilledBefore(app, service),
    away: app.store.facts.get<number>(awayKey(service)),
    images: await otherImages(
      host,
      manifest.images ?? {},
      [...parts, ...servers].flatMap(({ containers }) => containers),
    ),
    notCovered: service.backup?.notCovered,
    at: app.clock.now(),
  };
}

export const backupOf = ({ id, folder, takenAt, size, level, trouble }: BackupRow): RestoredBackup => ({
  id,
  folder,
  takenAt,
  size,
  level,
  trouble,
});

function drilledBefore({ store }: Pick<RestoreReach, 'store'>, { name }: Service): number | undefined {
  return store.backups.ofService(name).find(({ drillTook }) => drillTook !== undefined)?.drillTook;
}

function requireSameService({ name, title }: Service, { service }: Manifest, { folder }: BackupRow): void {
  if (service === name) return;
  throw new UserError(`"${folder}" is a backup of ${service}, not of ${title}.`);
}

/** A copy goes back to where it came from; a service that keeps its data elsewhere now would not see it. */
function requireSamePlaces({ title, backup, name }: Service, { parts }: Manifest): void {
  const sources = backup?.sources ?? [];
  if (sources.length === 0) throw new UserError(`${title} has no backup configured.`);
  const lost = parts.filter(
    (part) =>
      !sources.some((source) => {
        if (source.kind === 'postgres' && part.kind === 'postgres') {
          return source.container === part.container && source.database === part.database;
        }
        if (source.kind === 'files' && part.kind === 'files') return source.folder === part.folder;
        return (
          source.kind === 'sqlite' && part.kind === 'sqlite' && createDatabaseTest([source.files])(part.path)
        );
      }),
  );
  if (lost.length === 0) return;
  throw new UserError(
    `This backup holds ${lost.map(placeOf).join(' and ')}, which is no source of ${name} in the services file any more. Name it there as it was, or restore it by hand (docs/restore.md).`,
  );
}

const placeOf = (part: Part): string =>
  part.kind === 'postgres'
    ? `the database "${part.database}" of ${part.container}`
    : `"${part.kind === 'files' ? part.folder : part.path}"`;

/** A database goes back through its server. */
function requireServers({ title }: Service, { parts }: Manifest, missing: readonly string[]): void {
  const lost = parts.find((part) => part.kind === 'postgres' && missing.includes(part.container));
  if (lost?.kind !== 'postgres') return;
  throw new UserError(
    `${lost.container} does not exist here, and the database of ${title} goes back through it. Deploy it, and ask again.`,
  );
}

/** A newer version's data may mean nothing to an older one. */
async function otherImages(
  { engine }: Host,
  images: BackupRow['images'],
  containers: readonly string[],
): Promise<OtherImage[]> {
  const others = await Promise.all(
    containers.map(async (container): Promise<OtherImage[]> => {
      const was = images[container];
      const running = await engine.inspect(container);
      if (was === undefined || running?.name !== container || running.imageId === was) return [];
      const isHere = (await engine.image(was)) !== undefined;
      return [{ container, image: running.image, was, now: running.imageId, isHere }];
    }),
  );
  return others.flat();
}

/** As a line of a list, where one that cannot be planned does not keep the others waiting. */
export async function planOrCause(
  app: RestoreReach,
  service: Service,
  row: BackupRow,
): Promise<RestorePlan | { cause: string }> {
  try {
    return await describeRestore(app, service, row);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { cause: app.redact(causeOf(error)) };
  }
}
