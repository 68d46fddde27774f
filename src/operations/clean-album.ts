/**
 * Empties the album of what is ours and old enough, and the folder of copies past their time. A kill in between is
 * harmless: what Immich has deleted already is found gone, and everything is decided anew.
 */
import { createHash } from 'node:crypto';
import type { App, Plan } from '../app.ts';
import { causeOf } from '../errors.ts';
import { createPictureAlbum } from '../pictures/album.ts';
import { redrawCards } from '../pictures/card.ts';
import { historyOf, isDue, isIdle, isOnItsWay, isOursInImmich, judge } from '../pictures/cleaning.ts';
import { anew } from '../pictures/clip.ts';
import { deleteAssets } from '../pictures/delete.ts';
import { removeCopies } from '../pictures/links.ts';
import { survey, type Survey } from '../pictures/survey.ts';
import { troubleOf } from '../pictures/trouble.ts';
import type { Action } from '../report/actions.ts';
import type { CleaningReport, CleanMode } from '../report/pictures.ts';
import type { PictureChanges, PictureRow } from '../store/pictures.ts';

export type CleanNeeds = Pick<App, 'config' | 'services' | 'store' | 'immich' | 'guard' | 'clock' | 'log'>;

/** Ids in one call to Immich. */
const BATCH = 100;
/** Milliseconds until the same bytes can be filed anew: a forced delete takes Immich about 100 ms. */
const AFTER_DELETE = 1000;

const takeOut = (count: number): Action => ({
  label: 'take-out',
  subject: String(count),
  command: 'clean',
  args: ['others'],
});

/** Whose lock keeps two cleaners apart. */
export const CLEANER = { name: 'clean-album' } as const;

export type CleanOptions = {
  mode: CleanMode;
  /** What was sent less long ago is left. Milliseconds. */
  minAge: number;
  signal: AbortSignal;
};

/** What is to be done. `found` is undefined where Immich could not be asked. */
type Intent = { options: CleanOptions; report: CleaningReport; found: Survey | undefined; until: number };

/** @throws nothing but the signal's reason: trouble with Immich is in the report */
export async function planCleaning(app: CleanNeeds, options: CleanOptions): Promise<Plan> {
  const { report, found } = await look(app, options);
  const seen = [
    options.mode,
    found?.remove.map(({ id }) => id).sort(),
    found?.putBack.slice().sort(),
    found?.adopt.map(({ assetId }) => assetId).sort(),
    options.mode === 'others' ? found?.foreign.slice().sort() : [],
    report.copies,
  ];
  return {
    report,
    fingerprint: createHash('sha256').update(JSON.stringify(seen)).digest('base64url'),
    isEmpty: isIdle(report),
  };
}

/** @throws the signal's reason; trouble with Immich is in the report */
export async function cleanAlbum(app: CleanNeeds, options: CleanOptions): Promise<CleaningReport> {
  const intent = await look(app, options);
  const { deleted, copies, album, folder } = intent.report;
  const what = `clean "${album ?? folder}": ${deleted} pictures, the copies of ${copies}`;
  const done = await app.guard.change(what, () => act(app, intent));
  return done ?? { ...intent.report, stage: 'observed' };
}

/** If the owner wants to hear of it: nothing to delete, or old copies alone, is nothing new. */
export const isWorthTelling = (report: CleaningReport): boolean =>
  !isIdle({ ...report, copies: 0 }) ||
  (report.failed ?? report.trouble ?? report.folderTrouble) !== undefined;

async function look(app: CleanNeeds, options: CleanOptions): Promise<Intent> {
  const { config, store, immich, clock, log } = app;
  const { mode, minAge, signal } = options;
  const until = clock.now() - minAge;
  const report: CleaningReport = {
    kind: 'cleaning',
    stage: 'plan',
    mode,
    album: immich === undefined ? undefined : config.immich?.album,
    folder: config.pictures.folder,
    minAge,
    deleted: 0,
    kept: 0,
    young: 0,
    foreign: 0,
    takenOut: 0,
    released: 0,
    adopted: 0,
    isMade: false,
    putBack: 0,
    failed: undefined,
    trouble: undefined,
    copies: mode === 'others' ? 0 : store.pictures.expired(clock.now() - config.pictures.keep).length,
    folderTrouble: undefined,
  };
  const intent: Intent = { options, report, found: undefined, until };
  if (immich === undefined || report.album === undefined) return intent;
  try {
    const found = await survey(
      { immich, pictures: store.pictures },
      { name: report.album, until, adopts: mode === 'adopt', signal },
    );
    const isOthers = mode === 'others';
    return {
      ...intent,
      found,
      report: {
        ...report,
        deleted: isOthers ? 0 : found.remove.length,
        kept: found.kept,
        young: found.young,
        foreign: found.foreign.length,
        takenOut: isOthers ? found.foreign.length : 0,
        released: isOthers ? 0 : found.released,
        adopted: found.adopt.length,
        isMade: !isOthers && found.isMissing,
        putBack: isOthers ? 0 : found.putBack.length,
        ...(isOthers || found.foreign.length === 0 ? {} : { actions: [[takeOut(found.foreign.length)]] }),
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'cannot look at the album');
    return { ...intent, report: { ...report, trouble: troubleOf(error) } };
  }
}

async function act(app: CleanNeeds, intent: Intent): Promise<CleaningReport> {
  const { store, log } = app;
  const { options, found } = intent;
  const { signal } = options;
  const report: CleaningReport = { ...intent.report, stage: 'done', ...NOTHING };
  const cards: string[] = [];
  const change = (number: number, changes: PictureChanges) =>
    void cards.push(store.pictures.update(number, changes).card);
  try {
    if (found !== undefined) await actInImmich(app, { ...intent, report, found, change });
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'cannot clean the album');
    report.trouble = troubleOf(error);
  } finally {
    redrawCards(app, cards.splice(0));
  }
  if (options.mode !== 'others') await cleanFolder(app, { ...intent, report, change });
  redrawCards(app, cards);
  return report;
}

const NOTHING = { deleted: 0, takenOut: 0, adopted: 0, putBack: 0, isMade: false, copies: 0 } as const;

type Change = (number: number, changes: PictureChanges) => void;

async function actInImmich(
  app: CleanNeeds,
  {
    options,
    found,
    report,
    until,
    change,
  }: Intent & { found: Survey; report: CleaningReport; change: Change },
): Promise<void> {
  const { config, store, immich, clock, log } = app;
  if (immich === undefined || config.immich === undefined) return;
  const { album: name, shareWith } = config.immich;
  const { mode, signal } = options;
  const { pictures, database } = store;

  if (mode === 'others') {
    for (const ids of batches(found.foreign)) {
      const results = await immich.removeFromAlbum(found.album?.id ?? '', ids, { signal });
      report.takenOut += results.filter(({ success }) => success).length;
    }
    return;
  }

  let album = found.album?.id;
  if (found.isMissing) {
    album = await createPictureAlbum({ immich, name, shareWith, log }).id(signal);
    report.isMade = true;
  }
  for (const ids of album === undefined ? [] : batches(found.putBack)) {
    const added = (await immich.addToAlbum(album ?? '', ids, { signal })).filter(({ success }) => success);
    report.putBack += added.length;
    database.transaction(() => {
      for (const { id } of added)
        for (const { number } of pictures.ofAsset(id)) change(number, { albumId: album });
    });
  }

  database.transaction(() => {
    for (const one of found.adopt) pictures.adopt(one);
    // Gone from the album already, by a kill of ours or by somebody's hand.
    for (const number of found.done) change(number, { cleanedAt: clock.now() });
  });
  report.adopted = found.adopt.length;

  for (const batch of batches(found.remove)) {
    // Looked at again: somebody may have kept one since, or sent the same bytes.
    const history = historyOf(pictures.uncleaned());
    const ids = batch
      .filter((asset) => judge(asset, history, { me: found.me, until }) === 'delete')
      .map(({ id }) => id);
    const { gone, failed } = await deleteAssets({ immich, log }, ids, signal);
    database.transaction(() => {
      for (const id of gone) for (const row of pictures.ofAsset(id)) change(row.number, afterwards(row));
    });
    report.deleted += gone.length;
    const [first] = failed;
    if (first !== undefined) {
      report.failed = { count: (report.failed?.count ?? 0) + failed.length, cause: first.cause };
    }
  }

  function afterwards(row: PictureRow): PictureChanges {
    if (!isOnItsWay(row) && row.receivedAt <= until) return { cleanedAt: clock.now() };
    // It came while its bytes were being deleted, with its clip: filed anew.
    return {
      state: 'readable',
      assetId: undefined,
      duplicate: undefined,
      clip: row.clip && anew(row.clip),
      attempts: 0,
      notBefore: clock.now() + AFTER_DELETE,
    };
  }
}

async function cleanFolder(
  app: CleanNeeds,
  { report, until, change }: Intent & { change: Change },
): Promise<void> {
  const { config, store, clock, log } = app;
  const { folder, keep } = config.pictures;
  const rows = store.pictures.uncleaned();
  const history = historyOf(rows);
  store.database.transaction(() => {
    for (const row of rows) {
      // Without a part in the album; the time of its copies begins with the album's cleaning all the same.
      if (isOursInImmich(row) || isOnItsWay(row) || !isDue(row, history, until)) continue;
      change(row.number, { cleanedAt: clock.now() });
    }
  });
  for (const row of store.pictures.expired(clock.now() - keep)) {
    try {
      await removeCopies(folder, row);
    } catch (error) {
      log.warn({ number: row.number, err: error }, 'cannot remove the copies of a picture');
      report.folderTrouble ??= causeOf(error);
      continue;
    }
    change(row.number, { removedAt: clock.now() });
    if (row.name !== undefined) report.copies += 1;
  }
}

function* batches<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}
