/** A backup's data beside a service's own: made ready, and taken back. */
import { stageManifest } from '../../backup/put-back.ts';
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
