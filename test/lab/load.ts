/** Images on their way: made, given to the first host's engine, and published in the lab's registry. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeLayer, packImages, type ImageConfig, type ImageSpec } from './archive.ts';
import { run, words } from './exec.ts';
import { programLayer, smallConfig, versionLayer, type Kind, type SmallOptions } from './images.ts';
import type { LabFacts } from './index.ts';

export type SmallImage = SmallOptions & {
  kind?: Kind;
  config?: ImageConfig;
  /** Milliseconds since 1970; now. */
  created?: number;
};

/** Each with its full name and its version. */
export async function loadSmallImages(
  facts: LabFacts,
  images: readonly (SmallImage & { name: string; version: string })[],
): Promise<void> {
  const work = await mkdtemp(join(facts.folder, 'images/more-'));
  try {
    const small = await describeLayer(smallLayerFile(facts.folder));
    const specs: ImageSpec[] = [];
    for (const { name, version, kind = 'http', config, created = Date.now(), ...options } of images) {
      const program = await programLayer(join(facts.folder, 'images'), kind);
      specs.push({
        name,
        created,
        layers: [small, ...(program === undefined ? [] : [program]), await versionLayer(work, version)],
        config: { ...smallConfig(kind, version, options), ...config },
      });
    }
    const archive = join(work, 'images.tar');
    await packImages(specs, archive);
    await run(...words(facts.podmanCommand, 'load', '--quiet', '--input', archive));
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Made at the lab's start and kept for the images that come later. */
export const smallLayerFile = (folder: string) => join(folder, 'images/small.tar');

/** Pushes images that the engine has, and pulls them again, so that they carry the registry's digest as pulled ones do. */
export async function publish(facts: LabFacts, names: readonly string[]): Promise<void> {
  // One after the other: two that bring the same layer at once can lose it to each other.
  for (const name of names) {
    await run(...words(facts.podmanCommand, 'push', '--quiet', name));
    await run(...words(facts.podmanCommand, 'pull', '--quiet', name));
  }
}
