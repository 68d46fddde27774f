/** A backup's data beside a service's own: made ready, taken back, what was kept of either deleted. */
import { isArea, removeArea } from '../../backup/aside.ts';
import { dropKept } from '../../backup/postgres-back.ts';
import { stageManifest } from '../../backup/put-back.ts';
import { isChanging, readRecord } from '../../backup/record.ts';
import { takeManifestBack } from '../../backup/take-back.ts';
import type { Service } from '../../services.ts';
import { puttingOf } from '../backup.ts';
import type { DataOptions, DataReach } from '../data-reach.ts';

type Kept = { folder: string; size: number };

/**
 * Make all ready beside the data while the service runs: what cannot be restored is found before anything stops, and
 * `putBack` under the same id then only changes places. A PostgreSQL container has to run.
 */
export async function stageBack(
  app: DataReach,
  service: Service,
  backup: Kept,
  { id, ...options }: DataOptions & { id: string },
): Promise<void> {
  await stageManifest(await puttingOf(app, service, backup, id, options));
}

/**
 * Undo what was put back under an id, however far that came: what it had replaced is in its place, and what had come is
 * kept. The application is stopped by the caller. Called again after a kill it finishes; once it has, it does nothing.
 * @returns where what had come is kept: paths, or names of databases
 */
export async function takeBack(
  app: DataReach,
  service: Service,
  backup: Kept,
  { id, ...options }: DataOptions & { id: string },
): Promise<readonly string[]> {
  const record = await takeManifestBack(await puttingOf(app, service, backup, id, options));
  return record?.aside ?? [];
}

/**
 * Delete what putting back under an id has kept, databases too. Only what a record of ours vouches for.
 * @throws Error while it is being put back or taken back
 */
export async function dropAside(app: DataReach, service: Service, backup: Kept, id: string): Promise<void> {
  const record = await readRecord(backup.folder, id);
  if (record === undefined) return;
  if (isChanging(record)) throw new Error(`Cannot delete what "${id}" has kept: it is being put back.`);
  const { manifest, reach } = await puttingOf(app, service, backup, id);
  for (const spot of record.spots) {
    if (spot.kind !== 'postgres') {
      if (isArea(spot.area, id)) await removeArea(spot.area);
      continue;
    }
    const part = manifest.parts[spot.part];
    if (part?.kind === 'postgres') await dropKept(reach, part, id);
  }
}
