/** What each call of the Immich stand-in does. Permissions are those of the OpenAPI descriptions. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  albumAnswer,
  assetAnswer,
  configAnswer,
  invalid,
  keyAnswer,
  meAnswer,
  Refusal,
  userAnswer,
  versionAnswer,
  type Version,
} from './answers.ts';
import {
  IMAGE_TYPES,
  VIDEO_TYPES,
  type ApiKey,
  type Library,
  type StoredAlbum,
  type StoredAsset,
  type User,
} from './library.ts';

export type Timing = {
  /** Milliseconds from a forced delete to the end of its job; facts: 60–150. */
  delete: number;
  /** Milliseconds until the storage template moves a fresh file; undefined: the template is off. */
  template: number | undefined;
  /** Milliseconds between an asset's row and its metadata, which Immich writes one after the other. */
  mark: number;
};

export type Call = {
  version: Version;
  maintenance: boolean;
  timing: Timing;
  library: Library;
  /** Undefined where a call needs no key. */
  key: ApiKey;
  url: URL;
  id: string;
  headers: Headers;
  json(): Promise<Record<string, unknown>>;
  form(): Promise<FormData>;
};

export type Answer = { status?: number; body?: unknown; bytes?: Uint8Array };
type Route = [
  method: string,
  path: RegExp,
  permission: string | undefined,
  handle: (call: Call) => Answer | Promise<Answer>,
];

/** Calls that need no key and answer in maintenance mode too. */
export const PUBLIC = /^\/server\/(ping|version|config)$/;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const idsOf = async (call: Call): Promise<string[]> => {
  const { ids } = await call.json();
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string' && UUID.test(id))) {
    throw new Refusal(400, 'each value in ids must be a UUID');
  }
  return ids as string[];
};

/** A missing object and one of somebody else get the same answer. */
const ownAsset = (call: Call, id: string, permission: string): StoredAsset => {
  const asset = call.library.assets.get(id);
  if (asset === undefined || asset.status === 'doomed' || !mayRead(call, asset, permission)) {
    throw new Refusal(400, `Not found or no ${permission} access`);
  }
  return asset;
};

const mayRead = (call: Call, asset: StoredAsset, permission: string): boolean =>
  asset.owner === call.key.user ||
  (permission === 'asset.read' &&
    [...call.library.albums.values()].some(
      (album) => album.assets.has(asset) && isMember(album, call.key.user),
    ));

const isMember = (album: StoredAlbum, user: User) => album.owner === user || album.users.has(user);

const albumOf = (call: Call, permission: string, allowed = isMember): StoredAlbum => {
  const album = call.library.albums.get(call.id);
  if (album === undefined || !allowed(album, call.key.user)) {
    throw new Refusal(400, `Not found or no ${permission} access`);
  }
  return album;
};
const mayAdd = (album: StoredAlbum, user: User) => album.owner === user || album.users.get(user) === 'editor';
const isOwner = (album: StoredAlbum, user: User) => album.owner === user;

const shown = (call: Call, album: StoredAlbum) =>
  albumAnswer(
    call.version,
    album,
    [...album.assets].filter(({ status }) => status === 'active'),
  );

async function upload(call: Call): Promise<Answer> {
  const { library, version, timing } = call;
  const { user } = call.key;
  const checksum = call.headers.get('x-immich-checksum');
  if (checksum !== null) {
    // A duplicate is answered before the body is read; a wrong checksum is harmless.
    const sha1 =
      checksum.length === 40 ? checksum.toLowerCase() : Buffer.from(checksum, 'base64').toString('hex');
    const known = library.bySha1(user, sha1);
    if (known !== undefined && known.status !== 'doomed') {
      return { status: 200, body: { id: known.id, status: 'duplicate' } };
    }
  }
  const form = await call.form();
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const file = form.get('assetData');
  const required = [
    'fileCreatedAt',
    'fileModifiedAt',
    ...(version === '3.1.0' ? [] : ['deviceAssetId', 'deviceId']),
  ];
  const wrong = Object.fromEntries(
    required
      .filter(
        (name) =>
          text(name) === undefined || (name.startsWith('file') && Number.isNaN(Date.parse(text(name) ?? ''))),
      )
      .map((name) => [name, name.startsWith('file') ? 'must be a Date instance' : 'should not be empty']),
  );
  if (Object.keys(wrong).length > 0) return invalid(version, wrong);
  if (!(file instanceof File)) throw new Refusal(400, 'Field assetData is required');
  // Only fields before the file are known when its type is checked.
  const order = [...form.keys()];
  const named = order.indexOf('filename') < order.indexOf('assetData') ? text('filename') : undefined;
  const name = named ?? file.name;
  const extension = extname(name).toLowerCase();
  const types = [...IMAGE_TYPES, ...VIDEO_TYPES, ...(version === '3.1.0' ? ['.ts'] : [])];
  if (!types.includes(extension)) throw new Refusal(400, `Unsupported file type ${extension}`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.byteLength === 0 && version === '3.1.0') throw new Refusal(400, 'File is empty');

  // From here to the new row nothing waits, so that uploads of the same bytes at one time give one asset.
  const sha1 = createHash('sha1').update(bytes).digest('hex');
  const known = library.bySha1(user, sha1);
  if (known?.status === 'doomed') throw new Refusal(500, 'Internal server error');
  if (known !== undefined) return { status: 200, body: { id: known.id, status: 'duplicate' } };
  const clipId = text('livePhotoVideoId');
  if (clipId !== undefined) hideBehindStill(call, clipId);
  const asset = library.addAsset(user, bytes, {
    name,
    livePhotoVideoId: clipId ?? null,
    fileCreatedAt: new Date(text('fileCreatedAt') ?? 0),
    fileModifiedAt: new Date(text('fileModifiedAt') ?? 0),
    deviceId: text('deviceId') ?? '',
    deviceAssetId: text('deviceAssetId') ?? '',
  });
  if (timing.mark > 0) await sleep(timing.mark);
  for (const { key, value } of JSON.parse(text('metadata') ?? '[]') as { key: string; value: unknown }[]) {
    asset.marks.set(key, { value, updatedAt: new Date() });
  }
  if (timing.template !== undefined) {
    setTimeout(() => library.applyTemplate(asset), timing.template).unref();
  }
  return { status: 201, body: { id: asset.id, status: 'created' } };
}

/** Server source, `onBeforeLink`: the words of its refusals, and the video leaves the timeline and its albums. */
function hideBehindStill({ library, key }: Call, id: string): void {
  const clip = library.assets.get(id);
  if (clip === undefined) throw new Refusal(400, 'Live photo video not found');
  if (clip.type !== 'VIDEO') throw new Refusal(400, 'Live photo video must be a video');
  if (clip.owner !== key.user) throw new Refusal(400, 'Live photo video does not belong to the user');
  if (clip.visibility === 'timeline') clip.visibility = 'hidden';
  for (const album of library.albums.values()) album.assets.delete(clip);
}

async function remove(call: Call): Promise<Answer> {
  const { library, timing } = call;
  const ids = await idsOf(call);
  const { force } = await call.json();
  // One foreign or vanished id refuses the whole batch.
  const assets = ids.map((id) => ownAsset(call, id, 'asset.delete'));
  for (const asset of assets) {
    asset.status = force === true ? 'deleting' : 'trashed';
    if (force !== true) continue;
    setTimeout(() => (asset.status = 'doomed'), timing.delete * 0.6).unref();
    setTimeout(() => library.removeAsset(asset), timing.delete).unref();
  }
  return { status: 204 };
}

async function search(call: Call): Promise<Answer> {
  const { library, version, key } = call;
  const { albumIds, visibility, page = 1, size = 250, withDeleted = false, checksum } = await call.json();
  const sha1 = typeof checksum === 'string' ? Buffer.from(checksum, 'base64').toString('hex') : undefined;
  const wrong = Object.fromEntries(
    Object.entries({ page, size })
      .filter(([, value]) => !Number.isInteger(value) || Number(value) < 1 || Number(value) > 1_000_000)
      .map(([name]) => [name, 'Invalid input: expected int, received string']),
  );
  if (Number(size) > 1000) wrong['size'] = 'must not be greater than 1000';
  if (Object.keys(wrong).length > 0) return invalid(version, wrong);
  const wanted = Array.isArray(albumIds) ? albumIds.map((id) => library.albums.get(String(id))) : undefined;
  if (wanted?.some((album) => album === undefined || !isMember(album, key.user)) === true) {
    throw new Refusal(400, 'Not found or no album.read access');
  }
  const seen = (asset: StoredAsset) => {
    if (asset.status !== 'active' && !(withDeleted === true && asset.status !== 'doomed')) return false;
    if (visibility === undefined) {
      if (version === '3.1.0' ? asset.visibility === 'locked' : asset.visibility !== 'timeline') return false;
    } else if (asset.visibility !== visibility) return false;
    if (sha1 !== undefined && asset.sha1 !== sha1) return false;
    if (wanted === undefined) return asset.owner === key.user;
    // 3.x gives other people's assets in a shared album too.
    return (
      wanted.some((album) => album?.assets.has(asset)) && (version === '3.1.0' || asset.owner === key.user)
    );
  };
  const all = [...library.assets.values()].filter(seen);
  const from = (Number(page) - 1) * Number(size);
  const items = all.slice(from, from + Number(size)).map((asset) => assetAnswer(version, asset));
  const nextPage = from + Number(size) < all.length ? String(Number(page) + 1) : null;
  return {
    body: {
      albums: { total: 0, count: 0, items: [], facets: [] },
      assets: { total: items.length, count: items.length, items, facets: [], nextPage },
    },
  };
}

async function changeAlbum(call: Call, album: StoredAlbum, change: 'add' | 'remove'): Promise<Answer> {
  const results = (await idsOf(call)).map((id) => {
    const asset = call.library.assets.get(id);
    const refused = (error: string) => ({ id, success: false, error });
    if (asset === undefined) return refused(change === 'add' ? 'no_permission' : 'not_found');
    if (change === 'remove') return album.assets.delete(asset) ? { id, success: true } : refused('not_found');
    if (asset.owner !== call.key.user || asset.status === 'doomed') return refused('no_permission');
    if (album.assets.has(asset)) return refused('duplicate');
    album.assets.add(asset);
    return { id, success: true };
  });
  return { body: results };
}

const listAlbums = (call: Call): Answer => {
  const { library, version, key, url } = call;
  const albums = [...library.albums.values()];
  const query = (name: string) => url.searchParams.get(name) ?? undefined;
  if (version !== '3.1.0') {
    const wanted =
      query('shared') === 'true'
        ? albums.filter((album) => isMember(album, key.user) && album.users.size > 0)
        : albums.filter((album) => album.owner === key.user);
    return { body: wanted.map((album) => ({ ...shown(call, album), assets: [] })) };
  }
  const wanted = albums
    .filter((album) => isMember(album, key.user))
    .filter((album) => query('name') === undefined || album.name === query('name'))
    .filter(
      (album) => query('isOwned') === undefined || String(album.owner === key.user) === query('isOwned'),
    )
    .filter((album) => query('isShared') === undefined || String(album.users.size > 0) === query('isShared'));
  return { body: wanted.map((album) => shown(call, album)) };
};

async function createAlbum(call: Call): Promise<Answer> {
  const { albumName } = await call.json();
  if (typeof albumName !== 'string') return invalid(call.version, { albumName: 'must be a string' });
  return { status: 201, body: shown(call, call.library.addAlbum(call.key.user, albumName)) };
}

async function shareAlbum(call: Call): Promise<Answer> {
  const album = albumOf(call, 'album.share', isOwner);
  const { albumUsers } = (await call.json()) as {
    albumUsers: { userId: string; role?: 'viewer' | 'editor' }[];
  };
  for (const { userId, role = 'editor' } of albumUsers) {
    const user = call.library.users.find(({ id }) => id === userId);
    if (user === undefined) throw new Refusal(400, 'User not found');
    if (isMember(album, user)) throw new Refusal(400, 'User already added');
    album.users.set(user, role);
  }
  return { body: shown(call, album) };
}

async function checkUploads(call: Call): Promise<Answer> {
  const { assets } = (await call.json()) as { assets: { id: string; checksum: string }[] };
  const results = assets.map(({ id, checksum }) => {
    const sha1 = checksum.length === 40 ? checksum : Buffer.from(checksum, 'base64').toString('hex');
    const known = call.library.bySha1(call.key.user, sha1);
    return known === undefined
      ? { id, action: 'accept' }
      : {
          id,
          action: 'reject',
          reason: 'duplicate',
          assetId: known.id,
          isTrashed: known.status !== 'active',
        };
  });
  return { body: { results } };
}

async function restore(call: Call): Promise<Answer> {
  const assets = (await idsOf(call)).map((id) => ownAsset(call, id, 'asset.delete'));
  const trashed = assets.filter(({ status }) => status === 'trashed');
  for (const asset of trashed) asset.status = 'active';
  return { body: { count: trashed.length } };
}

const marksOf = (asset: StoredAsset) =>
  [...asset.marks].map(([key, { value, updatedAt }]) => ({ key, value, updatedAt: updatedAt.toISOString() }));

export const ROUTES: readonly Route[] = [
  ['GET', /^\/server\/ping$/, undefined, () => ({ body: { res: 'pong' } })],
  ['GET', /^\/server\/version$/, undefined, ({ version }) => ({ body: versionAnswer(version) })],
  [
    'GET',
    /^\/server\/config$/,
    undefined,
    ({ version, maintenance }) => ({ body: configAnswer(version, maintenance) }),
  ],
  [
    'GET',
    /^\/server\/media-types$/,
    undefined,
    ({ version }) => ({
      body: {
        image: IMAGE_TYPES,
        video: [...VIDEO_TYPES, ...(version === '3.1.0' ? ['.ts'] : [])],
        sidecar: ['.xmp'],
      },
    }),
  ],
  ['GET', /^\/users\/me$/, 'user.read', ({ key }) => ({ body: meAnswer(key.user) })],
  ['GET', /^\/users$/, 'user.read', ({ library }) => ({ body: library.users.map(userAnswer) })],
  ['GET', /^\/api-keys\/me$/, '', ({ key }) => ({ body: keyAnswer(key) })],
  ['POST', /^\/assets$/, 'asset.upload', upload],
  ['DELETE', /^\/assets$/, 'asset.delete', remove],
  ['POST', /^\/assets\/bulk-upload-check$/, 'asset.upload', checkUploads],
  [
    'GET',
    /^\/assets\/([^/]+)$/,
    'asset.read',
    (call) => ({ body: assetAnswer(call.version, ownAsset(call, call.id, 'asset.read')) }),
  ],
  [
    'PUT',
    /^\/assets\/([^/]+)$/,
    'asset.update',
    async (call) => {
      const asset = ownAsset(call, call.id, 'asset.update');
      const { description = asset.description, visibility = asset.visibility } = await call.json();
      Object.assign(asset, { description, visibility });
      return { body: assetAnswer(call.version, asset) };
    },
  ],
  [
    'GET',
    /^\/assets\/([^/]+)\/metadata$/,
    'asset.read',
    (call) => ({ body: marksOf(ownAsset(call, call.id, 'asset.read')) }),
  ],
  [
    'GET',
    /^\/assets\/([^/]+)\/original$/,
    'asset.download',
    (call) => ({ bytes: readFileSync(call.library.hostPath(ownAsset(call, call.id, 'asset.read').path)) }),
  ],
  ['GET', /^\/albums$/, 'album.read', listAlbums],
  ['POST', /^\/albums$/, 'album.create', createAlbum],
  [
    'GET',
    /^\/albums\/([^/]+)$/,
    'album.read',
    (call) => ({ body: shown(call, albumOf(call, 'album.read')) }),
  ],
  [
    'DELETE',
    /^\/albums\/([^/]+)$/,
    'album.delete',
    (call) => {
      call.library.albums.delete(albumOf(call, 'album.delete', isOwner).id);
      return { status: 204 };
    },
  ],
  [
    'PUT',
    /^\/albums\/([^/]+)\/assets$/,
    'albumAsset.create',
    (call) => changeAlbum(call, albumOf(call, 'albumAsset.create', mayAdd), 'add'),
  ],
  [
    'DELETE',
    /^\/albums\/([^/]+)\/assets$/,
    'albumAsset.delete',
    (call) => changeAlbum(call, albumOf(call, 'albumAsset.delete', mayAdd), 'remove'),
  ],
  ['PUT', /^\/albums\/([^/]+)\/users$/, 'albumUser.create', shareAlbum],
  ['POST', /^\/search\/metadata$/, 'asset.read', search],
  ['POST', /^\/trash\/restore\/assets$/, 'asset.delete', restore],
];
