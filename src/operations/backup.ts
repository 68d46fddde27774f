/** Copies of a service's data, for the way back: taken, checked, put back, deleted. */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isArea, isThere, removeArea } from '../backup/aside.ts';
import { digestFile, failure, sync, type Told } from '../backup/disk.ts';
import { checkFiles } from '../backup/files.ts';
import {
  lyingOf,
  MANIFEST,
  readManifest,
  sizeOf,
  type Copy,
  type Manifest,
  type SourceFacts,
} from '../backup/manifest.ts';
import { isLocked, openCopies } from '../backup/opened.ts';
import { droppedOf, scratchOf } from '../backup/names.ts';
import { checkDump } from '../backup/postgres.ts';
import { dropKept } from '../backup/postgres-back.ts';
import { putManifestBack } from '../backup/put-back.ts';
import {
  dropRecord,
  isChanging,
  readRecord,
  readRecords,
  type Newer,
  type Record as PutBackRecord,
} from '../backup/record.ts';
import { describe, thingsOf, type Thing } from '../backup/sources.ts';
import type { Putting } from '../backup/spots.ts';
import { verifySqlite } from '../backup/sqlite-check.ts';
import type { Service } from '../services.ts';
import { beginCopy, dropCopy, fillCopy, nameCopy, type Like } from './copy.ts';
import {
  backupsOf,
  copiesFolder,
  isCovered,
  reachOf,
  sourcesOf,
  stepsOf,
  toldOf,
  type DataOptions,
  type DataReach,
} from './data-reach.ts';

export { isCovered };
export type { DataOptions, DataReach, Newer, SourceFacts };

/** A finished copy. Milliseconds since 1970, bytes. */
export type Snapshot = {
  service: string;
  folder: string;
  takenAt: number;
  size: number;
  sources: readonly SourceFacts[];
};

export type PutBack = {
  /** Where what was replaced is kept: paths, or names of databases. */
  aside: readonly string[];
  /** Where the counts differ from what was replaced. */
  newer: readonly Newer[];
};

/** Where a copy lies. @param id a name of letters, digits, `.`, `_` and `-` */
export function snapshotFolder(app: DataReach, service: Service, id: string): string {
  return join(backupsOf(app, service).folder, service.name, 'updates', checkedId(id));
}

/**
 * Copy all sources. SQLite and files are copied from a running or a stopped service; PostgreSQL needs its container up.
 * @param folder one without a manifest is made anew
 * @param options.like a snapshot of a moment ago: what is unchanged since becomes a second name of its copy, unread
 * @param options.digests what the rows of databases hold is kept too
 * @throws UserError when the disk has no room; Error when there is a finished copy already, or anything cannot be copied
 */
export async function takeSnapshot(
  app: DataReach,
  service: Service,
  folder: string,
  options: DataOptions & { like?: Snapshot; digests?: boolean } = {},
): Promise<Snapshot> {
  const { like, ...rest } = options;
  if (await isThere(join(folder, MANIFEST))) throw new Error(`There is a finished copy in "${folder}".`);
  const copying = await beginCopy(app, service, folder, {
    signal: rest.signal,
    like: like && (await usableOf(app, like)),
  });
  try {
    const manifest = await fillCopy(app, service, copying, rest);
    await nameCopy(app, service, copying);
    return toSnapshot(folder, manifest);
  } catch (error) {
    await dropCopy(copying);
    throw error;
  }
}

/** A way back must not need a key that is not here. */
async function usableOf({ config }: DataReach, { folder }: Snapshot): Promise<Like | undefined> {
  const isUsable = !isLocked(await readManifest(folder), config.age.identityFile);
  return isUsable ? { folder, isFresh: true } : undefined;
}

/** @throws Error for a folder without a whole manifest */
export async function readSnapshot(folder: string): Promise<Snapshot> {
  return toSnapshot(folder, await readManifest(folder));
}

/**
 * Read all of a copy again: sizes, existence and SHA-256 of every file, the integrity of databases, the dump to its end
 * (which needs the container up).
 * @throws Error with what is wrong
 */
export async function verifySnapshot(
  app: DataReach,
  service: Service,
  snapshot: Snapshot,
  options: DataOptions = {},
): Promise<void> {
  const { signal } = options;
  const { folder } = snapshot;
  const manifest = await ownManifest(service, folder);
  const told = toldOf(options, snapshot.size);
  const reach = reachOf(app, service, { application: 'steward check', signal });
  const { identityFile } = reach;
  const opened = openCopies(folder, { identityFile, signal, scratch: scratchOf(folder) });
  for (const part of manifest.parts) {
    if (part.kind === 'files') {
      await checkFiles(part, folder, told);
      continue;
    }
    const file = join(folder, part.copy.file);
    await requireWhole(file, lyingOf(part.copy), told);
    const check = async () =>
      part.kind === 'sqlite'
        ? verifySqlite(part, await opened.databaseOf(part), signal)
        : checkDump(reach, part, file, part.copy);
    try {
      await check();
    } catch (error) {
      signal?.throwIfAborted();
      throw failure(`read the copy "${file}"`, error);
    } finally {
      await opened.close();
    }
  }
}

/** Its bytes on the disk are those that were written. @throws Error with what is wrong */
export async function requireWhole(
  path: string,
  { size, sha256 }: Pick<Copy, 'size' | 'sha256'>,
  told: Told,
): Promise<void> {
  const damaged = (why: string) => new Error(`The copy "${path}" is damaged: ${why}`);
  const found = await digestFile(path, told).catch((error: unknown) => {
    told.signal?.throwIfAborted();
    throw failure(`read the copy "${path}"`, error);
  });
  if (found.size !== size) throw damaged(`it has ${found.size} bytes instead of ${size}.`);
  if (found.sha256 !== sha256) throw damaged('it has other contents than were written.');
}

/** The data as it is now. Never changes it. @throws Error for a source that cannot be read */
export async function describeData(
  app: DataReach,
  service: Service,
  { signal }: DataOptions = {},
): Promise<SourceFacts[]> {
  const reach = reachOf(app, service, { application: lookName(), signal });
  const facts: SourceFacts[] = [];
  for (const thing of await thingsOf(sourcesOf(service), { mustExist: true, copies: copiesFolder(app) })) {
    facts.push(await describe(reach, thing));
  }
  return facts;
}

/**
 * Replace the data by a copy of it. The application is stopped by the caller, a PostgreSQL container runs. What is replaced is
 * moved aside and kept. Nothing is replaced before all is ready beside it. Called again after a kill it finishes what it
 * had begun under this id; once it has finished it does nothing more.
 * @param id a name of letters, digits, `.`, `_` and `-`
 */
export async function putBack(
  app: DataReach,
  service: Service,
  snapshot: Snapshot,
  id: string,
  options: DataOptions = {},
): Promise<PutBack> {
  const putting = await puttingOf(app, service, snapshot, id, options);
  const record = await putManifestBack(putting, () => describeReadable(app, service, options));
  return { aside: record.aside, newer: record.newer };
}

/** What putting a copy back, and taking it back, needs. */
export async function puttingOf(
  app: DataReach,
  service: Service,
  { folder, size }: Pick<Snapshot, 'folder' | 'size'>,
  id: string,
  options: DataOptions = {},
): Promise<Putting> {
  return {
    manifest: await ownManifest(service, folder),
    folder,
    id: checkedId(id),
    reach: reachOf(app, service, { application: 'steward putback', signal: options.signal }),
    told: toldOf(options, size),
    step: stepsOf(app, service, 'put back'),
  };
}

/**
 * Delete a copy, and what putting it back has set aside, databases too. Only what a manifest of ours vouches for; a folder
 * that is not there is no error.
 */
export async function dropSnapshot(app: DataReach, service: Service, folder: string): Promise<void> {
  // Out of sight first: half a copy is never found under its name.
  const dropped = droppedOf(folder);
  await rm(dropped, { recursive: true, force: true });
  if (!(await isThere(folder))) return;
  const manifest = await ownManifest(service, folder);
  const records = await readRecords(folder);
  if (records.some(isChanging)) {
    throw new Error(`Cannot delete the copy "${folder}": it is being put back.`);
  }
  for (const record of records) await dropKeptOf(app, service, manifest, record);
  await rename(folder, dropped);
  await sync(dirname(folder));
  await rm(dropped, { recursive: true, force: true });
}

/**
 * Delete what putting a copy back has set aside, databases too, and the record of it. The copy stays.
 * @param id under which it was put back
 * @throws Error while it is being put back
 */
export async function dropPutBack(
  app: DataReach,
  service: Service,
  folder: string,
  id: string,
): Promise<void> {
  const record = await readRecord(folder, id);
  if (record === undefined) return;
  if (isChanging(record)) {
    throw new Error(`Cannot delete what "${id}" has set aside: "${folder}" is being put back.`);
  }
  await dropKeptOf(app, service, await ownManifest(service, folder), record);
  await dropRecord(folder, id);
}

async function dropKeptOf(
  app: DataReach,
  service: Service,
  manifest: Manifest,
  { id, spots }: PutBackRecord,
): Promise<void> {
  const reach = reachOf(app, service, { application: 'steward drop' });
  for (const spot of spots) {
    if (spot.kind !== 'postgres') {
      if (isArea(spot.area, id)) await removeArea(spot.area);
      continue;
    }
    const part = manifest.parts[spot.part];
    if (part?.kind === 'postgres') await dropKept(reach, part, id);
  }
}

/**
 * The data as it is now, as far as it is there and can be read: what an update or an accident has left of it must not
 * stand in the way back.
 * @param options.unread told the sources that are there and cannot be read
 */
export async function describeReadable(
  app: DataReach,
  service: Service,
  { signal, unread }: DataOptions & { unread?: string[] } = {},
): Promise<SourceFacts[]> {
  const reach = reachOf(app, service, { application: lookName(), signal });
  const facts: SourceFacts[] = [];
  for (const thing of await thingsOf(sourcesOf(service), { mustExist: false, copies: copiesFolder(app) })) {
    try {
      facts.push(await describe(reach, thing));
    } catch (error) {
      signal?.throwIfAborted();
      if (await isPresent(thing, error)) unread?.push(thing.name);
      app.log.warn({ service: service.name, source: thing.name, err: error }, 'data not counted');
    }
  }
  return facts;
}

/** What does not exist, as on a new machine, is no trouble. */
const isPresent = async ({ kind, name }: Thing, error: unknown): Promise<boolean> =>
  kind === 'files'
    ? isThere(name)
    : kind === 'sqlite' || !/database .* does not exist/.test((error as Error).message);

/** @throws Error for a folder without a whole manifest, and for the copy of another service */
export async function ownManifest(service: Service, folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  if (manifest.service === service.name) return manifest;
  throw new Error(`The copy in "${folder}" is of ${manifest.service}, not of ${service.name}.`);
}

function toSnapshot(folder: string, { service, takenAt, parts }: Manifest): Snapshot {
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const sources = parts.map(({ facts }) => ({ ...facts, schema: facts.schema }));
  return { service, folder, takenAt, size, sources };
}

/** Looking is no business of one at a time: who ends his own sessions must not end those of others. */
function lookName(): string {
  return `steward look ${randomUUID().slice(0, 8)}`;
}

/** It becomes part of paths and of names of databases. */
function checkedId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(id)) return id;
  throw new Error(`"${id}" cannot name a copy.`);
}
