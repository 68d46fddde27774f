/** A container engine (Podman or Docker) through its Docker-compatible API on a Unix socket. */
import type { Writable } from 'node:stream';
import type { ContainerInfo, DockerVersion } from 'dockerode';
import { UnreachableError } from '../errors.ts';
import { createArchives, type EngineArchives } from './engine/archives.ts';
import { createConnection, type Work } from './engine/connection.ts';
import { createContainers, type EngineContainers } from './engine/containers.ts';
import { followEvents } from './engine/events.ts';
import { execIn } from './engine/exec.ts';
import { logPieces } from './engine/frames.ts';
import { createImages, type ChangeLimits, type EngineImages } from './engine/images.ts';
import { toLines } from './engine/lines.ts';
import { createPrune, type EnginePrune } from './engine/prune.ts';
import { CONTAINER, requireContainer } from './engine/names.ts';
import * as shapes from './engine/shapes.ts';

export type {
  CreateBody,
  EngineContainers,
  PodmanContainer,
  RawContainer,
  RawHealthcheck,
  RawImage,
} from './engine/containers.ts';
export type { EngineArchives } from './engine/archives.ts';
export type { EngineImages, ImageSummary, Login, PullOptions } from './engine/images.ts';
export type { CachedBuild, EnginePrune } from './engine/prune.ts';

/** Every call takes a signal; without one it still ends by its own time limit. */
export type CallOptions = { signal?: AbortSignal };

export type EngineVersion = { name: 'Podman' | 'Docker'; version: string; apiVersion: string };

export type ContainerSummary = {
  id: string;
  /** Without the leading slash. */
  name: string;
  /** The image's name as the container was made with, and the id of the image that it really runs. */
  image: string;
  imageId: string;
  state: string;
  labels: Readonly<Record<string, string>>;
};

export type Container = ContainerSummary & {
  /** Milliseconds since 1970, as all times here. */
  createdAt: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  running: boolean;
  restarting: boolean;
  exitCode: number;
  oomKilled: boolean;
  restarts: number;
  /** Undefined when the container has no health check. */
  health:
    | {
        status: 'starting' | 'healthy' | 'unhealthy';
        /** When the first of the checks that fail now began; undefined while none fails. */
        failingSince: number | undefined;
        lastOutput: string | undefined;
      }
    | undefined;
  /** Bytes; undefined without a limit. */
  memoryLimit: number | undefined;
  tty: boolean;
  networkMode: string;
  mounts: readonly { type: string; source: string; destination: string; readOnly: boolean }[];
};

/** `cpu` is the share of one core in percent since the container's start or the last sample; bytes for memory. */
export type ContainerStats = { memoryUsed: number; memoryLimit: number | undefined; cpu: number | undefined };

export type LogLine = { at: number | undefined; stream: 'stdout' | 'stderr'; text: string };

export type EngineEvent = {
  /** Nanoseconds since 1970, as the engine tells them: with id and action the identity of an event. */
  timeNano: bigint;
  action: string;
  type: string;
  id: string;
  name: string | undefined;
  exitCode: number | undefined;
  attributes: Readonly<Record<string, string>>;
};

export type Image = {
  id: string;
  tags: readonly string[];
  digests: readonly string[];
  createdAt: number | undefined;
  size: number;
  labels: Readonly<Record<string, string>>;
  architecture: string;
  os: string;
  /** `arm64` has some; undefined where the engine does not tell. */
  variant: string | undefined;
  /** Digests of the layers as they lie here, unpacked. */
  layers: readonly string[];
};

export type ExecResult = { exitCode: number; stderr: string };

export type Engine = EngineImages &
  EngineArchives &
  EngineContainers &
  EnginePrune & {
    ping(options?: CallOptions): Promise<void>;
    version(options?: CallOptions): Promise<EngineVersion>;
    /** All containers, stopped ones too. */
    list(options?: CallOptions): Promise<ContainerSummary[]>;
    /** @returns undefined when there is no such container (a stopped `--rm` unit leaves none) */
    inspect(name: string, options?: CallOptions): Promise<Container | undefined>;
    /** @returns undefined when there is no such container, it does not run, or the engine cannot measure it */
    stats(name: string, options?: CallOptions): Promise<ContainerStats | undefined>;
    /**
     * A container's log, oldest first. Lines longer than 64 KiB are cut, invalid UTF-8 is replaced.
     * @param options.since milliseconds since 1970
     * @param options.tail only the last so many lines
     * @param options.follow go on until the signal or the container's end
     */
    logs(
      name: string,
      options?: CallOptions & { since?: number; tail?: number; follow?: boolean },
    ): AsyncIterable<LogLine>;
    /**
     * The engine's events, for ever: after a lost connection it connects again and replays what was missed;
     * no event is given twice. Ends by the signal only.
     * @param options.since milliseconds since 1970: replay from there
     * @param options.onConnection told when the stream is lost (with the cause) and when it is back
     */
    events(options: {
      signal: AbortSignal;
      since?: number;
      onConnection?: (lost: Error | undefined) => void;
    }): AsyncIterable<EngineEvent>;
    /**
     * Run a program in a container, without a TTY. `stdout` gets the bytes as they are, at its own pace, and is ended
     * with them; on a failure it is destroyed. Without a signal the limit is an hour. Much output takes little memory
     * where it is `lent`: then `stdout` has a `highWaterMark` of 1, and keeps nothing of a piece that it has taken.
     * The exit code is the only proof of completeness: a stream can end early without an error.
     * @throws Error when the engine cannot tell the exit code
     */
    exec(
      name: string,
      command: readonly string[],
      options?: CallOptions & {
        stdout?: Writable;
        lent?: boolean;
        stdin?: AsyncIterable<Uint8Array>;
        env?: Readonly<Record<string, string>>;
        user?: string;
      },
    ): Promise<ExecResult>;
    /**
     * Start, or stop, a container that nothing but the engine manages. One that is so already is left alone.
     * One that is not there is stopped, too: with `--rm` it goes when it ends.
     * Never for a container that a unit runs: both would fight for it.
     * @param options.timeout milliseconds until it is given up
     */
    start(name: string, options?: CallOptions & { timeout?: number }): Promise<void>;
    stop(name: string, options?: CallOptions & { timeout?: number }): Promise<void>;
    close(): Promise<void>;
  };

/** Milliseconds; somebody waits at a phone, and a busy Podman with a hundred containers answers long before. */
const TIMEOUT = 10_000;
/** Milliseconds for a log that is not followed, at the pace of who reads it. */
const LOG_TIMEOUT = 2 * 60_000;
/** The engine's code for "it is so already". */
const ALREADY = 304;
/** A second look at the processor time sooner than this says little. */
const SHORTEST_SAMPLE = 1000;

/** Milliseconds. */
export type EngineLimits = ChangeLimits & {
  /** That a call may take, and a stream until it begins. */
  timeout: number;
};

/** @param socket `unix:///run/podman/podman.sock` */
export function createEngine(
  socket: string,
  { timeout = TIMEOUT, ...limits }: Partial<EngineLimits> = {},
): Engine {
  const connection = createConnection(socket, timeout);
  const samples = new Map<string, shapes.CpuSample & { cpu: number | undefined }>();

  const inspect: Engine['inspect'] = async (name, options) => {
    if (!CONTAINER.test(name)) return undefined;
    const raw = await connection.callUnless(
      [404],
      `inspect "${name}"`,
      (docker, signal) => docker.getContainer(name).inspect(signal),
      options,
    );
    return raw === undefined ? undefined : shapes.toContainer(raw);
  };

  return {
    ...createImages(connection, limits),
    ...createArchives(connection),
    ...createContainers(connection, limits),
    ...createPrune(connection, limits),
    ping: (options) => connection.ping(options),
    async version(options) {
      const raw = await connection.call(
        'ask for the version',
        // Its typings have not heard of the options that it takes.
        (docker, signal) => (docker as { version(options: object): Promise<DockerVersion> }).version(signal),
        options,
      );
      return shapes.toVersion(raw);
    },
    async list(options) {
      const doing = 'list the containers';
      const ask: Work<ContainerInfo[]> = (docker, signal) => docker.listContainers({ all: true, ...signal });
      // Podman fails as a whole where one of them goes while it looks at them.
      const raw =
        (await connection.callUnless([404], doing, ask, options)) ??
        (await connection.callUnless([404], doing, ask, options)) ??
        (await connection.call(doing, ask, options));
      return raw.map(shapes.toSummary);
    },
    inspect,
    async stats(name, options) {
      if (!CONTAINER.test(name)) return undefined;
      const earlier = samples.get(name);
      const [raw, container] = await Promise.all([
        connection.callUnless(
          // 409: it does not run. 500: it has just ended, or a rootless Podman without cgroup v2 is asked (which says no more).
          [404, 409, 500],
          `measure "${name}"`,
          (docker, signal) =>
            // One sample, at once: Docker would wait a second for the other. Podman gives one in any case.
            docker.getContainer(name).stats({ stream: false, 'one-shot': true, ...signal }),
          options,
        ),
        earlier === undefined ? inspect(name, options) : undefined,
      ]);
      const sample = raw === undefined ? undefined : shapes.toSample(raw);
      if (raw === undefined || sample === undefined) {
        samples.delete(name);
        return undefined;
      }
      const known = earlier?.id === sample.id ? earlier : undefined;
      if (known !== undefined && sample.at - known.at < SHORTEST_SAMPLE) {
        return { ...shapes.toMemory(raw), cpu: known.cpu };
      }
      const started = container?.startedAt === undefined ? undefined : { at: container.startedAt, used: 0 };
      const cpu = shapes.toCpu(known ?? started, sample);
      samples.set(name, { ...sample, cpu });
      return { ...shapes.toMemory(raw), cpu };
    },
    async *logs(name, { since, tail, follow = false, signal } = {}) {
      const doing = `read the log of "${name}"`;
      requireContainer(name, doing);
      const limit = new AbortController();
      const tooLong = new UnreachableError(`Cannot ${doing}: it took longer than ${LOG_TIMEOUT / 1000} s.`);
      const timer = follow ? undefined : setTimeout(() => limit.abort(tooLong), LOG_TIMEOUT);
      try {
        const stream = await connection.stream(
          doing,
          {
            method: 'GET',
            path: `/containers/${name}/logs`,
            options: {
              stdout: true,
              stderr: true,
              timestamps: true,
              follow,
              ...(tail === undefined ? {} : { tail }),
              ...(since === undefined ? {} : { since: (since / 1000).toFixed(3) }),
            },
          },
          { signal: AbortSignal.any([limit.signal, ...(signal === undefined ? [] : [signal])]) },
        );
        yield* toLines(logPieces(stream));
      } finally {
        clearTimeout(timer);
      }
    },
    events({ signal, ...options }) {
      return followEvents(
        (since) =>
          connection.stream(
            'follow the events',
            { method: 'GET', path: '/events', options: { since: (since / 1000).toFixed(3) } },
            { signal },
          ),
        { signal, ...options },
      );
    },
    async exec(name, command, options) {
      const doing = `run "${command[0] ?? ''}" in "${name}"`;
      requireContainer(name, doing);
      return execIn(connection, { name, command, doing }, options);
    },
    async start(name, options) {
      requireContainer(name, `start "${name}"`);
      await connection.callUnless(
        [ALREADY],
        `start "${name}"`,
        (docker, signal) => docker.getContainer(name).start(signal),
        options,
      );
    },
    async stop(name, options) {
      requireContainer(name, `stop "${name}"`);
      await connection.callUnless(
        [ALREADY, 404],
        `stop "${name}"`,
        (docker, signal) => docker.getContainer(name).stop(signal),
        options,
      );
    },
    async close() {
      connection.close();
    },
  };
}
