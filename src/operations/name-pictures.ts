/** Give pictures a name beside their number. A name keeps its meaning: it is never given to another picture. */
import { extname, join } from 'node:path';
import type { App } from '../app.ts';
import { UserError } from '../errors.ts';
import { redrawCards } from '../pictures/card.ts';
import { addName } from '../pictures/links.ts';
import { numberOf, slug, stemOf } from '../pictures/names.ts';
import type { Report } from '../report.ts';
import { sleep } from '../sleep.ts';
import type { PictureRow } from '../store/pictures.ts';

type Needs = Pick<App, 'config' | 'services' | 'store' | 'immich'>;

/** Code points: more than this is a sentence, and was hardly meant as a name. */
const LONGEST = 60;
/** Who names at once is faster than the picture. Milliseconds. */
const PATIENCE = 20_000;
const LOOK_EVERY = 200;
/** An extension that somebody typed: the picture has its own. */
const TYPED = /\.(jpe?g|png|gif|webp|hei[cf]|avif|tiff?|bmp|jxl|pdf|txt|md|log|mp4|mov|webm)$/i;

/**
 * @param word as it was typed; the first picture gets it, further ones get `-2`, `-3`, …
 * @throws UserError for a word that is no name
 */
export async function namePictures(
  app: Needs,
  rows: readonly PictureRow[],
  word: string,
  signal: AbortSignal,
): Promise<Report> {
  const stem = stemOfWord(word);
  const { folder } = app.config.pictures;
  const named: { picture: string; path: string }[] = [];
  for (const { number } of rows) {
    const row = await untilReadable(app, number, signal);
    const name = await giveName(app, row, stem);
    named.push({ picture: stemOf(number), path: join(folder, name) });
  }
  redrawCards(
    app,
    rows.map(({ card }) => card),
  );
  return { kind: 'note', note: { key: 'named', pictures: named } };
}

/** @throws UserError when nothing is left of it, or it would take a meaning that is taken */
function stemOfWord(word: string): string {
  const text = word.trim().replace(TYPED, '');
  const stem = slug(text);
  if (stem === '') throw new UserError(`"${word}" cannot be a file's name: use letters and digits.`);
  if ([...text].length > LONGEST) {
    throw new UserError(`Cannot give a picture so long a name: ${LONGEST} characters at most.`);
  }
  if (stem.toLowerCase() === 'latest' || /^\d+$/.test(stem) || numberOf(stem) !== undefined) {
    throw new UserError(`"${stem}" would be taken for one of my own names. Choose another.`);
  }
  return stem;
}

async function untilReadable({ store }: Needs, number: number, signal: AbortSignal): Promise<PictureRow> {
  for (let waited = 0; ; waited += LOOK_EVERY) {
    const row = store.pictures.get(number);
    if (row?.name !== undefined) return row;
    if (row === undefined || row.state === 'refused' || waited >= PATIENCE) {
      throw new UserError(`${stemOf(number)} has no file that could be named.`);
    }
    await sleep(LOOK_EVERY, signal);
  }
}

/** Claimed in the store first, so that a kill in between leaves no link that nobody knows. */
async function giveName({ config, store }: Needs, row: PictureRow, stem: string): Promise<string> {
  const { pictures, database } = store;
  const own = row.name ?? '';
  const setNames = (change: (names: readonly string[]) => string[]) =>
    database.transaction(() => {
      pictures.update(row.number, { names: change(pictures.get(row.number)?.names ?? []) });
    });
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? stem : `${stem}-${count}`;
    const name = `${candidate}${extname(own)}`;
    const isFree = database.transaction(() => {
      const owner = pictures.ofName(candidate);
      if (owner !== undefined && owner.number !== row.number) return false;
      // A name that it has already is its newest from now on.
      setNames((names) => [...names.filter((one) => one !== name), name]);
      return true;
    });
    if (!isFree) continue;
    let isLinked = false;
    try {
      isLinked = await addName(config.pictures.folder, own, name);
      if (isLinked) return name;
    } finally {
      if (!isLinked) setNames((names) => names.filter((one) => one !== name));
    }
  }
}
