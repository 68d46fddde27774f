/** A copy of a service's data in the making: nobody takes it for one before it is whole and its name says so. */
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isThere } from '../backup/aside.ts';
import { requireValues } from '../backup/expect-contents.ts';
import { freeBytes, makeFolder, sync } from '../backup/disk.ts';
import { partialOf } from '../backup/names.ts';
import { readManifest, writeManifest, type Header, type Manifest, type Part } from '../backup/manifest.ts';
import { measure, take, thingsOf, type Earlier, type Thing } from '../backup/sources.ts';
import { UserError } from '../errors.ts';
import type { Service } from '../services.ts';
import { formatSize } from '../units.ts';
import {
  backupsOf,
  copiesFolder,
  reachOf,
  sourcesOf,
  stepsOf,
  toldOf,
  type DataOptions,
  type DataReach,
} from './data-reach.ts';

/** Of a copy that was being made or deleted. */
const LEFT_OVER = /^\.[A-Za-z0-9][A-Za-z0-9._-]*\.(?:partial|dropped|scratch)$/;

export type Copying = {
  /** Where it will lie. */
  readonly folder: string;
  /** Where it is made; it exists. */
  readonly partial: string;
  readonly earlier: Earlier;
  /** Bytes that it takes at most, about. */
  readonly needed: { readonly databases: number; readonly files: number };
};

/** An earlier copy. `isFresh`: of a moment ago, so that what is unchanged since need not be read again. */
export type Like = { folder: string; isFresh: boolean };

export type FillOptions = DataOptions & {
  /** What the rows hold is digested, too, which takes the time to read all of a database. */
  digests?: boolean;
  header?: Header;
  /** Called before each source is copied. */
  begins?: (thing: Thing) => void;
};

/**
 * See that there is room, and make the folder. What killed runs left beside it goes.
 * @param like what is unchanged since becomes a second name of its file
 * @throws UserError when the disk has no room; Error when the application keeps its data elsewhere than it is configured here
 */
export async function beginCopy(
  app: DataReach,
  service: Service,
  folder: string,
  { signal, like }: { signal?: AbortSignal | undefined; like?: Like | undefined } = {},
): Promise<Copying> {
  const step = stepsOf(app, service, 'copy');
  const earlier = like === undefined ? undefined : { ...like, manifest: await readManifest(like.folder) };
  await sweep(dirname(folder));
  step('measure');
  const reach = reachOf(app, service, { application: 'steward copy', signal });
  if (service.backup !== undefined) await requireValues(service.backup.sources, service.backup.expect);
  const needed = { databases: 0, files: 0 };
  for (const thing of await thingsFor(app, service)) {
    needed[thing.kind === 'files' ? 'files' : 'databases'] += await measure(reach, thing, earlier);
  }
  await requireRoom(app, service, needed.databases + needed.files);
  const partial = partialOf(folder);
  await makeFolder(partial);
  return { folder, partial, earlier, needed };
}

/** Copy all sources, as they are now, and write the manifest. */
export async function fillCopy(
  app: DataReach,
  service: Service,
  { partial, earlier, needed }: Copying,
  { digests = false, header = {}, begins, ...options }: FillOptions = {},
): Promise<Manifest> {
  const { signal } = options;
  const step = stepsOf(app, service, 'copy');
  const reach = reachOf(app, service, { application: 'steward copy', signal });
  const told = toldOf(options, needed.databases + needed.files);
  const parts: Part[] = [];
  const takenAt = app.clock.now();
  for (const [index, thing] of (await thingsFor(app, service)).entries()) {
    signal?.throwIfAborted();
    step(`copy ${thing.name}`);
    begins?.(thing);
    parts.push(await take(reach, thing, { folder: partial, index, earlier, digests }, told));
  }
  step('manifest');
  const manifest: Manifest = { ...header, version: 1, service: service.name, takenAt, parts };
  await writeManifest(partial, manifest);
  signal?.throwIfAborted();
  return manifest;
}

/** It is a copy from now on. */
export async function nameCopy(
  app: DataReach,
  service: Service,
  { folder, partial }: Copying,
): Promise<void> {
  const step = stepsOf(app, service, 'copy');
  step('name');
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  await sync(dirname(folder));
  step('copied');
}

/** It will not become one. */
export async function dropCopy({ partial }: Copying): Promise<void> {
  await rm(partial, { recursive: true, force: true });
}

/** What killed runs left of copies that were being made or deleted. One service has one such run at a time. */
async function sweep(folder: string): Promise<void> {
  const names = (await isThere(folder)) ? await readdir(folder) : [];
  for (const name of names) {
    if (LEFT_OVER.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

const thingsFor = (app: DataReach, service: Service): Promise<Thing[]> =>
  thingsOf(sourcesOf(service), { mustExist: true, copies: copiesFolder(app) });

async function requireRoom(app: DataReach, service: Service, needed: number): Promise<void> {
  const { folder, reserve } = backupsOf(app, service);
  const free = await freeBytes(folder);
  if (free - needed >= reserve) return;
  throw new UserError(
    `Not enough space to copy the data of ${service.title}: it needs about ${formatSize(needed)} in "${folder}", ${formatSize(free)} are free and ${formatSize(reserve)} of them are kept in reserve.`,
  );
}
