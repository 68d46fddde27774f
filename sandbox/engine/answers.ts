/** What Podman 4.3.1 answers about itself, its containers and their images. */
import type { Container } from './host.ts';
import type { StoredImage } from './images.ts';

export const VERSION = '4.3.1';
export const API = '1.41';
const NEVER = '0001-01-01T00:00:00Z';

export const VERSIONS = {
  Platform: { Name: 'linux/amd64/nixos-26.05' },
  Components: [
    { Name: 'Podman Engine', Version: VERSION, Details: { APIVersion: VERSION, MinAPIVersion: '4.0.0' } },
  ],
  Version: VERSION,
  ApiVersion: API,
  MinAPIVersion: '1.24',
  Os: 'linux',
  Arch: 'amd64',
};

const labelsOf = ({ spec, unit, image }: Container): Record<string, string> => ({
  ...image.labels,
  ...(unit === undefined ? {} : { PODMAN_SYSTEMD_UNIT: unit }),
  ...spec.labels,
  ...spec.body?.Labels,
});

const stateOf = (one: Container) =>
  one.running ? 'running' : one.startedAt === undefined ? 'created' : 'exited';

export function summary(one: Container): unknown {
  return {
    Id: one.id,
    Names: [`/${one.spec.name}`],
    Image: one.spec.image,
    ImageID: one.image.id,
    Created: Math.floor(one.createdAt / 1000),
    Ports: [],
    Labels: labelsOf(one),
    State: stateOf(one),
    // Without the health, as Podman before 5.
    Status: one.running ? 'Up 9 days' : `Exited (${one.exitCode})`,
    NetworkSettings: { Networks: null },
    Mounts: [],
  };
}

/** What only Podman's own API tells. */
export const podmanDetails = (one: Container): unknown => ({
  Id: one.id,
  Config: { CreateCommand: ['podman', 'system', 'service', '--time=0'] },
  HostConfig: { LogConfig: { Type: 'journald' } },
});

export function details(one: Container): unknown {
  const { HostConfig: _host, NetworkingConfig: _networks, ...made } = one.spec.body ?? {};
  const time = (at: number | undefined) => (at === undefined ? NEVER : new Date(at).toISOString());
  return {
    Id: one.id,
    Created: time(one.createdAt),
    State: {
      Status: stateOf(one),
      Running: one.running,
      Paused: false,
      Restarting: false,
      // cgroup v1 under Podman 4.3.1 does not notice.
      OOMKilled: false,
      Dead: false,
      ExitCode: one.exitCode,
      StartedAt: time(one.startedAt),
      FinishedAt: time(one.finishedAt),
      Health: {
        Status: one.health ?? '',
        FailingStreak: one.failingSince === undefined ? 0 : 1,
        Log:
          one.failingSince === undefined
            ? null
            : [
                {
                  Start: time(one.failingSince),
                  End: time(one.failingSince),
                  ExitCode: 1,
                  Output: one.healthOutput ?? '',
                },
              ],
      },
    },
    Image: one.image.id,
    Name: `/${one.spec.name}`,
    RestartCount: 0,
    HostConfig: {
      NetworkMode: one.spec.networkMode ?? 'bridge',
      Memory: one.spec.memoryLimit ?? 0,
      ...one.spec.body?.HostConfig,
      AutoRemove: one.spec.keep !== true,
    },
    Config: {
      Cmd: one.image.command,
      Env: [],
      ...made,
      Image: one.spec.image,
      Tty: one.spec.terminal === true,
      Labels: labelsOf(one),
    },
    NetworkSettings: {
      Networks: Object.fromEntries(
        [...one.networks].map(([name, { Aliases: aliases = [] }]) => [
          name,
          { NetworkID: name, Aliases: [...aliases, one.id.slice(0, 12)] },
        ]),
      ),
    },
    Mounts: [
      ...(one.spec.mounts ?? []).map(({ source, destination }) => ({
        Type: 'bind',
        Source: source,
        Destination: destination,
        Mode: '',
        RW: true,
      })),
      ...one.volumes.map(({ name, destination }) => ({
        Type: 'volume',
        Name: name,
        Source: `/var/lib/containers/storage/volumes/${name}/_data`,
        Destination: destination,
        Mode: '',
        RW: true,
      })),
    ],
  };
}

export function stats(one: Container): unknown {
  const used = (Date.now() - (one.startedAt ?? Date.now())) * 1e6 * one.spec.cpu;
  const sway = 1 + Math.sin(Date.now() / 20_000) / 20;
  return {
    read: new Date().toISOString(),
    preread: NEVER,
    cpu_stats: { cpu_usage: { total_usage: Math.floor(used) }, online_cpus: 4, cpu: 0 },
    precpu_stats: { cpu_usage: { total_usage: 0 }, cpu: 0 },
    memory_stats: {
      usage: Math.floor(one.spec.memory * sway),
      limit: one.spec.memoryLimit ?? 16 * 1024 ** 4,
    },
    name: one.spec.name,
    Id: one.id,
  };
}

/** Names with a digest are told in the list, and only there. */
export const imageSummary = (image: StoredImage): unknown => ({
  Id: image.id,
  ParentId: '',
  RepoTags: image.names.size === 0 ? null : [...image.names],
  RepoDigests: [...image.digests],
  Created: Math.floor(image.createdAt / 1000),
  Size: image.size,
  SharedSize: 0,
  VirtualSize: image.size,
  Labels: image.labels,
  Containers: 0,
});

export const imageDetails = (image: StoredImage): unknown => ({
  Id: image.id,
  RepoTags: [...image.names].filter((name) => !name.includes('@')),
  RepoDigests: [...image.digests],
  Created: new Date(image.createdAt).toISOString(),
  Size: image.size,
  Architecture: 'amd64',
  Os: 'linux',
  RootFS: { Type: 'layers', Layers: image.layers },
  Config: { Labels: image.labels, Cmd: image.command },
});
