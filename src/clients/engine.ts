/** A container engine (Podman or Docker) through its Docker-compatible API on a Unix socket. */
import type { Writable } from 'node:stream';

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
  health: { status: 'starting' | 'healthy' | 'unhealthy'; failing: number; lastOutput: string | undefined } | undefined;
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
};

export type ExecResult = { exitCode: number; stderr: string };

export type Engine = {
  ping(options?: CallOptions): Promise<void>;
  version(options?: CallOptions): Promise<EngineVersion>;
  /** All containers, stopped ones too. */
  list(options?: CallOptions): Promise<ContainerSummary[]>;
  /** @returns undefined when there is no such container (a stopped `--rm` unit leaves none) */
  inspect(name: string, options?: CallOptions): Promise<Container | undefined>;
  /** @returns undefined when there is no such container, or it does not run */
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
  events(
    options: { signal: AbortSignal; since?: number; onConnection?: (lost: Error | undefined) => void },
  ): AsyncIterable<EngineEvent>;
  /**
   * Run a program in a container, without a TTY. `stdout` gets the bytes as they are, at its own pace.
   * The exit code is the only proof of completeness: a stream can end early without an error.
   * @throws Error when the engine cannot tell the exit code
   */
  exec(
    name: string,
    command: readonly string[],
    options?: CallOptions & {
      stdout?: Writable;
      stdin?: AsyncIterable<Uint8Array>;
      env?: Readonly<Record<string, string>>;
      user?: string;
    },
  ): Promise<ExecResult>;
  /** @returns undefined when there is no such image */
  image(name: string, options?: CallOptions): Promise<Image | undefined>;
  close(): Promise<void>;
};

/**
 * @param socket `unix:///run/podman/podman.sock`
 * @param timeout milliseconds that a call other than a stream may take
 */
export function createEngine(_socket: string, _options: { timeout?: number } = {}): Engine {
  throw new Error('not built yet');
}
