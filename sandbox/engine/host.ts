/** The containers of the machine in a box: what they are, what they write, and what happens to them. */
import { randomBytes } from 'node:crypto';
import type { Images, StoredImage } from './images.ts';

export type Stream = 'stdout' | 'stderr';
export type Health = 'starting' | 'healthy' | 'unhealthy';

export type ContainerSpec = {
  name: string;
  image: string;
  version: string;
  /** Bytes. */
  memory: number;
  memoryLimit?: number;
  /** Share of one core, 0 to 1. */
  cpu: number;
  healthCheck?: boolean;
  terminal?: boolean;
  networkMode?: string;
  mounts?: readonly { source: string; destination: string }[];
  labels?: Readonly<Record<string, string>>;
  /** It stays when it has ended, as without `--rm`. */
  keep?: boolean;
  /** What it was made from, where a client made it: the body of `POST /containers/create`. */
  body?: CreateBody;
  /** What the image is known under in registries, where it is not its own name: none for one that was built here. */
  digests?: readonly string[];
};

/** As far as it is used; the rest is kept and told again. */
export type CreateBody = {
  Image?: string;
  Cmd?: string[];
  Env?: string[];
  Tty?: boolean;
  Labels?: Record<string, string>;
  Volumes?: Record<string, unknown>;
  HostConfig?: {
    NetworkMode?: string;
    Memory?: number;
    AutoRemove?: boolean;
    Binds?: string[];
    PortBindings?: Record<string, { HostIp: string; HostPort: string }[]>;
  };
  NetworkingConfig?: { EndpointsConfig?: Record<string, Endpoint> };
};

export type Endpoint = { Aliases?: string[]; IPAMConfig?: { IPv4Address?: string } | null };

/** What the engine keeps of one write: `last` is false for a part of a line that was too long for one. */
export type LogPart = { at: number; stream: Stream; bytes: Uint8Array; last: boolean };

export type Container = {
  spec: ContainerSpec;
  id: string;
  /** What its image's name gave when it was made. */
  image: StoredImage;
  unit: string | undefined;
  /** By name; the first is the one that it was made with. */
  networks: Map<string, Endpoint>;
  /** `isOwn`: made with it, without a name that anybody gave. */
  volumes: readonly { name: string; destination: string; isOwn: boolean }[];
  createdAt: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  running: boolean;
  exitCode: number;
  oomKilled: boolean;
  health: Health | undefined;
  /** Since when its checks fail. */
  failingSince: number | undefined;
  healthOutput: string | undefined;
  log: LogPart[];
};

export type HostEvent = {
  timeNano: bigint;
  type: 'container' | 'image';
  action: string;
  id: string;
  attributes: Readonly<Record<string, string>>;
};

export type Host = ReturnType<typeof createHost>;

/** An engine calls a container unhealthy at the third check that fails, each 30 s after the one before. */
const UNHEALTHY_AFTER = 60_000;
const KEPT_PARTS = 5000;
const KEPT_EVENTS = 2000;
/** conmon writes longer lines in parts of this size. */
const PART = 8192;

function volumesOf(body: CreateBody = {}): Container['volumes'] {
  const own = Object.keys(body.Volumes ?? {}).map((destination) => ({
    name: randomBytes(32).toString('hex'),
    destination,
    isOwn: true,
  }));
  const named = (body.HostConfig?.Binds ?? []).flatMap((bind) => {
    const [name = '', destination = ''] = bind.split(':');
    return name.startsWith('/') ? [] : [{ name, destination, isOwn: false }];
  });
  return [...own, ...named];
}

/** @param networks those that are there beside what containers are made with */
export function createHost(images: Images, networks: readonly string[] = []) {
  const known = new Set(networks);
  const containers = new Map<string, Container>();
  const volumes = new Set<string>();
  const events: HostEvent[] = [];
  const eventListeners = new Set<(event: HostEvent) => void>();
  const startListeners = new Set<(container: Container) => void>();
  const logListeners = new Set<(container: Container, part: LogPart | undefined) => void>();
  let lastNano = 0n;

  function nextNano(): bigint {
    const nano = BigInt(Date.now()) * 1_000_000n;
    lastNano = nano > lastNano ? nano : lastNano + 1n;
    return lastNano;
  }

  function tell(
    { id, spec: { image, name } }: Container,
    action: string,
    attributes: Record<string, string> = {},
    { type = 'container', timeNano = nextNano() }: Partial<Pick<HostEvent, 'type' | 'timeNano'>> = {},
  ): void {
    const about = { containerExitCode: '0', image, name, podId: '', ...attributes };
    const event: HostEvent = { timeNano, type, action, id: type === 'image' ? '' : id, attributes: about };
    events.push(event);
    if (events.length > KEPT_EVENTS) events.shift();
    for (const listener of eventListeners) listener(event);
  }

  /** `podman create --name …` */
  function create(
    spec: ContainerSpec,
    { unit, createdAt = Date.now() }: { unit?: string | undefined; createdAt?: number } = {},
  ): Container {
    if (containers.has(spec.name)) throw new Error(`the container name "${spec.name}" is already in use`);
    const mode = spec.networkMode ?? 'bridge';
    const container: Container = {
      spec,
      image: images.find(spec.image) ?? images.seed(spec, createdAt),
      id: randomBytes(32).toString('hex'),
      unit,
      networks: new Map(
        Object.entries(
          spec.body?.NetworkingConfig?.EndpointsConfig ??
            (/^(?:bridge|host|none)$/.test(mode) ? {} : { [mode]: {} }),
        ),
      ),
      volumes: volumesOf(spec.body),
      createdAt,
      startedAt: undefined,
      finishedAt: undefined,
      running: false,
      exitCode: 0,
      oomKilled: false,
      health: undefined,
      failingSince: undefined,
      healthOutput: undefined,
      log: [],
    };
    for (const network of container.networks.keys()) known.add(network);
    for (const { name } of container.volumes) volumes.add(name);
    containers.set(spec.name, container);
    const pulled = nextNano();
    tell(container, 'history', { image: '', name: '' });
    tell(container, 'create');
    // Told late: not every event is in the order of its time.
    tell(container, 'pull', { image: '', name: spec.image }, { type: 'image', timeNano: pulled });
    return container;
  }

  function run(container: Container, startedAt = Date.now()): void {
    Object.assign(container, {
      running: true,
      startedAt,
      exitCode: 0,
      health: container.spec.healthCheck === true ? 'starting' : undefined,
    });
    for (const action of ['init', 'start']) tell(container, action);
    for (const listener of startListeners) listener(container);
  }

  function remove(container: Container): void {
    containers.delete(container.spec.name);
    tell(container, 'remove');
  }

  function end(container: Container, exitCode: number, { oom = false, stopped = false } = {}): void {
    if (!container.running) return;
    Object.assign(container, { running: false, exitCode, oomKilled: oom, finishedAt: Date.now() });
    const code = String(exitCode);
    tell(container, 'die', { containerExitCode: code, exitCode: code });
    // Who asked for it is not told, and no event says that somebody did.
    if (stopped) tell(container, 'cleanup');
    for (const listener of logListeners) listener(container, undefined);
    if (container.spec.keep !== true) remove(container);
  }

  return {
    containers,
    volumes,
    networks: known as ReadonlySet<string>,
    events: events as readonly HostEvent[],
    create,
    run,
    remove,

    /** `podman run --rm --name …`: makes the container and starts it. */
    start(
      spec: ContainerSpec,
      { unit, startedAt = Date.now() }: { unit?: string; startedAt?: number } = {},
    ): Container {
      const container = create(spec, { unit, createdAt: startedAt });
      run(container, startedAt);
      return container;
    },

    rename(container: Container, to: string): void {
      if (containers.has(to)) throw new Error(`name ${to} already in use`);
      containers.delete(container.spec.name);
      container.spec = { ...container.spec, name: to };
      containers.set(to, container);
      tell(container, 'rename');
    },

    /** The program ends by itself, or is `stopped`. */
    end,

    /** One line of output, or several; a line without an end stays open. */
    write(container: Container, stream: Stream, output: string | Uint8Array, at = Date.now()): void {
      const bytes = typeof output === 'string' ? Buffer.from(output) : output;
      let from = 0;
      while (from < bytes.length) {
        const newline = bytes.indexOf(10, from);
        const to = Math.min(newline === -1 ? bytes.length : newline + 1, from + PART);
        const part: LogPart = { at, stream, bytes: bytes.subarray(from, to), last: bytes[to - 1] === 10 };
        container.log.push(part);
        if (container.log.length > KEPT_PARTS) container.log.shift();
        for (const listener of logListeners) listener(container, part);
        from = to;
      }
    },

    setHealth(container: Container, health: Health, output?: string): void {
      const firstFailed = Date.now() - UNHEALTHY_AFTER;
      container.failingSince = health === 'unhealthy' ? (container.failingSince ?? firstFailed) : undefined;
      container.health = health;
      container.healthOutput = output;
      // At each check, and without what came of it.
      tell(container, 'health_status');
      tell(container, 'exec_died', { containerExitCode: health === 'unhealthy' ? '1' : '0' });
    },

    onStart(listener: (container: Container) => void): void {
      startListeners.add(listener);
    },

    /** @returns what ends the listening */
    onEvent(listener: (event: HostEvent) => void): () => void {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },

    /** @param listener told each part, and `undefined` at the container's end */
    onLog(listener: (container: Container, part: LogPart | undefined) => void): () => void {
      logListeners.add(listener);
      return () => logListeners.delete(listener);
    },
  };
}
