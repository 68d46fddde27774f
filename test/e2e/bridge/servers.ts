/** Immich for the end-to-end tests: the stand-in, or a server that somebody gives. Both are looked at through their API alone. */
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startImmich, type ImmichOptions } from '../../../sandbox/immich.ts';
import { createImmich, type Immich as Client } from '../../../src/clients/immich.ts';
import type { Asset } from '../../../src/clients/immich-answers.ts';
import { mappings } from '../../../src/config/variables.ts';
import type { Mapping } from '../../../src/pictures/paths.ts';
import type { Immich } from './place.ts';

export type Server = Immich & {
  client: Client;
  mappings: readonly Mapping[];
  /** What the album holds. */
  inAlbum: () => Promise<Asset[]>;
  /** All that Immich says about an asset. */
  about: (id: string) => Promise<{
    livePhotoVideoId: string | null;
    exifInfo: { description: string };
  }>;
  /** If this is where Immich leaves a file: the storage template moves it some time after its upload. */
  isFinal: (path: string) => boolean;
  /** A photo that the user had before. @returns its id */
  addPhoto: (bytes: Uint8Array) => Promise<string>;
  /** Without a trace of the tests. */
  close: () => Promise<void>;
};

const open = ({ url, key, paths, album }: Immich): Server => {
  const client = createImmich(url, key);
  const folder = mkdtempSync(join(tmpdir(), 'steward-photos-'));
  const photos: string[] = [];
  const call = async (method: string, path: string): Promise<Response> =>
    fetch(`${url}/api${path}`, { method, headers: { 'x-api-key': key } });
  const albums = async () => (await client.albums()).filter(({ name }) => name === album);
  const inAlbum = async () => {
    const [first] = await albums();
    return first === undefined ? [] : Array.fromAsync(client.inAlbum(first.id));
  };
  return {
    url,
    key,
    paths,
    album,
    client,
    mappings: paths === undefined ? [] : (mappings(paths) ?? []),
    inAlbum,
    isFinal: () => true,
    about: async (id) => (await (await call('GET', `/assets/${id}`)).json()) as never,
    async addPhoto(bytes) {
      const file = join(folder, 'IMG_0001.jpg');
      writeFileSync(file, bytes);
      const { id } = await client.upload({
        file,
        name: 'IMG_0001.jpg',
        sha1: createHash('sha1').update(bytes).digest('hex'),
        takenAt: Date.now(),
        deviceAssetId: randomUUID(),
        mark: { key: 'steward-test', value: {} },
      });
      photos.push(id);
      return id;
    },
    async close() {
      const ids = [...new Set([...photos, ...(await inAlbum()).map(({ id }) => id)])];
      if (ids.length > 0) await client.delete(ids);
      for (const { id } of await albums()) await call('DELETE', `/albums/${id}`);
      await client.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** On the two volumes of the reference host: what was just uploaded lies elsewhere than the library. */
export async function startStandIn(options: Omit<ImmichOptions, 'folder'>): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-immich-'));
  // Immich's volumes let everybody in.
  chmodSync(folder, 0o755);
  const immich = await startImmich({ folder, ...options });
  const paths = immich.mounts.map(({ source, destination }) => `${destination}=${source}`).join(',');
  const server = open({ url: immich.url, key: immich.key, paths, album: 'Claude Code Temp' });
  return {
    ...server,
    isFinal: (path) => options.timing?.template === undefined || path.includes('/library/'),
    async close() {
      await server.client.close();
      await immich.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Only an album of the test's own, and only what the test put there or uploaded itself, is ever deleted. */
export const openGiven = (given: { url: string; key: string; paths: string | undefined }): Server =>
  open({ ...given, album: `Steward test ${randomUUID()}` });
