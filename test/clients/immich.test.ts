import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startImmich, type ImmichOptions, type ImmichStandIn } from '../../sandbox/immich.ts';
import { createImmich, type Immich, type Upload } from '../../src/clients/immich.ts';
import { ImmichError } from '../../src/clients/immich-answers.ts';
import { UnreachableError } from '../../src/errors.ts';

let folder: string;
let server: ImmichStandIn;
let client: Immich;

const start = async (options: Partial<ImmichOptions> = {}) => {
  server = await startImmich({ folder, ...options });
  client = createImmich(server.url, server.key, { patience: 3000 });
};

const fileOf = (bytes: Uint8Array, name = 'p1.jpg'): Upload => {
  const file = join(folder, 'source.bin');
  writeFileSync(file, bytes);
  return {
    file,
    name,
    sha1: createHash('sha1').update(bytes).digest('hex'),
    takenAt: Date.UTC(2026, 10, 20, 12),
    deviceAssetId: 'steward-1',
    mark: { key: 'steward', value: { picture: 1 } },
  };
};

const failure = async (call: Promise<unknown>): Promise<ImmichError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ImmichError);
  return error as ImmichError;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-immich-'));
});
afterEach(async () => {
  await client?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(['2.6.3', '3.1.0'] as const)('createImmich against %s', (version) => {
  beforeEach(() => start({ version }));

  it('upload files the bytes, the name, the dates and the mark', async () => {
    const bytes = randomBytes(3_000_000);
    const { id, status } = await client.upload(fileOf(bytes, `p1 "quoted" 로그인.jpg`));
    expect(status).toBe('created');
    const asset = await client.asset(id);
    expect(asset).toMatchObject({
      ownerId: server.user.id,
      originalFileName: `p1 "quoted" 로그인.jpg`,
      isTrashed: false,
      sha1: createHash('sha1').update(bytes).digest('hex'),
    });
    expect(readFileSync(server.library.hostPath(asset?.originalPath ?? '')).equals(bytes)).toBe(true);
    expect(server.library.assets.get(id)?.fileCreatedAt.toISOString()).toBe('2026-11-20T12:00:00.000Z');
    expect(await client.mark(id, 'steward')).toEqual({ picture: 1 });
    expect(await client.mark(id, 'other')).toBeUndefined();
  });

  it('upload of known bytes gives the id of the asset that holds them', async () => {
    const bytes = randomBytes(500_000);
    const photo = server.addPhoto(server.user, bytes);
    expect(await client.upload(fileOf(bytes))).toEqual({ id: photo.id, status: 'duplicate' });
    expect(await client.mark(photo.id, 'steward')).toBeUndefined();
  });

  it('the same bytes under two users are two assets', async () => {
    const bytes = randomBytes(1000);
    server.addPhoto(server.addUser('owner@example.dev'), bytes);
    expect((await client.upload(fileOf(bytes))).status).toBe('created');
  });

  it('six uploads of the same bytes at one time give one asset', async () => {
    const upload = fileOf(randomBytes(200_000));
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.upload(upload)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 'created')).toHaveLength(1);
  });

  it('a file type that Immich refuses is `rejected` with its words', async () => {
    const error = await failure(client.upload(fileOf(randomBytes(10), 'note.pdf')));
    expect(error).toMatchObject({ status: 400, reason: 'rejected', message: 'Unsupported file type .pdf' });
  });

  it('albums tell the owner, the age and the users; the list holds albums that are shared where the version does', async () => {
    const other = server.addUser('owner@example.dev');
    const own = await client.createAlbum('Claude Code Temp');
    await client.shareAlbum(own.id, other.id, 'editor');
    const foreign = server.library.addAlbum(other, 'Claude Code Temp');
    foreign.users.set(server.user, 'viewer');
    const albums = await client.albums();
    const expected = version === '3.1.0' ? [server.user.id, other.id] : [server.user.id];
    expect(albums.map(({ ownerId }) => ownerId)).toEqual(expected);
    expect(albums[0]).toMatchObject({ id: own.id, name: 'Claude Code Temp' });
    expect(albums[0]?.userIds).toContain(other.id);
  });

  it("inAlbum gives all pages, archived assets too, and other people's only where the version does", async () => {
    const other = server.addUser('owner@example.dev');
    const album = server.library.addAlbum(server.user, 'Claude Code Temp');
    for (let n = 0; n < 1003; n += 1) {
      const archived = n % 100 === 0 ? { visibility: 'archive' as const } : {};
      album.assets.add(server.addPhoto(server.user, Buffer.from(`picture ${n}`), archived));
    }
    album.assets.add(server.addPhoto(other, Buffer.from('foreign')));
    const assets = await Array.fromAsync(client.inAlbum(album.id));
    expect(assets.filter(({ ownerId }) => ownerId === server.user.id)).toHaveLength(1003);
    expect(assets).toHaveLength(version === '3.1.0' ? 1004 : 1003);
  });

  it('addToAlbum and removeFromAlbum say what became of each id', async () => {
    const album = await client.createAlbum('Claude Code Temp');
    const { id } = await client.upload(fileOf(randomBytes(100)));
    const missing = '00000000-0000-4000-8000-000000000000';
    expect(await client.addToAlbum(album.id, [id, missing])).toEqual([
      { id, success: true, reason: undefined },
      { id: missing, success: false, reason: 'no_permission' },
    ]);
    expect(await client.addToAlbum(album.id, [id])).toEqual([{ id, success: false, reason: 'duplicate' }]);
    expect(await client.removeFromAlbum(album.id, [id])).toMatchObject([{ id, success: true }]);
  });

  it('delete with one foreign id is refused whole and deletes nothing', async () => {
    const foreign = server.addPhoto(server.addUser('owner@example.dev'), randomBytes(100));
    const { id } = await client.upload(fileOf(randomBytes(100)));
    expect(await failure(client.delete([id, foreign.id]))).toMatchObject({ status: 400, reason: 'missing' });
    expect(await client.asset(id)).toMatchObject({ isTrashed: false });
  });

  it('delete and restore: a missing asset is undefined, a trashed one comes back', async () => {
    const { id } = await client.upload(fileOf(randomBytes(100)));
    const asset = server.library.assets.get(id);
    if (asset !== undefined) asset.status = 'trashed';
    expect(await client.asset(id)).toMatchObject({ isTrashed: true });
    await client.restore([id]);
    expect(await client.asset(id)).toMatchObject({ isTrashed: false });
    await client.delete([id]);
    await expect.poll(() => client.asset(id)).toBeUndefined();
  });

  it('describe sets the description', async () => {
    const { id } = await client.upload(fileOf(randomBytes(100)));
    await client.describe(id, 'the login\nbug');
    expect(server.library.assets.get(id)?.description).toBe('the login\nbug');
  });

  it('maintenance mode is told as such, and version still answers', async () => {
    server.maintenance(true);
    expect(await client.inMaintenance()).toBe(true);
    expect(await failure(client.me())).toMatchObject({ reason: 'maintenance', status: 404 });
    expect((await client.version()).major).toBe(Number(version[0]));
  });

  it('a wrong key is `key`, a missing permission is named, and neither error holds the key', async () => {
    const wrong = createImmich(server.url, 'wrong-key-that-is-secret');
    const error = await failure(wrong.me());
    expect(error).toMatchObject({ status: 401, reason: 'key', message: 'Invalid API key' });
    expect(JSON.stringify(error) + error.stack).not.toContain('wrong-key-that-is-secret');
    await wrong.close();

    const weak = createImmich(server.url, server.addKey(server.user, ['asset.upload']));
    expect(await failure(weak.albums())).toMatchObject({ reason: 'permission', permission: 'album.read' });
    expect(await weak.permissions()).toEqual(['asset.upload']);
    await weak.close();
  });

  it('wrong values are told with their path', async () => {
    const error = await failure(client.addToAlbum(server.library.addAlbum(server.user, 'x').id, ['no-uuid']));
    expect(error).toMatchObject({ status: 400, reason: 'rejected' });
  });
});

describe('createImmich', () => {
  it('a server that is down is an UnreachableError, and is reached again when it is back', async () => {
    await start();
    await client.me();
    await server.down();
    await expect(client.me()).rejects.toThrow(UnreachableError);
    await expect(client.me()).rejects.toThrow(`Cannot reach Immich at ${server.url}: ECONNREFUSED`);
    await server.up();
    expect((await client.me()).id).toBe(server.user.id);
  });

  it('a proxy that answers 502, 503 or 504 means that Immich is down', async () => {
    await start();
    server.fault({ status: 502, html: '<h1>Bad Gateway</h1>' });
    await expect(client.me()).rejects.toThrow(UnreachableError);
  });

  it('413 of a proxy is `too-large`', async () => {
    await start();
    server.fault({ path: /assets/, status: 413, html: '<h1>413 Request Entity Too Large</h1>' });
    expect(await failure(client.upload(fileOf(randomBytes(1000))))).toMatchObject({ reason: 'too-large' });
  });

  it('a full disk of the server is `disk-full`', async () => {
    await start();
    server.fault({ path: /assets/, status: 500, message: 'ENOSPC: no space left on device, write' });
    expect(await failure(client.upload(fileOf(randomBytes(1000))))).toMatchObject({ reason: 'disk-full' });
  });

  it('a server that does not answer in time is an UnreachableError', async () => {
    await start();
    server.fault({ delay: 2000 });
    const hasty = createImmich(server.url, server.key, { patience: 100 });
    await expect(hasty.me()).rejects.toThrow(/did not answer within 0\.1 s/);
    await hasty.close();
  });

  it('a signal ends a call with its own reason', async () => {
    await start();
    server.fault({ delay: 2000 });
    const reason = new Error('shutting down');
    await expect(client.me({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('an upload whose connection is cut after it was applied is found again as a duplicate with our mark', async () => {
    await start();
    server.fault({ method: 'POST', path: /^\/assets$/, cut: 'after' });
    const upload = fileOf(randomBytes(5000));
    await expect(client.upload(upload)).rejects.toThrow(UnreachableError);
    const { id, status } = await client.upload(upload);
    expect(status).toBe('duplicate');
    expect(await client.mark(id, 'steward')).toEqual({ picture: 1 });
    expect(server.library.assets.size).toBe(1);
  });

  it('the bytes of an asset that is being deleted are a trashed duplicate, then an error, then new', async () => {
    await start({ timing: { delete: 400 } });
    const upload = fileOf(randomBytes(5000));
    const { id } = await client.upload(upload);
    await client.delete([id]);
    expect(await client.upload(upload)).toEqual({ id, status: 'duplicate' });
    expect(await client.asset(id)).toMatchObject({ isTrashed: true });
    await expect.poll(() => client.asset(id)).toBeUndefined();
    expect(await failure(client.upload(upload))).toMatchObject({ status: 500, reason: 'server' });
    await expect.poll(() => server.library.assets.size).toBe(0);
    expect((await client.upload(upload)).status).toBe('created');
  });

  it('another server at the address is `unexpected`', async () => {
    await start();
    const other = createServer((_, response) => response.end('<html>a router</html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const lost = createImmich(`http://127.0.0.1:${port}/api/`, server.key);
    expect(await failure(lost.me())).toMatchObject({ reason: 'unexpected' });
    expect(lost.url).toBe(`http://127.0.0.1:${port}`);
    await lost.close();
    other.close();
  });
});
