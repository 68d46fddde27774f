/** One backup: copied, proven, named, and only then counted. */
import { readdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { App, Run } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { sync } from '../../backup/disk.ts';
import { readManifest, type Header, type Manifest } from '../../backup/manifest.ts';
import { backupId } from '../../backup/names.ts';
import { isProven, writeProof, type Proof } from '../../backup/proof.ts';
import { sealCopies } from '../../backup/seal.ts';
import type { Storage } from '../../backup/stored.ts';
import { causeOf } from '../../errors.ts';
import { redactJson } from '../../redact.ts';
import type { Shrunk } from '../../backup/shrink.ts';
import type { Service } from '../../services.ts';
import { readVersion } from '../../version.ts';
import { beginCopy, dropCopy, fillCopy, nameCopy, type Copying, type Like } from '../copy.ts';
import { backupsOf } from '../data-reach.ts';
import { beat } from './beat.ts';
import { lastDrill, rememberBackups } from './memory.ts';
import { pruneBackups, type KeepReach, type Pruned } from './keep.ts';
import { folderOfBackups, rememberBackup, syncBackups } from './list.ts';
import { isBusy, pausedParts, takeUpPaused, whilePaused, type PauseReach } from './pause.ts';
import { confirmStored, prove } from './prove.ts';
import { shrunkOf } from './shrunk.ts';
import { requireTarget } from './target.ts';

/** Milliseconds. */
const FULL_AFTER = 7 * 86_400_000;

export type BackupReach = PauseReach & KeepReach;

/** `scheduled` waits while a client is connected that its pause would throw out. */
export type BackupReason = 'asked' | 'scheduled' | 'update' | 'before-restore';

export type BackupTaken = {
  id: string;
  folder: string;
  manifest: Manifest;
  proof: Proof;
  /** Milliseconds that the service was stopped for it; undefined where it ran on. */
  away: number | undefined;
  shrunk: readonly Shrunk[];
  /** What came of thinning out those before it; undefined where that was not done. */
  pruned?: Pruned | undefined;
  /** What went wrong beside it, in plain sentences. */
  warnings: readonly string[];
};

/** A client is connected that the pause would throw out: it is done later. */
export class ClientConnectedError extends Error {
  override name = 'ClientConnectedError';
}
/** STEWARD_OBSERVE: nothing may be stopped. */
export class ObservingError extends Error {
  override name = 'ObservingError';
}

/**
 * Copy, prove and name a backup; then those before it are thinned out. One that could be copied but not proven is kept
 * under its name, at the level `copied`. On any failure nothing of it is left, and what was stopped runs again.
 * The caller holds the service's lock.
 * @throws UserError for a service without a backup, a target that is not there, no room; ClientConnectedError;
 * ObservingError; NotStartedError; Error with a plain cause, also for one that could not be proven where it must be;
 * the signal's reason
 */
export async function takeBackup(
  app: BackupReach,
  service: Service,
  run: Run,
  { reason, mustBeProven = false }: { reason: BackupReason; mustBeProven?: boolean },
): Promise<BackupTaken> {
  backupsOf(app, service);
  await takeUpPaused(app, service, run);
  requireWholeData(app, service);
  const pauses = service.backup?.pause !== undefined;
  if (pauses && app.guard.observing) {
    await app.guard.change(`stop ${service.name} for its backup`, () => Promise.resolve());
    throw new ObservingError('Steward only observes');
  }
  if (reason === 'scheduled' && (await isBusy(app, service)))
    throw new ClientConnectedError('a client is connected');

  const { signal } = run;
  run.progress.plan(stepsOf(service));
  const target = await requireTarget(app);
  await syncBackups(app, service);
  const [last] = app.store.backups.ofService(service.name).filter(({ isReadable }) => isReadable);
  const like = last && (await likeOf(app, last.folder));
  const folder = folderOfBackups(target.folder, service);
  const id = await freeId(app, folder);
  const copying = await beginCopy(app, service, `${folder}/${id}`, { signal, like });
  try {
    const header = await headerOf(app, service, id);
    const copy = (within: AbortSignal) =>
      fillCopy(app, service, copying, { ...toldBy(run, copying), signal: within, digests: true, header });
    const { result: plain, away } = pauses
      ? await whilePaused(app, service, run, copy)
      : { result: await copy(signal), away: undefined };

    run.progress.begin('prove');
    const proven = await prove(app, service, copying.partial, {
      signal,
      progress: (done, total) => run.progress.amount(done, total),
      decoded: true,
      drill: reason === 'scheduled' && wantsDrill(app, service, header.images ?? {}),
    });
    requireWhole(proven);
    const manifest = await sealCopies(copying.partial, plain, storageOf(app), { signal });
    const proof = await confirmStored(app, copying.partial, { manifest, proof: proven }, { signal });
    await writeProof(copying.partial, proof);
    await sync(copying.partial);
    signal.throwIfAborted();
    await target.verify();
    await nameCopy(app, service, copying);
    await rememberBackup(app, service, copying.folder, id);
    run.progress.end({ failed: !isProven(proof.level) });
    rememberDrill(app, service, proof, header.images);
    if (mustBeProven) requireProven(service, proof);
    const after = await afterwards(app, service, proof);
    const warnings = [...spoiltOf(manifest), ...after.warnings];
    return { id, folder: copying.folder, manifest, proof, away, ...after, warnings };
  } catch (error) {
    await dropCopy(copying);
    throw error;
  }
}

/** Copies of before that were no longer what had been written: this backup has them anew, the disk wants a look. */
const spoiltOf = ({ parts }: Manifest): string[] =>
  parts.flatMap((part) => {
    if (part.kind !== 'files' || part.spoilt.count === 0) return [];
    const [name] = part.spoilt.names;
    return `Files of an earlier backup are no longer what was written, such as "${name}" (${part.spoilt.count}). They were copied anew; the disk may be failing.`;
  });

const stepsOf = (service: Service): { step: string; subject?: string }[] => {
  const kinds = new Set(service.backup?.sources.map(({ kind }) => kind));
  const stops = service.backup?.pause === undefined ? [] : pausedParts(service).map(({ name }) => name);
  return [
    ...stops.toReversed().map((subject) => ({ step: 'stop', subject })),
    ...(kinds.has('postgres') || kinds.has('sqlite') ? [{ step: 'copy-databases' }] : []),
    ...(kinds.has('files') ? [{ step: 'copy-files' }] : []),
    ...stops.map((subject) => ({ step: 'start', subject })),
    { step: 'prove' },
  ];
};

/** Amounts of the step that is being done, not of both together. */
function toldBy({ progress }: Run, { needed }: Copying) {
  let step: 'databases' | 'files' | undefined;
  let before = 0;
  let all = 0;
  return {
    begins({ kind }: { kind: 'postgres' | 'sqlite' | 'files' }) {
      const next = kind === 'files' ? 'files' : 'databases';
      if (next === step) return;
      step = next;
      before = all;
      progress.begin(`copy-${next}`);
    },
    progress(done: number) {
      all = done;
      if (step !== undefined) progress.amount(done - before, Math.max(done - before, needed[step]));
    },
  };
}

const storageOf = ({ config: { age } }: Pick<App, 'config'>): Storage => ({
  compress: true,
  recipients: age.recipient === undefined ? [] : [age.recipient],
});

/**
 * What is unchanged since the last backup becomes a second name of its copy there, but for one backup in seven days: so
 * long at most is one bad block handed on, should it escape being read again.
 */
async function likeOf(app: BackupReach, folder: string): Promise<Like | undefined> {
  const { parts, recipients = [] } = await readManifest(folder);
  const isOld = parts.some((part) => part.kind === 'files' && app.clock.now() - part.fullAt >= FULL_AFTER);
  return isOld || !isDeepStrictEqual(recipients, storageOf(app).recipients)
    ? undefined
    : { folder, isFresh: false };
}

async function freeId({ clock }: Pick<App, 'clock'>, folder: string): Promise<string> {
  const taken = new Set((await isThere(folder)) ? await readdir(folder) : []);
  return backupId(clock.now(), (id) => taken.has(id));
}

async function headerOf(app: BackupReach, service: Service, id: string): Promise<Header> {
  const { engine } = app.hosts.of(service);
  const found = await Promise.all(service.containers.map(({ name }) => engine.inspect(name)));
  const images = Object.fromEntries(
    found.flatMap((one) => (one === undefined ? [] : [[one.name, one.imageId]])),
  );
  const { heartbeat: _url, pushoverToken: _token, ...definition } = service;
  return {
    id,
    title: service.title,
    steward: await readVersion(),
    images,
    definition: JSON.parse(redactJson(app.redact, JSON.stringify(definition))) as Record<string, unknown>,
  };
}

/** Its databases were never restored from a backup, or not since they run on another image. */
function wantsDrill(
  { store }: Pick<App, 'store'>,
  service: Service,
  images: Readonly<Record<string, string>>,
): boolean {
  const servers = service.backup?.sources.flatMap((source) =>
    source.kind === 'postgres' ? [source.container] : [],
  );
  const drilled = lastDrill(store, service.name);
  return servers?.some((container) => drilled?.images[container] !== images[container]) === true;
}

export function rememberDrill(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  { name }: Pick<Service, 'name'>,
  { drill }: Pick<Proof, 'drill'>,
  images: Readonly<Record<string, string>> = {},
): void {
  if (drill === undefined) return;
  rememberBackups(store, name, clock.now(), () => ({ drilled: { at: drill.at, images } }));
}

/** What was written a moment ago and reads differently is no copy at all. */
/** @throws Error while what would be copied may be of two sides: that is brought to one within a minute */
function requireWholeData({ store }: Pick<BackupReach, 'store'>, { name }: Service): void {
  if (store.restores.open(name) === undefined) return;
  throw new Error(`a restore of ${name} was cut off, and is not taken up yet`);
}

function requireWhole({ checks }: Proof): void {
  const damaged = checks.find(({ name, result }) => name === 'manifest' && result === 'failed');
  if (damaged !== undefined) throw new Error(damaged.detail ?? 'What was written cannot be read again.');
}

function requireProven({ title }: Service, { level, checks }: Proof): void {
  if (isProven(level)) return;
  const failed = checks.filter(({ result }) => result === 'failed');
  const why = failed.map(({ name, detail }) => detail ?? name).join(' ');
  throw new Error(`The backup of ${title} cannot be proven: ${why}`);
}

/** The backup is there and counts: nothing of this makes it fail. */
async function afterwards(
  app: BackupReach,
  service: Service,
  proof: Proof,
): Promise<Pick<BackupTaken, 'shrunk' | 'warnings' | 'pruned'>> {
  const warnings: string[] = [];
  const attempt = async <Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work();
    } catch (error) {
      app.log.warn({ err: error, service: service.name }, what);
      warnings.push(app.redact(causeOf(error)));
      return undefined;
    }
  };
  // What could not be proven takes nobody's place.
  if (!isProven(proof.level)) return { shrunk: [], warnings };
  await attempt('the monitor was not told', () => beat(app, service, { isWell: true }));
  const pruned = await attempt('older backups were not deleted', () => pruneBackups(app, service));
  return { shrunk: shrunkOf(app, service), warnings, pruned };
}
