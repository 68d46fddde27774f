/** The shapes and error bodies of the two versions, as their OpenAPI descriptions have them. */
import { randomUUID } from 'node:crypto';
import type { ApiKey, StoredAlbum, StoredAsset, User } from './library.ts';

export type Version = '2.6.3' | '3.1.0';

/** An answer that is not the wished one. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const NAMES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
};

export function errorAnswer(
  version: Version,
  { status, message }: Refusal,
): { body: unknown; headers: Record<string, string> } {
  const correlationId = randomUUID().slice(0, 8);
  if (version === '3.1.0') return { body: { message }, headers: { 'x-correlation-id': correlationId } };
  return {
    body: { message, error: NAMES[status] ?? 'Error', statusCode: status, correlationId },
    headers: {},
  };
}

/** @param fields what is wrong, by the path of each field */
export function invalid(version: Version, fields: Record<string, string>): { status: 400; body: unknown } {
  const entries = Object.entries(fields);
  return version === '3.1.0'
    ? {
        status: 400,
        body: {
          message: 'Validation failed',
          errors: entries.map(([path, message]) => ({
            path: path.split('.'),
            code: 'invalid_type',
            message,
          })),
        },
      }
    : {
        status: 400,
        body: {
          message: entries.map(([path, message]) => `${path} ${message}`),
          error: 'Bad Request',
          statusCode: 400,
          correlationId: randomUUID().slice(0, 8),
        },
      };
}

export const versionAnswer = (version: Version) => {
  const [major, minor, patch] = version.split('.').map(Number);
  return { major, minor, patch, ...(version === '3.1.0' ? { prerelease: null } : {}) };
};

export const configAnswer = (version: Version, maintenanceMode: boolean) => ({
  externalDomain: '',
  isInitialized: true,
  isOnboarded: true,
  loginPageMessage: '',
  maintenanceMode,
  mapDarkStyleUrl: '',
  mapLightStyleUrl: '',
  oauthButtonText: 'Login with OAuth',
  publicUsers: true,
  trashDays: 30,
  userDeleteDelay: 7,
  ...(version === '3.1.0' ? { minFaces: 3 } : {}),
});

export const userAnswer = (user: User) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  avatarColor: 'primary',
  profileChangedAt: '2026-01-01T00:00:00.000Z',
  profileImagePath: '',
});

export const meAnswer = (user: User) => ({
  ...userAnswer(user),
  createdAt: '2026-01-01T00:00:00.000Z',
  deletedAt: null,
  isAdmin: false,
  license: null,
  oauthId: '',
  quotaSizeInBytes: null,
  quotaUsageInBytes: 0,
  shouldChangePassword: false,
  status: 'active',
  storageLabel: user.storageLabel ?? null,
  updatedAt: '2026-01-01T00:00:00.000Z',
});

export const keyAnswer = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  permissions: key.permissions,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
});

export const assetAnswer = (version: Version, asset: StoredAsset) => ({
  id: asset.id,
  checksum: Buffer.from(asset.sha1, 'hex').toString('base64'),
  createdAt: asset.createdAt.toISOString(),
  duration: version === '3.1.0' ? null : '0:00:00.00000',
  fileCreatedAt: asset.fileCreatedAt.toISOString(),
  fileModifiedAt: asset.fileModifiedAt.toISOString(),
  localDateTime: asset.fileCreatedAt.toISOString(),
  updatedAt: asset.createdAt.toISOString(),
  hasMetadata: true,
  width: null,
  height: null,
  isArchived: asset.visibility === 'archive',
  isEdited: false,
  isFavorite: false,
  isOffline: false,
  isTrashed: asset.status !== 'active',
  originalFileName: asset.name,
  originalPath: asset.path,
  ownerId: asset.owner.id,
  thumbhash: null,
  type: asset.type,
  visibility: asset.visibility,
  livePhotoVideoId: asset.livePhotoVideoId,
  exifInfo: { description: asset.description, fileSizeInByte: asset.size },
  ...(version === '3.1.0' ? {} : { deviceId: asset.deviceId, deviceAssetId: asset.deviceAssetId }),
});

/** 2.x names the owner and lists the assets; 3.x has the owner as the first user and no assets. */
export const albumAnswer = (version: Version, album: StoredAlbum, assets: readonly StoredAsset[]) => {
  const shared = [...album.users].map(([user, role]) => ({ user: userAnswer(user), role: role as string }));
  const common = {
    id: album.id,
    albumName: album.name,
    albumThumbnailAssetId: null,
    assetCount: assets.length,
    createdAt: album.createdAt.toISOString(),
    updatedAt: album.createdAt.toISOString(),
    description: '',
    hasSharedLink: false,
    isActivityEnabled: true,
    shared: shared.length > 0,
  };
  return version === '3.1.0'
    ? { ...common, albumUsers: [{ user: userAnswer(album.owner), role: 'owner' }, ...shared] }
    : {
        ...common,
        albumUsers: shared,
        owner: userAnswer(album.owner),
        ownerId: album.owner.id,
        assets: assets.map((asset) => assetAnswer(version, asset)),
      };
};
