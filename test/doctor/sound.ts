/** A host that is set up well, as the doctor's checks see it; each test spoils one thing. */
import type { ContainerFacts, DoctorFacts, HostFacts, UnitFacts } from '../../src/doctor/facts.ts';
import type { Service } from '../../src/services.ts';
import { ServiceEntry } from '../../src/services/schema.ts';

export const NOW = Date.UTC(2026, 10, 20, 12);

export const service = (name: string, entry: object): Service => {
  const { title = name, pushover_token_file: _, ...rest } = ServiceEntry.parse(entry);
  return { name, title, pushoverToken: undefined, ...rest };
};

export const container = (name: string, more: Partial<ContainerFacts> = {}): ContainerFacts => ({
  host: 'local',
  name,
  service: 'blog',
  unit: `podman-${name}.service`,
  dialect: 'run',
  image: 'docker.io/library/ghost:5',
  written: 'docker.io/library/ghost:5',
  isLocal: false,
  memoryLimit: 1024 ** 3,
  hasHealthCheck: true,
  user: '1000:1000',
  privileged: false,
  variables: ['TZ', 'PATH', 'DB_PASSWORD_FILE'],
  settings: { TZ: 'Asia/Seoul' },
  networkMode: 'bridge',
  ports: [{ address: '127.0.0.1', port: '2368', inside: '2368' }],
  mounts: [{ type: 'bind', source: '/srv/blog', destination: '/data', readOnly: false, chown: false }],
  devices: [],
  groups: [],
  restart: 'no',
  ids: undefined,
  cannotSave: undefined,
  ...more,
});

export const unit = (name: string, more: Partial<UnitFacts> = {}): UnitFacts => ({
  host: 'local',
  name,
  service: 'blog',
  exists: true,
  dialect: 'run',
  type: 'notify',
  restart: 'always',
  after: ['network-online.target'],
  commands: 'podman run --rm --name=blog docker.io/library/ghost:5',
  variables: ['PODMAN_SYSTEMD_UNIT'],
  ...more,
});

export const host = (more: Partial<HostFacts> = {}): HostFacts => ({
  name: 'local',
  socket: 'unix:///run/podman/podman.sock',
  engine: { known: { name: 'Podman', version: '5.4.2' } },
  containers: { known: [container('blog')] },
  units: { known: [unit('podman-blog.service')] },
  timers: { known: [{ host: 'local', name: 'fstrim.timer', dialect: 'run', commands: 'fstrim -a' }] },
  rootless: undefined,
  ...more,
});

/** The host's containers and units in the place of its own. */
export const hostOf = (containers: readonly ContainerFacts[], units: readonly UnitFacts[] = []) => ({
  hosts: [host({ containers: { known: containers }, units: { known: units } })],
});

export const sound = (more: Partial<DoctorFacts> = {}): DoctorFacts => ({
  services: [
    service('blog', {
      containers: ['blog'],
      health: { url: 'http://127.0.0.1:2368' },
      release: { github: 'TryGhost/Ghost', check: '03:00' },
      backup: { at: '04:00', sources: [{ kind: 'files', folder: '/srv/blog' }] },
    }),
  ],
  settings: {
    timeZone: 'Asia/Seoul',
    observe: false,
    backups: { folder: '/mnt/backups', hasOffsite: true },
    vpnInterface: 'tailscale0',
    proxyAddress: undefined,
    backupKeys: [],
    shareWith: 'owner@example.org',
    cleansAlbum: true,
  },
  hosts: [host()],
  addresses: [
    { interface: 'lo', address: '127.0.0.1' },
    { interface: 'tailscale0', address: '100.64.0.1' },
  ],
  bindsAhead: false,
  listeners: { known: [] },
  networkMounts: { known: ['/mnt/nas'] },
  renderGroups: ['render', '303'],
  secretFiles: [
    {
      path: '/run/agenix/blog',
      reader: 'podman-blog.service',
      service: 'blog',
      as: 'lines',
      form: 'lines',
      isOpen: false,
      mode: 0o100400,
    },
  ],
  dataFolders: [{ host: 'local', container: 'blog', path: '/srv/blog', uid: 1000, gid: 1000, mode: 0o40755 }],
  sameDisk: { known: [] },
  acme: [{ unit: 'caddy.service', service: undefined, missing: [] }],
  immich: {
    known: {
      major: 2,
      permissions: [
        'asset.upload',
        'asset.read',
        'asset.update',
        'asset.delete',
        'album.read',
        'album.create',
        'albumAsset.create',
        'albumAsset.delete',
        'albumUser.create',
        'user.read',
        'server.about',
      ],
      email: 'steward@example.org',
      isAdmin: false,
    },
  },
  heartbeats: [{ setting: 'HEARTBEAT_URL', service: undefined, name: 'hc-ping.com', isHere: false }],
  unseen: [],
  tokenSharedAt: undefined,
  now: NOW,
  ...more,
});
