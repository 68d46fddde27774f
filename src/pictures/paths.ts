/** Where a path of a container lies on the host. */

/** A volume: a folder as the container sees it, and as the host does. */
export type Mapping = { container: string; host: string };

/**
 * A container's path on the host, by the longest mapping that holds it.
 * @returns undefined when no mapping holds it, or it is not a plain absolute path
 */
export function toHostPath(path: string, mappings: readonly Mapping[]): string | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  if (path.split('/').some((part) => part === '..' || part === '.')) return undefined;
  const longest = mappings
    .map(({ container, host }) => ({ container: withoutEnd(container), host: withoutEnd(host) }))
    // On a boundary: `/data` does not hold `/data-old`.
    .filter(({ container }) => path === container || path.startsWith(`${container}/`))
    .sort((a, b) => b.container.length - a.container.length)[0];
  return longest === undefined ? undefined : `${longest.host}${path.slice(longest.container.length)}`;
}

const withoutEnd = (folder: string) => folder.replace(/\/+$/, '');
