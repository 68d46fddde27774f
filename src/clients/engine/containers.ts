/** Containers that nothing but the engine manages: made, named, connected and removed. Never those that a unit runs. */
import type Dockerode from 'dockerode';
import type {
  ContainerCreateOptions,
  ContainerInspectInfo,
  EndpointSettings,
  ImageInspectInfo,
} from 'dockerode';
import type { CallOptions } from '../engine.ts';
import type { Connection } from './connection.ts';
import { CONTAINER, IMAGE } from './names.ts';

/** What Podman's own API tells of a container and leaves out of the compatible one. */
export type PodmanContainer = {
  Config: {
    /** The command line that made it; for one made through the API that of the API's service. */
    CreateCommand?: readonly string[] | null;
    Annotations?: Readonly<Record<string, string>> | null;
  };
  /** The id of the pod that it belongs to. */
  Pod?: string;
  HostConfig: {
    LogConfig?: { Type?: string; Tag?: string } | null;
  };
};

/** An inspection as the engine gives it; `podman` is undefined on Docker. */
export type RawContainer = Omit<ContainerInspectInfo, 'Config'> & {
  // Their typings have not heard of the last two.
  Config: Omit<ContainerInspectInfo['Config'], 'Healthcheck'> & {
    Healthcheck?: RawHealthcheck;
    StopSignal?: string;
    /** Seconds. */
    StopTimeout?: number;
  };
  podman: PodmanContainer | undefined;
};

/** As {@link RawContainer}: Podman 4.3 tells an image's health check only through its own API. */
export type RawImage = Omit<ImageInspectInfo, 'Config'> & {
  Config: ImageInspectInfo['Config'] & { Healthcheck?: RawHealthcheck; StopSignal?: string };
  podman: { Healthcheck?: RawHealthcheck | null; HealthCheck?: RawHealthcheck | null } | undefined;
};

/** Durations in nanoseconds. */
export type RawHealthcheck = {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  Retries?: number;
};

/** What `create` takes: the body of Docker's `POST /containers/create`. */
export type CreateBody = Omit<ContainerCreateOptions, 'name' | 'abortSignal' | 'platform'>;

export type EngineContainers = {
  /** @returns undefined when there is no such container */
  inspectRaw(name: string, options?: CallOptions): Promise<RawContainer | undefined>;
  /** @returns undefined when there is no such image */
  inspectImageRaw(name: string, options?: CallOptions): Promise<RawImage | undefined>;
  /**
   * Make a container; it is not started.
   * @returns its id
   * @throws Error with the engine's words: the name is taken, the image is not here, the configuration is refused
   */
  create(name: string, body: CreateBody, options?: CallOptions): Promise<string>;
  /** @throws Error when there is no such container or the new name is taken */
  rename(name: string, to: string, options?: CallOptions): Promise<void>;
  /**
   * Remove a container; one that is gone is left alone. Volumes stay, unless `volumes` takes those along that were made
   * with it and have no name.
   * @throws Error when it runs, unless `force` ends it
   */
  remove(name: string, options?: CallOptions & { force?: boolean; volumes?: boolean }): Promise<void>;
  /** Connect a container to a network; one that is connected already is left as it is. */
  connect(
    network: string,
    container: string,
    endpoint: EndpointSettings,
    options?: CallOptions,
  ): Promise<void>;
  /** The other way; what is not connected, or gone, is left alone. */
  disconnect(network: string, container: string, options?: CallOptions): Promise<void>;
};

/** Milliseconds: making one on a busy disk, or ending one that takes its time. */
const CHANGE = 60_000;
/** Docker's answer for an endpoint that exists. */
const EXISTS = 403;

export function createContainers(
  connection: Connection,
  { change = CHANGE }: { change?: number } = {},
): EngineContainers {
  /** Docker does not know the path. */
  const askPodman = (doing: string, path: string, options?: CallOptions): Promise<unknown> =>
    connection.callUnless(
      [400, 404],
      doing,
      (docker, signal) => dial(docker, { method: 'GET', path }, signal),
      options,
    );
  const changing = (options: CallOptions | undefined) => ({ timeout: change, ...options });

  function requireNames(doing: string, ...names: readonly string[]): void {
    for (const name of names) {
      if (!CONTAINER.test(name)) throw new Error(`Cannot ${doing}: "${name}" is no name`);
    }
  }

  const inspectRaw: EngineContainers['inspectRaw'] = async (name, options) => {
    if (!CONTAINER.test(name)) return undefined;
    const doing = `inspect "${name}"`;
    const raw = await connection.callUnless(
      [404],
      doing,
      (docker, signal) => docker.getContainer(name).inspect(signal),
      options,
    );
    if (raw === undefined) return undefined;
    const podman = await askPodman(doing, `/libpod/containers/${raw.Id}/json`, options);
    return { ...(raw as Omit<RawContainer, 'podman'>), podman: podman as PodmanContainer | undefined };
  };

  return {
    inspectRaw,
    async inspectImageRaw(name, options) {
      if (!IMAGE.test(name)) return undefined;
      const doing = `inspect the image "${name}"`;
      const raw = await connection.callUnless(
        [404],
        doing,
        (docker, signal) => docker.getImage(name).inspect(signal as object),
        options,
      );
      if (raw === undefined) return undefined;
      const podman = await askPodman(doing, `/libpod/images/${raw.Id}/json`, options);
      return { ...(raw as Omit<RawImage, 'podman'>), podman: podman as RawImage['podman'] };
    },
    async create(name, body, options) {
      const doing = `create "${name}"`;
      requireNames(doing, name);
      const answer = await connection.call(
        doing,
        // dockerode's own call writes the whole body into the address too, and with it what logs must not have.
        (docker, signal) =>
          dial(
            docker,
            { method: 'POST', path: '/containers/create?', options: { _query: { name }, _body: body } },
            signal,
          ),
        changing(options),
      );
      return (answer as { Id: string }).Id;
    },
    async rename(name, to, options) {
      const doing = `rename "${name}" to "${to}"`;
      requireNames(doing, name, to);
      await connection.call(
        doing,
        (docker, { abortSignal }) => docker.getContainer(name).rename({ name: to, abortSignal }),
        changing(options),
      );
    },
    async remove(name, { force = false, volumes = false, ...options } = {}) {
      const doing = `remove "${name}"`;
      requireNames(doing, name);
      await connection.callUnless(
        [404],
        doing,
        (docker, { abortSignal }) => docker.getContainer(name).remove({ force, v: volumes, abortSignal }),
        changing(options),
      );
    },
    async connect(network, container, endpoint, options) {
      const doing = `connect "${container}" to "${network}"`;
      requireNames(doing, network, container);
      await connection.callUnless(
        [EXISTS],
        doing,
        (docker, signal) =>
          docker.getNetwork(network).connect({ Container: container, EndpointConfig: endpoint, ...signal }),
        changing(options),
      );
    },
    async disconnect(network, container, options) {
      const doing = `disconnect "${container}" from "${network}"`;
      requireNames(doing, network, container);
      const joined = (await inspectRaw(container, options))?.NetworkSettings.Networks ?? {};
      // Podman answers with 404 or 500 for what is not connected, as for what went wrong.
      if (!Object.hasOwn(joined, network)) return;
      await connection.call(
        doing,
        (docker, signal) => docker.getNetwork(network).disconnect({ Container: container, ...signal }),
        changing(options),
      );
    },
  };
}

function dial(
  docker: Dockerode,
  asked: { method: 'GET' | 'POST'; path: string; options?: object },
  { abortSignal }: { abortSignal: AbortSignal },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      { ...asked, abortSignal, statusCodes: { 200: true, 201: true } },
      (error: unknown, answer: unknown) =>
        error === null || error === undefined ? resolve(answer) : reject(error),
    );
  });
}
