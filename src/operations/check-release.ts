/** What is published for a service, and what it means for what runs. Nothing is pulled, nothing changed on the host. */
import type { App } from '../app.ts';
import type { Release } from '../clients/releases.ts';
import type { Host } from '../hosts.ts';
import { breakingIn, gistOf } from '../release-notes.ts';
import type { ReleaseState, ReleaseTrouble } from '../report/releases.ts';
import type { Service } from '../services.ts';
import { compareVersions } from '../versions.ts';
import { checkImages, lookAt, type ImagesChecked } from './check-images.ts';
import type { HostView } from './host-view.ts';
import {
  judgeRelease,
  mainOf,
  standingOf,
  successorOf,
  type Found,
  type Successor,
} from './judge-release.ts';
import { recall, remember, withKey } from './release-memory.ts';
import { isFailure, troubleOf } from './release-trouble.ts';
import { lookAtServices } from './status.ts';

export type CheckReach = Pick<
  App,
  'hosts' | 'services' | 'probe' | 'clock' | 'store' | 'registry' | 'releases'
>;
type Options = { signal?: AbortSignal };

/** Look now, and remember what was learnt. A failed look-up is a fact in the state, never an error. */
export async function checkRelease(
  app: CheckReach,
  service: Service,
  options: Options = {},
): Promise<ReleaseState> {
  return (await checkReleases(app, [service], options))[0] as ReleaseState;
}

/** As {@link checkRelease}, with one look at each host for all of them. */
export async function checkReleases(
  app: CheckReach,
  services: readonly Service[],
  options: Options = {},
): Promise<ReleaseState[]> {
  const looking = lookAtServices(app, services, { ...options, images: true });
  return Promise.all(
    services.map(async (service, index) => {
      const [{ services: states, views }, published] = await Promise.all([
        looking,
        latest(app, service, options),
      ]);
      const view = views.find(({ name }) => name === app.hosts.of(service).name) as HostView;
      return judged(app, service, { view, running: states[index]?.version, published }, options);
    }),
  );
}

type Looked = { view: HostView; running: string | undefined; published: Awaited<ReturnType<typeof latest>> };

async function judged(
  app: CheckReach,
  service: Service,
  { view, running, published }: Looked,
  options: Options,
): Promise<ReleaseState> {
  const memory = recall(app.store, service.name);
  const { engine } = app.hosts.of(service);
  const { images, looks } = await checkImages(app, service, view, {
    hub: () => isDocker(engine, options),
    looks: memory?.looks ?? {},
    reread: (id) => engine.image(id, options),
    ...options,
  });

  const found: Found = {
    service,
    running,
    images,
    allImages: service.containers.flatMap(({ name }) => view.containers.get(name)?.image ?? []),
    release: published.release,
    troubles: published.troubles,
    memory,
    at: app.clock.now(),
  };
  const { next, troubles } = await successor(app, found, memory?.last, options);
  const state = await withNotes(
    app,
    judgeRelease({ ...found, troubles: [...found.troubles, ...troubles] }, next),
    published.release,
    service,
    options,
  );
  keep(app, state, looks);
  return state;
}

/** Services that have something to look at. */
export const trackedServices = ({ services }: Pick<App, 'services'>): Service[] =>
  services.all.filter(
    ({ containers, release }) => release?.github !== undefined || containers.some(({ update }) => update),
  );

/** Look at what nobody has looked at yet, so that "nothing newer" is never said of what is not known. */
export async function checkUnseen(app: CheckReach, options: Options = {}): Promise<void> {
  const unseen = trackedServices(app).filter(({ name }) => recall(app.store, name) === undefined);
  await checkReleases(app, unseen, options);
}

/** Milliseconds after a look that failed: registries ask for patience, and a night's trouble is over by then. */
const AGAIN_AFTER = 45 * 60_000;

/** Whether the last look failed, and not a moment ago. */
export function wantsAnotherLook(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  { name }: Pick<Service, 'name'>,
): boolean {
  const { tried, succeededAt } = recall(store, name) ?? {};
  if (tried === undefined || tried.at === succeededAt || !tried.troubles.some(isFailure)) return false;
  return clock.now() - tried.at >= AGAIN_AFTER;
}

async function latest(
  app: CheckReach,
  { release }: Service,
  options: Options,
): Promise<{ release: Release | undefined; troubles: ReleaseTrouble[] }> {
  const repository = release?.github;
  if (repository === undefined) return { release: undefined, troubles: [] };
  try {
    const found = await app.releases.latest(repository, options);
    return { release: found, troubles: found === undefined ? [{ kind: 'no-release', repository }] : [] };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { release: undefined, troubles: [troubleOf(`releases of ${repository}`, error)] };
  }
}

/** Docker keeps its Hub's name out of the names of images; Podman writes names whole. */
async function isDocker(engine: Host['engine'], options: Options): Promise<boolean> {
  try {
    return (await engine.version(options)).name === 'Docker';
  } catch {
    // The look at the host has told already that it cannot be asked.
    options.signal?.throwIfAborted();
    return false;
  }
}

type Successors = { next: Successor | undefined; troubles: ReleaseTrouble[] };

/** Of a pinned tag: whether the images of the newer release are there, and how large they are. */
async function successor(
  app: CheckReach,
  found: Found,
  last: ReleaseState | undefined,
  { signal }: Options,
): Promise<Successors> {
  const { release, images } = found;
  const main = mainOf(images)?.name;
  const { isNewer, kind } = standingOf(found);
  if (!isNewer || kind !== 'fixed' || release === undefined || main === undefined) {
    return { next: undefined, troubles: [] };
  }
  const tag = successorOf(main, release.tag);
  if (tag === undefined) return { next: undefined, troubles: [] };
  // They were there the last time, and nothing has changed since.
  if (last?.to === release.tag && last.from === found.running && last.tag === main.tag) {
    const { images: known, size } = last;
    if (size !== undefined) return { next: { tag, isThere: true, images: known, size }, troubles: [] };
  }
  // Containers with the same tag are one application, and move together.
  const pinned = images.filter(({ name }) => name?.tag === main.tag);
  try {
    const looked = await Promise.all(
      pinned.map(async ({ container, name, running }) => {
        if (name === undefined || running === undefined) return undefined;
        const to = { ...name, tag, digest: undefined };
        const digest = await app.registry.digest(to, { signal });
        if (digest === undefined) return undefined;
        const { size } = await lookAt(app, to, digest, running, signal);
        return { container, image: `${name.registry}/${name.repository}:${tag}`, digest, size };
      }),
    );
    const there = looked.filter((one) => one !== undefined);
    const next: Successor = {
      tag,
      isThere: there.length === pinned.length,
      images: there.map(({ container, image, digest }) => ({ container, image, digest })),
      size: there.reduce((sum, { size }) => sum + size, 0),
    };
    return { next, troubles: [] };
  } catch (error) {
    signal?.throwIfAborted();
    const next: Successor = { tag, isThere: true, images: [], size: undefined };
    return { next, troubles: [troubleOf(`image ${main.registry}/${main.repository}:${tag}`, error)] };
  }
}

/** What the releases after the one that runs, up to the one that is offered, have to say. */
async function withNotes(
  app: CheckReach,
  state: ReleaseState,
  newest: Release | undefined,
  { release: configured }: Service,
  options: Options,
): Promise<ReleaseState> {
  if (newest === undefined || configured?.github === undefined) return state;
  if (['fresh', 'unknown', 'untracked', 'local'].includes(state.verdict.kind)) {
    return { ...state, notes: { url: newest.url, gist: [], breaking: [] } };
  }
  // A newer image of the same version has no notes of its own.
  if (state.to === undefined) return state;
  const { to } = state;
  let all: readonly Release[];
  try {
    all = await app.releases.recent(configured.github, options);
  } catch {
    // The newest one's notes are here; those between are a courtesy.
    options.signal?.throwIfAborted();
    all = [newest];
  }
  const passed = all.filter(
    ({ tag }) =>
      !['newer', 'unknown'].includes(compareVersions(to, tag, { exact: true })) &&
      state.from !== undefined &&
      compareVersions(state.from, tag, { exact: true }) === 'newer',
  );
  const offered = all.find(({ tag }) => compareVersions(to, tag, { exact: true }) === 'same');
  if (offered === undefined) return state;
  const told = passed.length === 0 ? [offered] : passed;
  return {
    ...state,
    publishedAt: state.publishedAt ?? offered.publishedAt,
    notes: {
      url: offered.url,
      gist: gistOf(offered.notes),
      breaking: told.flatMap(({ tag, notes }) =>
        breakingIn(notes).map((line) => (told.length > 1 ? `${tag}: ${line}` : line)),
      ),
    },
  };
}

/** The first sight of a service tells nothing: what was there before Steward is no news. */
function keep(app: CheckReach, state: ReleaseState, looks: ImagesChecked['looks']): void {
  const { name, at, verdict, key } = state;
  const learnt = verdict.kind !== 'unknown' || !state.troubles.some(isFailure);
  remember(app.store, name, at, ({ told, succeededAt, silenceToldAt, last, looks: before }) => ({
    tried: state,
    looks: learnt ? looks : { ...before, ...looks },
    last: learnt ? state : last,
    succeededAt: learnt ? at : succeededAt,
    silenceToldAt: learnt ? undefined : silenceToldAt,
    told: learnt && succeededAt === undefined && key !== undefined ? withKey(told, key) : told,
  }));
}
