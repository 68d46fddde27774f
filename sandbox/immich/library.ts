/** What the Immich stand-in holds: users, keys, assets with real files, albums. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, parse } from 'node:path';

export type User = { id: string; email: string; name: string; storageLabel: string | undefined };

export type ApiKey = { id: string; secret: string; name: string; user: User; permissions: string[] };

export type StoredAsset = {
  id: string;
  owner: User;
  /** Hexadecimal. */
  sha1: string;
  size: number;
  name: string;
  /** As the container sees it. */
  path: string;
  type: 'IMAGE' | 'VIDEO';
  visibility: 'timeline' | 'archive' | 'hidden' | 'locked';
  /** `deleting`: a forced delete was accepted; `doomed`: its row is about to go, and uploads of its bytes fail. */
  status: 'active' | 'trashed' | 'deleting' | 'doomed';
  description: string;
  /** The video that moves behind this still; hidden, and deleted with the last still of its own. */
  livePhotoVideoId: string | null;
  deviceId: string;
  deviceAssetId: string;
  createdAt: Date;
  fileCreatedAt: Date;
  fileModifiedAt: Date;
  marks: Map<string, { value: unknown; updatedAt: Date }>;
};

export type StoredAlbum = {
  id: string;
  name: string;
  owner: User;
  createdAt: Date;
  users: Map<User, 'viewer' | 'editor'>;
  assets: Set<StoredAsset>;
};

export type Mount = { source: string; destination: string };

/** The list of `GET /server/media-types`, shortened to what a phone or a camera makes; 3.1 takes `.ts` too. */
export const IMAGE_TYPES = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.png',
  '.gif',
  '.webp',
  '.avif',
  '.bmp',
  '.heic',
  '.heif',
  '.tif',
  '.tiff',
  '.svg',
  '.jxl',
  '.dng',
  '.raw',
];
export const VIDEO_TYPES = ['.mp4', '.m4v', '.mov', '.webm', '.mkv', '.avi', '.3gp', '.mts'];

export type Library = ReturnType<typeof createLibrary>;

/**
 * @param folder on this host
 * @param root the media folder as the container sees it
 */
export function createLibrary(folder: string, root: string) {
  const users: User[] = [];
  const keys = new Map<string, ApiKey>();
  const assets = new Map<string, StoredAsset>();
  const albums = new Map<string, StoredAlbum>();
  // The two volumes of the reference host: fresh uploads on the SSD, the library on the big disk.
  const mounts: Mount[] = [
    { source: join(folder, 'photos'), destination: root },
    { source: join(folder, 'upload-cache'), destination: `${root}/upload` },
  ];
  for (const { source } of mounts) mkdirSync(source, { recursive: true });

  const hostPath = (path: string): string => {
    const mount = mounts.findLast(({ destination }) => path.startsWith(`${destination}/`));
    if (mount === undefined) throw new Error(`${path} is outside of the media folder`);
    return join(mount.source, path.slice(mount.destination.length));
  };

  const writeFile = (path: string, bytes: Uint8Array) => {
    const target = hostPath(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
    chmodSync(target, 0o644);
  };

  return {
    users,
    keys,
    assets,
    albums,
    mounts,
    hostPath,

    addUser(email: string, options: { name?: string; storageLabel?: string } = {}): User {
      const name = options.name ?? email.split('@')[0] ?? email;
      const user = { id: randomUUID(), email, name, storageLabel: options.storageLabel };
      users.push(user);
      return user;
    },
    /** @param permissions `['all']`, or a list such as `['asset.upload', 'asset.read']` */
    addKey(user: User, permissions: readonly string[] = ['all']): ApiKey {
      const secret = randomBytes(24).toString('base64url');
      const key = { id: randomUUID(), secret, name: 'steward', user, permissions: [...permissions] };
      keys.set(secret, key);
      return key;
    },

    /** The asset of an owner that holds these bytes: `(ownerId, checksum)` is unique in Immich. */
    bySha1: (owner: User, sha1: string) =>
      [...assets.values()].find((asset) => asset.owner === owner && asset.sha1 === sha1),

    addAsset(owner: User, bytes: Uint8Array, about: Partial<StoredAsset> & { name: string }): StoredAsset {
      const extension = extname(about.name).toLowerCase();
      const file = randomUUID();
      const now = new Date();
      const asset: StoredAsset = {
        id: randomUUID(),
        owner,
        sha1: createHash('sha1').update(bytes).digest('hex'),
        size: bytes.byteLength,
        // The file's uuid is not the asset's id.
        path: `${root}/upload/${owner.id}/${file.slice(0, 2)}/${file.slice(2, 4)}/${file}${extension}`,
        type: VIDEO_TYPES.includes(extension) ? 'VIDEO' : 'IMAGE',
        visibility: 'timeline',
        status: 'active',
        description: '',
        livePhotoVideoId: null,
        deviceId: '',
        deviceAssetId: '',
        createdAt: now,
        fileCreatedAt: now,
        fileModifiedAt: now,
        marks: new Map(),
        ...about,
      };
      writeFile(asset.path, bytes);
      assets.set(asset.id, asset);
      return asset;
    },
    removeAsset(asset: StoredAsset): void {
      assets.delete(asset.id);
      for (const album of albums.values()) album.assets.delete(asset);
      rmSync(hostPath(asset.path), { force: true });
      const clip = assets.get(asset.livePhotoVideoId ?? '');
      const isShared = [...assets.values()].some(({ livePhotoVideoId: id }) => id === clip?.id);
      if (clip !== undefined && !isShared) this.removeAsset(clip);
    },
    /** The storage template's job: `library/<label>/<year>/<name>`, `.jpeg` becomes `.jpg`, a taken name gets `+1`. */
    applyTemplate(asset: StoredAsset): void {
      if (!assets.has(asset.id)) return;
      const { name, ext } = parse(asset.name);
      const extension = ext.toLowerCase() === '.jpeg' ? '.jpg' : ext;
      const target = `${root}/library/${asset.owner.storageLabel ?? asset.owner.id}/${asset.fileCreatedAt.getUTCFullYear()}`;
      const path = Array.from(
        { length: 1000 },
        (_, n) => `${target}/${name}${n === 0 ? '' : `+${n}`}${extension}`,
      ).find((candidate) => !existsSync(hostPath(candidate)));
      if (path === undefined) throw new Error(`no free name for ${asset.name}`);
      mkdirSync(dirname(hostPath(path)), { recursive: true });
      renameSync(hostPath(asset.path), hostPath(path));
      asset.path = path;
    },
    addAlbum(owner: User, name: string, createdAt = new Date()): StoredAlbum {
      const album = {
        id: randomUUID(),
        name,
        owner,
        createdAt,
        users: new Map(),
        assets: new Set<StoredAsset>(),
      };
      albums.set(album.id, album);
      return album;
    },
  };
}
