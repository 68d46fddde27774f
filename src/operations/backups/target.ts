/** Whether the folder of backups is the one that it was: a disk that is not mounted leaves an empty folder behind. */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { failure, isCode, makeFolder, writeDurably } from '../../backup/disk.ts';
import { MANIFEST } from '../../backup/manifest.ts';
import { isBackupId } from '../../backup/names.ts';
import { UserError } from '../../errors.ts';
import type { LostDisk } from '../../report/services.ts';

/** In the folder of backups; it holds a random id, which the store knows too. */
export const MARKER = '.steward-backups';
/** What a new file system has of its own. */
const LOST_AND_FOUND = 'lost+found';

export type TargetReach = Pick<App, 'services' | 'store' | 'machine'>;

export type Target = {
  folder: string;
  /** Once more, after the writing. @throws UserError when another disk, or none, is there by now */
  verify: () => Promise<void>;
};

/**
 * The folder that backups are written to. The first use marks it: one that does not exist, is empty or holds backups.
 * @throws UserError when it is not the folder that was marked, or cannot be
 */
export async function requireTarget(app: TargetReach): Promise<Target> {
  const folder = folderOf(app);
  const state = await lookAt(app, folder);
  if (state.kind === 'refused') throw state.error;
  const id = state.kind === 'marked' ? state.id : await mark(folder);
  app.store.facts.put(factOf(folder), id);

  const { dev, ino } = await stat(folder);
  return {
    folder,
    async verify() {
      const now = await stat(folder).catch((error: unknown) => {
        throw notMounted(folder, 'it is gone since the backup began', error);
      });
      const isSame = now.dev === dev && now.ino === ino && (await readMarker(folder)) === id;
      if (!isSame) throw notMounted(folder, 'another disk took its place since the backup began');
    },
  };
}

/**
 * The same look, which changes nothing.
 * @returns undefined where no backup has ever been
 * @throws UserError when the folder is not the one that was marked
 */
export async function findTarget(app: TargetReach): Promise<string | undefined> {
  const folder = folderOf(app);
  const state = await lookAt(app, folder);
  // What lies in a folder that nobody has marked yet can be looked at all the same.
  if (state.kind === 'refused' && state.isKnown) throw state.error;
  return (await isThere(folder)) ? folder : undefined;
}

type State =
  | { kind: 'marked'; id: string }
  /** To be marked. */
  | { kind: 'new' }
  /** `isKnown`: it was in use before. */
  | { kind: 'refused'; error: UserError; isKnown: boolean };

async function lookAt({ services, store, machine }: TargetReach, folder: string): Promise<State> {
  const known = store.facts.get<string>(factOf(folder));
  for (const { path, mount } of services.checks.disks) {
    if (mount !== 'required' || !isWithin(folder, path)) continue;
    const disk = await machine.disk(path, { isMount: true });
    if ('lost' in disk) return refuse(notMounted(folder, LOST[disk.lost](path)), true);
  }
  const found = await readMarker(folder);
  // An empty marker is how somebody says that this folder is meant.
  if (found === '') return { kind: 'new' };
  if (known !== undefined) {
    if (found === known) return { kind: 'marked', id: known };
    const why = found === undefined ? `its marker "${MARKER}" is missing` : 'another disk is there';
    return refuse(notMounted(folder, why), true);
  }
  if (found !== undefined) return { kind: 'marked', id: found };
  const others = (await isThere(folder)) ? await readdir(folder) : [];
  if (others.every((name) => name === LOST_AND_FOUND) || (await holdsCopies(folder))) return { kind: 'new' };
  return refuse(
    new UserError(
      `Cannot keep backups in "${folder}": other things are in it, such as "${others[0]}". Give backups a folder of their own; if this one is meant, run: touch "${join(folder, MARKER)}"`,
    ),
    false,
  );
}

/** Of a disk that is required to be mounted. */
const LOST: Readonly<Record<LostDisk['lost'], (path: string) => string>> = {
  silent: (path) => `the disk at "${path}" does not answer`,
  gone: (path) => `there is no "${path}"`,
  'not-mounted': (path) => `nothing is mounted at "${path}"`,
};

const isWithin = (path: string, folder: string) =>
  path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);

const refuse = (error: UserError, isKnown: boolean): State => ({ kind: 'refused', error, isKnown });

const factOf = (folder: string) => `backup-target:${folder}`;

function folderOf({ services }: TargetReach): string {
  if (services.backups !== undefined) return services.backups.folder;
  throw new UserError('No folder for backups is configured: set backups.folder in the services file.');
}

async function mark(folder: string): Promise<string> {
  const id = randomUUID();
  try {
    await makeFolder(folder);
    await writeDurably(join(folder, MARKER), `${id}\n`);
  } catch (error) {
    throw failure(`keep backups in "${folder}"`, error);
  }
  return id;
}

/** @returns undefined where there is none */
async function readMarker(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, MARKER), 'utf8')).trim();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw notMounted(folder, 'it cannot be read', error);
  }
}

/** Copies of services, as an earlier version or another machine left them. */
async function holdsCopies(folder: string): Promise<boolean> {
  for (const service of await foldersIn(folder)) {
    const inside = await foldersIn(join(folder, service));
    const copies = [
      ...inside.filter(isBackupId).map((id) => join(folder, service, id)),
      ...(inside.includes('updates') ? await foldersIn(join(folder, service, 'updates')) : []).map((id) =>
        join(folder, service, 'updates', id),
      ),
    ];
    for (const copy of copies) if (await isThere(join(copy, MANIFEST))) return true;
  }
  return false;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function notMounted(folder: string, why: string, cause?: unknown): UserError {
  const error = new UserError(
    `The backup disk is not mounted: "${folder}" is not the folder that the backups are in, because ${why}. Mount it; for a new disk run: touch "${join(folder, MARKER)}"`,
  );
  error.cause = cause;
  return error;
}
