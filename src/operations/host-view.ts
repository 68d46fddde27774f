/** One look at a host: its units and containers, asked for together, so that a status is one moment's truth. */
import type { Container, ContainerStats, Image } from '../clients/engine.ts';
import type { UnitState } from '../clients/systemd.ts';
import { causeOf } from '../errors.ts';
import type { Host } from '../hosts.ts';
import type { Service } from '../services.ts';

export type HostView = {
  name: string;
  /** Why the engine or systemd could not be asked. */
  engineTrouble: string | undefined;
  systemdTrouble: string | undefined;
  units: ReadonlyMap<string, UnitState>;
  containers: ReadonlyMap<string, Container>;
  /** By container name; only where details were asked for. */
  stats: ReadonlyMap<string, ContainerStats>;
  /** By image id; only where details were asked for, or a version stands in a label. */
  images: ReadonlyMap<string, Image>;
};

export type LookOptions = { details?: boolean; signal?: AbortSignal };

/**
 * Look at what these services have on this host. Never rejects for a host that cannot be asked: it says so instead.
 * @param services services of this host
 */
export async function lookAt(
  host: Host,
  services: readonly Service[],
  { details = false, signal }: LookOptions = {},
): Promise<HostView> {
  const call = signal === undefined ? {} : { signal };
  const unitNames = [...new Set(services.flatMap(unitsOf))];
  const wanted = new Set(services.flatMap((service) => service.containers.map(({ name }) => name)));

  const askSystemd = async () => {
    const units = unitNames.length === 0 ? [] : await host.systemd.units(unitNames, call);
    return new Map(units.map((unit, index) => [unitNames[index] as string, unit]));
  };
  const askEngine = async () => {
    const present = await host.engine.list(call);
    const names = present.map(({ name }) => name).filter((name) => wanted.has(name));
    const inspected = await Promise.all(
      names.map(async (name) => [name, await host.engine.inspect(name, call)] as const),
    );
    const containers = new Map(
      inspected.filter((pair): pair is [string, Container] => pair[1] !== undefined),
    );
    const labelled = services.filter(({ release }) => details || release?.version === 'image-label');
    const imageIds = new Set(
      labelled.flatMap((service) =>
        service.containers.map(({ name }) => containers.get(name)?.imageId ?? ''),
      ),
    );
    imageIds.delete('');
    const running = [...containers.values()].filter((container) => details && container.running);
    const [stats, images] = await Promise.all([
      gather(
        running.map(({ name }) => name),
        (name) => host.engine.stats(name, call),
      ),
      gather([...imageIds], (id) => host.engine.image(id, call)),
    ]);
    return { containers, stats, images };
  };

  const [systemd, engine] = await Promise.all([settle(askSystemd), settle(askEngine)]);
  signal?.throwIfAborted();
  return {
    name: host.name,
    engineTrouble: engine.trouble,
    systemdTrouble: systemd.trouble,
    units: systemd.value ?? new Map(),
    containers: engine.value?.containers ?? new Map(),
    stats: engine.value?.stats ?? new Map(),
    images: engine.value?.images ?? new Map(),
  };
}

/** Every unit that a service has: its containers' and its native ones. */
export const unitsOf = (service: Service): string[] => [
  ...service.containers.flatMap(({ unit }) => (unit === undefined ? [] : [unit])),
  ...service.units,
];

type Settled<T> = { value: T | undefined; trouble: string | undefined };

const settle = <T>(ask: () => Promise<T>): Promise<Settled<T>> =>
  ask().then(
    (value) => ({ value, trouble: undefined }),
    (error: unknown) => ({ value: undefined, trouble: causeOf(error) }),
  );

/** A container may go, or an image be pruned, between two calls: what is gone is left out. */
async function gather<T>(
  keys: readonly string[],
  ask: (key: string) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const answers = await Promise.all(keys.map(ask));
  return new Map(
    keys.flatMap((key, index): [string, T][] => {
      const answer = answers[index];
      return answer === undefined ? [] : [[key, answer]];
    }),
  );
}
