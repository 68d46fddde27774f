/** A look at the album before it is cleaned: what is whose, and what is to be done. Changes nothing. */
import type { Immich } from '../clients/immich.ts';
import { ImmichError, type Album, type Asset } from '../clients/immich-answers.ts';
import type { Pictures, PictureRow } from '../store/pictures.ts';
import { ownAlbum } from './album.ts';
import { historyOf, isDue, isOnItsWay, isOursInImmich, judge, type Past } from './cleaning.ts';
import { MARK } from './mark.ts';

export type Survey = {
  /** Id of our user. */
  me: string;
  /** Undefined: there is none. */
  album: Album | undefined;
  /** There was one, and it is gone. */
  isMissing: boolean;
  /** Ours that lost their album with it: they go into the new one. */
  putBack: string[];
  /** To be deleted for good. */
  remove: Asset[];
  /** Unknown to the store, but with our mark. */
  adopt: { assetId: string; albumId: string; sha1: string; sentAt: number }[];
  /** In the album, and not by our hand. */
  foreign: string[];
  /** Numbers of pictures that have nothing in the album any more. */
  done: number[];
  kept: number;
  young: number;
  /** Ours that somebody took out of the album: his from then on. */
  released: number;
};

export type SurveyNeeds = {
  immich: Pick<Immich, 'me' | 'albums' | 'inAlbum' | 'asset' | 'mark'>;
  pictures: Pick<Pictures, 'uncleaned' | 'ofAsset' | 'wereFiled'>;
};

export type SurveyOptions = {
  /** The album's name. */
  name: string;
  /** What was sent after this time is too young. */
  until: number;
  /** Look for our mark on what the store does not know. */
  adopts: boolean;
  signal: AbortSignal;
};

/** Calls to Immich at a time. */
const WIDTH = 4;

export async function survey(needs: SurveyNeeds, options: SurveyOptions): Promise<Survey> {
  const { immich, pictures } = needs;
  const { name, until, adopts, signal } = options;
  const { id: me } = await immich.me({ signal });
  const albums = await immich.albums({ signal });
  const album = ownAlbum(albums, name, me);
  // Before the listing: what is filed meanwhile would look as if somebody had taken it out.
  const rows = pictures.uncleaned();
  const inAlbum = album === undefined ? new Map<string, Asset>() : await contents(immich, album, signal);

  const hasMark = async ({ id }: Asset) => {
    try {
      return (await immich.mark(id, MARK, { signal })) !== undefined;
    } catch (error) {
      // Gone since it was listed.
      if (error instanceof ImmichError && error.reason === 'missing') return false;
      throw error;
    }
  };
  const unknown = [...inAlbum.values()].filter(
    ({ id, ownerId }) => adopts && ownerId === me && pictures.ofAsset(id).length === 0,
  );
  const adopted = await only(unknown, hasMark);
  const history = historyOf([...rows, ...adopted.map(pastOf)]);

  // Those whose album is gone did not leave it by anybody's hand.
  const isLost = (same: readonly PictureRow[]) =>
    same.every(({ albumId }) => albumId !== undefined && albumId !== album?.id);
  const isOver = (same: readonly PictureRow[]) => same.every((row) => isDue(row, history, until));
  const away = rows.filter(
    (row) => isOursInImmich(row) && !isOnItsWay(row) && !inAlbum.has(row.assetId ?? ''),
  );
  const outside = [...Map.groupBy(away, ({ assetId }) => assetId ?? '')].filter(
    ([, same]) => isLost(same) || isOver(same),
  );
  const elsewhere = new Set<string>();
  if (outside.some(([, same]) => isLost(same))) {
    for (const other of albums) {
      if (other.id === album?.id) continue;
      for (const id of (await contents(immich, other, signal)).keys()) elsewhere.add(id);
    }
  }

  const result: Survey = {
    me,
    album,
    isMissing: album === undefined && pictures.wereFiled(),
    putBack: [],
    remove: [],
    adopt: adopted.map(({ id, sha1, createdAt }) => ({
      assetId: id,
      albumId: album?.id ?? '',
      sha1,
      sentAt: createdAt,
    })),
    foreign: [],
    done: [],
    kept: 0,
    young: 0,
    released: 0,
  };

  const candidates: Asset[] = [];
  const sort = (asset: Asset) => {
    const verdict = judge(asset, history, { me, until });
    if (verdict === 'delete') candidates.push(asset);
    else if (verdict === 'foreign') result.foreign.push(asset.id);
    else result[verdict] += 1;
  };
  for (const asset of inAlbum.values()) sort(asset);

  await few(outside, async ([id, same]) => {
    const asset = await immich.asset(id, { signal });
    if (asset?.isTrashed === true) {
      // Thrown away by somebody already; Immich would keep the bytes for a month.
      if (judge(asset, history, { me, until }) === 'delete') candidates.push(asset);
    } else if (asset !== undefined && isLost(same) && !elsewhere.has(id)) {
      result.putBack.push(id);
      sort(asset);
    } else if (isOver(same)) {
      result.done.push(...same.map(({ number }) => number));
      if (asset !== undefined) result.released += 1;
    }
  });

  result.remove = await only(candidates, hasMark);
  const unmarked = candidates.filter((asset) => inAlbum.has(asset.id) && !result.remove.includes(asset));
  result.foreign.push(...unmarked.map(({ id }) => id));
  return result;
}

/** What is adopted was sent when Immich got it. */
const pastOf = ({ id, sha1, createdAt }: Asset): Past => ({
  assetId: id,
  sha1,
  duplicate: undefined,
  kept: false,
  receivedAt: createdAt,
  state: 'settled',
});

async function contents(
  immich: Pick<Immich, 'inAlbum'>,
  album: Album,
  signal: AbortSignal,
): Promise<Map<string, Asset>> {
  const found = new Map<string, Asset>();
  for await (const asset of immich.inAlbum(album.id, { signal })) found.set(asset.id, asset);
  return found;
}

async function few<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** Those that it holds for, in their order. */
async function only<Item>(items: readonly Item[], holds: (item: Item) => Promise<boolean>): Promise<Item[]> {
  const passed = new Set<Item>();
  await few(items, async (item) => {
    if (await holds(item)) passed.add(item);
  });
  return items.filter((item) => passed.has(item));
}
