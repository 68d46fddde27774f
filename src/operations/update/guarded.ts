/**
 * What is remembered of a guarded deploy: a version that the configuration names, made ready for the owner to deploy,
 * with the way back from it. One for each service, in the store, so that it outlives a restart at any moment.
 */
import type { App } from '../../app.ts';
import type { ReleaseState } from '../../report/releases.ts';
import type { DataDifference, PinChange, PlannedImage } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import type { Store } from '../../store.ts';
import { isThere } from '../../backup/aside.ts';
import { readRecords } from '../../backup/record.ts';
import { dropPutBack, type DataReach } from '../backup.ts';
import { pinChange } from './pin-change.ts';
import { rollbackTag } from './tags.ts';

/**
 * `preparing`: data is copied, images are pulled. `waiting`: for the deploy. `deployed`, `failed`: what was deployed is
 * well, or not. `leaving`: on the way back, it is stopped and its data put back. `returning`: that is done, and the
 * old version starts when the configuration names it. `left`: it runs; what was put aside is kept until the next one is well.
 */
export type GuardStage = 'preparing' | 'waiting' | 'deployed' | 'failed' | 'leaving' | 'returning' | 'left';

/** `from` and `to` are ids; `to` is undefined until it was pulled. */
export type GuardedImage = PlannedImage & { was: string };

export type Guarded = {
  /** When it began, as in the journal, with `-guard` at its end: part of tags and of a folder's name. */
  id: string;
  service: string;
  stage: GuardStage;
  from: string | undefined;
  to: string | undefined;
  key: string;
  images: readonly GuardedImage[];
  file: string | undefined;
  notes: ReleaseState['notes'];
  /** Undefined until it was taken, and where nothing says what the data is. */
  backup: { folder: string; takenAt: number } | undefined;
  /** Milliseconds since 1970. */
  since: number;
  /** Names that were not here before they were pulled. */
  pulled: readonly string[];
  /** Somebody wants the preparation ended. */
  isUnwanted?: boolean;
  /** Of the way back: how often it was gone, whether the data goes back too, what went down with it, what came of the data. */
  ways?: number;
  withData?: boolean;
  dependents?: readonly string[];
  data?: { asOf: number; newer: readonly DataDifference[]; aside: readonly string[] } | undefined;
  /** The one before, whose way back is kept until this one has proven itself. */
  before?: Guarded;
};

const keyOf = (service: string) => `guard:${service}`;

export const recallGuarded = ({ facts }: Pick<Store, 'facts'>, service: string): Guarded | undefined =>
  facts.get<Guarded>(keyOf(service));

export function keepGuarded({ facts }: Pick<Store, 'facts'>, guarded: Guarded): Guarded {
  facts.put(keyOf(guarded.service), guarded);
  return guarded;
}

/** Change what is remembered of this one, as one step beside whoever else does. @throws Error when it is over */
export function changeGuarded(
  store: Pick<Store, 'facts' | 'database'>,
  { service, id }: Pick<Guarded, 'service' | 'id'>,
  change: Partial<Guarded>,
): Guarded {
  return store.database.transaction(() => {
    const now = recallGuarded(store, service);
    if (now?.id !== id) throw new Error(`The guarded deploy "${id}" of ${service} is over.`);
    return keepGuarded(store, { ...now, ...change });
  });
}

/** The one before takes its place, where there is one. */
export function forgetGuarded({ facts }: Pick<Store, 'facts'>, { service, before }: Guarded): void {
  if (before === undefined) facts.delete(keyOf(service));
  else facts.put(keyOf(service), before);
}

/** After an update that was no deploy: its way back is the one that counts. One that waits still does. */
export async function giveUpGuarded(
  app: Pick<App, 'hosts' | 'log' | 'store'> & DataReach,
  service: Service,
): Promise<void> {
  const guarded = recallGuarded(app.store, service.name);
  if (guarded === undefined || !['deployed', 'failed', 'left'].includes(guarded.stage)) return;
  app.store.facts.delete(keyOf(service.name));
  await dropAll(app, service, guarded);
}

/** What those before it kept, which nobody needs once this one is well. */
export async function dropBefore(
  app: Pick<App, 'hosts' | 'log' | 'store'> & DataReach,
  service: Service,
  guarded: Guarded,
): Promise<void> {
  const { before, ...rest } = guarded;
  if (before === undefined) return;
  await dropAll(app, service, before);
  keepGuarded(app.store, rest);
}

/** What they pulled has run since, and is the owner's. */
async function dropAll(
  app: Pick<App, 'hosts' | 'log'> & DataReach,
  service: Service,
  guarded: Guarded,
): Promise<void> {
  await dropGuarded(app, service, { ...guarded, pulled: [] });
  if (guarded.before !== undefined) await dropAll(app, service, guarded.before);
}

/**
 * Remove what was kept for it: what was put aside of the data, the name that kept its old image, and what it pulled where nothing
 * runs that. What cannot be removed is logged, and nothing else is ever removed.
 */
export async function dropGuarded(
  app: Pick<App, 'hosts' | 'log'> & DataReach,
  service: Service,
  { id, images, backup, pulled }: Guarded,
): Promise<void> {
  const { engine } = app.hosts.of(service);
  try {
    const used = new Set((await engine.list()).map(({ imageId }) => imageId));
    for (const { container } of images) await engine.untag(rollbackTag(container, id), { removes: true });
    for (const name of pulled) {
      const image = await engine.image(name);
      if (image !== undefined && !used.has(image.id)) await engine.untag(name, { removes: true });
    }
    if (backup !== undefined) await dropReplaced(app, service, backup.folder, id);
  } catch (error) {
    app.log.warn({ err: error, service: service.name, id }, 'a guarded deploy left something over');
  }
}

/** What its way back has put aside. The backup itself stays as long as any other. */
async function dropReplaced(
  app: Pick<App, 'hosts' | 'log'> & DataReach,
  service: Service,
  folder: string,
  id: string,
): Promise<void> {
  if (!(await isThere(folder))) return;
  for (const record of await readRecords(folder)) {
    if (record.id.startsWith(`${id}-back-`)) await dropPutBack(app, service, folder, record.id);
  }
}

/** Folders of backups that somebody may still go back to. */
export function heldBackups(store: Pick<Store, 'facts'>, service: string): Set<string> {
  const folders = new Set<string>();
  for (let one = recallGuarded(store, service); one !== undefined; one = one.before) {
    if (one.backup !== undefined) folders.add(one.backup.folder);
  }
  return folders;
}

/** What its owner changes for the new version, or to go back. */
export const changeOf = (
  { images, file }: Pick<Guarded, 'images' | 'file'>,
  way: 'there' | 'back',
): PinChange =>
  pinChange(
    file,
    images.map(({ was, image }) => (way === 'there' ? { was, next: image } : { was: image, next: was })),
  );
