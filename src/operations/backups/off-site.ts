/** Proven backups in a second place: sent when there is a new one, sampled once a week. A failure there is none of the backup. */
import { randomInt } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { App } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { digestFile } from '../../backup/disk.ts';
import { MANIFEST } from '../../backup/manifest.ts';
import { causeOf } from '../../errors.ts';
import type { OffSiteStanding } from '../../report/off-site.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';

type LookReach = Pick<App, 'offsite' | 'store' | 'clock'>;
export type OffSiteReach = LookReach & Pick<App, 'log' | 'redact' | 'config'>;

/** What is known of a service's backups there. Milliseconds since 1970. */
export type OffSiteState = {
  /** The newest that was sent whole. */
  id?: string;
  sentAt?: number;
  /** Since when a newer proven one waits here. */
  behindSince?: number | undefined;
  /** The last try to send, where it failed. */
  failed?: { at: number; why: string } | undefined;
  /** A sample was brought back and was equal. */
  sampledAt?: number;
  /** Why the last sample was not. */
  sampleFailed?: string | undefined;
  /** Somebody knows that something is wrong. */
  isTold?: boolean;
};

const HOUR = 3_600_000;
/** As old as a backup itself may be. Milliseconds. */
const STALE = 26 * HOUR;
/** What failed is tried again after so long. Milliseconds. */
const RETRY_AFTER = HOUR;
/** A sample is wanted this often: a week, less what a daily look may come earlier. Milliseconds. */
const SAMPLE_EVERY = 6.5 * 24 * HOUR;
/** Files of a sample, beside the manifest, and the largest of them: they come over somebody's line. Bytes. */
const SAMPLE = 4;
const SAMPLE_MOST = 64e6;

const keyOf = (service: string) => `offsite:${service}`;

export const offSiteState = ({ store }: Pick<App, 'store'>, service: string): OffSiteState =>
  store.facts.get<OffSiteState>(keyOf(service)) ?? {};

/** Change what is known, as one step: sending takes hours, and others look meanwhile. */
export function rememberOffSite(
  { store }: Pick<App, 'store'>,
  service: string,
  change: Partial<OffSiteState>,
): OffSiteState {
  return store.database.transaction(() => {
    const after = { ...offSiteState({ store }, service), ...change };
    store.facts.put(keyOf(service), after);
    return after;
  });
}

/**
 * Send the newest proven backup, unless it is there already or failed less than an hour ago. An older one is never sent
 * after a newer one: what counts is that the data is there.
 * @param options.isAsked somebody wants it now, whatever failed before
 * @throws the signal's reason
 */
export async function sendNewest(
  app: OffSiteReach,
  service: Pick<Service, 'name'>,
  { signal, isAsked = false }: { signal: AbortSignal; isAsked?: boolean },
): Promise<void> {
  const newest = lookBehind(app, service);
  if (newest === undefined) return;
  const now = app.clock.now();
  const { failed } = offSiteState(app, service.name);
  const mayTry = isAsked || failed === undefined || failed.at > now || now - failed.at >= RETRY_AFTER;
  // A disk that is not mounted is told by those who write to it.
  if (mayTry && (await isThere(newest.folder))) await sendOffSite(app, newest, { signal });
}

/** @returns the newest proven backup, where it is not there */
function lookBehind(app: LookReach, { name }: Pick<Service, 'name'>): BackupRow | undefined {
  const newest = app.store.backups.newestProven(name);
  const { id, behindSince } = offSiteState(app, name);
  if (app.offsite === undefined || newest === undefined || newest.id === id) return undefined;
  const now = app.clock.now();
  if (behindSince === undefined || behindSince > now) rememberOffSite(app, name, { behindSince: now });
  return newest;
}

/**
 * Send a proven backup. A failure is written down, and told with the next look at the second place.
 * @throws the signal's reason
 */
export async function sendOffSite(
  app: OffSiteReach,
  { service, id, folder }: Pick<BackupRow, 'service' | 'id' | 'folder'>,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { offsite } = app;
  if (offsite === undefined) return;
  const why = await failureOf(app, service, signal, () => offsite.send({ service, id }, folder, { signal }));
  const at = app.clock.now();
  if (why === undefined) {
    rememberOffSite(app, service, { id, sentAt: at, behindSince: undefined, failed: undefined });
  } else if (await isThere(folder)) {
    rememberOffSite(app, service, { failed: { at, why } });
  }
  // Else it was thinned out meanwhile: there is a newer one to send.
}

/**
 * A week has gone by since a sample was equal; one that was not is taken again with every look. While the newest is not
 * there, what is there may be kept here no more.
 */
export function wantsSample(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  { name }: Pick<Service, 'name'>,
): boolean {
  const { id, sampledAt, sampleFailed } = offSiteState({ store }, name);
  if (id === undefined || id !== store.backups.newestProven(name)?.id) return false;
  const age = clock.now() - (sampledAt ?? 0);
  return sampleFailed !== undefined || age < 0 || age >= SAMPLE_EVERY;
}

/**
 * Bring some files of the newest backup there back, and compare them with those here.
 * @throws the signal's reason
 */
export async function sampleOffSite(
  app: OffSiteReach,
  { name }: Pick<Service, 'name'>,
  { signal, pick = randomInt }: { signal: AbortSignal; pick?: (below: number) => number },
): Promise<void> {
  const { offsite } = app;
  if (offsite === undefined) return;
  let newest: BackupRow | undefined;
  const why = await failureOf(app, name, signal, async () => {
    const there = new Set(await offsite.list(name, { signal }));
    newest = app.store.backups.ofService(name).find(({ id }) => there.has(id));
    if (newest === undefined) throw new Error('none of the backups kept here is there');
    const { folder } = newest;
    const to = join(app.config.stateDir, 'offsite-sample');
    await rm(to, { recursive: true, force: true });
    try {
      const files = await sampleOf(folder, pick);
      await offsite.fetch(newest, files, to, { signal });
      for (const file of files) await compare(join(folder, file), join(to, file), signal);
    } finally {
      await rm(to, { recursive: true, force: true });
    }
  });
  if (why === undefined) {
    rememberOffSite(app, name, { sampledAt: app.clock.now(), sampleFailed: undefined });
  } else if (newest === undefined || (await isThere(newest.folder))) {
    rememberOffSite(app, name, { sampleFailed: why });
  }
}

/** Why somebody should look, without a full stop. Undefined while all is well, and where there is no second place. */
export function offSiteTrouble(app: LookReach, service: Pick<Service, 'name'>): string | undefined {
  if (app.offsite === undefined) return undefined;
  lookBehind(app, service);
  const { failed, sampleFailed, behindSince, sentAt } = offSiteState(app, service.name);
  if (failed !== undefined) return failed.why;
  if (sampleFailed !== undefined) return `a sample of it cannot be trusted: ${sampleFailed}`;
  if (behindSince === undefined || app.clock.now() - behindSince <= STALE) return undefined;
  return sentAt === undefined ? 'nothing was sent yet' : 'nothing was sent for over 26 hours';
}

/** Undefined where there is no second place. */
export function offSiteStanding(app: LookReach, service: Pick<Service, 'name'>): OffSiteStanding | undefined {
  if (app.offsite === undefined) return undefined;
  const { sentAt, sampledAt } = offSiteState(app, service.name);
  return { sentAt, sampledAt, trouble: offSiteTrouble(app, service) };
}

/** @returns the cause; undefined where it was done. @throws the signal's reason */
async function failureOf(
  app: Pick<App, 'log' | 'redact'>,
  service: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    app.log.warn({ service, err: error }, 'second place');
    return app.redact(causeOf(error)).replace(/\.$/, '');
  }
}

/** The manifest, and some of what it vouches for. */
async function sampleOf(folder: string, pick: (below: number) => number): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const rest = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .filter((file) => file !== MANIFEST);
  const chosen: string[] = [];
  while (chosen.length < SAMPLE && rest.length > 0) {
    for (const file of rest.splice(pick(rest.length), 1)) {
      if ((await stat(join(folder, file))).size <= SAMPLE_MOST) chosen.push(file);
    }
  }
  return [MANIFEST, ...chosen];
}

async function compare(here: string, there: string, signal: AbortSignal): Promise<void> {
  if (!(await isThere(there))) throw new Error(`"${here}" is missing there`);
  const [own, other] = await Promise.all([digestFile(here, { signal }), digestFile(there, { signal })]);
  if (own.sha256 !== other.sha256) throw new Error(`"${here}" has other contents there`);
}
