/** An image by its digest: what was planned and nothing else, under no name that a unit runs. */
import type { Image } from '../../clients/engine.ts';
import { digestsOf, parseImageName } from '../../image-name.ts';
import type { Journey } from './journey.ts';

/**
 * @param brings told the name that is new here, before it comes
 * @throws Error when it cannot be pulled, or the registry gives another one
 */
export async function pullExactly(
  { app, host, run }: Pick<Journey, 'app' | 'host' | 'run'>,
  { image, digest }: { image: string; digest: string },
  signal: AbortSignal,
  brings: (name: string) => void,
): Promise<Image> {
  const name = parseImageName(image, { hub: true });
  const source = sourceOf(image, digest);
  if (typeof name === 'string' || source === undefined) throw new Error(`"${image}" leads to no registry.`);
  if ((await host.engine.image(source, { signal })) === undefined) brings(source);
  const credentials = await app.registry.credentialsFor(name);
  const pulled = await host.engine.pull(source, {
    signal,
    progress: (done, total) => run.progress.amount(done, total),
    ...(credentials === undefined ? {} : { credentials }),
  });
  if (!digestsOf(pulled.digests, name).includes(digest)) {
    throw new Error(`The registry gave another image than ${digest}.`);
  }
  return pulled;
}

/** The name that is pulled, and that a pull by digest leaves. @returns undefined where no registry has the image */
export function sourceOf(image: string, digest: string): string | undefined {
  const name = parseImageName(image, { hub: true });
  return typeof name === 'string' ? undefined : `${name.registry}/${name.repository}@${digest}`;
}
