/**
 * A container that only the engine manages, made anew from another image. The new one is made before the old one is
 * stopped, and the old one is kept under another name until the new one is known to be well.
 *
 * Each act looks at which of the three names are there and does what is left to do, so it can be done again after a
 * kill anywhere: `<name>`, `<name>-steward-new-<id>`, `<name>-steward-old-<id>`. One that lives in another one's network,
 * which is made anew too, is prepared after that one, and swapped and dropped before it.
 */
import type { Container, Engine, RawContainer } from '../../clients/engine.ts';
import { digestsOf, parseImageName } from '../../image-name.ts';
import { recreation, type Recreation } from './recreation.ts';

type Reach = { engine: Engine };

export type Prepared = Pick<Recreation, 'lost' | 'untold'>;

const newName = (name: string, id: string) => `${name}-steward-new-${id}`;
const oldName = (name: string, id: string) => `${name}-steward-old-${id}`;

/** What of the container's configuration another one would not have. @throws Error when there is no such container */
export async function lostInRecreation({ engine }: Reach, name: string): Promise<Prepared> {
  const { lost, untold } = await likeness(engine, name);
  return { lost, untold };
}

/**
 * Make the new container, which proves that its configuration is accepted. Nothing is stopped or started.
 * @param image id of the image that it is made from
 * @param options.id of the update: lower case letters and digits
 * @param options.provider whose network it has, where that one is made anew, too
 * @throws Error with the engine's words; what was made until then is found again, or goes with `dropNew`
 */
export async function prepareNew(
  { engine }: Reach,
  name: string,
  image: string,
  { id, provider }: { id: string; provider?: string | undefined },
): Promise<Prepared> {
  const { old, lost, untold, ...like } = await likeness(engine, name);
  const passes = old.HostConfig.AutoRemove === true;
  const [, next, kept] = provider === undefined ? [] : await look(engine, provider, id);
  if (kept !== undefined && !passes) {
    throw new Error(
      `Cannot make "${name}" anew: it has the network of "${provider}", which the engine removes when it stops`,
    );
  }
  await make(engine, newName(name, id), image, inNetworkOf(like, next));
  // With `--rm` the old one goes as soon as it is stopped: then this one is the way back.
  if (passes) await make(engine, oldName(name, id), old.Image, inNetworkOf(like, kept));
  return { lost, untold };
}

const inNetworkOf = <Wanted extends Like>(like: Wanted, provider: Container | undefined): Wanted =>
  provider === undefined
    ? like
    : {
        ...like,
        body: {
          ...like.body,
          HostConfig: { ...like.body.HostConfig, NetworkMode: `container:${provider.id}` },
        },
      };

/** The new one takes the name. Both are stopped. @throws Error when none was prepared */
export async function swap({ engine }: Reach, name: string, id: string): Promise<void> {
  const [current, next, kept] = await look(engine, name, id);
  if (next === undefined) {
    if (kept !== undefined && current !== undefined) return;
    throw new Error(`Cannot swap "${name}": no new container was made`);
  }
  if (current !== undefined) {
    // The engine is about to do that by itself.
    if (kept !== undefined) await engine.remove(name);
    else await engine.rename(name, oldName(name, id));
  }
  await engine.rename(newName(name, id), name);
}

/** The old one has the name again. Both are stopped; where nothing was swapped nothing is done. */
export async function swapBack({ engine }: Reach, name: string, id: string): Promise<void> {
  const [current, next, kept] = await look(engine, name, id);
  if (kept === undefined) {
    if (current === undefined) throw new Error(`Cannot bring "${name}" back: its old container is gone`);
    return;
  }
  if (current !== undefined && next !== undefined) {
    // Not swapped, and of one with `--rm`: it goes if it was stopped.
    if (current.running) return;
    await engine.remove(name);
  } else if (current !== undefined) await engine.rename(name, newName(name, id));
  await engine.rename(oldName(name, id), name);
}

/** After the new one is known to be well. Volumes stay. */
export async function dropOld({ engine }: Reach, name: string, id: string): Promise<void> {
  const [current, next] = await look(engine, name, id);
  if (current === undefined || next !== undefined) {
    throw new Error(`Cannot remove the old container of "${name}": the new one has not taken its place`);
  }
  await engine.remove(oldName(name, id));
}

/** After the old one has the name again, or never lost it. */
export async function dropNew({ engine }: Reach, name: string, id: string): Promise<void> {
  const [current, next, kept] = await look(engine, name, id);
  if (current === undefined) {
    throw new Error(`Cannot remove the new container of "${name}": the old one does not have its name`);
  }
  // It has the name.
  if (next === undefined && kept !== undefined) return;
  await engine.remove(newName(name, id));
  await engine.remove(oldName(name, id));
}

type Like = Pick<Recreation, 'body' | 'networks'> & { image: string };

async function likeness(engine: Engine, name: string): Promise<Like & Prepared & { old: RawContainer }> {
  const old = await engine.inspectRaw(name);
  if (old === undefined) throw new Error(`There is no container "${name}".`);
  const oldImage = await engine.inspectImageRaw(old.Image);
  if (oldImage === undefined) throw new Error(`The image of "${name}" is not here any more.`);
  const image = old.Config.Image;
  return { old, image, ...recreation(old, oldImage, image) };
}

/** Make a container unless it is there, and connect it. */
async function make(engine: Engine, name: string, image: string, like: Like): Promise<void> {
  if ((await engine.inspect(name)) === undefined) {
    await underName(engine, like.image, image, (known) =>
      engine.create(name, { ...like.body, Image: known }),
    );
  }
  for (const { network, endpoint } of like.networks) await engine.connect(network, name, endpoint);
}

/**
 * An engine remembers the name that a container's image had at the making, and updates are looked for under it. So for
 * the moment of the making the name gives that image; a kill in between leaves it there, as a pull without a restart does.
 */
async function underName(
  engine: Engine,
  name: string,
  id: string,
  work: (known: string) => Promise<unknown>,
): Promise<void> {
  const image = await engine.image(id);
  if (image === undefined) throw new Error(`There is no image "${id}".`);
  const parsed = parseImageName(name, { hub: true });
  if (typeof parsed !== 'string' && parsed.digest !== undefined) {
    // That which was pulled, where the image is known under several.
    const pulled = (await engine.images()).find((one) => one.id === id)?.digestNames ?? [];
    const [digest] = digestsOf([...pulled, ...image.digests], parsed);
    await work(digest === undefined ? id : `${parsed.registry}/${parsed.repository}@${digest}`);
    return;
  }
  const full =
    typeof parsed === 'string'
      ? parsed === 'local' && name
      : `${parsed.registry}/${parsed.repository}:${parsed.tag}`;
  const before = await engine.image(name);
  if (full === false || before?.id === id) {
    await work(full === false ? id : name);
    return;
  }
  await engine.tag(id, full);
  try {
    await work(name);
  } finally {
    if (before !== undefined) await engine.tag(before.id, full);
    // Its last name is left to an image.
    else if (image.tags.length > 0) await engine.untag(full);
  }
}

const look = (engine: Engine, name: string, id: string): Promise<(Container | undefined)[]> =>
  Promise.all([name, newName(name, id), oldName(name, id)].map((one) => engine.inspect(one)));
