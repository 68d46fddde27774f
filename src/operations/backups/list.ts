/** The backups of a service: what lies in its folder, as the store remembers it. */
import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { App } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { isCode, stateOf } from '../../backup/disk.ts';
import { MANIFEST, readManifest, sizeOf, type Manifest } from '../../backup/manifest.ts';
import { isBackupId, timeOfId } from '../../backup/names.ts';
import { isProven, PROOF, readProof, type Proof } from '../../backup/proof.ts';
import { createCalendar } from '../../calendar.ts';
import { UserError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { findTarget, type TargetReach } from './target.ts';

export type ListReach = TargetReach & Pick<App, 'config'>;

/** As many as a message can name. */
const NEAREST = 3;

/** Where the backups of a service lie. */
export const folderOfBackups = (target: string, service: Pick<Service, 'name'>): string =>
  join(target, service.name);

/**
 * Bring the store up to what lies in the folder: new, changed and vanished backups. Only unknown manifests are read.
 * @throws UserError when the disk of the backups is not there: what is known of them stays
 */
export async function syncBackups(app: TargetReach, service: Service): Promise<void> {
  const target = await findTarget(app);
  const { backups } = app.store;
  const folder = target === undefined ? undefined : folderOfBackups(target, service);
  const ids =
    folder === undefined || !(await isThere(folder)) ? [] : (await readdir(folder)).filter(isBackupId);
  const gone = new Set(backups.ofService(service.name).map(({ id }) => id));
  for (const id of ids) {
    if (await rememberBackup(app, service, join(folder ?? '', id), id)) gone.delete(id);
  }
  for (const id of gone) backups.remove(service.name, id);
}

/**
 * Write into the store what the manifest and the proof of one backup say.
 * @returns false for one that is not there
 */
export async function rememberBackup(
  { store: { backups } }: Pick<App, 'store'>,
  service: Service,
  folder: string,
  id: string,
): Promise<boolean> {
  const known = backups.get(service.name, id);
  const stamp = await stampOf(folder);
  // What could not be read may be readable now.
  if (known?.stamp === stamp && known.folder === folder && isProven(known.level)) return true;
  const row = await readRow(service, folder, { id, stamp });
  // Whatever went wrong with one that was deleted meanwhile went wrong for that.
  if (!(await isThere(folder))) return false;
  backups.put(row);
  return true;
}

/** The newest first, as they lie in the folder now. */
export async function listBackups(app: TargetReach, service: Service): Promise<BackupRow[]> {
  await syncBackups(app, service);
  return app.store.backups.ofService(service.name);
}

/**
 * The backup that somebody means: the newest proven one; or by its id, an unambiguous part of it, or a day (of which the
 * newest proven one counts, in the host's time zone).
 * @param which `latest`, `2026-11-20T14-40-00Z`, `20T14-40`, `2026-11-20`
 * @throws UserError for none, and for more than one, with those that are nearest
 */
export async function findBackup(app: ListReach, service: Service, which = 'latest'): Promise<BackupRow> {
  return chooseBackup(await listBackups(app, service), service, which, app.config.timeZone);
}

/** As {@link findBackup}, among those that are given. @param all the newest first */
export function chooseBackup(
  all: readonly BackupRow[],
  { title }: Pick<Service, 'title'>,
  which: string,
  timeZone: string,
): BackupRow {
  if (all.length === 0) throw new UserError(`There is no backup of ${title} yet.`);
  if (which === 'latest') {
    const proven = all.find(isProvenRow);
    if (proven !== undefined) return proven;
    throw new UserError(
      `No backup of ${title} is proven. Say which one is meant: ${listed(all.slice(0, NEAREST))}.`,
    );
  }

  const word = which.replaceAll(':', '-').toLowerCase();
  const exact = all.find(({ id }) => id.toLowerCase() === word);
  if (exact !== undefined) return exact;
  if (/^\d{4}-\d\d-\d\d$/.test(word)) {
    const calendar = createCalendar(timeZone);
    const ofDay = all.filter(({ takenAt }) => calendar.dayOf(takenAt) === word);
    const best = ofDay.find(isProvenRow) ?? ofDay[0];
    if (best !== undefined) return best;
  }
  const fitting = all.filter(({ id }) => id.toLowerCase().includes(word));
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    throw new UserError(
      `"${which}" could be ${fitting.length} backups of ${title}: ${listed(fitting.slice(0, NEAREST))}${fitting.length > NEAREST ? ' …' : '.'}`,
    );
  }
  throw new UserError(
    `There is no backup "${which}" of ${title}. The nearest: ${listed(nearestTo(word, all))}.`,
  );
}

/** Decoded or better, and nothing is known that speaks against it. */
export const isProvenRow = ({ level, trouble }: Pick<BackupRow, 'level' | 'trouble'>): boolean =>
  isProven(level) && trouble === undefined;

const listed = (rows: readonly BackupRow[]) => rows.map(({ id }) => id).join(', ');

/** In time where the word says one, else in letters, else the newest. */
function nearestTo(word: string, all: readonly BackupRow[]): BackupRow[] {
  const at = timeOfId(word.toUpperCase()) ?? Date.parse(word);
  if (!Number.isNaN(at)) {
    return all.toSorted((a, z) => Math.abs(a.takenAt - at) - Math.abs(z.takenAt - at)).slice(0, NEAREST);
  }
  const names = nearest(
    word,
    all.map(({ id }) => id),
    NEAREST,
  );
  const alike = all.filter(({ id }) => names.includes(id));
  return alike.length > 0 ? alike : all.slice(0, NEAREST);
}

/** Another one for every other manifest or proof. */
async function stampOf(folder: string): Promise<string> {
  const states = await Promise.all(
    [MANIFEST, PROOF].map(async (name) => {
      try {
        return stateOf(await lstat(join(folder, name), { bigint: true }));
      } catch (error) {
        if (isCode(error, 'ENOENT', 'ENOTDIR')) return 'none';
        throw error;
      }
    }),
  );
  return states.join(', ');
}

/** What a folder of a backup says of itself, wherever it lies. @param service whose it should be */
export async function readBackup(service: Pick<Service, 'name'>, folder: string): Promise<BackupRow> {
  return readRow(service, folder, { id: basename(folder), stamp: await stampOf(folder) });
}

async function readRow(
  service: Pick<Service, 'name'>,
  folder: string,
  { id, stamp }: { id: string; stamp: string },
): Promise<BackupRow> {
  const unread: BackupRow = {
    service: service.name,
    id,
    folder,
    takenAt: timeOfId(id) ?? 0,
    size: 0,
    level: 'copied',
    provenAt: undefined,
    drilledAt: undefined,
    drillTook: undefined,
    images: {},
    counts: {},
    sizes: {},
    isReadable: false,
    trouble: undefined,
    stamp,
  };
  let manifest: Manifest;
  try {
    manifest = await readManifest(folder);
  } catch (error) {
    return { ...unread, trouble: (error as Error).message };
  }
  if (manifest.service !== service.name) {
    return { ...unread, trouble: `It is of ${manifest.service}, not of ${service.name}.` };
  }
  const read: BackupRow = { ...unread, ...factsOf(manifest), isReadable: true };
  try {
    return { ...read, ...standingOf(await readProof(folder)) };
  } catch (error) {
    return { ...read, trouble: (error as Error).message };
  }
}

function factsOf({
  takenAt,
  images = {},
  parts,
}: Manifest): Pick<BackupRow, 'takenAt' | 'size' | 'images' | 'counts' | 'sizes'> {
  return {
    takenAt,
    images,
    size: parts.reduce((sum, part) => sum + sizeOf(part), 0),
    counts: Object.fromEntries(parts.map(({ facts }) => [facts.name, facts.counts])),
    sizes: Object.fromEntries(
      parts.flatMap((part) => (part.kind === 'files' ? [[part.facts.name, part.size]] : [])),
    ),
  };
}

function standingOf(
  proof: Proof | undefined,
): Pick<BackupRow, 'level' | 'provenAt' | 'drilledAt' | 'drillTook' | 'trouble'> {
  const failed = proof?.checks.find(({ result }) => result === 'failed');
  return {
    level: proof?.level ?? 'copied',
    provenAt: proof !== undefined && isProven(proof.level) ? proof.at : undefined,
    drilledAt: proof?.drill?.at,
    drillTook: proof?.drill?.took,
    trouble:
      failed &&
      `The check "${failed.name}" failed${failed.detail === undefined ? '.' : `: ${failed.detail}`}`,
  };
}
