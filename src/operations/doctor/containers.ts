/** A container as the engine tells it, in the words of the checks. Of its variables only names leave this file. */
import type { RawContainer } from '../../clients/engine.ts';
import type { ContainerFacts, Mount, Port } from '../../doctor/facts.ts';
import { parseImageName } from '../../image-name.ts';

/** What the engine does not tell of it. */
export type Around = Pick<
  ContainerFacts,
  'host' | 'service' | 'unit' | 'dialect' | 'isLocal' | 'ids' | 'cannotSave'
> & {
  /** What its unit runs, where it has one. */
  commands: string;
};

const KEEPS_GROUPS = 'run.oci.keep_original_groups';
const SETTINGS = ['TZ', 'PUID', 'PGID'] as const;

export function toContainerFacts(raw: RawContainer, { commands, ...around }: Around): ContainerFacts {
  const { Config: config, HostConfig: host, podman } = raw;
  const variables = variablesOf(raw);
  const words = [...(podman?.Config.CreateCommand ?? []), ...commands.split(/[\s'"]+/)];
  const binds = [...(host.Binds ?? []), ...words].filter((word) =>
    /^(?:--volume=|-v=?)?[^:\s]+:\/[^:\s]*:\S/.test(word),
  );
  const keepsGroups = podman?.Config.Annotations?.[KEEPS_GROUPS] !== undefined;
  return {
    ...around,
    name: raw.Name.replace(/^\//, ''),
    image: config.Image,
    written: writtenIn(words, config.Image),
    memoryLimit: host.Memory === undefined || host.Memory <= 0 ? undefined : host.Memory,
    hasHealthCheck: hasHealthCheck(raw),
    user: config.User ?? '',
    privileged: host.Privileged === true,
    variables: [...variables].filter(([, value]) => value !== '').map(([name]) => name),
    settings: Object.fromEntries(
      SETTINGS.flatMap((name) => {
        const value = variables.get(name);
        return value === undefined || value === '' ? [] : [[name, value]];
      }),
    ),
    networkMode: host.NetworkMode ?? '',
    ports: portsOf(raw),
    mounts: mountsOf(raw, binds),
    devices: [
      ...(host.Devices ?? []).map(({ PathOnHost: path }: { PathOnHost: string }) => path),
      ...(raw.Mounts ?? [])
        .map(({ Source: source }) => source)
        .filter((source) => source.startsWith('/dev/')),
    ],
    groups: [...(host.GroupAdd ?? []), ...(keepsGroups ? ['keep-groups'] : [])],
    restart: host.RestartPolicy?.Name ?? '',
  };
}

/** Values among them: for its own use in the gathering, never for a fact. */
export function variablesOf({ Config: config }: RawContainer): Map<string, string> {
  return new Map(
    (config.Env ?? []).map((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function hasHealthCheck({ Config: config, State: state }: RawContainer): boolean {
  const test = config.Healthcheck?.Test ?? [];
  if (test.length > 0) return test[0] !== 'NONE';
  // Of its image; Podman leaves the status empty where there is none, Docker says `none`.
  return !['', 'none', undefined].includes(state.Health?.Status);
}

function portsOf({ HostConfig: host }: RawContainer): Port[] {
  const bindings = (host.PortBindings ?? {}) as Record<
    string,
    { HostIp?: string; HostPort?: string }[] | null
  >;
  return Object.entries(bindings).flatMap(([inside, bound]) =>
    (bound ?? []).map(({ HostIp: address = '', HostPort: port = '' }) => ({
      address,
      port,
      inside: inside.replace(/\/tcp$/, ''),
    })),
  );
}

/** Whether the engine was to give a mount's owner away, only the words say that made it. */
function mountsOf({ Mounts: mounts }: RawContainer, binds: readonly string[]): Mount[] {
  return (mounts ?? []).map(({ Type: type, Source: source, Destination: destination, RW: isWritable }) => ({
    type,
    source,
    destination,
    readOnly: !isWritable,
    chown: binds.some((bind) => {
      const [, to, options = ''] = bind.split(':');
      return to === destination && options.split(',').includes('U');
    }),
  }));
}

/** The engine tells the whole name also where a short one was written. */
function writtenIn(words: readonly string[], image: string): string {
  const parsed = parseImageName(image, { hub: true });
  if (typeof parsed === 'string' || words.includes(image)) return image;
  const end = image.slice(image.indexOf('/') + 1);
  const shorter = [end, end.replace(/^library\//, '')];
  const forms = new Set([...shorter, ...shorter.map((form) => form.replace(/:latest$/, ''))]);
  return words.find((word) => forms.has(word)) ?? image;
}
