/** What a person says to a release: not this one, or later. */
import type { App } from '../app.ts';
import { UserError } from '../errors.ts';
import type { Report } from '../report.ts';
import type { Service } from '../services.ts';
import { compareVersions } from '../versions.ts';
import { shortKey } from './release-offer.ts';
import { recall, remember, withKey } from './release-memory.ts';

type Reach = Pick<App, 'store' | 'clock'>;

/**
 * Never offer this version or digest again. Without a key: what was offered last.
 * @throws UserError for what was never offered
 */
export function skipRelease(app: Reach, service: Service, given: string | undefined): Report {
  const key = offeredKey(app, service, given);
  const { last } = remember(app.store, service.name, app.clock.now(), ({ skipped, told, remind }) => ({
    skipped: withKey(skipped, key),
    told: withKey(told, key),
    remind: remind?.key === key ? undefined : remind,
  }));
  // A tap on an old message leaves alone what came later.
  const newer = last?.key === undefined || last.key === key ? undefined : shortKey(last.key);
  return {
    kind: 'note',
    note: { key: 'skipped', service: service.name, what: shortKey(key), newer },
    actions: [[{ label: 'unskip', command: 'skip', args: [service.name, 'none'] }]],
  };
}

/** Offer again what was skipped. */
export function unskipReleases(app: Reach, service: Service): Report {
  const what = recall(app.store, service.name)?.skipped ?? [];
  if (what.length > 0) remember(app.store, service.name, app.clock.now(), () => ({ skipped: [] }));
  return {
    kind: 'note',
    note: { key: 'unskipped', service: service.name, what: what.map(shortKey) },
    actions: [[{ label: 'check', subject: service.name, command: 'check', args: [service.name] }]],
  };
}

/**
 * Tell it again then, if it can still be had.
 * @param at milliseconds since 1970
 * @throws UserError for what was never offered
 */
export function remindOfRelease(
  app: Reach,
  service: Service,
  { at, key: given }: { at: number; key: string | undefined },
): Report {
  const key = offeredKey(app, service, given);
  remember(app.store, service.name, app.clock.now(), ({ told }) => ({
    remind: { key, at },
    told: withKey(told, key),
  }));
  return { kind: 'note', note: { key: 'reminding', service: service.name, what: shortKey(key), at } };
}

function offeredKey({ store }: Pick<App, 'store'>, { name }: Service, given: string | undefined): string {
  const memory = recall(store, name);
  const last = memory?.last?.key;
  if (given === undefined) {
    if (last === undefined)
      throw new UserError(`Nothing newer is known for ${name}. Look with: check ${name}`);
    return last;
  }
  const known = [
    ...new Set([...(last === undefined ? [] : [last]), ...(memory?.told ?? []), ...(memory?.skipped ?? [])]),
  ];
  const meant =
    known.find((key) => key === given) ?? known.find((key) => compareVersions(key, given) === 'same');
  if (meant !== undefined) return meant;
  const there = known.length === 0 ? 'Nothing was.' : `There was: ${known.map(shortKey).join(', ')}.`;
  throw new UserError(`"${given}" was never offered for ${name}. ${there}`);
}
