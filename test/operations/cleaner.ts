/** A bridge that files pictures at the Immich stand-in, and what cleans behind it, on one clock that can be moved. */
import { join } from 'node:path';
import { pino } from 'pino';
import {} from 'vitest';
import type { ImmichOptions } from '../../sandbox/immich.ts';
import type { StoredAlbum, StoredAsset } from '../../sandbox/immich/library.ts';
import type { App } from '../../src/app.ts';
import { createImmich } from '../../src/clients/immich.ts';
import { createGuard } from '../../src/guard.ts';
import { createLocks } from '../../src/locks.ts';
import { cleanAlbum, planCleaning, type CleanOptions } from '../../src/operations/clean-album.ts';
import type { CleaningReport } from '../../src/report/pictures.ts';
import { CHAT, createScene, picture, type Scene } from './bridge.ts';
import { waitFor } from '../wait.ts';

export const HOUR = 3_600_000;
export const ALBUM = 'Claude Code Temp';

export type Cleaner = Scene & {
  app: App;
  /** Moves the clock of bridge, store and cleaning. */
  later: (ms: number) => void;
  /** Send a picture and wait until it is filed. */
  file: (messageId: number, options?: { bytes?: Uint8Array; seed?: number }) => Promise<StoredAsset>;
  album: () => StoredAlbum;
  clean: (options?: Partial<CleanOptions>) => Promise<CleaningReport>;
  plan: (options?: Partial<CleanOptions>) => ReturnType<typeof planCleaning>;
  /** Names of what Immich still holds of these. */
  left: (...assets: StoredAsset[]) => boolean[];
};

export async function createCleaner(
  options: { immich?: Partial<ImmichOptions>; observe?: boolean; noImmich?: boolean } = {},
): Promise<Cleaner> {
  let shift = 0;
  const clock = { now: () => Date.now() + shift };
  const scene = await createScene({
    immich: { ...options.immich, timing: { delete: 10, ...options.immich?.timing } },
    clock,
    ...(options.noImmich === true ? { noImmich: true } : {}),
  });
  const { server, store } = scene;
  const log = pino({ level: 'silent' });
  const immich =
    options.noImmich === true ? undefined : createImmich(server.url, server.key, { patience: 5000 });
  const app = {
    config: {
      pictures: { folder: scene.pictures, keep: 72 * HOUR },
      immich: { url: server.url, key: server.key, album: ALBUM, shareWith: undefined, paths: undefined },
      clean: { at: '07:00', minAge: 3 * HOUR },
    },
    services: { get: () => ({ url: 'https://immich.example.dev' }) },
    store,
    locks: createLocks(join(scene.folder, 'locks'), clock),
    guard: createGuard(options.observe ?? false, log),
    immich,
    clock,
    log,
  } as unknown as App;
  const settings = (changes: Partial<CleanOptions>): CleanOptions => ({
    mode: 'clean',
    minAge: 3 * HOUR,
    signal: new AbortController().signal,
    ...changes,
  });

  return {
    ...scene,
    app,
    later: (ms) => void (shift += ms),
    async file(messageId, { seed = messageId, bytes } = {}) {
      scene.send(messageId, bytes ?? (await picture(seed)));
      await waitFor(() => {
        const state = store.pictures.ofMessage(CHAT, messageId)?.state;
        if (state !== 'filed' && state !== 'settled') throw new Error(`message ${messageId} is ${state}`);
      });
      const { assetId = '' } = store.pictures.ofMessage(CHAT, messageId) ?? {};
      return server.library.assets.get(assetId) as StoredAsset;
    },
    album: () =>
      [...server.library.albums.values()].find(
        ({ name, owner }) => name === ALBUM && owner === server.user,
      ) as StoredAlbum,
    clean: (changes = {}) => cleanAlbum(app, settings(changes)),
    plan: (changes = {}) => planCleaning(app, settings(changes)),
    left: (...assets) =>
      assets.map(({ id }) => {
        const status = server.library.assets.get(id)?.status;
        return status === 'active' || status === 'trashed';
      }),
    async close() {
      await scene.close();
      await immich?.close();
    },
  };
}
