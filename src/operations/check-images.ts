/** Whether the tags of a service's containers give other images than those that run. Nothing is pulled. */
import type { App } from '../app.ts';
import type { Container, Image } from '../clients/engine.ts';
import { digestsOf, parseImageName, type ImageName } from '../image-name.ts';
import type { ReleaseTrouble } from '../report/releases.ts';
import type { Service } from '../services.ts';
import type { HostView } from './host-view.ts';
import type { Look } from './release-memory.ts';
import { troubleOf } from './release-trouble.ts';

export type ImageCheck = {
  container: string;
  /** As the container names it. */
  image: string;
  name: ImageName | undefined;
  running: Image | undefined;
} & (
  | { state: 'fresh' | 'local' }
  | { state: 'newer'; digest: string; look: Look }
  | { state: 'unknown'; trouble: ReleaseTrouble }
);

export type ImagesChecked = {
  images: ImageCheck[];
  /** What was learnt of digests, those that were known and are still of use included. */
  looks: Record<string, Look>;
};

type CheckOptions = {
  hub: () => Promise<boolean>;
  looks: Readonly<Record<string, Look>>;
  reread: (id: string) => Promise<Image | undefined>;
  signal?: AbortSignal | undefined;
};

/**
 * Look at the images of all containers that updates may change, each once.
 * @param options.hub names without a registry are Docker Hub's; asked where there is such a name
 * @param options.looks what earlier checks have learnt
 * @param options.reread an image as it is now: the view's digests may be older
 */
export async function checkImages(
  app: Pick<App, 'registry'>,
  service: Service,
  view: HostView,
  options: CheckOptions,
): Promise<ImagesChecked> {
  const looks: Record<string, Look> = {};
  const asked = new Map<string, Promise<Judged>>();
  const images = await Promise.all(
    service.containers
      .filter(({ update }) => update)
      .map(async ({ name }): Promise<ImageCheck> => {
        const container = view.containers.get(name);
        if (container === undefined) {
          const silent = view.silent.get(name);
          const trouble: ReleaseTrouble =
            view.engineTrouble !== undefined
              ? { kind: 'failed', what: `host ${view.name}`, cause: view.engineTrouble }
              : silent !== undefined
                ? { kind: 'failed', what: `container ${name}`, cause: silent }
                : { kind: 'not-running', container: name };
          return {
            container: name,
            image: name,
            name: undefined,
            running: undefined,
            state: 'unknown',
            trouble,
          };
        }
        const key = `${container.image} ${container.imageId}`;
        const judged = asked.get(key) ?? judge(app, container, view, { ...options, learn: looks });
        asked.set(key, judged);
        return { container: name, image: container.image, ...(await judged) };
      }),
  );
  return { images, looks };
}

type Judged = Omit<ImageCheck, 'container' | 'image'> &
  (
    | { state: 'fresh' | 'local' }
    | { state: 'newer'; digest: string; look: Look }
    | { state: 'unknown'; trouble: ReleaseTrouble }
  );

async function judge(
  app: Pick<App, 'registry'>,
  container: Container,
  view: HostView,
  { hub, looks, learn, reread, signal }: CheckOptions & { learn: Record<string, Look> },
): Promise<Judged> {
  const plain = parseImageName(container.image);
  const name = plain === 'short' ? parseImageName(container.image, { hub: await hub() }) : plain;
  const running = view.images.get(container.imageId);
  if (name === 'local') return { name: undefined, running, state: 'local' };
  if (typeof name === 'string') {
    const trouble: ReleaseTrouble = { kind: 'name', image: container.image, reason: name };
    return { name: undefined, running, state: 'unknown', trouble };
  }
  const unknown = (trouble: ReleaseTrouble): Judged => ({ name, running, state: 'unknown', trouble });
  // The image that the container runs is what counts: by its name another may be here already.
  if (running === undefined) {
    const cause = 'the engine does not say which image this is';
    return unknown({ kind: 'failed', what: `image ${container.image}`, cause });
  }
  try {
    const now = running.digests.length === 0 ? ((await reread(running.id)) ?? running) : running;
    // Podman forgets the digests of an image whose last tag has moved on; its id is compared then.
    if (now.digests.length === 0 && now.tags.length > 0) return { name, running, state: 'local' };
    // A name with a digest and no tag never gives anything else.
    if (name.tag === undefined) return { name, running, state: 'fresh' };
    const digest = await app.registry.digest(name, { signal });
    if (digest === undefined) return unknown({ kind: 'no-tag', image: container.image });
    // What an image's digest was it stays.
    if (digestsOf(now.digests, name).includes(digest)) return { name, running, state: 'fresh' };
    const key = `${name.registry}/${name.repository}@${digest} ${running.id}`;
    const look =
      looks[key] ?? (await lookAt(app, name, digest, (await reread(running.id)) ?? running, signal));
    learn[key] = look;
    return look.isSame ? { name, running, state: 'fresh' } : { name, running, state: 'newer', digest, look };
  } catch (error) {
    signal?.throwIfAborted();
    return unknown(troubleOf(`image ${container.image}`, error));
  }
}

/** What a digest holds, beside the image that runs. @throws as the registry does */
export async function lookAt(
  app: Pick<App, 'registry'>,
  name: ImageName,
  digest: string,
  running: Image,
  signal?: AbortSignal,
): Promise<Look> {
  const { os, architecture, variant } = running;
  const remote = await app.registry.describe(name, digest, {
    platform: { os, architecture, variant },
    signal,
  });
  const here = new Set(running.layers);
  return {
    // A list changes with any of its platforms, and an engine may know its image by the list's digest alone.
    isSame: digestsOf(running.digests, name).includes(remote.digest) || remote.id === running.id,
    version: remote.labels['org.opencontainers.image.version'],
    createdAt: remote.createdAt,
    size: remote.layers
      .filter(({ id }) => id === undefined || !here.has(id))
      .reduce((sum, { size }) => sum + size, 0),
  };
}
