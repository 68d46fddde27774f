/** An inbox on a real store, a real folder and the Immich stand-in, where it works for the owner and not for the bot. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { startImmich, type ImmichOptions, type ImmichStandIn } from '../../sandbox/immich.ts';
import type { User } from '../../sandbox/immich/library.ts';
import { createImmich } from '../../src/clients/immich.ts';
import { systemClock } from '../../src/clock.ts';
import { createGuard } from '../../src/guard.ts';
import { createInbox, type InboxNeeds } from '../../src/operations/upload-inbox.ts';
import type { InboxReport } from '../../src/report/pictures.ts';
import { openStore, type Store } from '../../src/store.ts';

export const CHAT = 7;
export const ALBUM = 'Desktop Upload';
/** What facts-immich names as the least for the owner's key. */
export const PERMISSIONS = ['asset.upload', 'asset.read', 'album.read', 'album.create', 'albumAsset.create'];

export type Place = {
  /** Holds all of it. */
  folder: string;
  /** INBOX_DIR. */
  inbox: string;
  server: ImmichStandIn;
  owner: User;
  store: Store;
  /** Put a file there, in one go. */
  put(path: string, bytes: Uint8Array): void;
  /** Everything in the inbox, relative and sorted. */
  files: () => string[];
  /** Assets of the owner. */
  assets: () => { name: string; sha1: string; isInAlbum: boolean }[];
  /** All cards that were put, the newest last. */
  cards: () => InboxReport[];
  start(needs?: Partial<InboxNeeds>): void;
  stop(): Promise<void>;
  close(): Promise<void>;
};

export async function createPlace(immich: Partial<ImmichOptions> = {}): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-inbox-'));
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox);
  const server = await startImmich({ folder: join(folder, 'immich'), ...immich });
  const owner = server.addUser('owner@example.dev');
  const client = createImmich(server.url, server.addKey(owner, PERMISSIONS), { patience: 5000 });
  const store = openStore(join(folder, 'state'), systemClock);
  const log = pino({ level: 'silent' });
  let until = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const place: Place = {
    folder,
    inbox,
    server,
    owner,
    store,
    put(path, bytes) {
      const target = join(inbox, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    },
    files: () =>
      readdirSync(inbox, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(inbox.length + 1))
        .sort(),
    assets() {
      const albums = [...server.library.albums.values()].filter(({ name }) => name === ALBUM);
      return [...server.library.assets.values()]
        .filter((asset) => asset.owner === owner)
        .map((asset) => ({
          name: asset.name,
          sha1: asset.sha1,
          isInAlbum: albums.some((album) => album.assets.has(asset)),
        }));
    },
    cards: () =>
      store.database
        .all<{ body: string }>('select body from outbox order by id')
        .map(({ body }) => (JSON.parse(body) as { report: InboxReport }).report),
    start(needs = {}) {
      until = new AbortController();
      running = createInbox({
        store,
        immich: client,
        guard: createGuard(false, log),
        folder: inbox,
        album: ALBUM,
        forbidden: () => Promise.resolve([]),
        chat: () => CHAT,
        clock: systemClock,
        log,
        ...needs,
        timing: { settle: 200, look: 1000, gather: 10, firstRetry: 50, longestRetry: 200, ...needs.timing },
      }).run(until.signal);
    },
    async stop() {
      until.abort();
      await running;
    },
    async close() {
      await place.stop();
      store.close();
      await client.close();
      await server.close();
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
  return place;
}
