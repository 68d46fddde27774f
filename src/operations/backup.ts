/** Copies of a service's data, for the way back: taken, checked, put back, deleted. */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { App } from '../app.ts';
import { isArea, isThere, removeArea } from '../backup/aside.ts';
import { digestFile, failure, freeBytes, makeFolder, sync, type Told } from '../backup/disk.ts';
import { checkFiles } from '../backup/files.ts';
import {
  MANIFEST,
  readManifest,
  sizeOf,
  writeManifest,
  type Copy,
  type Manifest,
  type Part,
  type SourceFacts,
} from '../backup/manifest.ts';
import { checkDump } from '../backup/postgres.ts';
import { dropKept } from '../backup/postgres-back.ts';
import type { Reach } from '../backup/psql.ts';
import { putManifestBack } from '../backup/put-back.ts';
import { readRecords, type Newer } from '../backup/record.ts';
import { describe, measure, take, thingsOf } from '../backup/sources.ts';
import { checkSqlite } from '../backup/sqlite.ts';
import { UserError } from '../errors.ts';
import type { Service } from '../services.ts';
import { formatSize } from '../units.ts';

export type { Newer, SourceFacts };

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

/** How names end of what is not a copy yet, and no more. */
const PARTIAL = '.partial';
const DROPPED = '.dropped';

export type DataReach = Pick<App, 'hosts' | 'services' | 'clock' | 'log'>;

/** `progress` is told bytes. */
export type DataOptions = { signal?: AbortSignal; progress?: (done: number, total?: number) => void };

/** It names sources, and there is a folder for copies. */
export function isCovered(app: DataReach, service: Service): boolean {
  return service.backup !== undefined && app.services.backups !== undefined;
}

/** Where a copy lies. @param id a name of letters, digits, `.`, `_` and `-` */
export function snapshotFolder(app: DataReach, service: Service, id: string): string {
  return join(backupsOf(app, service).folder, service.name, 'updates', checkedId(id));
}

/**
 * Copy all sources. SQLite and files are copied from a running or a stopped service; PostgreSQL needs its container up.
 * @param folder one without a manifest is made anew
 * @param options.like a snapshot of a moment ago: what is unchanged since becomes a second name of its copy, unread
 * @throws UserError when the disk has no room; Error when there is a finished copy already, or anything cannot be copied
 */
export async function takeSnapshot(
  app: DataReach,
  service: Service,
  folder: string,
  options: DataOptions & { like?: Snapshot } = {},
): Promise<Snapshot> {
  const { signal, like } = options;
  const step = stepsOf(app, service, 'copy');
  if (await isThere(join(folder, MANIFEST))) throw new Error(`There is a finished copy in "${folder}".`);
  const earlier =
    like === undefined
      ? undefined
      : { folder: like.folder, manifest: await readManifest(like.folder), isFresh: true };
  const reach = reachOf(app, service, { application: 'steward copy', signal });

  await sweep(dirname(folder));
  step('measure');
  const things = await thingsOf(sourcesOf(service), { mustExist: true, copies: copiesFolder(app) });
  let needed = 0;
  for (const thing of things) needed += await measure(reach, thing, earlier);
  await requireRoom(app, service, needed);

  // Nobody takes it for a copy before its name says so.
  const partial = join(dirname(folder), `.${basename(folder)}${PARTIAL}`);
  try {
    await makeFolder(partial);
    const told = toldOf(options, needed);
    const parts: Part[] = [];
    for (const [index, thing] of things.entries()) {
      signal?.throwIfAborted();
      step(`copy ${thing.name}`);
      parts.push(await take(reach, thing, { folder: partial, index, earlier }, told));
    }
    step('manifest');
    const manifest: Manifest = { version: 1, service: service.name, takenAt: app.clock.now(), parts };
    await writeManifest(partial, manifest);
    signal?.throwIfAborted();
    step('name');
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    await sync(dirname(folder));
    step('copied');
    return toSnapshot(folder, manifest);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
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
  for (const part of manifest.parts) {
    if (part.kind === 'files') {
      await checkFiles(part, folder, told);
      continue;
    }
    const file = join(folder, part.copy.file);
    await requireWhole(file, part.copy, told);
    const check =
      part.kind === 'sqlite' ? checkSqlite(file, signal) : checkDump(reach, part, file, part.copy);
    await check.catch((error: unknown) => {
      signal?.throwIfAborted();
      throw failure(`read the copy "${file}"`, error);
    });
  }
}

async function requireWhole(path: string, { size, sha256 }: Copy, told: Told): Promise<void> {
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
  const { signal } = options;
  const record = await putManifestBack(
    {
      manifest: await ownManifest(service, snapshot.folder),
      folder: snapshot.folder,
      id: checkedId(id),
      reach: reachOf(app, service, { application: 'steward putback', signal }),
      told: toldOf(options, snapshot.size),
      step: stepsOf(app, service, 'put back'),
    },
    () => describeReadable(app, service, signal),
  );
  return { aside: record.aside, newer: record.newer };
}

/**
 * Delete a copy, and what putting it back has set aside, databases too. Only what a manifest of ours vouches for; a folder
 * that is not there is no error.
 */
export async function dropSnapshot(app: DataReach, service: Service, folder: string): Promise<void> {
  // Out of sight first: half a copy is never found under its name.
  const dropped = join(dirname(folder), `.${basename(folder)}${DROPPED}`);
  await rm(dropped, { recursive: true, force: true });
  if (!(await isThere(folder))) return;
  const manifest = await ownManifest(service, folder);
  const records = await readRecords(folder);
  if (records.some(({ state }) => state === 'swapping')) {
    throw new Error(`Cannot delete the copy "${folder}": it is being put back.`);
  }
  const reach = reachOf(app, service, { application: 'steward drop' });
  for (const { id, spots } of records) {
    for (const spot of spots) {
      if (spot.kind !== 'postgres') {
        if (isArea(spot.area, id)) await removeArea(spot.area);
        continue;
      }
      const part = manifest.parts[spot.part];
      if (part?.kind === 'postgres') await dropKept(reach, part, id);
    }
  }
  await rename(folder, dropped);
  await sync(dirname(folder));
  await rm(dropped, { recursive: true, force: true });
}

/** What killed runs left of copies that were being made or deleted. One service has one such run at a time. */
async function sweep(folder: string): Promise<void> {
  const names = (await isThere(folder)) ? await readdir(folder) : [];
  for (const name of names) {
    if (!name.startsWith('.') || !(name.endsWith(PARTIAL) || name.endsWith(DROPPED))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What an update has left of the data may not be readable: that must not stand in the way back. */
async function describeReadable(
  app: DataReach,
  service: Service,
  signal: AbortSignal | undefined,
): Promise<SourceFacts[]> {
  const reach = reachOf(app, service, { application: lookName(), signal });
  const facts: SourceFacts[] = [];
  for (const thing of await thingsOf(sourcesOf(service), { mustExist: false, copies: copiesFolder(app) })) {
    try {
      facts.push(await describe(reach, thing));
    } catch (error) {
      signal?.throwIfAborted();
      app.log.warn({ service: service.name, source: thing.name, err: error }, 'data not counted');
    }
  }
  return facts;
}

async function requireRoom(app: DataReach, service: Service, needed: number): Promise<void> {
  const { folder, reserve } = backupsOf(app, service);
  const free = await freeBytes(folder);
  if (free - needed >= reserve) return;
  throw new UserError(
    `Not enough space to copy the data of ${service.title}: it needs about ${formatSize(needed)} in "${folder}", ${formatSize(free)} are free and ${formatSize(reserve)} of them are kept in reserve.`,
  );
}

async function ownManifest(service: Service, folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  if (manifest.service === service.name) return manifest;
  throw new Error(`The copy in "${folder}" is of ${manifest.service}, not of ${service.name}.`);
}

function toSnapshot(folder: string, { service, takenAt, parts }: Manifest): Snapshot {
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const sources = parts.map(({ facts }) => ({ ...facts, schema: facts.schema }));
  return { service, folder, takenAt, size, sources };
}

function backupsOf(app: DataReach, service: Service) {
  const { backups } = app.services;
  if (backups !== undefined && service.backup !== undefined) return backups;
  throw new UserError(`${service.title} has no backup configured.`);
}

function copiesFolder({ services: { backups } }: DataReach): string | undefined {
  return backups?.folder;
}

function sourcesOf(service: Service) {
  return service.backup?.sources ?? [];
}

function reachOf(
  app: DataReach,
  service: Service,
  { application, signal }: { application: string; signal?: AbortSignal | undefined },
): Reach {
  const { engine } = app.hosts.of(service);
  return {
    engine,
    // Two services may share a server; one of them has one such run at a time.
    application: `${application} ${service.name}`,
    signal: signal ?? new AbortController().signal,
  };
}

/** Looking is no business of one at a time: who ends his own sessions must not end those of others. */
function lookName(): string {
  return `steward look ${randomUUID().slice(0, 8)}`;
}

function toldOf({ signal, progress }: DataOptions, total: number): Told {
  let done = 0;
  return {
    signal,
    progress(bytes) {
      done += bytes;
      progress?.(done, Math.max(done, total));
    },
  };
}

/** @returns what names each step as it begins, for whoever reads the log */
function stepsOf(app: DataReach, service: Service, what: string): (step: string) => void {
  return (step) => app.log.debug({ service: service.name, step }, what);
}

/** It becomes part of paths and of names of databases. */
function checkedId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(id)) return id;
  throw new Error(`"${id}" cannot name a copy.`);
}
