/** What has become suddenly smaller in the newest backup, and that somebody takes it for right. */
import type { App } from '../../app.ts';
import { findShrunk, HISTORY_MOST, type Accepted, type Amounts, type Shrunk } from '../../backup/shrink.ts';
import { UserError } from '../../errors.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { isProvenRow } from './list.ts';

/** Older ones are the usual by now. */
const ACCEPTED_MOST = 100;

const factOf = (service: string) => `backup-accepted:${service}`;
const pastOf = (service: string) => `backup-amounts:${service}`;

/**
 * Of the newest proven backup in the store, against those before it. One that is smaller is no measure for those after it
 * until somebody accepts it: what is missing is told as long as it is missing.
 */
export const shrunkOf = (app: Pick<App, 'store'>, service: Pick<Service, 'name'>): Shrunk[] =>
  measure(app, service).shrunk;

/** The id of the last backup from before it became smaller, as long as that is not accepted. */
export function fullerOf(app: Pick<App, 'store'>, service: Pick<Service, 'name'>): string | undefined {
  const { shrunk, whole } = measure(app, service);
  return shrunk.length === 0 ? undefined : whole.find(({ id }) => id !== undefined)?.id;
}

/** What a backup held stays a measure after it was deleted: few may be kept. */
export function rememberAmounts(
  { store: { facts } }: Pick<App, 'store'>,
  row: Pick<BackupRow, 'service' | 'takenAt' | 'counts' | 'sizes' | 'level' | 'trouble'>,
): void {
  if (!isProvenRow(row)) return;
  const { service, takenAt, counts, sizes } = row;
  const before = facts.get<Amounts[]>(pastOf(service)) ?? [];
  const past = [...before, { takenAt, counts, sizes }].toSorted((a, z) => z.takenAt - a.takenAt);
  facts.put(pastOf(service), past.slice(0, HISTORY_MOST));
}

/** @returns of the newest what is missing, and of those before it the ones that are a measure, the newest first */
function measure({ store }: Pick<App, 'store'>, { name }: Pick<Service, 'name'>) {
  const accepted = store.facts.get<Accepted[]>(factOf(name)) ?? [];
  const past: (Amounts & { id?: string })[] = [
    ...store.backups.ofService(name).filter(isProvenRow),
    ...(store.facts.get<Amounts[]>(pastOf(name)) ?? []),
  ];
  const whole: typeof past = [];
  let shrunk: Shrunk[] = [];
  for (const one of past.toSorted((a, z) => a.takenAt - z.takenAt)) {
    shrunk = findShrunk(one, whole, accepted);
    if (shrunk.length === 0) whole.unshift(one);
  }
  return { shrunk, whole };
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
