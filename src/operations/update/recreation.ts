/**
 * A container's configuration, so that another one can be made like it from another image. What the old image set and
 * nobody changed is left out, so that the new image's defaults apply.
 */
import { constants } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { CreateBody, RawContainer, RawHealthcheck, RawImage } from '../../clients/engine.ts';
import { parseCreateCommand, type CreateCommand } from './create-command.ts';

/** As the engine's API takes it: aliases, fixed addresses. */
export type Endpoint = Partial<
  NonNullable<NonNullable<CreateBody['NetworkingConfig']>['EndpointsConfig']>[string]
>;

export type Recreation = {
  body: CreateBody;
  /** To be connected after it was made and before it starts: engines take only one network at the making. */
  networks: readonly { network: string; endpoint: Endpoint }[];
  /** Options of the command line that made it, which cannot be carried over: `--secret`. */
  lost: readonly string[];
  /** It was made through Podman's API, and Podman does not tell whether these were set: `--sysctl`. */
  untold: readonly string[];
};

type HostConfig = NonNullable<CreateBody['HostConfig']>;
type Device = { PathOnHost: string; PathInContainer: string; CgroupPermissions: string };

/** What neither an inspection of Podman tells nor its compatible API takes. */
const LOST = [
  'annotation',
  'cgroup-conf',
  'chrootdirs',
  'device-cgroup-rule',
  'gidmap',
  'group-entry',
  'health-on-failure',
  'hostuser',
  'image-volume',
  'no-hosts',
  'passwd-entry',
  'personality',
  'pod',
  'preserve-fds',
  'requires',
  'rootfs',
  'sdnotify',
  'seccomp-policy',
  'secret',
  'subgidname',
  'subuidname',
  'systemd',
  'timeout',
  'tz',
  'uidmap',
  'umask',
  'unsetenv',
];
/** What only the command line tells. */
const UNTOLD = ['ip', 'sysctl', 'annotation'];

/** @param image that the new one is to be made from, and be known under: `ghcr.io/a/b:tag` */
export function recreation(old: RawContainer, oldImage: RawImage, image: string): Recreation {
  const command = parseCreateCommand(old.podman?.Config.CreateCommand);
  const host = hostConfig(old, command);
  const [first, ...others] = endpoints(old, command);
  return {
    body: {
      ...config(old, oldImage),
      Image: image,
      HostConfig: first === undefined ? host : { ...host, NetworkMode: first.network },
      ...(first === undefined
        ? {}
        : { NetworkingConfig: { EndpointsConfig: { [first.network]: first.endpoint } } }),
    },
    networks: others,
    lost: [
      ...LOST.filter((option) => command?.options.has(option) === true).map((option) => `--${option}`),
      ...(old.podman?.Pod ? ['--pod'] : []),
    ],
    untold: old.podman === undefined || command !== undefined ? [] : UNTOLD.map((option) => `--${option}`),
  };
}

function config(
  { Config: now, HostConfig: host, Id: id }: RawContainer,
  image: RawImage,
): Partial<CreateBody> {
  const base = image.Config;
  const sharesName = host.NetworkMode === 'host' || host.UTSMode === 'host' || isContainer(host.NetworkMode);
  const ownName = now.Hostname !== '' && !id.startsWith(now.Hostname) && !sharesName;
  const entrypoint = sameList(now.Entrypoint, base.Entrypoint)
    ? {}
    : // An empty one that takes the image's away is written so.
      { Entrypoint: listOf(now.Entrypoint).length === 0 ? [''] : listOf(now.Entrypoint) };
  const published = Object.keys(host.PortBindings ?? {});
  const exposed = Object.keys(now.ExposedPorts ?? {}).filter(
    (port) => !(port in (base.ExposedPorts ?? {})) && !published.includes(port),
  );
  const check = now.Healthcheck;
  const labels = Object.entries(now.Labels ?? {}).filter(([name, value]) => base.Labels?.[name] !== value);
  const env = ownEnvironment(now, base.Env ?? []);
  return {
    ...(ownName ? { Hostname: now.Hostname } : {}),
    ...(now.Domainname ? { Domainname: now.Domainname } : {}),
    ...(now.User === base.User ? {} : { User: now.User }),
    ...(pathOf(now.WorkingDir) === pathOf(base.WorkingDir) ? {} : { WorkingDir: now.WorkingDir }),
    ...entrypoint,
    // Another entrypoint makes the image's command void, so what there is was given with it.
    ...('Entrypoint' in entrypoint || !sameList(now.Cmd, base.Cmd) ? { Cmd: listOf(now.Cmd) } : {}),
    ...(env.length === 0 ? {} : { Env: env }),
    ...(labels.length === 0 ? {} : { Labels: Object.fromEntries(labels) }),
    ...(exposed.length === 0 ? {} : { ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) }),
    ...(sameCheck(check, checkOf(image)) ? {} : { Healthcheck: toHealthcheck(check) }),
    ...(signalOf(now.StopSignal) === signalOf(base.StopSignal)
      ? {}
      : { StopSignal: signalOf(now.StopSignal) }),
    // Always said where it is told: without it Podman 4.3 gives none, and kills at once.
    ...(now.StopTimeout === undefined ? {} : { StopTimeout: now.StopTimeout }),
    ...(now.Tty ? { Tty: true } : {}),
    ...(now.OpenStdin ? { OpenStdin: true } : {}),
    ...(now.StdinOnce ? { StdinOnce: true } : {}),
  };
}

/** Without what the old image set, and without what Podman sets in each container by itself. */
function ownEnvironment({ Env: all, Hostname: hostname }: RawContainer['Config'], image: string[]): string[] {
  const engines = ['container=podman', 'TERM=xterm', `HOSTNAME=${hostname}`, DEFAULT_PATH];
  return (all ?? []).filter((entry) => !image.includes(entry) && !engines.includes(entry));
}

/** What both engines set where the image has none. */
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** As the engine tells it, without what is empty, zero or false, which all mean the default. */
function hostConfig(old: RawContainer, command: CreateCommand | undefined): HostConfig {
  const told = old.HostConfig;
  const host: HostConfig = {
    ...told,
    Binds: bindsOf(old),
    Devices: ((told.Devices ?? []) as Device[]).map((device) => ({
      ...device,
      CgroupPermissions: device.CgroupPermissions || 'rwm',
    })),
    ...(old.podman === undefined ? {} : podmanConfig(old, command)),
  };
  // Both say the same, and only one may be said.
  if (host.NanoCpus) Object.assign(host, { CpuPeriod: 0, CpuQuota: 0 });
  return Object.fromEntries(
    Object.entries({
      ...host,
      ContainerIDFile: '',
      ConsoleSize: undefined,
      RestartPolicy: told.RestartPolicy?.Name ? told.RestartPolicy : undefined,
    }).filter(([, value]) => !isEmpty(value)),
  );
}

/** What Podman tells in words that it does not take back, and what only the command line told. */
function podmanConfig(old: RawContainer, command: CreateCommand | undefined): HostConfig {
  const { HostConfig: told, podman } = old;
  const swappiness = command?.last('memory-swappiness');
  const log = podman?.HostConfig.LogConfig;
  return {
    UTSMode: notPrivate(told.UTSMode),
    PidMode: notPrivate(told.PidMode),
    IpcMode: command?.last('ipc') ?? (told.IpcMode === 'shareable' ? '' : notPrivate(told.IpcMode)),
    ...withValue('CgroupnsMode', command?.last('cgroupns')),
    UsernsMode: command?.last('userns') ?? notPrivate(told.UsernsMode),
    // Always `oci`, whichever it is.
    Runtime: command?.last('runtime') ?? '',
    // With all rights it tells those that the machine itself lacks.
    ...(told.Privileged
      ? { CapAdd: [...(command?.all('cap-add') ?? [])], CapDrop: [...(command?.all('cap-drop') ?? [])] }
      : {}),
    Init: podman?.Config.Annotations?.['io.podman.annotations.init'] === 'TRUE',
    // 0 or -1 where nobody has set it; 0 as a wish is lost with what is empty.
    MemorySwappiness: swappiness === undefined ? 0 : Number(swappiness),
    Ulimits: (told.Ulimits ?? [])
      .map((limit) => ({ ...limit, Name: plainLimit((limit as { Name: string }).Name) }))
      .filter(
        ({ Name: name }) =>
          command === undefined || command.all('ulimit').some((given) => given.startsWith(`${name}=`)),
      ),
    LogConfig: {
      Type: log?.Type ?? told.LogConfig?.Type ?? '',
      Config: {
        ...(log?.Tag ? { tag: log.Tag } : {}),
        ...pairs(command?.all('log-opt') ?? []),
      },
    },
    Sysctls: pairs(command?.all('sysctl') ?? []),
  };
}

/** Mounts of files and folders, and all volumes by their names, anonymous ones too. */
function bindsOf({ HostConfig: host, Mounts: mounts }: RawContainer): string[] {
  const binds = host.Binds ?? [];
  const covered = new Set([
    ...binds.map((bind) => bind.split(':')[1]),
    ...(host.Mounts ?? []).map(({ Target: target }) => target),
  ]);
  return [
    ...binds,
    ...mounts
      .filter(({ Type: type, Name: name, Destination: at }) => type === 'volume' && name && !covered.has(at))
      .map(({ Name: name, Destination: at, RW: writable }) => `${name}:${at}${writable ? '' : ':ro'}`),
  ];
}

/** In the order in which the container got its interfaces, as far as that is told. */
function endpoints(
  old: RawContainer,
  command: CreateCommand | undefined,
): { network: string; endpoint: Endpoint }[] {
  const mode = old.HostConfig.NetworkMode ?? '';
  if (/^(?:host|none|container:|ns:|slirp4netns|pasta)/.test(mode)) return [];
  const given = (command?.all('network') ?? [])
    .flatMap((text) => (text.includes(':') ? [text] : text.split(',')))
    .map((text) => {
      const [name = '', ...options] = text.split(':');
      return { name: name === 'bridge' ? 'podman' : name, options: pairs(options.join(':').split(',')) };
    });
  const place = (name: string) => {
    const at = given.findIndex((one) => one.name === name);
    return at === -1 ? given.length : at;
  };
  const networks = Object.entries(old.NetworkSettings.Networks ?? {});
  const all = networks
    .toSorted(([a], [b]) => place(a) - place(b))
    .map(([network, told]) => {
      const options = given.find(({ name }) => name === network)?.options ?? {};
      const only = networks.length === 1 ? command : undefined;
      const address = {
        ...told.IPAMConfig,
        ...withValue('IPv4Address', options['ip'] ?? only?.last('ip')),
        ...withValue('IPv6Address', options['ip6'] ?? only?.last('ip6')),
      };
      const aliases = ((told.Aliases ?? []) as string[]).filter((alias) => alias !== old.Id.slice(0, 12));
      const endpoint = {
        ...(aliases.length === 0 ? {} : { Aliases: aliases }),
        ...(isEmpty(address) ? {} : { IPAMConfig: address }),
        ...withValue('MacAddress', options['mac'] ?? only?.last('mac-address')),
        ...(isEmpty(told.Links) ? {} : { Links: told.Links }),
      };
      return { network, endpoint };
    });
  // The engine's own network needs no mention.
  const [only] = all;
  const plain = only !== undefined && all.length === 1 && isEmpty(only.endpoint);
  return plain && ['podman', 'bridge'].includes(only.network) ? [] : all;
}

const isContainer = (mode: string | undefined) => mode?.startsWith('container:') === true;
const notPrivate = (mode: string | undefined) => (mode === 'private' ? '' : (mode ?? ''));
const withValue = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });
const pathOf = (folder: string) => folder || '/';

/** Podman calls `nofile` `RLIMIT_NOFILE`, and refuses the name. */
const plainLimit = (name: string) => name.replace(/^RLIMIT_/, '').toLowerCase();

const listOf = (value: string | string[] | null | undefined): string[] =>
  value === null || value === undefined || value === '' ? [] : [value].flat();
const sameList = (a: string | string[] | null | undefined, b: string | string[] | null | undefined) =>
  isDeepStrictEqual(listOf(a), listOf(b));

/** Podman tells the number as a text, an image the name with or without `SIG`. */
function signalOf(text: string | undefined): string {
  const number = Number(text || constants.signals.SIGTERM);
  const name = Number.isNaN(number)
    ? text
    : Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return `SIG${(name ?? '').toUpperCase().replace(/^SIG/, '')}`;
}

/** @param check undefined where the image's was switched off */
const toHealthcheck = ({ Test: test = ['NONE'], ...times }: RawHealthcheck = {}) => ({
  Test: test,
  ...times,
});

const checkOf = (image: RawImage): RawHealthcheck | undefined =>
  ((image.Config as { Healthcheck?: RawHealthcheck }).Healthcheck ??
    image.podman?.HealthCheck ??
    image.podman?.Healthcheck) ||
  undefined;

/** A container is told the defaults (30 s, 30 s, 3) of what the image leaves open. */
function sameCheck(a: RawHealthcheck | undefined, b: RawHealthcheck | undefined): boolean {
  const whole = (check: RawHealthcheck | undefined) =>
    check?.Test === undefined || check.Test.length === 0
      ? undefined
      : [
          check.Test,
          check.Interval || 30e9,
          check.Timeout || 30e9,
          check.StartPeriod || 0,
          check.Retries || 3,
        ];
  return isDeepStrictEqual(whole(a), whole(b));
}

/** `a=b` each; a value may hold `=` itself. */
function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts
      .filter((text) => text.includes('='))
      .map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
