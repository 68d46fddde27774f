import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isWorthTelling } from '../../src/operations/clean-album.ts';
import { picture } from './bridge.ts';
import { ALBUM, createCleaner, HOUR, type Cleaner } from './cleaner.ts';
import { waitFor } from '../wait.ts';

let cleaner: Cleaner;
afterEach(() => cleaner.close());
const start = async (...options: Parameters<typeof createCleaner>) =>
  (cleaner = await createCleaner(...options));

const marksOf = ({ server }: Cleaner) =>
  server.calls.filter(({ method, path }) => method === 'DELETE' && path === '/assets');

describe.each(['2.6.3', '3.1.0'] as const)('cleanAlbum against %s', (version) => {
  it('deletes for good what the bot filed and is old enough, archived ones too, and nothing younger', async () => {
    const { file, later, clean, left } = await start({ immich: { version } });
    const old = await file(1);
    const archived = await file(2);
    archived.visibility = 'archive';
    later(3 * HOUR);
    const young = await file(3);
    expect(await clean()).toMatchObject({ stage: 'done', deleted: 2, young: 1, foreign: 0 });
    expect(left(old, archived, young)).toEqual([false, false, true]);
    expect(await clean()).toMatchObject({ deleted: 0, young: 1 });
  });

  it('leaves what others put into the album: photos of the library, with or without our bytes, and of other users', async () => {
    const { file, later, clean, left, server, album } = await start({ immich: { version } });
    const photo = server.addPhoto(server.user, await picture(50));
    const archived = server.addPhoto(server.user, await picture(51), { visibility: 'archive' });
    const known = await file(5, { seed: 50 });
    expect(known).toBe(photo);
    const ours = await file(1);
    const friend = server.addUser('friend@example.dev');
    const theirs = server.addPhoto(friend, await picture(1));
    album().users.set(friend, 'editor');
    for (const asset of [photo, archived, theirs]) album().assets.add(asset);
    later(24 * HOUR);
    const report = await clean();
    expect(left(photo, archived, theirs, ours)).toEqual([true, true, true, false]);
    // 2.x does not show what other people added.
    expect(report).toMatchObject({ deleted: 1, foreign: version === '3.1.0' ? 3 : 2 });
  });

  it('believes neither the store nor the mark alone', async () => {
    const { file, later, clean, left, server, album } = await start({ immich: { version } });
    const unmarked = await file(1);
    unmarked.marks.clear();
    const unknown = server.addPhoto(server.user, await picture(50));
    unknown.marks.set('steward', { value: { picture: 9 }, updatedAt: new Date() });
    album().assets.add(unknown);
    later(24 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 0, foreign: 2 });
    expect(left(unmarked, unknown)).toEqual([true, true]);
  });

  it('counts the age from the last sending of the same bytes', async () => {
    const { file, later, clean, left } = await start({ immich: { version } });
    const asset = await file(1);
    later(5 * HOUR);
    expect(await file(2, { seed: 1 })).toBe(asset);
    expect(await clean()).toMatchObject({ deleted: 0, young: 1 });
    later(3 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 1 });
    expect(left(asset)).toEqual([false]);
  });

  it('keeps what is kept, by whichever of its messages, until it is let go', async () => {
    const { file, later, clean, left, store } = await start({ immich: { version } });
    const asset = await file(1);
    await file(2, { seed: 1 });
    store.pictures.update(2, { kept: true });
    later(100 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 0, kept: 1 });
    store.pictures.update(2, { kept: false });
    expect(await clean()).toMatchObject({ deleted: 1, kept: 0 });
    expect(left(asset)).toEqual([false]);
  });

  it('deletes the others where Immich refuses one of a batch, and counts that one', async () => {
    const { file, later, clean, left, server } = await start({ immich: { version } });
    const assets = [];
    for (const id of [1, 2, 3, 4, 5]) assets.push(await file(id));
    later(4 * HOUR);
    // All, the first three, the first two, the first: as if that one could not be deleted.
    for (const _ of assets.slice(0, 4)) {
      server.fault({
        method: 'DELETE',
        path: /^\/assets$/,
        status: 400,
        message: 'Not found or no asset.delete access',
      });
    }
    const report = await clean();
    expect(report).toMatchObject({
      deleted: 4,
      failed: { count: 1, cause: expect.stringContaining('asset.delete') },
    });
    expect(left(...assets)).toEqual([true, false, false, false, false]);
    expect(await clean()).toMatchObject({ deleted: 1, failed: undefined });
  });

  it('takes for done what was deleted before its record: by a kill of ours, or by somebody', async () => {
    const { file, later, clean, server, store } = await start({ immich: { version } });
    const asset = await file(1);
    server.library.removeAsset(asset);
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 0, failed: undefined });
    expect(store.pictures.get(1)?.cleanedAt).toBeDefined();
  });

  it('goes on where a connection was cut after Immich had deleted', async () => {
    const { file, later, clean, server } = await start({ immich: { version } });
    const asset = await file(1);
    later(4 * HOUR);
    server.fault({ method: 'DELETE', path: /^\/assets$/, cut: 'after' });
    expect(await clean()).toMatchObject({ deleted: 0, trouble: { reason: 'down' } });
    await waitFor(() => expect(server.library.assets.has(asset.id)).toBe(false));
    expect(await clean()).toMatchObject({ deleted: 0, trouble: undefined });
    expect(await clean()).toMatchObject({ deleted: 0, foreign: 0 });
  });

  it('deletes for good what somebody moved to the trash, and does not touch a photo there', async () => {
    const { file, later, clean, left, server } = await start({ immich: { version } });
    const ours = await file(1);
    const photo = server.addPhoto(server.user, await picture(50), { status: 'trashed' });
    ours.status = 'trashed';
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 1 });
    expect(left(ours, photo)).toEqual([false, true]);
  });

  it('leaves what somebody took out of the album, for good', async () => {
    const { file, later, clean, left, album } = await start({ immich: { version } });
    const asset = await file(1);
    album().assets.delete(asset);
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 0, released: 1 });
    album().assets.add(asset);
    expect(await clean()).toMatchObject({ deleted: 0, released: 0, foreign: 1 });
    expect(left(asset)).toEqual([true]);
  });

  it('makes an album anew that was deleted, with its young pictures, and deletes the old ones', async () => {
    const { file, later, clean, left, album, server } = await start({ immich: { version } });
    const old = await file(1);
    later(4 * HOUR);
    const young = await file(2);
    server.library.albums.delete(album().id);
    expect(await clean()).toMatchObject({ isMade: true, putBack: 2, deleted: 1, young: 1 });
    expect(left(old, young)).toEqual([false, true]);
    await waitFor(() => expect([...album().assets]).toEqual([young]));
    expect(await clean()).toMatchObject({ isMade: false, putBack: 0, deleted: 0 });
  });

  it('puts back what lay in the trash when its album was deleted', async () => {
    const { file, later, clean, left, album, server } = await start({ immich: { version } });
    const asset = await file(1);
    asset.status = 'trashed';
    server.library.albums.delete(album().id);
    await file(2);
    expect(await clean()).toMatchObject({ putBack: 0, deleted: 0 });
    asset.status = 'active';
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ putBack: 1, deleted: 2 });
    expect(left(asset)).toEqual([false]);
  });

  it('puts nothing back that has found another album meanwhile', async () => {
    const { file, later, clean, left, album, server } = await start({ immich: { version } });
    const asset = await file(1);
    const holiday = server.library.addAlbum(server.user, 'Holiday');
    holiday.assets.add(asset);
    server.library.albums.delete(album().id);
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ isMade: true, putBack: 0, deleted: 0, released: 1 });
    expect(left(asset)).toEqual([true]);
  });

  it('of two albums of one name cleans the older one of our own', async () => {
    const { file, later, clean, left, server } = await start({ immich: { version } });
    const friend = server.addUser('friend@example.dev');
    const foreign = server.library.addAlbum(friend, ALBUM, new Date(0));
    foreign.users.set(server.user, 'editor');
    const asset = await file(1);
    server.library.addAlbum(server.user, ALBUM);
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 1, isMade: false });
    expect(left(asset)).toEqual([false]);
  });

  it('adopt takes up what bears our mark and belongs to us, and nothing else', async () => {
    const { file, later, clean, plan, left, server, store, album } = await start({ immich: { version } });
    const assets = [await file(1), await file(2)];
    const photo = server.addPhoto(server.user, await picture(50));
    album().assets.add(photo);
    const friend = server.addUser('friend@example.dev');
    const theirs = server.addPhoto(friend, await picture(51));
    theirs.marks.set('steward', { value: { picture: 1 }, updatedAt: new Date() });
    album().assets.add(theirs);
    store.database.run('delete from pictures');
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 0 });
    expect((await plan({ mode: 'adopt' })).report).toMatchObject({ adopted: 2, deleted: 2 });
    expect(await clean({ mode: 'adopt' })).toMatchObject({ adopted: 2, deleted: 2 });
    expect(left(...assets, photo, theirs)).toEqual([false, false, true, true]);
  });

  it('adopt remembers what is too young, for a later cleaning', async () => {
    const { file, later, clean, left, store } = await start({ immich: { version } });
    const asset = await file(1);
    store.database.run('delete from pictures');
    expect(await clean({ mode: 'adopt' })).toMatchObject({ adopted: 1, deleted: 0, young: 1 });
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 1 });
    expect(left(asset)).toEqual([false]);
  });

  it('others takes what is not ours out of the album and deletes nothing', async () => {
    const { file, later, clean, left, server, album } = await start({ immich: { version } });
    const ours = await file(1);
    const photo = server.addPhoto(server.user, await picture(50));
    album().assets.add(photo);
    later(4 * HOUR);
    expect(await clean({ mode: 'others' })).toMatchObject({ takenOut: 1, deleted: 0 });
    expect([...album().assets]).toEqual([ours]);
    expect(left(ours, photo)).toEqual([true, true]);
  });

  it('a thousand and more are listed, page by page', async () => {
    const { file, later, clean, server, album } = await start({ immich: { version } });
    const ours = await file(1);
    album().assets.delete(ours);
    for (let n = 0; n < 1005; n += 1) {
      album().assets.add(server.library.addAsset(server.user, Buffer.from(`photo ${n}`), { name: 'a.jpg' }));
    }
    album().assets.add(ours);
    server.library.assets.delete(ours.id);
    server.library.assets.set(ours.id, ours);
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 1, foreign: 1005 });
  });
});

describe('cleanAlbum', () => {
  it.each([
    ['down', (one: Cleaner) => one.server.down()],
    ['maintenance', async (one: Cleaner) => one.server.maintenance(true)],
    [
      'permission',
      async (one: Cleaner) =>
        one.server.fault({ times: 9, status: 403, message: 'Missing required permission: user.read' }),
    ],
    ['key', async (one: Cleaner) => one.server.fault({ times: 9, status: 401, message: 'Invalid API key' })],
  ] as const)(
    'tells trouble with Immich as %s, deletes nothing, and cleans the folder',
    async (reason, break_) => {
      const { file, later, clean, plan, files, server, left } = await start();
      const asset = await file(1);
      later(4 * HOUR);
      await clean();
      const other = await file(2);
      later(73 * HOUR);
      await break_(cleaner);
      expect((await plan()).report).toMatchObject({ trouble: { reason }, copies: 1, deleted: 0 });
      const report = await clean();
      expect(report).toMatchObject({ deleted: 0, copies: 1, trouble: { reason } });
      expect(isWorthTelling(report)).toBe(true);
      expect(files()).toEqual(['p2.jpg']);
      await server.up();
      expect(left(asset, other)).toEqual([false, true]);
    },
  );

  it('while observing changes nothing and says what it would have done', async () => {
    const { file, later, clean, left, files, server } = await start({ observe: true });
    const asset = await file(1);
    later(100 * HOUR);
    expect(await clean()).toMatchObject({ stage: 'observed', deleted: 1 });
    expect(left(asset)).toEqual([true]);
    expect(files()).toEqual(['p1.jpg']);
    expect(marksOf(cleaner)).toEqual([]);
    expect(server.library.albums.size).toBe(1);
  });

  it('before the first picture makes no album, and finds nothing worth telling', async () => {
    const { clean, server } = await start();
    const report = await clean();
    expect(isWorthTelling(report)).toBe(false);
    expect(server.library.albums.size).toBe(0);
  });

  it('copies outlive the album by PICTURES_KEEP, with their tiles and names; what is not ours stays', async () => {
    const { clean, later, send, store, pictures, files, app } = await start();
    send(1, await picture(1, 800, 4000), { kind: 'document', name: 'a.jpg' });
    await waitFor(() => expect(store.pictures.get(1)?.state).toBe('settled'));
    expect(store.pictures.get(1)?.tiles).not.toEqual([]);
    store.pictures.update(1, { names: ['login-bug.jpg', 'taken.jpg'] });
    symlinkSync('p1.jpg', join(pictures, 'login-bug.jpg'));
    for (const name of ['taken.jpg', 'p1-notes.txt', 'p9.jpg']) writeFileSync(join(pictures, name), 'mine');
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ deleted: 1, copies: 0 });
    later(71 * HOUR);
    expect(await clean()).toMatchObject({ copies: 0 });
    later(HOUR);
    expect(await clean()).toMatchObject({ copies: 1 });
    expect(files()).toEqual(['p1-notes.txt', 'p9.jpg', 'taken.jpg']);
    expect(readdirSync(pictures).filter((name) => name.startsWith('latest'))).toEqual([]);
    expect(existsSync(app.config.pictures.folder)).toBe(true);
  });

  it('latest goes on to point to a picture that is still there', async () => {
    const { clean, later, file, pictures } = await start();
    await file(1);
    later(4 * HOUR);
    await clean();
    later(73 * HOUR);
    await file(2);
    await clean();
    expect(
      readdirSync(pictures)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['latest.jpg', 'p2.jpg']);
  });

  it('copies of a kept picture stay, of one from the library go', async () => {
    const { clean, later, file, store, files, server, left } = await start();
    const photo = server.addPhoto(server.user, await picture(50));
    await file(1);
    await file(2, { seed: 50 });
    store.pictures.update(1, { kept: true });
    later(4 * HOUR);
    await clean();
    later(73 * HOUR);
    expect(await clean()).toMatchObject({ copies: 1, kept: 1 });
    expect(files()).toEqual(['p1.jpg']);
    expect(left(photo)).toEqual([true]);
  });

  it('without Immich copies live as long as with it', async () => {
    const { clean, later, send, store, files } = await start({ noImmich: true });
    send(1, await picture(1));
    await waitFor(() => expect(store.pictures.get(1)?.state).toBe('local'));
    later(4 * HOUR);
    expect(await clean()).toMatchObject({ album: undefined, copies: 0 });
    later(73 * HOUR);
    expect(await clean()).toMatchObject({ copies: 1 });
    expect(files()).toEqual([]);
  });

  it('says when copies cannot be removed, and tries again', async () => {
    const { clean, later, file, pictures, store } = await start();
    await file(1);
    later(4 * HOUR);
    await clean();
    later(73 * HOUR);
    rmSync(pictures, { recursive: true });
    expect(await clean()).toMatchObject({ copies: 0, folderTrouble: expect.stringContaining('ENOENT') });
    expect(store.pictures.get(1)?.removedAt).toBeUndefined();
  });

  it('shows on the card what is left of a picture', async () => {
    const { clean, later, file, card } = await start();
    await file(1);
    expect(card(1)?.pictures[0]).toMatchObject({ keepable: true, cleaned: false });
    later(4 * HOUR);
    await clean();
    expect(card(1)?.pictures[0]).toMatchObject({ cleaned: true, hostPath: undefined });
    later(73 * HOUR);
    await clean();
    expect(card(1)?.pictures[0]).toMatchObject({ state: 'gone', path: undefined, keepable: false });
  });

  it('the same bytes sent again after their cleaning are filed again', async () => {
    const { clean, later, file, left } = await start();
    const first = await file(1);
    later(4 * HOUR);
    await clean();
    const second = await file(2, { seed: 1 });
    expect(second.id).not.toBe(first.id);
    expect(left(first, second)).toEqual([false, true]);
  });

  it('the same bytes sent while they are being deleted end in the album', async () => {
    const { clean, later, file, album, server, send, store } = await start({
      immich: { timing: { delete: 300 } },
    });
    await file(1);
    later(4 * HOUR);
    server.fault({ method: 'DELETE', path: /^\/assets$/, delay: 300 });
    const cleaning = clean();
    send(2, await picture(1));
    await cleaning;
    // By itself it would look within a minute.
    cleaner.bridge.wake();
    await waitFor(() => expect(store.pictures.get(2)?.state).toBe('settled'));
    expect([...album().assets].map(({ id, status }) => [id, status])).toEqual([
      [store.pictures.get(2)?.assetId, 'active'],
    ]);
  });

  it('a plan has another fingerprint once the world has changed, and none asks where nothing is to be done', async () => {
    const { plan, later, file } = await start();
    expect((await plan()).isEmpty).toBe(true);
    await file(1);
    later(4 * HOUR);
    const first = await plan();
    expect(first).toMatchObject({ isEmpty: false, report: { stage: 'plan', deleted: 1 } });
    expect((await plan()).fingerprint).toBe(first.fingerprint);
    await file(2);
    later(4 * HOUR);
    expect((await plan()).fingerprint).not.toBe(first.fingerprint);
  });
});
