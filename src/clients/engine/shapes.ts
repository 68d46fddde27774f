/** The engine's answers in our own words. Podman leaves out or empties fields that Docker's description promises. */
import { totalmem } from 'node:os';
import type {
  ContainerInfo,
  ContainerInspectInfo,
  DockerVersion,
  ImageInfo,
  ImageInspectInfo,
} from 'dockerode';
import type { Container, ContainerSummary, EngineVersion, Image } from '../engine.ts';
import type { ImageSummary } from './images.ts';

export function toVersion(raw: DockerVersion & { Components?: { Name: string }[] }): EngineVersion {
  const podman = raw.Components?.some((component) => component.Name.startsWith('Podman')) === true;
  return { name: podman ? 'Podman' : 'Docker', version: raw.Version, apiVersion: raw.ApiVersion };
}

export function toSummary(raw: ContainerInfo): ContainerSummary {
  return {
    id: raw.Id,
    name: plainName(raw.Names?.[0] ?? raw.Id),
    image: raw.Image,
    imageId: imageId(raw.ImageID),
    state: raw.State,
    labels: raw.Labels ?? {},
  };
}

export function toContainer(raw: ContainerInspectInfo): Container {
  const { State: state, HostConfig: host, Config: config } = raw;
  return {
    id: raw.Id,
    name: plainName(raw.Name),
    image: config.Image,
    imageId: imageId(raw.Image),
    state: state.Status,
    labels: config.Labels ?? {},
    createdAt: time(raw.Created) ?? 0,
    startedAt: time(state.StartedAt),
    finishedAt: time(state.FinishedAt),
    running: state.Running,
    restarting: state.Restarting,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    restarts: raw.RestartCount ?? 0,
    health: toHealth(state.Health, config.Healthcheck?.Interval),
    memoryLimit: host.Memory === undefined || host.Memory <= 0 ? undefined : host.Memory,
    tty: config.Tty,
    networkMode: host.NetworkMode ?? '',
    mounts: (raw.Mounts ?? []).map((mount) => ({
      type: mount.Type,
      source: mount.Source,
      destination: mount.Destination,
      readOnly: !mount.RW,
    })),
  };
}

/** Podman sends it with an empty status, Docker with `none`, where there is no check. */
function toHealth(
  raw: ContainerInspectInfo['State']['Health'],
  interval: number | undefined,
): Container['health'] {
  const status = raw?.Status;
  if (status !== 'starting' && status !== 'healthy' && status !== 'unhealthy') return undefined;
  const output = raw?.Log?.at(-1)?.Output?.trim();
  return {
    status,
    failingSince: failingSince(raw, interval),
    lastOutput: output === '' ? undefined : output,
  };
}

/** Nanoseconds between two checks, where the image names none: Docker's default, and Podman's. */
const CHECK_INTERVAL = 30e9;

/** The engine keeps the last five checks; how long ago those before them began follows from their number. */
function failingSince(
  raw: ContainerInspectInfo['State']['Health'],
  interval: number = CHECK_INTERVAL,
): number | undefined {
  const { FailingStreak: streak = 0, Log: log } = raw ?? {};
  if (streak === 0 || log === undefined || log === null || log.length === 0) return undefined;
  const first = log.at(-Math.min(streak, log.length));
  const at = first === undefined ? undefined : time(String(first.Start));
  const unseen = Math.max(0, streak - log.length);
  return at === undefined ? undefined : at - (unseen * interval) / 1e6;
}

export function toImage(raw: ImageInspectInfo): Image {
  return {
    id: imageId(raw.Id),
    tags: raw.RepoTags ?? [],
    digests: raw.RepoDigests ?? [],
    createdAt: time(raw.Created),
    size: raw.Size,
    labels: raw.Config?.Labels ?? {},
    architecture: raw.Architecture,
    os: raw.Os,
    // Its typings have not heard of it; an empty text stands for none.
    variant: (raw as { Variant?: string }).Variant || undefined,
    layers: raw.RootFS?.Layers ?? [],
  };
}

export function toImageSummary(raw: ImageInfo): ImageSummary {
  const names = namesOf(raw);
  return {
    id: imageId(raw.Id),
    tags: names.filter((name) => !name.includes('@')),
    digestNames: names.filter((name) => name.includes('@')),
    digests: raw.RepoDigests ?? [],
    createdAt: raw.Created > 0 ? raw.Created * 1000 : undefined,
    size: raw.Size,
    labels: raw.Labels ?? {},
    parent: raw.ParentId === '' || raw.ParentId === undefined ? undefined : imageId(raw.ParentId),
  };
}

/** The names that keep it: without them it is removed, or pruned. Only the list tells Podman's names with a digest. */
export const namesOf = ({ RepoTags: names }: ImageInfo): readonly string[] =>
  (names ?? []).filter((name) => !name.includes('<none>'));

/** `/containers/<name>/stats` as far as it is used; Podman leaves out what does not apply and names the id `Id`. */
export type RawStats = {
  id?: string;
  Id?: string;
  read: string;
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: {
    usage?: number;
    limit?: number;
    stats?: { inactive_file?: number; total_inactive_file?: number } | null;
  };
};

/** A container's processor time at a moment: milliseconds since 1970, nanoseconds used since its start. */
export type CpuSample = { id: string; at: number; used: number };

/** @returns undefined when the container does not run: its time is then that of year 1 */
export function toSample(raw: RawStats): CpuSample | undefined {
  const at = time(raw.read);
  const used = raw.cpu_stats?.cpu_usage?.total_usage;
  return at === undefined || used === undefined ? undefined : { id: raw.id ?? raw.Id ?? '', at, used };
}

/** Percent of one core between two moments. */
export function toCpu(
  before: Pick<CpuSample, 'at' | 'used'> | undefined,
  now: CpuSample,
): number | undefined {
  if (before === undefined || now.at <= before.at) return undefined;
  return ((now.used - before.used) / 1e6 / (now.at - before.at)) * 100;
}

/**
 * Memory as `podman stats` and `docker stats` show it: without the cache that the kernel gives back on demand
 * (cgroup v1 calls it `total_inactive_file`, v2 `inactive_file`; Podman 4.3 has not counted it in).
 */
export function toMemory(raw: RawStats): { memoryUsed: number; memoryLimit: number | undefined } {
  const { usage = 0, limit = 0, stats } = raw.memory_stats ?? {};
  const cache = stats?.total_inactive_file ?? stats?.inactive_file ?? 0;
  // Without a limit the engine gives the machine's memory, or the largest number there is.
  return {
    memoryUsed: cache < usage ? usage - cache : usage,
    memoryLimit: limit <= 0 || limit >= totalmem() ? undefined : limit,
  };
}

function plainName(name: string): string {
  return name.replace(/^\//, '');
}

export function imageId(id: string): string {
  return id === '' || id.startsWith('sha256:') ? id : `sha256:${id}`;
}

/** Year 1 stands for never. */
function time(text: string | undefined): number | undefined {
  const at = text === undefined || text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}
