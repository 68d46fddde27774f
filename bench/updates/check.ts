/** Looking for newer images where there are none, beside skopeo asking for the same tags. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkReleases } from '../../src/operations/check-release.ts';
import { countRequests } from '../../test/clients/served-registry.ts';
import { run, words } from '../../test/lab/exec.ts';
import { loadSmallImages } from '../../test/lab/load.ts';
import type { Lab } from '../../test/lab/tools.ts';
import { openUpdating, type Updating } from '../../test/operations/updating.ts';
import { endWith } from '../ending.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, single, type Row } from '../row.ts';
import type { Context } from '../section.ts';
import { installSkopeo } from './skopeo.ts';

const IMAGES = 50;
/** As many look-ups of ours are on their way at once (clients/registry.ts). */
const AT_ONCE = 4;

type Options = Pick<Context, 'stack' | 'say'> & { rounds: number };

export async function benchCheck(lab: Lab, { rounds, stack, say }: Options): Promise<Row[]> {
  await installSkopeo(say);
  say(`${IMAGES} images and as many containers …`);
  const names = Array.from({ length: IMAGES }, (_, index) => `checked-${index + 1}`);
  await startContainers(lab, names);
  const updating = openUpdating(lab, names.map(toService));
  await endWith(stack, () => updating.close());
  await checkAll(updating, names);

  const inspect = (registry: string) => (name: string) =>
    run('skopeo', ['inspect', '--no-tags', '--tls-verify=false', `docker://${registry}/${name}:1`]);
  const { ours, sequential, parallel } = await inTurn(
    rounds,
    {
      ours: () => timed(() => checkAll(updating, names)),
      sequential: () => timed(() => inGroups(1, names, inspect(lab.registry))),
      parallel: () => timed(() => inGroups(AT_ONCE, names, inspect(lab.registry))),
    },
    { warm: 1 },
  );

  const door = await countRequests(lab.registry);
  await endWith(stack, () => door.stop());
  ask(updating, lab.registry, door.host);
  await checkAll(updating, names);
  const own = door.requests.splice(0);
  await inGroups(AT_ONCE, names, inspect(door.host));
  const skopeos = door.requests.splice(0);
  return [
    compare(
      `check of ${IMAGES} images, nothing new, beside skopeo inspect one after another`,
      { ours, reference: sequential },
      { unit: 'ms', aim: 0.5 },
    ),
    compare(
      `check of ${IMAGES} images, nothing new, beside skopeo inspect, ${AT_ONCE} at once`,
      { ours, reference: parallel },
      { unit: 'ms', aim: 1, note: 'ours looks at the containers and units, too' },
    ),
    single('requests for each image of which nothing is new', [own.length / IMAGES], {
      unit: 'requests',
      aim: 1,
      note: `ours: ${kindsOf(own)}; skopeo inspect: ${kindsOf(skopeos)}`,
    }),
  ];
}

export const toService = (name: string) => ({
  name,
  entry: { containers: [{ name, unit: 'none' }], release: { version: 'image-label' } },
});

/** @throws Error when one of them is not fresh: then something else would be measured */
async function checkAll(updating: Updating, names: readonly string[]): Promise<void> {
  const states = await checkReleases(
    updating.app,
    names.map((name) => updating.service(name)),
  );
  const other = states.find(({ verdict }) => verdict.kind !== 'fresh');
  if (other !== undefined) throw new Error(`Expected nothing new: ${JSON.stringify(other)}`);
}

/** Each with an image of its own that does nothing. */
export async function startContainers(lab: Lab, names: readonly string[]): Promise<void> {
  const images = names.map((name) => ({ name: lab.image(name, '1'), kind: 'sleep' as const, version: '1' }));
  await loadSmallImages(lab, images);
  const start = [
    'for name in "$@"; do',
    `image=${lab.registry}/$name:1`,
    'podman push --quiet "$image" && podman pull --quiet "$image" >/dev/null || exit 1',
    'podman run --detach --quiet --name "$name" --network none --log-driver none "$image" >/dev/null || exit 1',
    'done',
  ].join('\n');
  await run(...words(lab.enter, 'sh', '-c', start, 'sh', ...names), { timeout: 300_000 });
}

async function inGroups(
  atOnce: number,
  names: readonly string[],
  work: (name: string) => Promise<unknown>,
): Promise<void> {
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** From now on the registry is found at another address: the client reads this file anew each time. */
function ask({ folder }: Updating, registry: string, address: string): void {
  writeFileSync(
    join(folder, 'registries.conf'),
    `[[registry]]\nprefix = "${registry}"\nlocation = "${address}"\ninsecure = true\n`,
  );
}

/** How often each kind of thing was asked for: `1.00 HEAD manifests`. */
function kindsOf(requests: readonly string[]): string {
  const kinds = Map.groupBy(requests, (one) => one.replace(/ [^ ]*\/(manifests|blobs|tags)\/.*/, ' $1'));
  return [...kinds].map(([kind, all]) => `${(all.length / IMAGES).toFixed(2)} ${kind.trim()}`).join(', ');
}
