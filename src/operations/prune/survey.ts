/** What of a host's images is of no use any more, and why the others stay. */
import { isAbsolute, join } from 'node:path';
import type { App } from '../../app.ts';
import type { ContainerSummary, ImageSummary } from '../../clients/engine.ts';
import { causeOf, UnreachableError } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import { parseImageName, type ImageName } from '../../image-name.ts';
import type { KeepReason, PrunedHost, PrunedImage, PruneRefusal } from '../../report/prune.ts';
import { recallGuarded, type Guarded } from '../update/guarded.ts';
import { isOurs } from '../update/tags.ts';
import { rememberUseless } from './age.ts';
import { mentionOf } from './mentions.ts';
import { readTexts } from './read-texts.ts';

export type PruneReach = Pick<
  App,
  'services' | 'hosts' | 'store' | 'locks' | 'registry' | 'machine' | 'guard' | 'clock' | 'log'
>;

const DAY = 86_400_000;
/** What came, or was needed, later is left alone. The job comes weekly, now some minutes earlier and now later. */
export const OLD = 7 * DAY - 3_600_000;
/** Milliseconds for all that a host's units name: a disk of the network that is away holds whoever reads there. */
const PATIENCE = 60_000;
/** Registries that are asked at a time. */
const AT_ONCE = 4;

/** @returns what would go; a host that cannot be judged says why, and nothing of it may go */
export async function surveyHost(app: PruneReach, host: Host, signal: AbortSignal): Promise<PrunedHost> {
  const empty = {
    name: host.name,
    images: [],
    cache: undefined,
    kept: {},
    won: undefined,
    cacheTrouble: undefined,
  };
  const service = busyService(app, host);
  if (service !== undefined) return { ...empty, refused: { kind: 'busy', service } };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  try {
    const { engine } = host;
    const [images, containers, cached] = await Promise.all([
      engine.images({ all: true, signal: limited }),
      engine.list({ signal: limited }),
      engine.buildCache({ signal: limited }),
    ]);
    const texts = await readTexts(host, stacksOf(containers), limited).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof UnreachableError) throw error;
      throw new Unread(causeOf(error), { cause: error });
    });
    const judged = judge(app, host, { images, containers, texts });
    const { going, kept } = await confirm(app, judged, signal);
    const now = app.clock.now();
    const stale = (cached ?? []).filter(({ usedAt }) => now - usedAt > OLD);
    return {
      ...empty,
      refused: undefined,
      images: going.map(toReport),
      cache: stale.length === 0 ? undefined : stale.reduce((sum, { size }) => sum + size, 0),
      kept,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ...empty, refused: refusalOf(error) };
  }
}

class Unread extends Error {}

const refusalOf = (error: unknown): PruneRefusal => ({
  kind: error instanceof Unread || isTimeout(error) ? 'unread' : 'unreachable',
  cause: causeOf(error),
});

const isTimeout = (error: unknown) => error instanceof Error && error.name === 'TimeoutError';

/** A service of the host that is being worked on: an update may have images on their way. */
export const busyService = (
  { services, store, locks }: Pick<App, 'services' | 'store' | 'locks'>,
  host: Host,
): string | undefined =>
  services.all
    .filter((service) => service.host === host.name)
    .find(({ name }) => store.updates.open(name) !== undefined || !locks.isFree(name))?.name;

/** Compose's own labels; each file is where its stack is described. */
function stacksOf(containers: readonly ContainerSummary[]): string[] {
  return containers.flatMap(({ labels }) => {
    const folder = labels['com.docker.compose.project.working_dir'] ?? '/';
    const files = labels['com.docker.compose.project.config_files']?.split(',') ?? [];
    const environment = labels['com.docker.compose.project.environment_file']?.split(',') ?? [];
    const named = [...files, ...environment].filter((file) => file !== '');
    return [...named, '.env'].map((file) => (isAbsolute(file) ? file : join(folder, file)));
  });
}

type Seen = {
  images: readonly ImageSummary[];
  containers: readonly ContainerSummary[];
  texts: readonly string[];
};

type Judged = { going: readonly ImageSummary[]; kept: PrunedHost['kept'] };

function judge(app: PruneReach, host: Host, { images, containers, texts }: Seen): Judged {
  const now = app.clock.now();
  const used = new Set(containers.map(({ imageId }) => imageId));
  const needed = neededBy(app, host);
  const parents = new Set(images.map(({ parent }) => parent));
  const reasonOf = (image: ImageSummary): KeepReason | undefined => {
    if (used.has(image.id)) return 'used';
    if (needed.has(image.id) || namesOf(image).some((name) => isOurs(name) || needed.has(name)))
      return 'ours';
    const isMeant = mentionOf(image);
    if (texts.some(isMeant)) return 'named';
    return isBuilt(image) ? 'built' : undefined;
  };
  const reasons = new Map(images.map((image) => [image.id, reasonOf(image)]));
  const useless = images.filter(({ id }) => reasons.get(id) === undefined);
  const uselessSince = rememberUseless(app.store, host.name, useless, now);
  const byId = new Map(images.map((image) => [image.id, image]));
  const kept: Partial<Record<KeepReason, number>> = {};
  const going: ImageSummary[] = [];
  for (const image of images) {
    // What only lies below others goes with the last of them.
    if (namesOf(image).length === 0 && parents.has(image.id)) continue;
    const isYoung = now - uselessSince(image) < OLD;
    const reason = reasons.get(image.id) ?? belowIt(image, byId, reasons) ?? (isYoung ? 'young' : undefined);
    if (reason === undefined) going.push(image);
    else kept[reason] = (kept[reason] ?? 0) + 1;
  }
  return { going, kept };
}

/** The engine removes with an image what lies below it without a name: that must not be what is to stay. */
function belowIt(
  { parent }: ImageSummary,
  byId: ReadonlyMap<string, ImageSummary>,
  reasons: ReadonlyMap<string, KeepReason | undefined>,
): KeepReason | undefined {
  const below = parent === undefined ? undefined : byId.get(parent);
  if (below === undefined || namesOf(below).length > 0) return undefined;
  const reason = reasons.get(below.id);
  return reason === 'ours' || reason === 'named' ? reason : belowIt(below, byId, reasons);
}

const namesOf = ({ tags, digestNames }: ImageSummary): string[] => [...tags, ...digestNames];

/** Ids, and names with a digest, that the journals of updates know. */
function neededBy({ services, store }: Pick<App, 'services' | 'store'>, host: Host): Set<string> {
  const own = services.all.filter((service) => service.host === host.name);
  const rows = own.flatMap(({ name }) => [
    ...store.updates.history(name).filter(({ facts }) => facts.dropped !== true),
    ...[store.updates.open(name)].filter((row) => row !== undefined),
  ]);
  const guarded = own.flatMap(({ name }) => chainOf(recallGuarded(store, name)));
  return new Set(
    [
      ...rows.flatMap(({ facts, plan }) => [
        ...Object.values(facts.from),
        ...Object.values(facts.to),
        ...(facts.pulled ?? []),
        ...plan.images.flatMap(({ from, to }) => [from, to ?? '']),
      ]),
      ...guarded.flatMap(({ images, pulled }) => [
        ...images.flatMap(({ from, to }) => [from, to ?? '']),
        ...pulled,
      ]),
    ].filter((one) => one !== ''),
  );
}

const chainOf = (guarded: Guarded | undefined): Guarded[] =>
  guarded === undefined ? [] : [guarded, ...chainOf(guarded.before)];

/** One with a name that came from nowhere. */
const isBuilt = (image: ImageSummary): boolean => namesOf(image).length > 0 && sourcesOf(image).length === 0;

/** Where it can be had again, by its digest. */
const sourcesOf = ({ digests, digestNames }: ImageSummary): ImageName[] =>
  [...digestNames, ...digests].flatMap((name) => {
    const parsed = parseImageName(name, { hub: true });
    return typeof parsed === 'string' || parsed.digest === undefined ? [] : [{ ...parsed, tag: undefined }];
  });

/** Podman gives digests to images that were built here as well: whether a registry has one, only the registry can tell. */
async function confirm(app: PruneReach, judged: Judged, signal: AbortSignal): Promise<Judged> {
  const going = new Set(judged.going);
  const kept: Partial<Record<KeepReason, number>> = { ...judged.kept };
  const queue = judged.going.filter((image) => namesOf(image).length > 0);
  const work = async () => {
    for (let image = queue.shift(); image !== undefined; image = queue.shift()) {
      const doubt = await doubtAbout(app, image, signal);
      if (doubt === undefined) continue;
      going.delete(image);
      kept[doubt] = (kept[doubt] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { going: [...going], kept };
}

/** @returns undefined when one of its registries has it */
async function doubtAbout(
  app: PruneReach,
  image: ImageSummary,
  signal: AbortSignal,
): Promise<'built' | 'unsure' | undefined> {
  let doubt: 'built' | 'unsure' = 'built';
  for (const source of sourcesOf(image)) {
    try {
      if ((await app.registry.digest(source, { signal })) !== undefined) return undefined;
    } catch (error) {
      signal.throwIfAborted();
      app.log.info(
        { image: source.repository, cause: causeOf(error) },
        'cannot ask whether an image can be had again',
      );
      doubt = 'unsure';
    }
  }
  return doubt;
}

const toReport = (image: ImageSummary): PrunedImage => ({
  id: image.id,
  names: namesOf(image),
  size: image.size,
  createdAt: image.createdAt,
  trouble: undefined,
});
