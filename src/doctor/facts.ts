/** What the checks look at, gathered once. Nothing here is a secret's value. */
import type { Service } from '../services.ts';

/** A part that could not be seen says why, so that no check takes that for "all is well". */
export type Known<Value> = { known: Value } | { unknown: string };

/** Ids inside of a container and what the host calls them, as in `/proc/<pid>/uid_map`. */
export type IdRange = { inside: number; outside: number; count: number };

/** A port of the host that leads into a container; an empty address is every address. */
export type Port = { address: string; port: string; inside: string };

export type Mount = {
  type: string;
  source: string;
  destination: string;
  readOnly: boolean;
  /** The engine gives all that is in it to the container's user (`:U`). */
  chown: boolean;
};

/** How the line that made something is written. */
export type Dialect = 'nix' | 'compose' | 'run';

export type ContainerFacts = {
  host: string;
  name: string;
  /** By its name; undefined for one that services.yaml does not have. */
  service: string | undefined;
  unit: string | undefined;
  dialect: Dialect;
  /** Whole, as the engine resolved it, and as whoever made it wrote it. */
  image: string;
  written: string;
  /** No registry knows it; undefined where its image is gone. */
  isLocal: boolean | undefined;
  /** Bytes. */
  memoryLimit: number | undefined;
  hasHealthCheck: boolean;
  /** `uid`, `uid:gid` or names; empty for the image's default, which is root unless the image says otherwise. */
  user: string;
  privileged: boolean;
  /** Names of the variables that have a value. */
  variables: readonly string[];
  /** Of those few whose values are no secrets. */
  settings: Readonly<Partial<Record<'TZ' | 'PUID' | 'PGID', string>>>;
  networkMode: string;
  ports: readonly Port[];
  mounts: readonly Mount[];
  devices: readonly string[];
  /** Groups beside its user's own; `keep-groups` for those of who started it. */
  groups: readonly string[];
  /** The engine's restart policy: `no`, `always`, `unless-stopped`, `on-failure`. */
  restart: string;
  /** Undefined where ids mean the same inside and outside. */
  ids: readonly IdRange[] | undefined;
  /** The line of its log that says that its data, or that of the store it uses, cannot be saved. */
  cannotSave: string | undefined;
};

export type UnitFacts = {
  host: string;
  name: string;
  /** Of services.yaml, by its name. */
  service: string | undefined;
  exists: boolean;
  dialect: Dialect;
  /** `Type=` and `Restart=` as systemd has them. */
  type: string;
  restart: string;
  after: readonly string[];
  /** What it runs before its start and at it, scripts included. */
  commands: string;
  /** Names of its variables. */
  variables: readonly string[];
};

/** One that is on. */
export type TimerFacts = {
  host: string;
  name: string;
  dialect: Dialect;
  /** What it runs, scripts included. */
  commands: string;
};

/** A user whose engine is served, and what that needs of the machine. */
export type RootlessFacts = {
  uid: number;
  user: string;
  lingers: boolean;
  hasNewuidmap: boolean;
};

export type HostFacts = {
  name: string;
  /** `unix:///run/podman/podman.sock` */
  socket: string;
  engine: Known<{ name: 'Podman' | 'Docker'; version: string }>;
  containers: Known<readonly ContainerFacts[]>;
  units: Known<readonly UnitFacts[]>;
  timers: Known<readonly TimerFacts[]>;
  rootless: RootlessFacts | undefined;
};

/** A port that a program of this machine listens on, and whose program that is. */
export type Listener = { address: string; port: number; container?: string; unit?: string };

export type SecretFile = {
  path: string;
  /** Who reads it: a container, a unit, or a variable of Steward's own. */
  reader: string;
  service: string | undefined;
  /** How it is read: as lines NAME=value, as one bare value, or as either. */
  as: 'lines' | 'value' | 'either';
  form: 'missing' | 'empty' | 'bare' | 'lines' | 'exported' | 'windows';
  /** Everybody on this machine can read it. */
  isOpen: boolean;
  mode: number | undefined;
};

/** A folder or file of the host that a container is to write. */
export type DataFolder = {
  host: string;
  container: string;
  path: string;
  uid: number;
  gid: number;
  mode: number;
};

/** Secrets that a program for certificates asks for and does not get: variables by name, or files. */
export type AcmeFacts = { unit: string; service: string | undefined; missing: readonly string[] };

export type ImmichFacts = {
  major: number;
  permissions: readonly string[];
  /** Undefined for a key that may not ask whose it is. */
  email: string | undefined;
  isAdmin: boolean;
};

export type DoctorFacts = {
  services: readonly Service[];
  settings: {
    timeZone: string;
    observe: boolean;
    /** Where backups go; undefined without any. */
    backups: { folder: string; hasOffsite: boolean } | undefined;
    vpnInterface: string | undefined;
    proxyAddress: string | undefined;
    /** Files that backups cannot be read without. */
    backupKeys: readonly string[];
    /** Who the album is shared with. */
    shareWith: string | undefined;
    cleansAlbum: boolean;
  };
  hosts: readonly HostFacts[];
  /** Of this machine. */
  addresses: readonly { interface: string; address: string }[];
  /** Programs may bind addresses that are not there yet. */
  bindsAhead: boolean;
  listeners: Known<readonly Listener[]>;
  /** Where a disk of the network is mounted. */
  networkMounts: Known<readonly string[]>;
  /** Groups that own the graphics card's render nodes, by number and name. */
  renderGroups: readonly string[];
  secretFiles: readonly SecretFile[];
  dataFolders: readonly DataFolder[];
  /** Data of services that lies on the disk of its backups. */
  sameDisk: Known<readonly { service: string; path: string }[]>;
  acme: readonly AcmeFacts[];
  /** Undefined without a key. */
  immich: Known<ImmichFacts> | undefined;
  heartbeats: readonly { setting: string; service: string | undefined; name: string; isHere: boolean }[];
  /** What of a part could not be seen, where the rest of it could. */
  unseen: readonly { part: Part; why: string }[];
  /** When Telegram last said that somebody else polls with the same token. */
  tokenSharedAt: number | undefined;
  now: number;
};

/** Parts that can be unseen. */
export type Part =
  | 'engine'
  | 'containers'
  | 'units'
  | 'timers'
  | 'listeners'
  | 'logs'
  | 'secretFiles'
  | 'dataFolders'
  | 'acme'
  | 'networkMounts'
  | 'sameDisk'
  | 'immich';

const known = <Value>(part: Known<readonly Value[]> | undefined): readonly Value[] =>
  part !== undefined && 'known' in part ? part.known : [];

export const containersOf = ({ hosts }: Pick<DoctorFacts, 'hosts'>): ContainerFacts[] =>
  hosts.flatMap(({ containers }) => known(containers));
export const unitsOf = ({ hosts }: Pick<DoctorFacts, 'hosts'>): UnitFacts[] =>
  hosts.flatMap(({ units }) => known(units));
export const timersOf = ({ hosts }: Pick<DoctorFacts, 'hosts'>): TimerFacts[] =>
  hosts.flatMap(({ timers }) => known(timers));
export const listenersOf = ({ listeners }: DoctorFacts): readonly Listener[] => known(listeners);

/** Why a part is not seen, or not wholly. */
export function unseenOf(facts: DoctorFacts, part: Part): string[] {
  const whole = wholeOf(facts, part).flatMap((one) => ('unknown' in one ? [one.unknown] : []));
  const some = facts.unseen.filter((one) => one.part === part).map(({ why }) => why);
  return [...whole, ...some];
}

function wholeOf(facts: DoctorFacts, part: Part): Known<unknown>[] {
  switch (part) {
    case 'engine':
    case 'containers':
    case 'units':
    case 'timers':
      return facts.hosts.map((host) => host[part]);
    case 'listeners':
    case 'networkMounts':
    case 'sameDisk':
      return [facts[part]];
    case 'immich':
      return facts.immich === undefined ? [] : [facts.immich];
    case 'logs':
    case 'secretFiles':
    case 'dataFolders':
    case 'acme':
      return [];
  }
}
