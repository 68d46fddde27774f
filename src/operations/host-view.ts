/** One look at a host: its units and containers, asked for together, so that a status is one moment's truth. */
import type { CallOptions, Container, ContainerStats, Image } from '../clients/engine.ts';
import type { UnitState } from '../clients/systemd.ts';
import { causeOf } from '../errors.ts';
import type { Host } from '../hosts.ts';
import type { Service } from '../services.ts';
import { heldBackBy, looksStopped } from './held-back.ts';

export type HostView = {
  name: string;
  /** Why the engine or systemd could not be asked. */
  engineTrouble: string | undefined;
  systemdTrouble: string | undefined;
  units: ReadonlyMap<string, UnitState>;
  containers: ReadonlyMap<string, Container>;
  /** Containers that are there but about which the engine could not be asked, with the reason. */
  silent: ReadonlyMap<string, string>;
  /** Containers that their unit runs under another name, with that name. */
  renamed: ReadonlyMap<string, string>;
  /** By container name; only where details were asked for. */
  stats: ReadonlyMap<string, ContainerStats>;
  /**
   * By image id; only where details or images were asked for, or a version stands in a label. Tags and digests may be
   * older than this look.
   */
  images: ReadonlyMap<string, Image>;
  /** By unit: how a unit that runs again ended before; only where details were asked for. */
  exits: ReadonlyMap<string, Exit>;
  /** By unit that nobody has stopped: the unit that it needs, and that has failed. */
  heldBack: ReadonlyMap<string, string>;
};

export type Exit = { code: number; at: number };

export type LookOptions = { details?: boolean; images?: boolean; signal?: AbortSignal };

/**
 * Look at what these services have on this host. Never rejects for a host that cannot be asked: it says so instead.
 * @param services services of this host
 */
export async function lookAt(
  host: Host,
  services: readonly Service[],
  { details = false, images: wantsImages = details, signal }: LookOptions = {},
): Promise<HostView> {
  const call = signal === undefined ? {} : { signal };
  const unitNames = [...new Set(services.flatMap(unitsOf))];
  const wanted = new Set(services.flatMap((service) => service.containers.map(({ name }) => name)));

  const askSystemd = async () => {
    const states = unitNames.length === 0 ? [] : await host.systemd.units(unitNames, call);
    const units = new Map(states.map((unit, index) => [unitNames[index] as string, unit]));
    const restarted = unitNames.filter((name) => details && (units.get(name)?.restarts ?? 0) > 0);
    const exits = await gather(restarted, (name) => host.systemd.lastExit(name, call));
    const stopped = new Map([...units].filter(([, unit]) => looksStopped(unit)));
    const held = await gather([...stopped.keys()], (name) =>
      heldBackBy(host.systemd, stopped.get(name) as UnitState, call),
    );
    return { units, exits: exits.found, heldBack: held.found };
  };
  const askEngine = async () => {
    // Asked by name: a list of all beforehand takes Podman as long as a quarter of them one by one.
    const [{ found: containers, failed }] = await Promise.all([
      // One that is being stopped or removed can hold its lock for long; the others are told all the same.
      gather([...wanted], (name) => inspectNamed(host.engine, name, call)),
      // Whether anything can be asked at all.
      host.engine.ping(call),
    ]);
    const labelled = services.filter(({ release }) => wantsImages || release?.version === 'image-label');
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
      gather([...imageIds], (id) => host.engine.image(id, { ...call, remembered: true })),
    ]);
    return { containers, silent: failed, stats: stats.found, images: images.found };
  };

  const [systemd, engine] = await Promise.all([settle(askSystemd), settle(askEngine)]);
  const {
    units = new Map<string, UnitState>(),
    exits = new Map(),
    heldBack = new Map(),
  } = systemd.value ?? {};
  const {
    containers = new Map<string, Container>(),
    silent = new Map<string, string>(),
    stats = new Map(),
    images = new Map(),
  } = engine.value ?? {};
  const missing = services
    .flatMap((service) => service.containers)
    .filter(
      ({ name, unit }) =>
        engine.value !== undefined &&
        !containers.has(name) &&
        !silent.has(name) &&
        units.get(unit ?? '')?.active === 'active',
    );
  const renamed = await settle(() => findRenamed(host, missing, call));
  signal?.throwIfAborted();
  return {
    name: host.name,
    engineTrouble: engine.trouble,
    systemdTrouble: systemd.trouble,
    units,
    exits,
    heldBack,
    containers,
    silent,
    renamed: renamed.value ?? new Map(),
    stats,
    images,
  };
}

/** Podman's label for the unit that has started a container. */
export const UNIT_LABEL = 'PODMAN_SYSTEMD_UNIT';

/** Its unit runs, and no container has its name: somebody may have given it another one. */
async function findRenamed(
  { engine }: Pick<Host, 'engine'>,
  missing: Service['containers'],
  call: CallOptions,
): Promise<Map<string, string>> {
  if (missing.length === 0) return new Map();
  const running = await engine.list(call);
  return new Map(
    missing.flatMap(({ name, unit }) => {
      const other = running.find(({ labels }) => labels[UNIT_LABEL] === unit);
      return other === undefined ? [] : [[name, other.name] as const];
    }),
  );
}

/** By its name alone: the engine would also take the beginning of another one's id. */
async function inspectNamed(engine: Host['engine'], name: string, call: CallOptions) {
  const container = await engine.inspect(name, call);
  return container?.name === name ? container : undefined;
}

/** Every unit that a service has: its containers' and its native ones. */
export const unitsOf = (service: Service): string[] => [
  ...service.containers.flatMap(({ unit }) => (unit === undefined ? [] : [unit])),
  ...service.units,
];

type Settled<T> = { value: T | undefined; trouble: string | undefined };

const settle = <T>(ask: () => Promise<T | undefined>): Promise<Settled<T>> =>
  ask().then(
    (value) => ({ value, trouble: undefined }),
    (error: unknown) => ({ value: undefined, trouble: causeOf(error) }),
  );

/**
 * Ask about each at the same time. A container may go, or an image be pruned, between two calls: what is gone is in
 * neither map, what could not be asked is among the failed with the reason.
 */
async function gather<T>(
  keys: readonly string[],
  ask: (key: string) => Promise<T | undefined>,
): Promise<{ found: Map<string, T>; failed: Map<string, string> }> {
  const found = new Map<string, T>();
  const failed = new Map<string, string>();
  await Promise.all(
    keys.map(async (key) => {
      const { value, trouble } = await settle(() => ask(key));
      if (value !== undefined) found.set(key, value);
      if (trouble !== undefined) failed.set(key, trouble);
    }),
  );
  return { found, failed };
}
