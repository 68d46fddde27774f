/** Backups in a folder that somebody names: one of them, those of a service, or the root of all. */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../../backup/aside.ts';
import { isCode } from '../../backup/disk.ts';
import { MANIFEST, readManifest, type Manifest } from '../../backup/manifest.ts';
import { isBackupId } from '../../backup/names.ts';
import { UserError } from '../../errors.ts';
import type { BackupRow } from '../../store/backups.ts';
import { readBackup } from '../backups/list.ts';

/** By service, the newest first. */
export type Found = {
  /** The folder is one backup. */
  isOne: boolean;
  services: ReadonlyMap<string, readonly BackupRow[]>;
};

/**
 * @param given absolute, or relative to where the command was called
 * @throws UserError for a folder that does not exist, or without a backup in it
 */
export async function backupsIn(given: string): Promise<Found> {
  const folder = await realpath(given).catch((error: unknown) => {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) throw new UserError(`There is no folder "${given}".`);
    throw error;
  });
  if (await isThere(join(folder, MANIFEST))) {
    const { service } = await manifestOf(folder);
    return { isOne: true, services: new Map([[service, [await readBackup({ name: service }, folder)]]]) };
  }
  const own = await backupsOfOne(folder);
  if (own !== undefined) return { isOne: false, services: new Map([own]) };
  const services = new Map<string, readonly BackupRow[]>();
  for (const name of await foldersIn(folder)) {
    const found = await backupsOfOne(join(folder, name));
    if (found !== undefined) services.set(...found);
  }
  if (services.size > 0) return { isOne: false, services };
  throw new UserError(
    `There is no backup in "${given}": neither a "${MANIFEST}", nor folders of services with backups in them.`,
  );
}

/** What was configured for a service when its newest readable backup was taken, as YAML or JSON. */
export async function definitionIn(rows: readonly BackupRow[]): Promise<string | undefined> {
  const row = rows.find(({ isReadable }) => isReadable);
  const definition = row && (await readManifest(row.folder)).definition;
  return definition && JSON.stringify(definition, undefined, 2);
}

/** The service is named by its manifests, whatever the folder is called. */
async function backupsOfOne(folder: string): Promise<[string, readonly BackupRow[]] | undefined> {
  const ids = (await foldersIn(folder)).filter(isBackupId).toSorted().toReversed();
  const folders: string[] = [];
  for (const id of ids) {
    if (await isThere(join(folder, id, MANIFEST))) folders.push(join(folder, id));
  }
  const names = await Promise.all(
    folders.map(async (one) =>
      readManifest(one).then(
        ({ service }) => service,
        () => undefined,
      ),
    ),
  );
  const name = names.find((one) => one !== undefined);
  if (name === undefined) return undefined;
  const rows = await Promise.all(folders.map((one) => readBackup({ name }, one)));
  return [name, rows.toSorted((one, other) => other.takenAt - one.takenAt)];
}

async function manifestOf(folder: string): Promise<Manifest> {
  try {
    return await readManifest(folder);
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
