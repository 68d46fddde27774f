/** Proven backups in a second place: sent, watched for their age, and sampled. */
import { randomInt } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { digestFile } from '../../backup/disk.ts';
import { MANIFEST } from '../../backup/manifest.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';

export type OffSiteReach = Pick<App, 'offsite' | 'store' | 'clock' | 'log' | 'redact' | 'config'>;

/** What is known of a service's backups there. Milliseconds since 1970. */
export type OffSiteState = {
  /** The newest that was sent whole. */
  id?: string;
  sentAt?: number;
  /** A sample was brought back and was equal. */
  sampledAt?: number;
  /** Why the last try failed. */
  trouble?: string;
};

/** As old as a backup itself may be. Milliseconds. */
const STALE = 26 * 3_600_000;
/** Files of a sample, beside the manifest. */
const SAMPLE = 4;

const keyOf = (service: string) => `offsite:${service}`;

export const offSiteState = ({ store }: Pick<App, 'store'>, service: string): OffSiteState =>
  store.facts.get<OffSiteState>(keyOf(service)) ?? {};

/**
 * Send a proven backup. A failure is written down, and told with the next look at the backups: it is no failure of the backup.
 * @throws the signal's reason
 */
export async function sendOffSite(
  app: OffSiteReach,
  { service, id, folder }: Pick<BackupRow, 'service' | 'id' | 'folder'>,
  { signal }: { signal: AbortSignal },
): Promise<OffSiteState> {
  const { offsite } = app;
  if (offsite === undefined) return {};
  return attempt(app, service, signal, async () => {
    await offsite.send({ service, id }, folder, { signal });
    return { id, sentAt: app.clock.now() };
  });
}

/**
 * Bring some files of the newest backup there back, and compare them with those here.
 * @throws the signal's reason
 */
export async function sampleOffSite(
  app: OffSiteReach,
  service: Service,
  { signal, pick = randomInt }: { signal: AbortSignal; pick?: (below: number) => number },
): Promise<OffSiteState> {
  const { offsite } = app;
  if (offsite === undefined) return {};
  return attempt(app, service.name, signal, async () => {
    const own = (await offsite.list(service.name, { signal }))
      .map((id) => app.store.backups.get(service.name, id))
      .filter((row) => row !== undefined);
    const newest = own.reduce<BackupRow | undefined>(
      (last, row) => (last === undefined || row.takenAt > last.takenAt ? row : last),
      undefined,
    );
    if (newest === undefined) throw new Error('none of the backups kept here is there.');
    const to = join(app.config.stateDir, 'offsite-sample');
    await rm(to, { recursive: true, force: true });
    try {
      const files = await sampleOf(newest.folder, pick);
      await offsite.fetch(newest, files, to, { signal });
      for (const file of files) await compare(join(newest.folder, file), join(to, file), signal);
    } finally {
      await rm(to, { recursive: true, force: true });
    }
    return { sampledAt: app.clock.now() };
  });
}

/** Why somebody should look: the last try failed, or what is there is old. Undefined while all is well. */
export function offSiteTrouble(
  { offsite, store, clock }: Pick<App, 'offsite' | 'store' | 'clock'>,
  { name }: Service,
): string | undefined {
  if (offsite === undefined || store.backups.newestProven(name) === undefined) return undefined;
  const { sentAt, trouble } = offSiteState({ store }, name);
  if (trouble !== undefined) return trouble;
  if (sentAt === undefined) return 'nothing was sent yet.';
  return clock.now() - sentAt > STALE ? 'nothing was sent for over 26 hours.' : undefined;
}

async function attempt(
  app: OffSiteReach,
  service: string,
  signal: AbortSignal,
  work: () => Promise<OffSiteState>,
): Promise<OffSiteState> {
  const { trouble: _ended, ...before } = offSiteState(app, service);
  let state: OffSiteState;
  try {
    state = { ...before, ...(await work()) };
  } catch (error) {
    signal.throwIfAborted();
    app.log.warn({ service, err: error }, 'off-site copy');
    state = { ...before, trouble: app.redact(causeOf(error)) };
  }
  app.store.facts.put(keyOf(service), state);
  return state;
}

/** The manifest, and some of what it vouches for. */
async function sampleOf(folder: string, pick: (below: number) => number): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const rest = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .filter((file) => file !== MANIFEST);
  const chosen: string[] = [];
  while (chosen.length < SAMPLE && rest.length > 0) chosen.push(...rest.splice(pick(rest.length), 1));
  return [MANIFEST, ...chosen];
}

async function compare(here: string, there: string, signal: AbortSignal): Promise<void> {
  if (!(await isThere(there))) throw new Error(`"${here}" is missing there.`);
  const [own, other] = await Promise.all([digestFile(here, { signal }), digestFile(there, { signal })]);
  if (own.sha256 !== other.sha256) throw new Error(`"${here}" has other contents there.`);
}
