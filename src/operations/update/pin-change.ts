/** The text that somebody changes in a configuration to have other images. */
import type { PinChange } from '../../report/updates.ts';

/**
 * @param images names of images, as they are and as they are to be
 * @returns what differs of them: the tag alone where it is the same repository
 */
export function pinChange(
  file: string | undefined,
  images: readonly { was: string; next: string }[],
): PinChange {
  const lines = new Map<string, PinChange['lines'][number]>();
  for (const image of images) {
    const { was, next } = shortest(image);
    if (was === next) continue;
    const key = JSON.stringify([was, next]);
    lines.set(key, { was, next, places: (lines.get(key)?.places ?? 0) + 1 });
  }
  return { file, lines: [...lines.values()] };
}

/** Engines write some names longer than people do, so the repository is left out where it does not change. */
function shortest({ was, next }: { was: string; next: string }): { was: string; next: string } {
  const [old, fresh] = [was, next].map((name) => name.slice(repositoryOf(name).length));
  const isSame = repositoryOf(was) === repositoryOf(next) && old !== '' && fresh !== '';
  return isSame ? { was: old ?? was, next: fresh ?? next } : { was, next };
}

/** Without tag and digest. */
export const repositoryOf = (name: string): string => /^(?:[^/@]*\/)*[^/:@]+/.exec(name)?.[0] ?? name;

/** @returns undefined for a name without one */
export const tagOf = (name: string | undefined): string | undefined =>
  name === undefined ? undefined : /^:([^@]+)/.exec(name.slice(repositoryOf(name).length))?.[1];
