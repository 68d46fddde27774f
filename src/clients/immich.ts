/**
 * Immich, from 2.5 to 3.1 by one code path: the device fields are always sent (3.x tolerates them), albums are
 * listed by search (3.x albums have no `assets`), unknown keys are ignored, and only what is used is validated.
 */
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import type { Dispatcher, FormData } from 'undici';
import { z } from 'zod';
import { causeOf, UnreachableError } from '../errors.ts';
import {
  Album,
  Anything,
  ApiKey,
  Asset,
  BulkResult,
  ImmichError,
  ImmichUser,
  Marks,
  Page,
  parseAnswer,
  refusal,
  ServerConfig,
  Uploaded,
  Version,
} from './immich-answers.ts';

/** Every call takes a signal; without one it still ends by its own time limit. */
export type CallOptions = { signal?: AbortSignal | undefined };

export type Upload = {
  /** On this host. */
  file: string;
  /** Its extension decides if Immich takes it. */
  name: string;
  /** Hexadecimal: lets Immich tell a duplicate before it reads the body. */
  sha1: string;
  /** Milliseconds since 1970. */
  takenAt: number;
  deviceAssetId: string;
  /** Kept with the asset, so that an upload of our own is told from a photo of the user. */
  mark: { key: string; value: Record<string, unknown> };
  /** Asset of a video that moves behind this still; Immich hides it there and deletes it with the still. */
  clip?: string | undefined;
};

export type Immich = {
  /** Without `/api`, for messages. */
  readonly url: string;
  /** Answers in maintenance mode too. */
  version(options?: CallOptions): Promise<Version>;
  /** In maintenance mode every other call is answered with 404. */
  inMaintenance(options?: CallOptions): Promise<boolean>;
  me(options?: CallOptions): Promise<ImmichUser>;
  users(options?: CallOptions): Promise<ImmichUser[]>;
  /** What the key may do: `asset.upload`, …, or `all`. Needs no permission itself. */
  permissions(options?: CallOptions): Promise<string[]>;
  /** `duplicate` gives the id of the asset that holds the same bytes, whoever made it. */
  upload(upload: Upload, options?: CallOptions): Promise<Uploaded>;
  /** @returns undefined when there is no such asset, or none that this key may read */
  asset(id: string, options?: CallOptions): Promise<Asset | undefined>;
  /** The value under a key of the asset's own metadata. */
  mark(id: string, key: string, options?: CallOptions): Promise<unknown>;
  describe(id: string, description: string, options?: CallOptions): Promise<void>;
  /** Own albums; on 3.x those shared with this user too. */
  albums(options?: CallOptions): Promise<Album[]>;
  createAlbum(name: string, options?: CallOptions): Promise<Album>;
  shareAlbum(album: string, user: string, role: 'viewer' | 'editor', options?: CallOptions): Promise<void>;
  addToAlbum(album: string, ids: readonly string[], options?: CallOptions): Promise<BulkResult[]>;
  removeFromAlbum(album: string, ids: readonly string[], options?: CallOptions): Promise<BulkResult[]>;
  /** What an album holds, page by page, archived assets too; on 3.x other people's as well. */
  inAlbum(album: string, options?: CallOptions): AsyncIterable<Asset>;
  /** For good, not to the trash. One foreign or vanished id makes Immich refuse the whole batch (400). */
  delete(ids: readonly string[], options?: CallOptions): Promise<void>;
  /** Out of the trash. */
  restore(ids: readonly string[], options?: CallOptions): Promise<void>;
  close(): Promise<void>;
};

/** Milliseconds for a call that moves little, and bytes a millisecond that an upload must reach. */
const PATIENCE = 20_000;
const SLOWEST_UPLOAD = 100;
/** The most that one search page holds. */
const PAGE = 1000;
/** Both versions look at these two only where they are not told which. */
const VISIBLE = ['timeline', 'archive'] as const;

/**
 * @param url of the server, with or without `/api`
 * @param key of an Immich user; it is sent in a header and never becomes part of an error
 * @param options.patience milliseconds that a call may take
 */
export function createImmich(url: string, key: string, options: { patience?: number } = {}): Immich {
  const { patience = PATIENCE } = options;
  const base = url.replace(/\/+$/, '').replace(/\/api$/, '');
  // Loaded at the first call: it costs some 80 ms and 12 MB, and a bot that gets no pictures need not spend them.
  const load = async () => {
    const undici = await import('undici');
    const dispatcher = new undici.Agent({
      connect: { timeout: Math.min(5000, patience) },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { request: undici.request, FormData: undici.FormData, dispatcher };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const http = () => (loaded ??= load());

  const send = async <Schema extends z.ZodType>(
    schema: Schema,
    method: Dispatcher.HttpMethod,
    path: string,
    { signal, json, form, headers = {}, limit = patience }: Sending = {},
  ): Promise<z.output<Schema>> => {
    const { request, dispatcher } = await http();
    const timeout = AbortSignal.timeout(limit);
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let status: number;
    let text: string;
    try {
      const response = await request(`${base}/api${path}`, {
        method,
        dispatcher,
        signal: both,
        headers: {
          accept: 'application/json',
          'x-api-key': key,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: json === undefined ? (form ?? null) : JSON.stringify(json),
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (timeout.aborted) {
        throw new UnreachableError(`Immich at ${base} did not answer within ${limit / 1000} s`, {
          cause: error,
        });
      }
      throw new UnreachableError(`Cannot reach Immich at ${base}: ${codeOf(error)}`, { cause: error });
    }
    if (status >= 200 && status < 300)
      return parseAnswer(schema, { status, text, call: `${method} ${path}` });
    if (status >= 502 && status <= 504) {
      throw new UnreachableError(`Cannot reach Immich at ${base}: a proxy answers ${status}`);
    }
    if (status === 404 && path !== '/server/config' && (await inMaintenance({ signal }))) {
      throw new ImmichError('Immich is in maintenance mode', { status, reason: 'maintenance' });
    }
    throw refusal(status, text);
  };

  const inMaintenance = async (call: CallOptions = {}) =>
    (await send(ServerConfig, 'GET', '/server/config', call)).maintenanceMode === true;

  async function* search(filter: object, call: CallOptions): AsyncIterable<Asset> {
    let page: number | undefined = 1;
    while (page !== undefined) {
      const { assets }: Page = await send(Page, 'POST', '/search/metadata', {
        ...call,
        json: { ...filter, size: PAGE, page },
      });
      yield* assets.items;
      // 2.x and 3.x give the next page as a string; `total` is the count of this page and of no use.
      page = assets.nextPage === null ? undefined : Number(assets.nextPage);
    }
  }

  return {
    url: base,
    version: (call) => send(Version, 'GET', '/server/version', call),
    inMaintenance,
    me: (call) => send(ImmichUser, 'GET', '/users/me', call),
    users: (call) => send(z.array(ImmichUser), 'GET', '/users', call),
    permissions: async (call) => (await send(ApiKey, 'GET', '/api-keys/me', call)).permissions,

    async upload({ file, name, sha1, takenAt, deviceAssetId, mark, clip }, call) {
      const blob = await openAsBlob(file);
      const { FormData } = await http();
      const form = new FormData();
      form.append('deviceAssetId', deviceAssetId);
      form.append('deviceId', 'steward');
      form.append('fileCreatedAt', new Date(takenAt).toISOString());
      form.append('fileModifiedAt', new Date(takenAt).toISOString());
      form.append('metadata', JSON.stringify([mark]));
      if (clip !== undefined) form.append('livePhotoVideoId', clip);
      // Before `assetData`: the type check sees only the fields that came before the file.
      form.append('filename', name);
      form.append('assetData', blob, basename(name));
      return send(Uploaded, 'POST', '/assets', {
        ...call,
        form,
        headers: { 'x-immich-checksum': sha1 },
        limit: Math.ceil(patience + blob.size / SLOWEST_UPLOAD),
      });
    },
    async asset(id, call) {
      try {
        return await send(Asset, 'GET', `/assets/${encodeURIComponent(id)}`, call);
      } catch (error) {
        if (error instanceof ImmichError && error.reason === 'missing') return undefined;
        throw error;
      }
    },
    async mark(id, markKey, call) {
      const marks = await send(Marks, 'GET', `/assets/${encodeURIComponent(id)}/metadata`, call);
      return marks.find((one) => one.key === markKey)?.value;
    },
    async describe(id, description, call) {
      await send(Anything, 'PUT', `/assets/${encodeURIComponent(id)}`, { ...call, json: { description } });
    },

    albums: (call) => send(z.array(Album), 'GET', '/albums', call),
    createAlbum: (name, call) => send(Album, 'POST', '/albums', { ...call, json: { albumName: name } }),
    async shareAlbum(album, userId, role, call) {
      const json = { albumUsers: [{ userId, role }] };
      await send(Anything, 'PUT', `/albums/${encodeURIComponent(album)}/users`, { ...call, json });
    },
    addToAlbum: (album, ids, call) =>
      send(z.array(BulkResult), 'PUT', `/albums/${encodeURIComponent(album)}/assets`, {
        ...call,
        json: { ids },
      }),
    removeFromAlbum: (album, ids, call) =>
      send(z.array(BulkResult), 'DELETE', `/albums/${encodeURIComponent(album)}/assets`, {
        ...call,
        json: { ids },
      }),
    async *inAlbum(album, call = {}) {
      for (const visibility of VISIBLE) yield* search({ albumIds: [album], visibility }, call);
    },

    async delete(ids, call) {
      await send(Anything, 'DELETE', '/assets', { ...call, json: { ids, force: true } });
    },
    async restore(ids, call) {
      await send(Anything, 'POST', '/trash/restore/assets', { ...call, json: { ids } });
    },
    close: async () => {
      if (loaded !== undefined) await (await loaded).dispatcher.destroy();
    },
  };
}

type Sending = CallOptions & {
  json?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  /** Milliseconds. */
  limit?: number;
};

/** `ECONNREFUSED` says more than "connect failed", and a message may be empty where several addresses failed. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : causeOf(error);
