/** What has become suddenly smaller in the newest backup, and that somebody takes it for right. */
import type { App } from '../../app.ts';
import { findShrunk, type Shrunk } from '../../backup/shrink.ts';
import { UserError } from '../../errors.ts';
import type { Service } from '../../services.ts';
import { isProvenRow } from './list.ts';

const factOf = (service: string) => `backup-accepted:${service}`;

/** Of the newest proven backup in the store, against those before it. */
export function shrunkOf({ store }: Pick<App, 'store'>, { name }: Pick<Service, 'name'>): Shrunk[] {
  const [newest, ...history] = store.backups.ofService(name).filter(isProvenRow);
  return newest === undefined ? [] : findShrunk(newest, history, store.facts.get(factOf(name)));
}

/**
 * What is missing is rightly so: the new amounts alarm no more.
 * @returns what was accepted
 * @throws UserError when nothing is missing
 */
export function acceptShrunk(app: Pick<App, 'store'>, service: Pick<Service, 'name' | 'title'>): Shrunk[] {
  const shrunk = shrunkOf(app, service);
  if (shrunk.length === 0)
    throw new UserError(`Nothing is missing in the newest backup of ${service.title}.`);
  const before = app.store.facts.get<Shrunk[]>(factOf(service.name)) ?? [];
  // The newest word on a table comes first, and is the one that counts.
  app.store.facts.put(factOf(service.name), [...shrunk, ...before].slice(0, MOST));
  return shrunk;
}

/** Older ones are usual by now. */
const MOST = 100;
