/**
 * What an update leaves: the way back of the last one that succeeded, and after a way back what the new version had made
 * of the data. Everything else of Steward's own making goes, and nothing of anybody else's.
 */
import type { App } from '../../app.ts';
import type { UpdateOutcome } from '../../report/updates.ts';
import type { UpdateRow } from '../../store/updates.ts';
import { dropSnapshot } from '../backup.ts';
import { dropArchive, isArchived } from './archive.ts';
import { dropNext, dropOthers, dropRollback } from './act.ts';
import { giveUpGuarded } from './guarded.ts';
import type { Journey } from './journey.ts';
import { rollbackTag } from './tags.ts';

/** Never fails: what is left over is no reason to call an update failed, and goes with the next one. */
export async function tidyUp(journey: Journey, outcome: UpdateOutcome): Promise<void> {
  const { app, service, host, row } = journey;
  const { updates } = app.store;
  const drop = async (folder: string | undefined) => {
    if (folder !== undefined) await dropSnapshot(app, service, folder);
  };
  const isBack = outcome === 'unchanged' || outcome === 'rolled-back';
  const works: (() => Promise<void>)[] = [];
  // Before their images.
  if (outcome !== 'down') works.push(() => dropOthers(journey, isBack ? 'new' : 'old'));
  works.push(() => dropNext(journey));
  // The image runs; should it have no other name any more, this one stays.
  if (isBack) works.push(() => dropRollback(journey, { removes: false }));
  if (outcome === 'unchanged') works.push(() => drop(row.facts.snapshot));
  const earlier = updates.history(service.name).filter(({ id }) => id !== row.id);
  const needed = earlier.filter((old) => old.facts.dropped !== true && isStillNeeded(old, row, outcome));
  for (const old of earlier) {
    if (old.facts.dropped === true || needed.includes(old)) continue;
    works.push(async () => {
      await dropNext({ host, row: old });
      await dropRollback({ host, row: old }, { removes: true });
      await drop(old.facts.snapshot);
      await dropArchive(app, service, old.id);
      updates.record(old.id, { facts: { dropped: true } });
    });
  }
  // After the names of ours, which keep an image as well.
  if (outcome !== 'down') {
    const ids = [
      ...[row, ...needed].flatMap(({ facts }) => Object.values(facts.from)),
      ...(isBack ? [] : Object.values(row.facts.to)),
    ];
    for (const one of [row, ...earlier]) works.push(() => dropPulled(journey, one, ids));
  }
  if (outcome === 'updated') works.push(() => giveUpGuarded(app, service));
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      app.log.warn({ err: error, service: service.name }, 'an update left something over');
    }
  }
}

/**
 * What an update has pulled, where nothing runs it: a pull by digest leaves a name that keeps the image.
 * @param needed ids of images that a way back needs
 */
async function dropPulled({ host, app }: Journey, { id, facts }: UpdateRow, needed: readonly string[]) {
  const { pulled = [] } = facts;
  if (pulled.length === 0) return;
  const { engine } = host;
  const kept = new Set([...needed, ...(await engine.list()).map(({ imageId }) => imageId)]);
  const left: string[] = [];
  for (const name of pulled) {
    const image = await engine.image(name);
    if (image === undefined) continue;
    if (kept.has(image.id)) left.push(name);
    else await engine.untag(name, { removes: true });
  }
  app.store.updates.record(id, { facts: { pulled: left } });
}

/** Until another update succeeds. With a copy that was put back goes what it replaced, which a rollback has just told. */
const isStillNeeded = (old: UpdateRow, { facts }: UpdateRow, outcome: UpdateOutcome): boolean =>
  (facts.place !== undefined && old.facts.snapshot === facts.place) ||
  (outcome !== 'updated' && (old.outcome === 'updated' || old.outcome === 'down'));

/**
 * Whether the old images of the last updates are still there, or their archives: `podman system prune -a` takes images that
 * have a name, too.
 * Each that is gone is told once.
 * @returns services with the version that they cannot go back to by image any more
 */
export async function lostWaysBack(
  app: Pick<App, 'config' | 'hosts' | 'store' | 'services' | 'log'>,
): Promise<{ service: string; version: string | undefined }[]> {
  const found = await Promise.all(
    app.services.all.map(async (service) => {
      const last = app.store.updates.history(service.name).find(({ outcome }) => outcome === 'updated');
      const { dropped, lostToldAt } = last?.facts ?? {};
      if (last === undefined || dropped === true || lostToldAt !== undefined) return [];
      try {
        const { engine } = app.hosts.of(service);
        const kept = last.plan.images.map(async ({ container }) => {
          const id = last.facts.from[container] ?? '';
          const image = await engine.image(rollbackTag(container, last.id));
          return image !== undefined || isArchived(app, service, last.id, id);
        });
        if (!(await Promise.all(kept)).includes(false)) return [];
      } catch (error) {
        app.log.warn(
          { err: error, service: service.name },
          'cannot look whether the way back is still there',
        );
        return [];
      }
      app.store.updates.record(last.id, { facts: { lostToldAt: last.startedAt } });
      return [{ service: service.name, version: last.plan.from }];
    }),
  );
  return found.flat();
}
