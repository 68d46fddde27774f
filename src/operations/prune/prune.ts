/** Take away what no host needs any more: never by force, and nothing that was not seen to be of no use just before. */
import type { App, Plan, Run } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { PrunedHost, PrunedImage, PruneReport } from '../../report/prune.ts';
import { busyService, OLD, surveyHost, type PruneReach } from './survey.ts';

/** Of which there is one, so that two prunings never meet. */
export const PRUNER = { name: 'prune' };

/** Somebody waits at a phone for it. Milliseconds. */
const PATIENCE = 90_000;

export async function planPrune(app: PruneReach): Promise<Plan> {
  const report = await survey(app, AbortSignal.timeout(PATIENCE));
  const going = report.hosts.map(({ name, images, cache }) => [
    name,
    images.map(({ id }) => id),
    cache !== undefined,
  ]);
  return { report, fingerprint: JSON.stringify(going), isEmpty: !report.hosts.some(hasWork) };
}

/**
 * @param plan what was confirmed: nothing else goes, and of it only what is still of no use. Without one all that is of
 *   no use goes.
 */
export async function prune(
  app: PruneReach,
  { signal }: Pick<Run, 'signal'>,
  plan?: PruneReport,
): Promise<PruneReport> {
  const found = await survey(app, signal);
  const hosts: PrunedHost[] = [];
  for (const seen of found.hosts) {
    const planned = plan?.hosts.find(({ name }) => name === seen.name);
    const agreed = plan === undefined ? seen : agreedOf(seen, planned);
    const host = app.hosts.all.find(({ name }) => name === seen.name);
    const work = async () =>
      host === undefined || !hasWork(agreed) ? agreed : pruneHost(app, host, agreed, signal);
    hosts.push((await app.guard.change(`prune images of ${seen.name}`, work)) ?? agreed);
  }
  return { kind: 'prune', stage: app.guard.observing ? 'observed' : 'done', hosts, at: app.clock.now() };
}

/** Whether a run has anything to tell: what went, or why nothing may. */
export const isIdle = ({ hosts }: PruneReport): boolean =>
  !hosts.some((host) => hasWork(host) || (host.refused !== undefined && host.refused.kind !== 'busy'));

const hasWork = ({ images, cache }: PrunedHost): boolean => images.length > 0 || cache !== undefined;

async function survey(app: PruneReach, signal: AbortSignal): Promise<PruneReport> {
  const hosts = await Promise.all(app.hosts.all.map((host) => surveyHost(app, host, signal)));
  return { kind: 'prune', stage: 'plan', hosts, at: app.clock.now() };
}

const agreedOf = (seen: PrunedHost, planned: PrunedHost | undefined): PrunedHost => ({
  ...seen,
  images: seen.images.filter(({ id }) => planned?.images.some((one) => one.id === id) === true),
  cache: planned?.cache === undefined ? undefined : seen.cache,
});

async function pruneHost(
  app: PruneReach,
  host: Host,
  agreed: PrunedHost,
  signal: AbortSignal,
): Promise<PrunedHost> {
  const folder = await host.engine.storageFolder({ signal });
  const before = await freeIn(app, folder);
  const images: PrunedImage[] = [];
  for (const image of agreed.images) {
    signal.throwIfAborted();
    images.push({ ...image, trouble: await remove(app, host, image) });
  }
  const cacheTrouble =
    agreed.cache === undefined ? undefined : await troubleOf(() => host.engine.pruneBuildCache(OLD));
  const after = await freeIn(app, folder);
  const won = before === undefined || after === undefined ? undefined : Math.max(0, after - before);
  return { ...agreed, images, won, cacheTrouble };
}

/** @returns why it stays */
async function remove(app: PruneReach, host: Host, image: PrunedImage): Promise<string | undefined> {
  const { engine } = host;
  return troubleOf(async () => {
    const service = busyService(app, host);
    if (service !== undefined) throw new Error(`${service} is being worked on`);
    const [now] = (await engine.images({ all: true })).filter(({ id }) => id === image.id);
    if (now === undefined) return;
    const names = [...now.tags, ...now.digestNames];
    if (names.some((name) => !image.names.includes(name))) throw new Error('it has another name by now');
    const containers = await engine.list();
    if (containers.some(({ imageId }) => imageId === image.id)) throw new Error('a container uses it by now');
    if (names.length <= 1) return engine.removeImage(image.id);
    await untagAll(host, image.id, now.tags, now.digestNames);
  });
}

/** The engine takes names away also from an image that is in use, and refuses for the last one alone: then they come back. */
async function untagAll(
  { engine }: Host,
  id: string,
  tags: readonly string[],
  digestNames: readonly string[],
): Promise<void> {
  const taken: string[] = [];
  try {
    for (const name of [...tags, ...digestNames]) {
      await engine.untag(name, { removes: true });
      taken.push(name);
    }
  } catch (error) {
    for (const name of taken.filter((one) => tags.includes(one))) await engine.tag(id, name);
    throw error;
  }
}

async function troubleOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return causeOf(error);
  }
}

/** Bytes; undefined where the folder is not on this machine. */
async function freeIn(
  { machine }: Pick<App, 'machine'>,
  folder: string | undefined,
): Promise<number | undefined> {
  const disk = folder === undefined ? undefined : await machine.disk(folder);
  return disk !== undefined && 'free' in disk ? disk.free : undefined;
}
