/**
 * Containers without a unit that live in the network of another one (`--network=container:vpn`). They start after it and stop
 * before it, and they are made anew with it: engines know the other one by its id.
 */
import type { Container } from '../../clients/engine.ts';
import type { Host } from '../../hosts.ts';
import type { PlannedImage } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import type { Part } from './parts.ts';

/** Whose network each container has; both of one service, by their names. */
export type Networks = Readonly<Record<string, string>>;

const isIn = ({ networkMode }: Container, { id, name }: Container): boolean =>
  networkMode === `container:${id}` || networkMode === `container:${name}`;

export async function networksOf({ engine }: Host, { containers }: Service): Promise<Networks> {
  const found = await Promise.all(containers.map(({ name }) => engine.inspect(name)));
  const all = found.filter((container) => container !== undefined);
  const loose = new Set(containers.filter(({ unit }) => unit === undefined).map(({ name }) => name));
  return Object.fromEntries(
    all
      .filter(({ name }) => loose.has(name))
      .flatMap((one) => {
        const other = all.find((provider) => isIn(one, provider));
        return other === undefined ? [] : [[one.name, other.name] as const];
      }),
  );
}

/** Containers of no or another service in the network of one that is made anew: nobody here makes them anew. */
export async function strangersIn(
  { engine }: Host,
  { containers }: Service,
  recreated: readonly string[],
): Promise<{ container: string; provider: string }[]> {
  if (recreated.length === 0) return [];
  const own = new Set(containers.map(({ name }) => name));
  const names = (await engine.list()).map(({ name }) => name).filter((name) => !own.has(name));
  const found = await Promise.all([...names, ...recreated].map((name) => engine.inspect(name)));
  const all = found.filter((container) => container !== undefined);
  const providers = all.filter(({ name }) => recreated.includes(name));
  return all.flatMap((one) => {
    const provider = providers.find((other) => isIn(one, other));
    return provider === undefined || own.has(one.name)
      ? []
      : [{ container: one.name, provider: provider.name }];
  });
}

/** Those that are made anew only because the one whose network they have is: from the same image. */
export async function sharersOf(
  { engine }: Host,
  service: Service,
  networks: Networks,
  images: readonly PlannedImage[],
): Promise<PlannedImage[]> {
  const loose = new Set(service.containers.filter(({ unit }) => unit === undefined).map(({ name }) => name));
  const anew = new Set(images.map(({ container }) => container).filter((name) => loose.has(name)));
  const sharers = service.containers
    .map(({ name }) => name)
    .filter((name) => !anew.has(name) && providersOf(name, networks).some((other) => anew.has(other)));
  const found = await Promise.all(sharers.map((name) => engine.inspect(name)));
  return found
    .filter((container) => container !== undefined)
    .map(({ name: container, image, imageId: id }) => ({
      container,
      image,
      digest: undefined,
      from: id,
      to: id,
    }));
}

/** As they are, but each after the one whose network it has. */
export function inNetworkOrder(parts: readonly Part[], networks: Networks = {}): Part[] {
  const all = parts.flatMap((part) => {
    const providers = part.containers.flatMap((name) => providersOf(name, networks).toReversed());
    return [...parts.filter(({ containers }) => containers.some((name) => providers.includes(name))), part];
  });
  return [...new Set(all)];
}

/** The nearest one first. */
function providersOf(name: string, networks: Networks): string[] {
  const found: string[] = [];
  for (let next = networks[name]; next !== undefined && !found.includes(next); next = networks[next]) {
    found.push(next);
  }
  return found;
}
