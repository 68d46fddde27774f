/** What is told of releases without being asked: each once, together, and again where somebody wished so. */
import type { App } from '../app.ts';
import type { Report } from '../report.ts';
import type { ReleaseState } from '../report/releases.ts';
import { isOffered, isSkipped, listActions, offersFirst } from './release-offer.ts';
import { recall, remember, withKey, type ReleaseMemory } from './release-memory.ts';

type Reach = Pick<App, 'services' | 'store' | 'clock'>;

const DAY = 86_400_000;
/** A registry that is away for a night or two is no news. */
const SILENT_AFTER = 3 * DAY;
/** Once a day, though the clock of the job may be some minutes early. */
const SILENCE_TOLD_AGAIN = 20 * 3_600_000;

/** @returns undefined when there is nothing new */
export function tellNew(app: Reach): Report | undefined {
  const now = app.clock.now();
  const known = memories(app);
  const offered = known.flatMap(({ memory }) => {
    const { last } = memory;
    if (last?.key === undefined || !isOffered(last) || isSkipped(memory, last)) return [];
    return memory.told.includes(last.key) ? [] : [last];
  });
  const fresh = offersFirst(offered);
  const silent = known.filter(({ memory: { succeededAt, firstTriedAt, silenceToldAt } }) => {
    const isSilent = now - (succeededAt ?? firstTriedAt) >= SILENT_AFTER;
    return isSilent && (silenceToldAt === undefined || now - silenceToldAt >= SILENCE_TOLD_AGAIN);
  });
  if (fresh.length === 0 && silent.length === 0) return undefined;
  app.store.database.transaction(() => {
    for (const state of fresh) markTold(app, state);
    for (const { name } of silent) remember(app.store, name, now, () => ({ silenceToldAt: now }));
  });
  return {
    kind: 'releases',
    why: 'digest',
    services: fresh,
    silent: silent.map(({ name, memory: { succeededAt, firstTriedAt, tried } }) => ({
      name,
      since: succeededAt ?? firstTriedAt,
      troubles: tried?.troubles ?? [],
    })),
    at: now,
    actions: listActions(fresh),
  };
}

/** @returns undefined when nobody wished to be reminded of anything by now */
export function tellAgain(app: Reach): Report | undefined {
  const now = app.clock.now();
  const due = memories(app).filter(({ memory }) => memory.remind !== undefined && memory.remind.at <= now);
  if (due.length === 0) return undefined;
  for (const { name } of due) remember(app.store, name, now, () => ({ remind: undefined }));
  const states = due.flatMap(({ memory: { last, ...memory } }) =>
    last === undefined || !isOffered(last) || isSkipped({ last, ...memory }, last) ? [] : [last],
  );
  if (states.length === 0) return undefined;
  for (const state of states) markTold(app, state);
  return {
    kind: 'releases',
    why: 'reminder',
    services: states,
    silent: [],
    at: now,
    actions: listActions(states),
  };
}

/** Who has seen it in the chat is not told again. */
export function markTold({ store, clock }: Pick<App, 'store' | 'clock'>, { name, key }: ReleaseState): void {
  if (key === undefined) return;
  remember(store, name, clock.now(), ({ told }) => ({ told: withKey(told, key) }));
}

const memories = ({ services, store }: Reach): { name: string; memory: ReleaseMemory }[] =>
  services.all.flatMap(({ name }) => {
    const memory = recall(store, name);
    return memory === undefined ? [] : [{ name, memory }];
  });
