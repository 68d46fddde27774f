/** The images of the machine in a box: the names that they go by, and how more of them come from a registry. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ContainerSpec } from './host.ts';

export type StoredImage = {
  id: string;
  /** With a tag, or with the digest that was pulled. */
  names: Set<string>;
  /** `repository@sha256:…` */
  digests: Set<string>;
  createdAt: number;
  size: number;
  labels: Readonly<Record<string, string>>;
  /** What its program does: see `behaviour.ts`. */
  command: readonly string[];
  layers: readonly string[];
};

/** What goes wrong with the pulls that begin from now on: an error in the middle, silence, a lost connection. */
export type PullFault = 'error' | 'hang' | 'cut';

/** A line of the answer to a pull; `cut`: the connection breaks here. */
export type PullWord =
  | { status: string; id: string; progressDetail: { current?: number; total?: number } }
  | { error: string }
  | 'cut';

export type Images = ReturnType<typeof createImages>;

const DAY = 86_400_000;
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
/** As often as Podman tells of a layer that comes. */
const TELL_EVERY = 1000;

/** An image that was here from the start has an id that belongs to its name. */
export const imageId = (name: string) =>
  `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(-64)}`;

const repositoryOf = (name: string) => name.replace(/@.*$|:[^/:]*$/, '');

type Manifest = {
  manifests?: { digest: string; platform: { architecture: string } }[];
  config?: { digest: string };
  layers?: { digest: string; size: number }[];
};
type Configuration = {
  created?: string;
  config?: { Labels?: Record<string, string> | null; Cmd?: string[] };
  rootfs?: { diff_ids?: string[] };
};

/**
 * @param registry host and port of the one that plays all registries: it has `ghcr.io/a/b` under that whole name.
 *   Without one nothing can be pulled.
 * @param bandwidth bytes a second
 */
export function createImages({ registry, bandwidth }: { registry: string | undefined; bandwidth: number }) {
  const images = new Map<string, StoredImage>();
  let fault: PullFault | undefined;

  const find = (name: string): StoredImage | undefined =>
    images.get(name.startsWith('sha256:') ? name : `sha256:${name}`) ??
    [...images.values()].find((one) => one.names.has(name) || one.digests.has(name));

  function tag(image: StoredImage, name: string): void {
    for (const other of images.values()) other.names.delete(name);
    image.names.add(name);
    for (const digest of image.digests) {
      image.digests.add(`${repositoryOf(name)}${digest.slice(digest.indexOf('@'))}`);
    }
  }

  /** An image that the machine has had for long. */
  function seed({ image: name, version, digests }: ContainerSpec, startedAt = Date.now()): StoredImage {
    const known = find(name);
    if (known !== undefined) return known;
    const id = imageId(name);
    const image: StoredImage = {
      id,
      names: new Set([name]),
      digests: new Set(digests ?? [`${repositoryOf(name)}@${id}`]),
      // Published a while before it was put to use.
      createdAt: startedAt - 3 * DAY,
      size: 412_000_000,
      labels: { 'org.opencontainers.image.version': version },
      command: [],
      layers: [`sha256:${'1'.repeat(64)}`],
    };
    images.set(id, image);
    return image;
  }

  async function ask(repository: string, path: string, authorization: string | undefined): Promise<Response> {
    const response = await fetch(`http://${registry}/v2/${repository}/${path}`, {
      headers: { accept: MANIFESTS, ...(authorization === undefined ? {} : { authorization }) },
    }).catch((cause: unknown) => {
      throw new Error('connect: connection refused', { cause });
    });
    if (response.status === 401) throw new Error('unauthorized: authentication required');
    if (response.status === 404) throw new Error('manifest unknown: manifest unknown');
    if (!response.ok) throw new Error(`unexpected HTTP status: ${response.status}`);
    return response;
  }

  /**
   * @param name as it is written: a tag moves to what is pulled
   * @param authorization for the registry, as an HTTP header
   */
  async function* pull(
    name: string,
    { authorization, signal }: { authorization?: string | undefined; signal?: AbortSignal } = {},
  ): AsyncGenerator<PullWord> {
    const repository = repositoryOf(name);
    const reference = name.slice(repository.length + 1);
    const going = fault;
    try {
      if (registry === undefined || /^(?:127\.|localhost\/)/.test(name)) {
        throw new Error(`pinging container registry ${name.split('/')[0]}: connect: connection refused`);
      }
      const asked = await ask(repository, `manifests/${reference}`, authorization);
      const digest = asked.headers.get('docker-content-digest') ?? '';
      let manifest = (await asked.json()) as Manifest;
      const own = manifest.manifests?.find((one) => one.platform.architecture === 'amd64')?.digest ?? digest;
      if (own !== digest) {
        manifest = (await (await ask(repository, `manifests/${own}`, authorization)).json()) as Manifest;
      }
      const id = manifest.config?.digest ?? '';
      const answer = await ask(repository, `blobs/${id}`, authorization);
      const { created, config, rootfs } = (await answer.json()) as Configuration;
      const here = new Set([...images.values()].flatMap((one) => one.layers));
      const layers = (manifest.layers ?? []).map(({ size }, index) => ({
        digest: rootfs?.diff_ids?.[index] ?? '',
        size,
      }));
      for (const layer of layers) {
        const word = { id: layer.digest.slice(7, 19), progressDetail: {} };
        if (here.has(layer.digest)) yield { ...word, status: 'Already exists' };
        else {
          yield { ...word, status: 'Pulling fs layer' };
          yield* download(word.id, layer.size, signal);
          yield { ...word, status: 'Download complete' };
        }
      }
      if (going === 'hang') await wait(2 ** 31 - 1, undefined, { signal, ref: false });
      if (going === 'cut') {
        yield 'cut';
        return;
      }
      if (going === 'error') throw new Error('writing blob: storing blob: no space left on device');
      signal?.throwIfAborted();
      const image: StoredImage = images.get(id) ?? {
        id,
        names: new Set(),
        digests: new Set(),
        createdAt: Date.parse(created ?? ''),
        size: layers.reduce((sum, { size }) => sum + size, 0),
        labels: config?.Labels ?? {},
        command: config?.Cmd ?? [],
        layers: layers.map((layer) => layer.digest),
      };
      images.set(id, image);
      tag(image, name);
      for (const one of [digest, own]) image.digests.add(`${repository}@${one}`);
      yield { status: 'Download complete', id: id.slice(7, 19), progressDetail: {} };
    } catch (error) {
      if (signal?.aborted === true) return;
      yield { error: `initializing source docker://${name}: ${(error as Error).message}` };
    }
  }

  async function* download(
    id: string,
    size: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<PullWord> {
    let current = 0;
    while (bandwidth < Infinity && current < size) {
      const step = Math.min(size - current, bandwidth * (TELL_EVERY / 1000));
      await wait((step / bandwidth) * 1000, undefined, { signal, ref: false });
      current += step;
      yield { status: 'Downloading', id, progressDetail: { current: Math.round(current), total: size } };
    }
  }

  return {
    images: images as ReadonlyMap<string, StoredImage>,
    find,
    seed,
    tag,
    pull,

    /** An image of so many bytes whose name a newer one took long ago, as pulls of a moving tag leave them. */
    leave(size: number, createdAt = Date.now() - 40 * DAY): string {
      const id = imageId(`${images.size} left over`);
      const layers = [`sha256:${'2'.repeat(64)}`];
      images.set(id, {
        id,
        names: new Set(),
        digests: new Set(),
        createdAt,
        size,
        labels: {},
        command: [],
        layers,
      });
      return id;
    },

    /** @returns whether the image went with its last name */
    untag(image: StoredImage, name: string): boolean {
      image.names.delete(name);
      if (image.names.size > 0) return false;
      images.delete(image.id);
      return true;
    },

    /**
     * What a name gives now; what is not here is pulled, as `--pull missing` does, or in any case.
     * @throws Error in the engine's words
     */
    async have(
      name: string,
      { always = false, signal }: { always?: boolean; signal: AbortSignal },
    ): Promise<StoredImage> {
      const here = find(name);
      if (here !== undefined && !always) return here;
      for await (const word of pull(name, { signal })) {
        if (word === 'cut') throw new Error(`initializing source docker://${name}: unexpected EOF`);
        if ('error' in word) throw new Error(word.error);
      }
      signal.throwIfAborted();
      const pulled = find(name);
      if (pulled === undefined) throw new Error(`${name}: image not known`);
      return pulled;
    },

    fail(next: PullFault | undefined): void {
      fault = next;
    },
  };
}
