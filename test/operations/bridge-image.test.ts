import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImmich } from '../../src/clients/immich.ts';
import { TooLargeError, UnreachableError } from '../../src/errors.ts';
import { CHAT, createScene, picture, type Scene } from './bridge.ts';

let scene: Scene;
afterEach(() => scene.close());

const start = async (...args: Parameters<typeof createScene>) => {
  scene = await createScene(...args);
};
const stateOf = (messageId: number) => scene.store.pictures.ofMessage(CHAT, messageId)?.state;
const settled = (...messages: number[]) => scene.settled(...messages);
const album = () => {
  const [first] = [...scene.server.library.albums.values()];
  return [...(first?.assets ?? [])];
};

describe.each(['2.6.3', '3.1.0'] as const)('createBridge with Immich %s', (version) => {
  beforeEach(() => start({ immich: { version } }));

  it('a photo becomes a file to open, is filed in the album, and the card says both paths', async () => {
    scene.send(1, await picture(1));
    expect(scene.reaction(1)).toBe('👀');
    await settled(1);
    expect(scene.files()).toEqual(['p1.jpg']);
    const [asset] = album();
    expect(scene.card(1)).toMatchObject({
      immich: 'on',
      pictures: [
        {
          number: 1,
          path: join(scene.pictures, 'p1.jpg'),
          hostPath: scene.server.library.hostPath(asset?.path ?? ''),
          state: 'filed',
          width: 640,
          height: 480,
          duplicate: undefined,
          url: `https://immich.example.dev/photos/${asset?.id}`,
        },
      ],
    });
    expect(scene.reaction(1)).toBe('👌');
    expect(readlinkSync(join(scene.pictures, 'latest.jpg'))).toBe('p1.jpg');
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
  });

  it('a photo that is in the library already is answered with its path and not put into the album', async () => {
    const bytes = await picture(1);
    const photo = scene.server.addPhoto(scene.server.user, bytes);
    scene.send(1, bytes, { kind: 'document', name: 'IMG_0001.jpg' });
    await settled(1);
    expect(scene.server.library.albums.size === 0 || album().length === 0).toBe(true);
    expect(scene.card(1)?.pictures).toMatchObject([
      {
        duplicate: 'library',
        state: 'filed',
        hostPath: scene.server.library.hostPath(photo.path),
        path: join(scene.pictures, 'p1.jpg'),
      },
    ]);
  });

  it('the same bytes sent twice are one asset, in the album once, and ours both times', async () => {
    const bytes = await picture(1);
    scene.send(1, bytes);
    scene.send(2, bytes);
    await settled(1, 2);
    expect(scene.server.library.assets.size).toBe(1);
    expect(album()).toHaveLength(1);
    const duplicates = [1, 2].map((id) => scene.card(id)?.pictures[0]?.duplicate);
    expect(duplicates).toContain('own');
    expect(duplicates).not.toContain('library');
    expect(scene.files()).toEqual(['p1.jpg', 'p2.jpg']);
  });

  it('an upload that was applied and cut off is found by its mark and finished as created', async () => {
    scene.server.fault({ method: 'POST', path: /^\/assets$/, cut: 'after' });
    scene.send(1, await picture(1));
    await settled(1);
    expect(scene.server.library.assets.size).toBe(1);
    expect(album()).toHaveLength(1);
    expect(scene.card(1)?.pictures[0]?.duplicate).toBeUndefined();
  });

  it('bytes that Immich is just deleting are filed anew', async () => {
    const bytes = await picture(1);
    const photo = scene.server.addPhoto(scene.server.user, bytes);
    const client = createImmich(scene.server.url, scene.server.key);
    await client.delete([photo.id]);
    scene.send(1, bytes);
    await settled(1);
    await client.close();
    expect(album()).toHaveLength(1);
    expect(album()[0]?.id).not.toBe(photo.id);
  });

  it('of two albums of the name the oldest of our own is used, never one that is shared with us', async () => {
    const { library, user } = scene.server;
    const other = scene.server.addUser('owner@example.dev');
    const foreign = library.addAlbum(other, 'Claude Code Temp', new Date('2020-01-01'));
    foreign.users.set(user, 'editor');
    const young = library.addAlbum(user, 'Claude Code Temp', new Date('2026-02-01'));
    const old = library.addAlbum(user, 'Claude Code Temp', new Date('2026-01-01'));
    scene.send(1, await picture(1));
    await settled(1);
    expect([foreign, young, old].map(({ assets }) => assets.size)).toEqual([0, 0, 1]);
  });

  it('an album that was deleted meanwhile is made anew', async () => {
    scene.send(1, await picture(1));
    await settled(1);
    scene.server.library.albums.clear();
    scene.send(2, await picture(2));
    await settled(2);
    expect(album()).toHaveLength(1);
  });
});

describe('createBridge', () => {
  it('with the storage template the card is edited when the file has moved', async () => {
    await start({ immich: { timing: { template: 80 } } });
    scene.send(1, await picture(1), { caption: 'the login bug!' });
    await settled(1);
    const hostPath = scene.card(1)?.pictures[0]?.hostPath;
    expect(hostPath).toContain('/photos/library/');
    expect(hostPath).toContain('p1-the-login-bug.jpg');
    expect(statSync(hostPath ?? '').isFile()).toBe(true);
    expect(album()[0]?.description).toBe('the login bug!');
  });

  it('while Immich is down the path is told at once, and the card is edited when it is filed', async () => {
    await start();
    await scene.server.down();
    scene.send(1, await picture(1));
    scene.send(2, await picture(2));
    await expect.poll(() => [1, 2].map((id) => scene.card(id)?.immich)).toEqual(['down', 'down']);
    expect(scene.card(1)?.pictures[0]).toMatchObject({
      path: join(scene.pictures, 'p1.jpg'),
      state: 'ready',
    });
    expect(scene.card(1)?.pictures[0]?.problem).toMatchObject({ kind: 'immich', reason: 'down' });
    expect(scene.bridge.waiting()).toBe(2);
    expect(scene.reaction(1)).toBe('👀');
    await scene.server.up();
    await settled(1, 2);
    expect(scene.card(1)).toMatchObject({ immich: 'on', pictures: [{ state: 'filed', problem: undefined }] });
    expect(scene.bridge.waiting()).toBe(0);
    expect(album()).toHaveLength(2);
  });

  it('the path is told while Immich hangs', async () => {
    await start();
    scene.server.fault({ path: /^\/assets$/, delay: 60_000 });
    scene.send(1, await picture(1));
    await expect.poll(() => scene.card(1)?.pictures[0]?.path).toBe(join(scene.pictures, 'p1.jpg'));
    expect(stateOf(1)).toBe('readable');
  });

  it.each([
    ['maintenance', () => scene.server.maintenance(true), () => scene.server.maintenance(false)],
    ['key', () => scene.server.library.keys.clear(), undefined],
    [
      'disk-full',
      () =>
        scene.server.fault({
          method: 'POST',
          path: /^\/assets$/,
          times: 1000,
          status: 500,
          message: 'ENOSPC: no space left on device',
        }),
      () => scene.server.clearFaults(),
    ],
  ] as const)(
    'trouble with Immich is told as `%s`, and filing goes on afterwards',
    async (reason, begin, end) => {
      await start();
      begin();
      scene.send(1, await picture(1));
      await expect.poll(() => scene.card(1)?.pictures[0]?.problem).toMatchObject({ kind: 'immich', reason });
      expect(scene.card(1)?.pictures[0]).toMatchObject({
        path: join(scene.pictures, 'p1.jpg'),
        state: 'ready',
      });
      if (end === undefined) return;
      end();
      await settled(1);
      expect(scene.card(1)?.pictures[0]).toMatchObject({ state: 'filed', problem: undefined });
    },
  );

  it('a picture that Immich never answers for does not hold up the others', async () => {
    await start({ needs: { immich: undefined }, dead: true });
    const hasty = createImmich(scene.server.url, scene.server.key, { patience: 300 });
    const stuck = await picture(1);
    scene.send(1, stuck);
    await scene.restart({
      immich: {
        ...hasty,
        upload: (upload, call) =>
          upload.name.startsWith('p1.')
            ? Promise.reject(new UnreachableError('no answer'))
            : hasty.upload(upload, call),
      },
    });
    await expect.poll(() => scene.card(1)?.immich).toBe('down');
    for (const id of [2, 3, 4]) scene.send(id, await picture(id));
    await settled(2, 3, 4);
    expect(stateOf(1)).toBe('readable');
    await hasty.close();
  });

  it('a missing permission is named', async () => {
    await start();
    const [key] = [...scene.server.library.keys.values()];
    key?.permissions.splice(0, 1, 'asset.upload', 'asset.read', 'user.read', 'album.read', 'album.create');
    scene.send(1, await picture(1));
    await expect
      .poll(() => scene.card(1)?.pictures[0]?.problem)
      .toEqual({ kind: 'immich', reason: 'permission', cause: 'albumAsset.create' });
    key?.permissions.push('albumAsset.create');
    await settled(1);
    expect(album()).toHaveLength(1);
  });

  it('a caption without the permission to write it does not hold the picture up', async () => {
    await start();
    const [key] = [...scene.server.library.keys.values()];
    key?.permissions.splice(
      0,
      1,
      'asset.upload',
      'asset.read',
      'user.read',
      'album.read',
      'album.create',
      'albumAsset.create',
    );
    scene.send(1, await picture(1), { caption: 'a caption' });
    await settled(1);
    expect(album()).toHaveLength(1);
  });

  it('what a proxy refuses for its size stays in the folder, the original beside it', async () => {
    await start();
    scene.server.fault({ method: 'POST', path: /^\/assets$/, status: 413, html: '<h1>413</h1>' });
    scene.send(1, await picture(1, 3000, 1000), { kind: 'document', name: 'wide.jpg' });
    await settled(1);
    expect(scene.card(1)?.pictures[0]).toMatchObject({
      state: 'ready',
      problem: { kind: 'immich', reason: 'too-large' },
    });
    expect(scene.files()).toEqual(['p1-original.jpg', 'p1.jpg']);
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
    expect(scene.reaction(1)).toBe('👌');
  });

  it('without a key pictures stay in the folder', async () => {
    await start({ noImmich: true });
    scene.send(1, await picture(1));
    await settled(1);
    expect(stateOf(1)).toBe('local');
    expect(scene.card(1)).toMatchObject({
      immich: 'off',
      pictures: [{ state: 'ready', path: join(scene.pictures, 'p1.jpg') }],
    });
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
  });

  it('an album is one card in the order sent, whatever is ready first', async () => {
    await start({
      needs: {
        download: async (source, target) => {
          // The first part arrives last.
          if (source.fileId === 'file11') await new Promise((resolve) => setTimeout(resolve, 300));
          writeFileSync(target, await picture(Number(source.fileId.slice(4))));
          return { size: 1 };
        },
      },
    });
    const bytes = await picture(0);
    for (const id of [12, 11, 13]) scene.send(id, bytes, { album: 'a' });
    await settled(11, 12, 13);
    expect(scene.card('a')?.pictures.map(({ number }) => number)).toEqual([2, 1, 3]);
    expect(scene.store.outbox.get(`pictures:${CHAT}:a`)?.replyTo).toBe(11);
  });

  it('a message that is taken twice is one picture', async () => {
    await start();
    const bytes = await picture(1);
    scene.send(1, bytes);
    scene.send(1, bytes);
    await settled(1);
    expect(scene.files()).toEqual(['p1.jpg']);
    expect(album()).toHaveLength(1);
  });

  it('numbers go on over the highest of store and folder, and never over a file of somebody else', async () => {
    await start({ dead: true });
    scene.bridge.wake();
    scene.store.pictures.add(
      { chat: 1, messageId: 1, card: 'x', source: { fileId: 'f', uniqueId: 'u', kind: 'photo' } },
      0,
    );
    scene.store.pictures.update(1, { state: 'settled' });
    await scene.restart();
    await expect.poll(() => readdirSync(scene.folder)).toContain('pictures');
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
    writeFileSync(join(scene.pictures, 'p7-2.jpg'), 'mine');
    scene.send(1, await picture(1));
    await settled(1);
    expect(scene.files()).toEqual(['p7-2.jpg', 'p8.jpg']);
    writeFileSync(join(scene.pictures, 'p9.jpg'), 'mine too');
    scene.send(2, await picture(2));
    await settled(2);
    expect(scene.files()).toEqual(['p10.jpg', 'p7-2.jpg', 'p8.jpg', 'p9.jpg']);
    expect(readFileSync(join(scene.pictures, 'p9.jpg'), 'utf8')).toBe('mine too');
    expect(scene.card(2)?.pictures[0]).toMatchObject({ number: 10, path: join(scene.pictures, 'p10.jpg') });
    expect(readlinkSync(join(scene.pictures, 'latest.jpg'))).toBe('p10.jpg');
  });

  it('latest.* is one link, to the newest, whatever its format', async () => {
    await start({ noImmich: true });
    scene.send(1, await picture(1));
    await settled(1);
    scene.send(
      2,
      await sharp(await picture(2))
        .png()
        .toBuffer(),
      { kind: 'document' },
    );
    await settled(2);
    const links = readdirSync(scene.pictures).filter((name) => name.startsWith('latest.'));
    expect(links).toEqual(['latest.png']);
    expect(readlinkSync(join(scene.pictures, 'latest.png'))).toBe('p2.png');
  });

  it('folder and files have the modes that let the group read and nobody write', async () => {
    await start({ noImmich: true });
    scene.send(1, await picture(1));
    await settled(1);
    const mode = (name: string) => (statSync(join(scene.pictures, name)).mode & 0o777).toString(8);
    expect([mode(''), mode('p1.jpg'), mode('.waiting')]).toEqual(['750', '640', '700']);
  });

  it('a user of the group opens the path that is replied, and it decodes; others do not', async () => {
    const isRoot = process.getuid?.() === 0;
    const group = isRoot ? 4321 : (process.getgid?.() ?? 0);
    await start({ config: { group } });
    chmodSync(scene.folder, 0o755);
    scene.send(1, await picture(1));
    await settled(1);
    const path = scene.card(1)?.pictures[0]?.path ?? '';
    const as = (gid: number) => (isRoot ? { uid: 54_321, gid } : {});
    const bytes = execFileSync('cat', [path], as(group));
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 640, height: 480 });
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  it('the album is shared with the owner, once, and a key that may not share files all the same', async () => {
    await start({ config: { shareWith: 'owner@example.dev' } });
    const owner = scene.server.addUser('owner@example.dev');
    scene.send(1, await picture(1));
    await settled(1);
    const [made] = [...scene.server.library.albums.values()];
    expect([...(made?.users ?? [])]).toEqual([[owner, 'editor']]);
    await scene.restart();
    const [key] = [...scene.server.library.keys.values()];
    key?.permissions.splice(
      0,
      1,
      'asset.upload',
      'asset.read',
      'user.read',
      'album.read',
      'albumAsset.create',
    );
    made?.users.clear();
    scene.send(2, await picture(2));
    await settled(2);
    expect([made?.users.size, album().length]).toEqual([0, 2]);
  });

  it.each([
    ['an empty file', Buffer.alloc(0), { kind: 'empty' }],
    ['junk', Buffer.from([1, 2, 3, 0, 255, 254]), { kind: 'not-an-image' }],
    [
      'a ZIP archive with the name of a photo',
      Buffer.from('PK\x03\x04rest', 'latin1'),
      { kind: 'not-an-image', found: 'a ZIP archive' },
    ],
  ])('%s is refused with its reason, and nothing is left', async (_, bytes, problem) => {
    await start();
    scene.send(1, bytes, { kind: 'document', name: 'photo.jpg' });
    await settled(1);
    expect(scene.card(1)?.pictures[0]).toMatchObject({ state: 'refused', path: undefined, problem });
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
    expect([scene.files(), scene.server.library.assets.size]).toEqual([[], 0]);
    expect(scene.reaction(1)).toBe('🤷');
  });

  it.each([
    ['a PDF', '%PDF-1.7\nrest', 'report.pdf', 'p1.pdf'],
    ['a log', 'line one\nline two\n', 'server.log', 'p1.log'],
    ['a text with a name full of tricks', 'words', '../../"etc"/$(x) `y`.sh -rf', 'p1.txt'],
  ])('%s is kept beside the pictures, with a path', async (_, text, name, file) => {
    await start();
    scene.send(1, Buffer.from(text), { kind: 'document', name });
    await settled(1);
    expect(stateOf(1)).toBe('local');
    expect(scene.files()).toEqual([file]);
    expect(readFileSync(join(scene.pictures, file), 'utf8')).toBe(text);
    expect(scene.card(1)?.pictures[0]).toMatchObject({ path: join(scene.pictures, file), state: 'ready' });
    expect(scene.server.library.assets.size).toBe(0);
  });

  it('a picture that cannot be decoded is filed as it is, and that is said', async () => {
    await start();
    scene.send(1, Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(3000, 0x5a)]), {
      kind: 'document',
    });
    await settled(1);
    expect(album()).toHaveLength(1);
    expect(scene.card(1)?.pictures[0]).toMatchObject({ state: 'filed', problem: { kind: 'undecodable' } });
  });

  it('too large for Telegram is told with both sizes', async () => {
    await start({ needs: { download: () => Promise.reject(new TooLargeError(64_000_000, 20_971_520)) } });
    scene.send(1, await picture(1));
    await settled(1);
    expect(scene.card(1)?.pictures[0]).toMatchObject({
      state: 'refused',
      problem: { kind: 'too-large', size: 64_000_000, limit: 20_971_520 },
    });
  });

  it('Telegram away is waited for; what it will not give is told after some tries', async () => {
    let away = true;
    await start({
      needs: {
        download: async (source, target) => {
          if (source.fileId === 'file2') throw new Error('Bad Request: wrong file_id');
          if (away) throw new UnreachableError('Telegram is away');
          writeFileSync(target, await picture(1));
          return { size: 1 };
        },
      },
    });
    scene.send(1, await picture(1));
    scene.send(2, await picture(2));
    await settled(2);
    expect(scene.card(2)?.pictures[0]?.problem).toEqual({
      kind: 'telegram',
      cause: 'Bad Request: wrong file_id',
    });
    expect(scene.card(1)).toBeUndefined();
    away = false;
    await settled(1);
    expect(scene.files()).toEqual(['p1.jpg']);
  });

  it('that Telegram shrank a screenshot is said once a day', async () => {
    await start({ noImmich: true });
    scene.send(1, await picture(1, 591, 1280));
    await settled(1);
    scene.send(2, await picture(2, 591, 1280));
    scene.send(3, await picture(3, 591, 1280), { kind: 'document' });
    await settled(2, 3);
    expect([1, 2, 3].map((id) => scene.card(id)?.shrunkHint)).toEqual([true, false, false]);
  });

  it('a tiny picture is filed with a warning', async () => {
    await start();
    scene.send(1, await picture(1, 1, 1));
    await settled(1);
    expect(scene.card(1)?.pictures[0]).toMatchObject({
      state: 'filed',
      problem: { kind: 'tiny', width: 1, height: 1 },
    });
  });

  it('resumes at a start what was written down before, and clears away what no picture owns', async () => {
    await start({ dead: true });
    scene.send(1, await picture(1));
    await scene.restart();
    await settled(1);
    writeFileSync(join(scene.pictures, '.waiting', '99.download.part'), 'left over');
    await scene.restart();
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
  });

  it('without a key any more, what waited for Immich stays in the folder', async () => {
    await start();
    await scene.server.down();
    scene.send(1, await picture(1));
    await expect.poll(() => scene.card(1)?.immich).toBe('down');
    await scene.restart({ immich: undefined });
    await settled(1);
    expect(scene.card(1)).toMatchObject({
      immich: 'off',
      pictures: [{ state: 'ready', problem: undefined }],
    });
  });

  it('a folder that cannot be used is told, and used when it can be', async () => {
    await start({ dead: true });
    writeFileSync(scene.pictures, 'a file in the way');
    await scene.restart();
    scene.send(1, await picture(1));
    await scene.restart();
    await expect
      .poll(() => scene.card(1)?.pictures[0]?.problem)
      .toMatchObject({ kind: 'storage', folder: scene.pictures });
  });
});
