/** What has become suddenly smaller in the newest backup, and that somebody takes it for right. */
import type { App } from '../../app.ts';
import { findShrunk, type Accepted, type Shrunk } from '../../backup/shrink.ts';
import { UserError } from '../../errors.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { isProvenRow } from './list.ts';

const factOf = (service: string) => `backup-accepted:${service}`;

/**
 * Of the newest proven backup in the store, against those before it. One that is smaller is no measure for those after it
 * until somebody accepts it: what is missing is told as long as it is missing.
 */
export function shrunkOf({ store }: Pick<App, 'store'>, { name }: Pick<Service, 'name'>): Shrunk[] {
  const accepted = store.facts.get<Accepted[]>(factOf(name)) ?? [];
  const measure: BackupRow[] = [];
  let shrunk: Shrunk[] = [];
  for (const row of store.backups.ofService(name).filter(isProvenRow).toReversed()) {
    shrunk = findShrunk(row, measure, accepted);
    if (shrunk.length === 0) measure.unshift(row);
  }
  return shrunk;
}

/**
 * What is missing is rightly so: the new amounts are the measure from now on.
 * @returns what was accepted
 * @throws UserError when nothing is missing
 */
export function acceptShrunk(app: Pick<App, 'store'>, service: Pick<Service, 'name' | 'title'>): Shrunk[] {
  const shrunk = shrunkOf(app, service);
  const newest = app.store.backups.newestProven(service.name);
  if (newest === undefined || shrunk.length === 0) {
    throw new UserError(`Nothing is missing in the newest backup of ${service.title}.`);
  }
  const accepted = shrunk.map((what): Accepted => ({ at: newest.takenAt, what }));
  const before = app.store.facts.get<Accepted[]>(factOf(service.name)) ?? [];
  app.store.facts.put(factOf(service.name), [...accepted, ...before].slice(0, ACCEPTED_MOST));
  return shrunk;
}

/** Older ones are the usual by now. */
const ACCEPTED_MOST = 100;
