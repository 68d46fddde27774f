/** An image's name in its parts, as registries and engines understand it. */

export type ImageName = {
  /** Host and port: `ghcr.io`, `127.0.0.1:5000`; `docker.io` for Docker Hub. */
  registry: string;
  /** `library/postgres` for Docker Hub's `postgres`. */
  repository: string;
  /** Absent where only a digest is named. */
  tag: string | undefined;
  /** `sha256:…`, where the name pins one. */
  digest: string | undefined;
};

/** Why a name leads to no registry. */
export type NoImageName = 'id' | 'local' | 'short' | 'invalid';

const HUB = 'docker.io';
/** Other names of Docker Hub. */
const HUB_ALIASES = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST = /^[A-Za-z0-9.-]+(?::\d+)?$|^\[[0-9A-Fa-f:]+\](?::\d+)?$/;

/**
 * @param options.hub a name without a registry is Docker Hub's, as Docker has it; Podman would ask its configuration
 * @returns the parts, or why there are none
 */
export function parseImageName(
  text: string,
  { hub = false }: { hub?: boolean } = {},
): ImageName | NoImageName {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return 'id';
  const [named = '', digest, ...rest] = text.split('@');
  if (rest.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return 'invalid';
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const hasRegistry = first === 'localhost' || /[.:]/.test(first);
  const path = hasRegistry ? named.slice(slash + 1) : named;
  const [, repository = '', tag] = /^([^:]+)(?::(.+))?$/.exec(path) ?? [];
  if (!PATH.test(repository) || (tag !== undefined && !TAG.test(tag))) return 'invalid';
  if (hasRegistry && !HOST.test(first)) return 'invalid';
  // Podman puts images that were built here under a name that is no registry.
  if (first === 'localhost') return 'local';
  if (!hasRegistry && !hub) return 'short';
  const registry = !hasRegistry || HUB_ALIASES.has(first) ? HUB : first;
  return {
    registry,
    repository: registry === HUB && !repository.includes('/') ? `library/${repository}` : repository,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest,
  };
}

/** Digests of a repository among an image's `RepoDigests`; Docker leaves its Hub's name out of them. */
export const digestsOf = (repoDigests: readonly string[], image: ImageName): string[] =>
  repoDigests.flatMap((text) => {
    const name = parseImageName(text, { hub: true });
    if (typeof name === 'string' || name.digest === undefined) return [];
    return name.registry === image.registry && name.repository === image.repository ? [name.digest] : [];
  });
