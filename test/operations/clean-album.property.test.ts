/**
 * Random histories of an album: whatever people do in Immich, cleaning deletes nothing that the bot did not make, and
 * leaves nothing that it did and that is older than the age.
 */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { StoredAlbum, StoredAsset, User } from '../../sandbox/immich/library.ts';
import { CHAT, picture } from './bridge.ts';
import { ALBUM, createCleaner, HOUR, type Cleaner } from './cleaner.ts';

/** The whole sweep is for `npm run test:soak`. */
const HISTORIES = process.env['STEWARD_SOAK'] === '1' ? 100 : 10;
const STEPS = 40;
const MIN_AGE = 3 * HOUR;

/** Few, so that the same bytes meet often: sent twice, sent and in the library, in two libraries. */
const images = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => picture(seed)));
const sums = images.map((image) => createHash('sha1').update(image).digest('hex'));

/** mulberry32: the same history for the same seed. */
function createRandom(seed: number) {
  let state = seed;
  const below = (count: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count;
  };
  const whole = (count: number) => Math.floor(below(count));
  return { whole, pick: <Item>(items: readonly Item[]): Item | undefined => items[whole(items.length)] };
}

type World = {
  cleaner: Cleaner;
  random: ReturnType<typeof createRandom>;
  friend: User;
  messages: number;
  /** Ids of the assets that came by an upload of the bot. */
  made: Set<string>;
  /** When the bytes were sent last. */
  sent: Map<string, number>;
  /** Bytes that somebody keeps, by the numbers of the pictures. */
  kept: Map<number, string>;
  /** Made by the bot, and out of its hands: taken out of the album, or with an album of its own when that was lost. */
  released: Set<string>;
  /** What happened, for whoever reads a failure. */
  trail: string[];
};

const alive = ({ status }: StoredAsset) => status === 'active' || status === 'trashed';
const assetsOf = ({ cleaner }: World) => [...cleaner.server.library.assets.values()].filter(alive);
const albumsOf = ({ cleaner }: World) => [...cleaner.server.library.albums.values()];
const named = (world: World) => albumsOf(world).filter(({ name }) => name === ALBUM);
/** The bot's own: the oldest of its name. */
const ours = (world: World): StoredAlbum | undefined =>
  named(world)
    .filter(({ owner }) => owner === world.cleaner.server.user)
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || a.id.localeCompare(b.id))[0];
const isElsewhere = (world: World, asset: StoredAsset) =>
  albumsOf(world).some((album) => album !== ours(world) && album.assets.has(asset));

/** Immich has one asset for the same bytes of one user. */
function addPhoto({ cleaner: { server }, random }: World, user: User): StoredAsset {
  const index = random.whole(images.length);
  const visibility = random.whole(3) === 0 ? 'archive' : 'timeline';
  return (
    server.library.bySha1(user, sums[index] ?? '') ??
    server.addPhoto(user, images[index] as Buffer, { visibility })
  );
}

const ACTS: readonly { name: string; weight: number; act: (world: World) => unknown }[] = [
  {
    name: 'a picture is sent',
    weight: 10,
    async act(world) {
      const { cleaner, random, made, sent } = world;
      const before = new Set(cleaner.server.library.assets.keys());
      const index = random.whole(images.length);
      world.messages += 1;
      const asset = await cleaner.file(world.messages, { bytes: images[index] as Buffer });
      if (!before.has(asset.id)) made.add(asset.id);
      // Sent once more, it is the bot's again.
      world.released.delete(asset.id);
      const row = cleaner.store.pictures.ofMessage(CHAT, world.messages);
      sent.set(asset.sha1, row?.receivedAt ?? 0);
      return `${asset.id} ${row?.duplicate ?? 'new'}`;
    },
  },
  { name: 'hours pass', weight: 5, act: ({ cleaner, random }) => cleaner.later(random.whole(5) * HOUR) },
  {
    name: 'a photo comes into the library',
    weight: 3,
    act: (world) => addPhoto(world, world.cleaner.server.user).id,
  },
  {
    name: 'somebody else adds a photo to the album',
    weight: 2,
    act(world) {
      const album = ours(world);
      if (album === undefined) return;
      album.users.set(world.friend, 'editor');
      album.assets.add(addPhoto(world, world.friend));
    },
  },
  {
    name: 'another Steward has filed into the album',
    weight: 1,
    act(world) {
      const { server } = world.cleaner;
      const photo = server.addPhoto(server.user, Buffer.from(`theirs ${world.trail.length}`));
      photo.marks.set('steward', { value: { picture: 1 }, updatedAt: new Date() });
      ours(world)?.assets.add(photo);
    },
  },
  {
    name: 'somebody puts something of the library into an album',
    weight: 3,
    act(world) {
      const own = assetsOf(world).filter(({ owner }) => owner === world.cleaner.server.user);
      const asset = world.random.pick(own);
      const album = world.random.pick(albumsOf(world));
      if (asset !== undefined) album?.assets.add(asset);
      return asset?.id;
    },
  },
  {
    name: 'somebody takes something out of the album',
    weight: 2,
    act(world) {
      const asset = world.random.pick([...(ours(world)?.assets ?? [])]);
      if (asset === undefined) return;
      ours(world)?.assets.delete(asset);
      world.released.add(asset.id);
      return asset.id;
    },
  },
  {
    name: 'somebody archives or trashes something',
    weight: 3,
    act(world) {
      const asset = world.random.pick([...(ours(world)?.assets ?? assetsOf(world))].filter(alive));
      if (asset === undefined) return;
      if (world.random.whole(2) === 0) asset.visibility = 'archive';
      else asset.status = 'trashed';
      return `${asset.id} ${asset.status}`;
    },
  },
  {
    name: 'somebody empties his trash back into the library',
    weight: 1,
    act: (world) => assetsOf(world).forEach((asset) => (asset.status = 'active')),
  },
  {
    name: 'somebody deletes something for good',
    weight: 1,
    act(world) {
      const asset = world.random.pick(assetsOf(world));
      if (asset !== undefined) world.cleaner.server.library.removeAsset(asset);
      return asset?.id;
    },
  },
  {
    name: 'another album of the name appears',
    weight: 1,
    act({ cleaner: { server }, friend, random }) {
      if (random.whole(2) === 0) return void server.library.addAlbum(server.user, ALBUM);
      server.library.addAlbum(friend, ALBUM).users.set(server.user, 'editor');
    },
  },
  {
    name: 'an album is deleted',
    weight: 1,
    act(world) {
      const album = world.random.pick(named(world));
      if (album === undefined) return;
      const wasOurs = album === ours(world);
      world.cleaner.server.library.albums.delete(album.id);
      return wasOurs ? 'ours' : 'another';
    },
  },
  {
    name: 'a picture is kept, or let go',
    weight: 2,
    act({ cleaner: { store }, random, kept }) {
      // To keep one that was cleaned keeps its copy alone.
      const row = random.pick(store.pictures.latest(50).filter(({ cleanedAt }) => cleanedAt === undefined));
      if (row === undefined) return;
      const keeps = random.whole(2) === 0;
      store.pictures.update(row.number, { kept: keeps });
      if (keeps) kept.set(row.number, row.sha1 ?? '');
      else kept.delete(row.number);
      return `${row.number} ${String(keeps)}`;
    },
  },
  { name: 'the album is cleaned', weight: 5, act: (world) => cleanAndCheck(world) },
  {
    name: 'the album is cleaned while Immich has trouble',
    weight: 2,
    async act(world) {
      const { server } = world.cleaner;
      const trouble = [
        { method: 'DELETE', path: /^\/assets$/, status: 400, message: 'Not found or no asset.delete access' },
        { method: 'DELETE', path: /^\/assets$/, cut: 'after' },
        { method: 'DELETE', path: /^\/assets$/, cut: 'before' },
        { path: /^\/search/, status: 500 },
        { path: /^\/assets\/[^/]+\/metadata$/, status: 500 },
      ] as const;
      server.fault(world.random.pick(trouble) ?? {});
      await cleanAndCheck(world, { hasTrouble: true });
      server.clearFaults();
    },
  },
];

async function cleanAndCheck(world: World, { hasTrouble = false } = {}): Promise<string> {
  const { cleaner, made, sent, kept, released } = world;
  const now = cleaner.app.clock.now();
  const before = assetsOf(world);
  const isHeld = ({ sha1 }: StoredAsset) => [...kept.values()].includes(sha1);
  const isYoung = ({ sha1 }: StoredAsset) => (sent.get(sha1) ?? 0) > now - MIN_AGE;
  const away = new Set(before.filter((asset) => isElsewhere(world, asset)).map(({ id }) => id));

  const report = await cleaner.clean();

  const deleted = before.filter((asset) => !alive(asset) || !cleaner.server.library.assets.has(asset.id));
  const wrong = deleted.filter((asset) => !made.has(asset.id) || isHeld(asset) || isYoung(asset));
  expect(
    wrong.map(({ id }) => id),
    'deleted without being ours, old and let go',
  ).toEqual([]);
  if (hasTrouble) return `${deleted.length} deleted`;

  const old = assetsOf(world).filter(
    (asset) => made.has(asset.id) && !isHeld(asset) && !isYoung(asset) && !released.has(asset.id),
  );
  for (const asset of old) if (away.has(asset.id)) released.add(asset.id);
  const left = old.filter(({ id }) => !released.has(id));
  expect(
    left.map(({ id, status }) => `${id} ${status}`),
    'left though ours, old and let go',
  ).toEqual([]);
  expect(report).toMatchObject({ trouble: undefined, failed: undefined });
  return `${deleted.length} deleted`;
}

/** @returns how many cleanings were checked */
async function live(version: '2.6.3' | '3.1.0', seed: number): Promise<number> {
  const cleaner = await createCleaner({ immich: { version } });
  const friend = cleaner.server.addUser('friend@example.dev');
  const world: World = {
    cleaner,
    friend,
    random: createRandom(seed),
    messages: 0,
    made: new Set(),
    sent: new Map(),
    kept: new Map(),
    released: new Set(),
    trail: [],
  };
  const wheel = ACTS.flatMap((one) => Array.from({ length: one.weight }, () => one));
  try {
    for (let step = 0; step < STEPS; step += 1) {
      const one = world.random.pick(wheel);
      const result = await one?.act(world);
      world.trail.push(`${one?.name ?? ''} ${typeof result === 'string' ? result : ''}`.trim());
    }
    cleaner.later(MIN_AGE);
    await cleanAndCheck(world);
    return 1 + world.trail.filter((line) => line.startsWith('the album is cleaned')).length;
  } catch (error) {
    throw new Error(`Seed ${seed}:\n${world.trail.join('\n')}`, { cause: error });
  } finally {
    await cleaner.close();
  }
}

test.each(
  Array.from({ length: HISTORIES }, (_, n) => [['2.6.3', n + 1] as const, ['3.1.0', n + 1] as const]).flat(),
)('cleanAlbum against %s deletes only what is ours, and all of it: history %i', async (version, seed) => {
  expect(await live(version, seed)).toBeGreaterThan(0);
});
