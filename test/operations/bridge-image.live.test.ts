import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoredAsset } from '../../sandbox/immich/library.ts';
import { createImmich } from '../../src/clients/immich.ts';
import { TooLargeError, UnreachableError } from '../../src/errors.ts';
import { createScene, picture, type Scene } from './bridge.ts';

let scene: Scene;
afterEach(() => scene.close());

/** By its first bytes; nothing here looks further into it. */
const clip = (seed: number) =>
  Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(400, seed)]);

const sendLive = async (messageId: number, still: Buffer, moving: Buffer) => {
  scene.upload(`clip${messageId}`, moving);
  scene.send(messageId, still, {
    kind: 'live-photo',
    clip: { fileId: `clip${messageId}`, uniqueId: `u${messageId}`, size: moving.length },
  });
  await scene.settled(messageId);
};
const assets = () => [...scene.server.library.assets.values()];
const inAlbum = () => [...([...scene.server.library.albums.values()][0]?.assets ?? [])];
const clipOf = ({ livePhotoVideoId }: StoredAsset) => scene.server.library.assets.get(livePhotoVideoId ?? '');

describe.each(['2.6.3', '3.1.0'] as const)('a live photo with Immich %s', (version) => {
  it('is the still to read, with the clip beside it and behind it in Immich', async () => {
    scene = await createScene({ immich: { version } });
    await sendLive(1, await picture(1), clip(1));
    expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4']);
    expect(readFileSync(join(scene.pictures, 'p1.mp4')).equals(clip(1))).toBe(true);
    expect(scene.card(1)?.pictures[0]).toMatchObject({
      path: join(scene.pictures, 'p1.jpg'),
      moving: join(scene.pictures, 'p1.mp4'),
      isFrames: false,
      width: 640,
      state: 'filed',
    });
    const [still, ...others] = inAlbum();
    expect(others).toEqual([]);
    expect(still).toMatchObject({ type: 'IMAGE' });
    expect(clipOf(still as StoredAsset)).toMatchObject({ type: 'VIDEO', visibility: 'hidden', size: 412 });
    expect(scene.waitingFiles()).toEqual([]);

    const client = createImmich(scene.server.url, scene.server.key);
    await client.delete([still?.id ?? '']);
    await client.close();
    await expect.poll(() => assets().length).toBe(0);
  });

  it('whose still is in the library leaves no clip in Immich', async () => {
    scene = await createScene({ immich: { version } });
    const still = await picture(1);
    const photo = scene.server.addPhoto(scene.server.user, still);
    await sendLive(1, still, clip(1));
    expect(scene.card(1)?.pictures[0]).toMatchObject({ duplicate: 'library' });
    await expect.poll(assets).toEqual([photo]);
    expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4']);
  });

  it('whose clip is a video of the library leaves that alone', async () => {
    scene = await createScene({ immich: { version } });
    const video = scene.server.addPhoto(scene.server.user, clip(1), { name: 'IMG_0001.mp4' });
    await sendLive(1, await picture(1), clip(1));
    expect(inAlbum()).toMatchObject([{ livePhotoVideoId: null }]);
    expect(video).toMatchObject({ visibility: 'timeline', status: 'active' });
    expect(assets()).toHaveLength(2);
  });
});

describe('a live photo', () => {
  it.each([1, 2])('cut off after upload %i of two has one still with one clip', async (nth) => {
    scene = await createScene({ immich: { timing: { mark: 20 } } });
    const { server } = scene;
    if (nth === 2) server.fault({ method: 'POST', path: /^\/assets$/, delay: 1 });
    server.fault({ method: 'POST', path: /^\/assets$/, cut: 'after' });
    await sendLive(1, await picture(1), clip(1));
    expect(assets()).toHaveLength(2);
    const [still] = inAlbum();
    expect(clipOf(still as StoredAsset)?.type).toBe('VIDEO');
    expect(scene.card(1)?.pictures[0]?.duplicate).toBeUndefined();
  });

  it('sent twice is one still with one clip', async () => {
    scene = await createScene();
    const still = await picture(1);
    await sendLive(1, still, clip(1));
    await sendLive(2, still, clip(1));
    expect(assets()).toHaveLength(2);
    expect(inAlbum()).toHaveLength(1);
    expect(clipOf(inAlbum()[0] as StoredAsset)).toBeDefined();
    expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4', 'p2.jpg', 'p2.mp4']);
  });

  it('deleted in Immich before it was in the album is filed anew with its clip', async () => {
    scene = await createScene();
    const { server } = scene;
    server.fault({ method: 'GET', path: /^\/albums$/, delay: 400 });
    const sent = sendLive(1, await picture(1), clip(1));
    await expect.poll(() => assets().length).toBe(2);
    for (const asset of assets()) if (asset.type === 'IMAGE') server.library.removeAsset(asset);
    expect(assets()).toEqual([]);
    await sent;
    expect(assets()).toHaveLength(2);
    expect(clipOf(inAlbum()[0] as StoredAsset)).toBeDefined();
  });

  it('whose clip a proxy refuses is filed without it', async () => {
    scene = await createScene();
    scene.server.fault({ method: 'POST', path: /^\/assets$/, status: 413, html: '<h1>413</h1>' });
    await sendLive(1, await picture(1), clip(1));
    expect(inAlbum()).toMatchObject([{ type: 'IMAGE', livePhotoVideoId: null }]);
    expect(scene.card(1)?.pictures[0]).toMatchObject({ state: 'filed', problem: undefined });
    expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4']);
  });

  it('that Immich does not take leaves no clip there', async () => {
    scene = await createScene();
    scene.server.fault({ method: 'POST', path: /^\/assets$/, delay: 1 });
    scene.server.fault({ method: 'POST', path: /^\/assets$/, times: 2, status: 400, message: 'no' });
    await sendLive(1, await picture(1), clip(1));
    expect(scene.card(1)?.pictures[0]).toMatchObject({ state: 'ready', problem: { reason: 'rejected' } });
    await expect.poll(assets).toEqual([]);
    expect(scene.waitingFiles()).toEqual([]);
  });

  it.each([
    ['too large', new TooLargeError(64_000_000, 20_000_000)],
    ['not given', new Error('Bad Request: wrong file_id')],
    ['out of reach for long', new UnreachableError('no answer')],
  ])('whose clip is %s is its still, and that is said', async (_, error) => {
    const still = await picture(1);
    scene = await createScene({
      needs: {
        download: async ({ fileId }, target) => {
          if (fileId.startsWith('clip')) throw error;
          writeFileSync(target, still);
          return { size: still.length };
        },
      },
    });
    await sendLive(1, still, clip(1));
    expect(scene.card(1)?.pictures[0]).toMatchObject({ state: 'filed', problem: { kind: 'no-clip' } });
    expect(scene.files()).toEqual(['p1.jpg']);
    expect(inAlbum()).toHaveLength(1);
  });

  it('without Immich stays in the folder whole', async () => {
    scene = await createScene({ noImmich: true });
    await sendLive(1, await picture(1), clip(1));
    expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4']);
    expect(scene.waitingFiles()).toEqual([]);
    expect(await sharp(join(scene.pictures, 'p1.jpg')).metadata()).toMatchObject({ width: 640 });
  });
});
