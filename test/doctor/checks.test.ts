import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/doctor/checks.ts';
import { diagnose } from '../../src/doctor/check.ts';
import type { Dialect, DoctorFacts, ImmichFacts, SecretFile } from '../../src/doctor/facts.ts';
import { CHECK_NAMES, type CheckName } from '../../src/doctor/names.ts';
import type { Diagnosis } from '../../src/report/doctor.ts';
import { doctor } from '../../src/texts/en-doctor.ts';
import { container, host, hostOf, NOW, service, sound, unit } from './sound.ts';

const words = doctor.checks;
const MB = 1024 ** 2;
const GB = 1024 ** 3;
/** As /etc/subuid gives them to a user 1000. */
const ROOTLESS = [
  { inside: 0, outside: 1000, count: 1 },
  { inside: 1, outside: 100_000, count: 65_536 },
];

const secret = (more: Partial<SecretFile>): Partial<DoctorFacts> => ({
  secretFiles: [
    {
      path: '/run/x',
      reader: 'blog',
      service: 'blog',
      as: 'lines',
      form: 'lines',
      isOpen: false,
      mode: 0o100400,
      ...more,
    },
  ],
});
const key = (more: Partial<ImmichFacts>): Partial<DoctorFacts> => {
  const { immich } = sound();
  return immich !== undefined && 'known' in immich ? { immich: { known: { ...immich.known, ...more } } } : {};
};
const blogWith = (entry: object) => ({ services: [service('blog', { containers: ['blog'], ...entry })] });
const loose = { containers: [{ name: 'blog', unit: 'none' }] };
const timer = (name: string, commands = 'x', dialect: Dialect = 'run') => ({
  hosts: [host({ timers: { known: [{ host: 'local', name, dialect, commands }] } })],
});
const rootless = (more: object = {}) =>
  host({
    name: 'stacks',
    rootless: { uid: 1000, user: 'stacks', lingers: true, hasNewuidmap: true, ...more },
  });
const published = (address: string, image = 'docker.io/library/ghost:5') =>
  hostOf([container('blog', { image, ports: [{ address, port: '5432', inside: '5432' }] })]);
const folder = (more: object) => ({
  dataFolders: [
    { host: 'local', container: 'blog', path: '/srv/blog', uid: 1000, gid: 1000, mode: 0o40755, ...more },
  ],
});

type Case = [what: string, spoilt: Partial<DoctorFacts>];
/** How a check is made to fire, and what is close to that and in order. */
const CASES: Record<CheckName, { fires: [...Case, Partial<Diagnosis>][]; silent: Case[] }> = {
  missing: {
    fires: [
      [
        'a unit that is not there',
        hostOf([], [unit('podman-blog.service', { exists: false })]),
        { subject: 'podman-blog.service', service: 'blog', values: { what: 'unit' } },
      ],
      [
        'a container of the engine that is not there',
        { ...blogWith(loose), ...hostOf([]) },
        { subject: 'blog', values: { what: 'container' } },
      ],
    ],
    silent: [
      ['a stopped unit, which leaves no container', hostOf([], [unit('podman-blog.service')])],
      [
        'a container of the engine that is there',
        { ...blogWith(loose), ...hostOf([container('blog', { restart: 'always' })]) },
      ],
    ],
  },
  unlisted: {
    fires: [
      [
        'a container',
        hostOf([container('wiki', { service: undefined })]),
        { subject: 'wiki', fix: 'wiki: { containers: [wiki] }' },
      ],
      [
        'a unit whose container is stopped',
        hostOf([], [unit('podman-wiki.service', { service: undefined })]),
        { subject: 'podman-wiki.service' },
      ],
    ],
    silent: [
      ["Steward's own", hostOf([container('steward-drill-blog-1a2b', { service: undefined })])],
      [
        "the engine's own units",
        hostOf(
          [],
          ['podman-auto-update.service', 'podman-network-x.service'].map((name) =>
            unit(name, { service: undefined }),
          ),
        ),
      ],
      ["a unit of systemd's", hostOf([], [unit('steward.service', { service: undefined })])],
    ],
  },
  'no-restart': {
    fires: [
      [
        'a unit',
        hostOf([], [unit('caddy.service', { restart: 'no' })]),
        { subject: 'caddy.service', fix: 'Restart=always' },
      ],
      [
        'a unit of NixOS',
        hostOf([], [unit('caddy.service', { restart: 'no', dialect: 'nix' })]),
        { fix: 'systemd.services.caddy.serviceConfig.Restart = "always";' },
      ],
      [
        'a container of the engine',
        { ...blogWith(loose), ...hostOf([container('blog', { dialect: 'compose' })]) },
        { subject: 'blog', fix: 'restart: unless-stopped' },
      ],
    ],
    silent: [
      [
        'a unit that starts others and ends',
        hostOf([], [unit('stack.service', { restart: 'no', type: 'oneshot' })]),
      ],
      ['a container that its unit starts again', hostOf([container('blog', { restart: 'no' })])],
    ],
  },
  'no-update': {
    fires: [
      [
        'a digest',
        hostOf([container('blog', { image: `docker.io/library/ghost@sha256:${'a'.repeat(64)}` })]),
        { values: { why: 'digest' } },
      ],
      [
        'an image of this host',
        hostOf([container('blog', { image: 'localhost/ghost:5' })]),
        { values: { why: 'local' } },
      ],
      [
        'an image that no registry knows',
        hostOf([container('blog', { isLocal: true })]),
        { values: { why: 'local' } },
      ],
      ['an id', hostOf([container('blog', { image: 'a'.repeat(64) })]), { values: { why: 'id' } }],
      [
        'one version, and nobody looks for others',
        { ...blogWith({}), ...hostOf([container('blog', { image: 'docker.io/library/ghost:5.1.2' })]) },
        { values: { why: 'tag' }, fix: 'release: { github: owner/repository }' },
      ],
    ],
    silent: [
      [
        'one version whose releases are looked at',
        hostOf([container('blog', { image: 'docker.io/library/ghost:5.1.2' })]),
      ],
      [
        'one that is not to be updated',
        {
          ...blogWith({ containers: [{ name: 'blog', update: false }] }),
          ...hostOf([container('blog', { isLocal: true })]),
        },
      ],
    ],
  },
  'latest-tag': {
    fires: [
      [
        'latest',
        hostOf([container('blog', { image: 'docker.io/library/ghost:latest' })]),
        { subject: 'blog' },
      ],
      ['no tag', hostOf([container('blog', { image: 'docker.io/library/ghost' })]), { subject: 'blog' }],
    ],
    silent: [['a major version', hostOf([container('blog', { image: 'docker.io/library/ghost:5' })])]],
  },
  'short-image-name': {
    fires: [
      [
        'a short name',
        hostOf([container('blog', { written: 'ghost:5' })]),
        { values: { image: 'ghost:5' }, fix: 'docker.io/library/ghost:5' },
      ],
      [
        'a short name of which the engine knows no more',
        hostOf([container('blog', { image: 'me/ghost:5', written: 'me/ghost:5', dialect: 'compose' })]),
        { fix: 'image: docker.io/me/ghost:5' },
      ],
    ],
    silent: [
      [
        'Docker, which has one registry for them',
        {
          hosts: [
            host({
              socket: 'unix:///run/docker.sock',
              engine: { known: { name: 'Docker', version: '29' } },
              containers: { known: [container('blog', { written: 'ghost:5' })] },
            }),
          ],
        },
      ],
    ],
  },
  'ml-memory': {
    fires: [
      [
        'OpenVINO in 2 GB',
        hostOf([
          container('ml', {
            image: 'ghcr.io/immich-app/immich-machine-learning:v2.6.1-openvino',
            memoryLimit: 2 * GB,
          }),
        ]),
        { values: { variant: 'openvino', limit: 2 * GB, wants: 6 * GB }, fix: '--memory=6g' },
      ],
    ],
    silent: [
      [
        'enough',
        hostOf([
          container('ml', {
            image: 'ghcr.io/immich-app/immich-machine-learning:release-cuda',
            memoryLimit: 4 * GB,
          }),
        ]),
      ],
      [
        'the plain image',
        hostOf([
          container('ml', {
            image: 'ghcr.io/immich-app/immich-machine-learning:release',
            memoryLimit: 512 * MB,
          }),
        ]),
      ],
      [
        'another image of such a tag',
        hostOf([container('ml', { image: 'docker.io/some/thing:1-cuda', memoryLimit: 512 * MB })]),
      ],
    ],
  },
  'vector-extension': {
    fires: [
      [
        'before Immich 3',
        {
          ...blogWith({ release: { version: 'immich' } }),
          ...hostOf([container('db', { image: 'docker.io/tensorchord/pgvecto-rs:pg16-v0.3.0' })]),
        },
        { subject: 'db', severity: 'warning' },
      ],
      [
        'with Immich 3',
        {
          ...blogWith({ release: { version: 'immich' } }),
          ...hostOf([container('db', { image: 'docker.io/tensorchord/pgvecto-rs:pg16-v0.3.0' })]),
          ...key({ major: 3 }),
        },
        { severity: 'critical' },
      ],
    ],
    silent: [
      [
        'VectorChord',
        {
          ...blogWith({ release: { version: 'immich' } }),
          ...hostOf([container('db', { image: 'ghcr.io/immich-app/postgres:16-vectorchord0.4.3' })]),
        },
      ],
      [
        'another application',
        hostOf([container('db', { image: 'docker.io/tensorchord/pgvecto-rs:pg16-v0.3.0' })]),
      ],
    ],
  },
  'no-memory-limit': {
    fires: [
      [
        'no limit',
        hostOf([container('blog', { memoryLimit: undefined })]),
        { subject: 'blog', fix: '--memory=1g' },
      ],
      [
        'no limit on NixOS',
        hostOf([container('blog', { memoryLimit: undefined, dialect: 'nix' })]),
        { fix: 'virtualisation.oci-containers.containers.blog.extraOptions = [ "--memory=1g" ];' },
      ],
    ],
    silent: [['a limit', hostOf([container('blog', { memoryLimit: 64 * MB })])]],
  },
  'no-health-check': {
    fires: [
      [
        'a database of a service',
        hostOf([container('blog-db', { hasHealthCheck: false })]),
        { subject: 'blog-db' },
      ],
    ],
    silent: [['one whose URL is asked', hostOf([container('blog', { hasHealthCheck: false })])]],
  },
  root: {
    fires: [
      ["the image's default", hostOf([container('blog', { user: '' })]), { subject: 'blog' }],
      ['root and a group', hostOf([container('blog', { user: '0:0' })]), { subject: 'blog' }],
    ],
    silent: [
      ['a user', hostOf([container('blog', { user: 'node' })])],
      ['root of a rootless user', hostOf([container('blog', { user: '', ids: ROOTLESS })])],
    ],
  },
  privileged: {
    fires: [['privileged', hostOf([container('blog', { privileged: true })]), { subject: 'blog' }]],
    silent: [['one device', hostOf([container('blog', { devices: ['/dev/ttyUSB0'] })])]],
  },
  'engine-socket': {
    fires: [
      [
        'read-only, too',
        hostOf([
          container('blog', {
            mounts: [
              {
                type: 'bind',
                source: '/run/podman/podman.sock',
                destination: '/var/run/docker.sock',
                readOnly: true,
                chown: false,
              },
            ],
          }),
        ]),
        { values: { path: '/run/podman/podman.sock' } },
      ],
    ],
    silent: [
      [
        "another program's socket",
        hostOf([
          container('blog', {
            mounts: [
              {
                type: 'bind',
                source: '/run/postgresql/.s.PGSQL.5432',
                destination: '/s',
                readOnly: true,
                chown: false,
              },
            ],
          }),
        ]),
      ],
    ],
  },
  'monitor-network': {
    fires: [
      [
        'a bridge',
        hostOf([container('watcher', { image: 'docker.io/twinproduction/gatus:v5', networkMode: 'bridge' })]),
        { subject: 'watcher', values: { network: 'bridge' }, fix: '--network=host' },
      ],
    ],
    silent: [
      [
        "the host's network",
        hostOf([container('watcher', { image: 'docker.io/twinproduction/gatus:v5', networkMode: 'host' })]),
      ],
      [
        'nothing on 127.0.0.1',
        {
          ...blogWith({ health: { url: 'http://192.0.2.1' } }),
          ...hostOf([container('watcher', { image: 'docker.io/twinproduction/gatus:v5' })]),
        },
      ],
    ],
  },
  'render-group': {
    fires: [
      [
        'a user without the group',
        hostOf([container('blog', { devices: ['/dev/dri/renderD128'] })]),
        { fix: '--group-add=303' },
      ],
      [
        'root of a rootless user',
        hostOf([container('blog', { user: '', ids: ROOTLESS, devices: ['/dev/dri'] })]),
        { fix: '--group-add=keep-groups' },
      ],
    ],
    silent: [
      ['root of the host', hostOf([container('blog', { user: '0', devices: ['/dev/dri'] })])],
      ['the group by name', hostOf([container('blog', { devices: ['/dev/dri'], groups: ['render'] })])],
      ['as the primary group', hostOf([container('blog', { user: '1000:303', devices: ['/dev/dri'] })])],
      [
        'kept groups',
        hostOf([container('blog', { ids: ROOTLESS, devices: ['/dev/dri'], groups: ['keep-groups'] })]),
      ],
    ],
  },
  'cannot-save': {
    fires: [
      [
        'its log says so',
        hostOf([container('blog', { cannotSave: 'MISCONF Redis is configured' })]),
        { severity: 'critical' },
      ],
    ],
    silent: [['its log does not', hostOf([container('blog')])]],
  },
  'time-zone': {
    fires: [
      [
        'another zone',
        hostOf([container('blog', { settings: { TZ: 'Europe/Rome' } })]),
        { values: { zone: 'Europe/Rome', host: 'Asia/Seoul' }, fix: '--env=TZ=Asia/Seoul' },
      ],
      [
        'none, which is UTC',
        hostOf([container('blog', { settings: {}, dialect: 'nix' })]),
        {
          values: { zone: 'UTC' },
          fix: 'virtualisation.oci-containers.containers.blog.environment.TZ = "Asia/Seoul";',
        },
      ],
      [
        'one that nobody knows, which is UTC',
        hostOf([container('blog', { settings: { TZ: 'Seoul' } })]),
        { values: { zone: 'Seoul' } },
      ],
    ],
    silent: [
      ['another name of the same hours', hostOf([container('blog', { settings: { TZ: 'ROK' } })])],
      [
        "the host's file",
        hostOf([
          container('blog', {
            settings: {},
            mounts: [
              {
                type: 'bind',
                source: '/etc/localtime',
                destination: '/etc/localtime',
                readOnly: true,
                chown: false,
              },
            ],
          }),
        ]),
      ],
    ],
  },
  'open-database': {
    fires: [
      [
        'a database',
        published('0.0.0.0', 'docker.io/library/postgres:16'),
        {
          subject: 'blog',
          values: { address: '0.0.0.0', port: '5432' },
          fix: '--publish=127.0.0.1:5432:5432',
        },
      ],
      ['without an address', published('', 'docker.io/valkey/valkey:8'), { values: { address: '0.0.0.0' } }],
      [
        "one in the host's network",
        {
          ...hostOf([
            container('blog', { networkMode: 'host', ports: [], image: 'docker.io/library/redis:8' }),
          ]),
          listeners: { known: [{ address: '::', port: 6379, container: 'blog' }] },
        },
        { values: { port: '6379' } },
      ],
    ],
    silent: [
      ['a database on 127.0.0.1', published('127.0.0.1', 'docker.io/library/postgres:16')],
      ['an application', published('0.0.0.0')],
    ],
  },
  'wide-address': {
    fires: [
      ['everywhere', published('0.0.0.0'), { subject: 'blog', values: { address: '0.0.0.0' } }],
      ['an address of the house', published('192.168.1.5'), { values: { address: '192.168.1.5' } }],
      [
        'a native unit',
        {
          ...hostOf([], [unit('caddy.service')]),
          listeners: { known: [{ address: '::', port: 443, unit: 'caddy.service' }] },
        },
        { subject: 'caddy.service', values: { port: '443' } },
      ],
    ],
    silent: [
      ['127.0.0.1', published('127.0.0.1')],
      ['the VPN', published('100.64.0.1')],
      [
        'the address of the proxy',
        { ...published('10.0.0.1'), settings: { ...sound().settings, proxyAddress: '10.0.0.1' } },
      ],
      [
        'a host without a VPN',
        { ...published('0.0.0.0'), settings: { ...sound().settings, vpnInterface: undefined } },
      ],
      ['what another program opened', { listeners: { known: [{ address: '0.0.0.0', port: 22 }] } }],
    ],
  },
  'vpn-not-awaited': {
    fires: [
      [
        'a published port',
        hostOf(
          [container('blog', { ports: [{ address: '100.64.0.1', port: '80', inside: '80' }] })],
          [unit('podman-blog.service')],
        ),
        {
          subject: 'podman-blog.service',
          values: { address: '100.64.0.1', interface: 'tailscale0' },
          fix: 'net.ipv4.ip_nonlocal_bind = 1',
        },
      ],
      [
        'an address in the command',
        hostOf([], [unit('sync.service', { commands: 'sync --listen 100.64.0.1:80' })]),
        { subject: 'sync.service' },
      ],
      [
        'a program that listens',
        {
          ...hostOf([], [unit('sync.service', { dialect: 'nix' })]),
          listeners: { known: [{ address: '100.64.0.1', port: 80, unit: 'sync.service' }] },
        },
        { fix: 'boot.kernel.sysctl."net.ipv4.ip_nonlocal_bind" = 1;' },
      ],
    ],
    silent: [
      [
        'after the VPN',
        hostOf([], [unit('sync.service', { commands: 'sync 100.64.0.1:80', after: ['tailscaled.service'] })]),
      ],
      [
        'a start that waits',
        hostOf(
          [],
          [
            unit('sync.service', {
              commands: 'until ip -4 addr show dev tailscale0; do sleep 1; done\nsync 100.64.0.1',
            }),
          ],
        ),
      ],
      [
        'addresses may be bound ahead',
        { ...hostOf([], [unit('sync.service', { commands: 'sync 100.64.0.1' })]), bindsAhead: true },
      ],
      ['127.0.0.1', hostOf([], [unit('sync.service', { commands: 'sync 127.0.0.1:80' })])],
    ],
  },
  'heartbeat-here': {
    fires: [
      [
        'this machine',
        {
          heartbeats: [
            { setting: 'HEARTBEAT_URL', service: undefined, name: 'kuma.example.org', isHere: true },
          ],
        },
        { subject: 'HEARTBEAT_URL', values: { name: 'kuma.example.org' } },
      ],
    ],
    silent: [['elsewhere', {}]],
  },
  'secret-in-environment': {
    fires: [
      [
        'of a container',
        hostOf([container('blog', { variables: ['PATH', 'DB_PASSWORD', 'ADMIN_TOKEN'] })]),
        { values: { names: 'DB_PASSWORD, ADMIN_TOKEN' } },
      ],
      [
        'of a unit',
        hostOf([], [unit('sync.service', { variables: ['API_KEY'] })]),
        { subject: 'sync.service' },
      ],
    ],
    silent: [
      [
        'a file, a path, a number',
        hostOf([container('blog', { variables: ['DB_PASSWORD_FILE', 'PWD', 'TOKEN_LIFETIME', 'KEYBOARD'] })]),
      ],
    ],
  },
  'secret-readable': {
    fires: [
      [
        'readable by others',
        secret({ isOpen: true, mode: 0o100644 }),
        { subject: '/run/x', values: { mode: '0644' }, fix: 'chmod o-rwx /run/x' },
      ],
    ],
    silent: [['readable by its group', secret({ mode: 0o100640 })]],
  },
  'secret-form': {
    fires: [
      ['not there', secret({ form: 'missing' }), { severity: 'critical', values: { form: 'missing' } }],
      ['a bare value for systemd', secret({ form: 'bare' }), { severity: 'warning' }],
      ['what only a shell reads', secret({ form: 'exported' }), { severity: 'warning' }],
      [
        'lines for a variable that ends in _FILE',
        secret({ as: 'value', form: 'lines' }),
        { values: { as: 'value' } },
      ],
      ['line ends of Windows', secret({ form: 'windows' }), { fix: String.raw`sed -i 's/\r$//' /run/x` }],
    ],
    silent: [
      ["Steward's own, in any form", secret({ as: 'either', form: 'exported' })],
      ['a bare value for _FILE', secret({ as: 'value', form: 'bare' })],
    ],
  },
  'acme-token': {
    fires: [
      [
        'a name without a value',
        { acme: [{ unit: 'caddy.service', service: undefined, missing: ['CF_API_TOKEN'] }] },
        { subject: 'caddy.service', values: { names: 'CF_API_TOKEN' } },
      ],
    ],
    silent: [['all there', {}]],
  },
  'token-shared': {
    fires: [['an hour ago', { tokenSharedAt: NOW - 3_600_000 }, { severity: 'critical' }]],
    silent: [['the day before yesterday', { tokenSharedAt: NOW - 48 * 3_600_000 }]],
  },
  'data-owner': {
    fires: [
      [
        'of another user',
        folder({ uid: 0 }),
        { subject: 'blog', values: { owner: 0, user: 1000 }, fix: 'chown 1000:1000 /srv/blog' },
      ],
      ['its own, but read-only', folder({ mode: 0o40555 }), { values: { owner: 1000 } }],
      [
        "a rootless container's user 1000",
        { ...folder({}), ...hostOf([container('blog', { ids: ROOTLESS })]) },
        { values: { owner: 1000, user: 100_999 }, fix: 'chown 100999:100999 /srv/blog' },
      ],
      [
        'of an id that the rootless root does not rule',
        { ...folder({ uid: 33 }), ...hostOf([container('blog', { user: '', ids: ROOTLESS })]) },
        { values: { owner: 33, user: 1000 } },
      ],
      [
        'as whom the image goes on',
        {
          ...folder({ uid: 0 }),
          ...hostOf([
            container('blog', { user: '', settings: { TZ: 'Asia/Seoul', PUID: '911', PGID: '911' } }),
          ]),
        },
        { values: { user: 911 }, fix: 'chown 911:911 /srv/blog' },
      ],
    ],
    silent: [
      ['root', { ...folder({ uid: 33 }), ...hostOf([container('blog', { user: '' })]) }],
      ['its group may write', folder({ uid: 0, mode: 0o40775 })],
      ['everybody may write', folder({ uid: 0, gid: 0, mode: 0o41777 })],
      [
        "a rootless root's own ids",
        { ...folder({ uid: 100_998 }), ...hostOf([container('blog', { user: '', ids: ROOTLESS })]) },
      ],
      [
        'a user that only the image knows',
        { ...folder({ uid: 0 }), ...hostOf([container('blog', { user: 'node' })]) },
      ],
    ],
  },
  'network-chown': {
    fires: [
      [
        'on a disk of the network',
        hostOf([
          container('blog', {
            mounts: [
              { type: 'bind', source: '/mnt/nas/blog', destination: '/data', readOnly: false, chown: true },
            ],
          }),
        ]),
        { subject: 'blog', values: { path: '/mnt/nas/blog' }, fix: '--volume=/mnt/nas/blog:/data' },
      ],
    ],
    silent: [
      [
        'on a disk of its own',
        hostOf([
          container('blog', {
            mounts: [
              { type: 'bind', source: '/mnt/nas2', destination: '/data', readOnly: false, chown: true },
            ],
          }),
        ]),
      ],
      [
        'without it',
        hostOf([
          container('blog', {
            mounts: [
              { type: 'bind', source: '/mnt/nas', destination: '/data', readOnly: false, chown: false },
            ],
          }),
        ]),
      ],
    ],
  },
  'backup-same-disk': {
    fires: [
      [
        'one disk',
        { sameDisk: { known: [{ service: 'blog', path: '/srv/blog' }] } },
        { subject: 'blog', values: { path: '/srv/blog', folder: '/mnt/backups' } },
      ],
    ],
    silent: [['two disks', {}]],
  },
  'no-off-site': {
    fires: [
      [
        'none',
        { settings: { ...sound().settings, backups: { folder: '/mnt/backups', hasOffsite: false } } },
        { subject: '/mnt/backups' },
      ],
    ],
    silent: [['no backups at all', { settings: { ...sound().settings, backups: undefined } }]],
  },
  'keys-only-here': {
    fires: [
      [
        'a key',
        { settings: { ...sound().settings, backupKeys: ['/run/agenix/age'] } },
        { subject: '/run/agenix/age', fix: 'ignore: ["keys-only-here /run/agenix/age"]' },
      ],
    ],
    silent: [['none', {}]],
  },
  'immich-key-lacks': {
    fires: [
      [
        'two',
        key({
          permissions: [
            'asset.upload',
            'asset.read',
            'asset.update',
            'album.read',
            'album.create',
            'albumAsset.create',
            'albumAsset.delete',
            'albumUser.create',
          ],
        }),
        { values: { names: 'asset.delete, user.read' } },
      ],
    ],
    silent: [
      ['all', key({ permissions: ['all'] })],
      ['no key', { immich: undefined }],
      [
        'what only sharing needs',
        {
          ...key({
            permissions: [
              'asset.upload',
              'asset.read',
              'asset.update',
              'asset.delete',
              'album.read',
              'album.create',
              'albumAsset.create',
              'albumAsset.delete',
              'user.read',
            ],
          }),
          settings: { ...sound().settings, shareWith: undefined },
        },
      ],
    ],
  },
  'immich-key-excess': {
    fires: [
      ['all', key({ permissions: ['all'] }), { values: { names: 'all' } }],
      [
        'more than it needs',
        key({ permissions: ['asset.upload', 'library.delete'] }),
        { values: { names: 'library.delete' } },
      ],
    ],
    silent: [['what only looks', {}]],
  },
  'immich-key-owner': {
    fires: [
      [
        'whom the album is shared with',
        key({ email: 'owner@example.org' }),
        { severity: 'critical', values: { email: 'owner@example.org' } },
      ],
      ['an administrator', key({ isAdmin: true }), { severity: 'critical' }],
    ],
    silent: [
      ['an account of its own', {}],
      [
        'a key that may not ask whose it is',
        { ...key({ email: undefined }), settings: { ...sound().settings, shareWith: undefined } },
      ],
    ],
  },
  'no-lingering': {
    fires: [
      [
        'a user that does not',
        { hosts: [rootless({ lingers: false })] },
        { subject: 'stacks', fix: 'loginctl enable-linger stacks' },
      ],
    ],
    silent: [['one that does', { hosts: [rootless()] }]],
  },
  'no-newuidmap': {
    fires: [['missing', { hosts: [rootless({ hasNewuidmap: false })] }, { subject: 'stacks' }]],
    silent: [
      ['there', { hosts: [rootless()] }],
      ['not needed', {}],
    ],
  },
  'late-runtime-folder': {
    fires: [
      [
        'Steward itself',
        {
          hosts: [host({ units: { known: [unit('steward.service', { service: undefined })] } }), rootless()],
        },
        { subject: 'steward.service', fix: 'After=user@1000.service' },
      ],
      [
        'a unit that names it',
        {
          hosts: [
            host({
              units: {
                known: [unit('proxy.service', { commands: 'proxy /run/user/1000/podman/podman.sock' })],
              },
            }),
            rootless(),
          ],
        },
        { subject: 'proxy.service' },
      ],
    ],
    silent: [
      [
        'after the manager',
        {
          hosts: [
            host({ units: { known: [unit('steward.service', { after: ['user@1000.service'] })] } }),
            rootless(),
          ],
        },
      ],
      ['no such user', hostOf([], [unit('steward.service', { service: undefined })])],
      [
        "the user's own units",
        {
          hosts: [
            {
              ...rootless(),
              units: { known: [unit('x.service', { host: 'stacks', commands: '/run/user/1000/x' })] },
            },
          ],
        },
      ],
    ],
  },
  'engine-backend': {
    fires: [
      [
        'Docker behind a socket of Podman',
        { hosts: [host({ engine: { known: { name: 'Docker', version: '29.0' } } })] },
        { values: { declared: 'Podman', found: 'Docker 29.0' } },
      ],
      [
        'Podman behind a socket of Docker',
        { hosts: [host({ socket: 'unix:///run/docker.sock' })] },
        { values: { declared: 'Docker' } },
      ],
    ],
    silent: [['a socket that names none', { hosts: [host({ socket: 'unix:///srv/engine.sock' })] }]],
  },
  'old-timer': {
    fires: [
      [
        'a second cleaner of the album',
        timer('immich-cleanup.timer'),
        { severity: 'critical', fix: 'systemctl disable --now immich-cleanup.timer' },
      ],
      [
        'one of NixOS',
        timer('immich-cleanup.timer', 'x', 'nix'),
        { fix: 'systemd.timers.immich-cleanup.enable = false;' },
      ],
      [
        'a second look for versions',
        timer('blog-version-check.timer'),
        { severity: 'warning', values: { job: 'check-versions' } },
      ],
      ['a second backup', timer('blog-backup.timer'), { severity: 'warning', values: { job: 'back-up' } }],
      [
        'beside a Steward that only observes',
        { ...timer('blog-backup.timer'), settings: { ...sound().settings, observe: true } },
        { severity: 'notice' },
      ],
    ],
    silent: [
      ['a backup of what Steward does not back up', { ...timer('blog-backup.timer'), ...blogWith({}) }],
      ['a backup of something else', timer('router-backup.timer')],
      [
        'a cleaner where Steward has no key',
        { ...timer('immich-cleanup.timer'), settings: { ...sound().settings, cleansAlbum: false } },
      ],
    ],
  },
  'prune-timer': {
    fires: [
      [
        '--all',
        timer('podman-prune.timer', 'podman system prune -f --all'),
        { subject: 'podman-prune.timer' },
      ],
      [
        '-af',
        timer('prune.timer', '#!/bin/sh\n/usr/bin/docker system prune -af --volumes'),
        { subject: 'prune.timer' },
      ],
    ],
    silent: [
      ['what is not named', timer('podman-prune.timer', 'podman system prune -f')],
      ['one image', timer('podman-prune.timer', 'podman image prune -a')],
    ],
  },
};

const only = (name: CheckName) => CHECKS.filter((check) => check.name === name);

test('there is one check for each name', () => {
  expect(CHECKS.map(({ name }) => name).toSorted()).toEqual([...CHECK_NAMES].toSorted());
});

test('no check finds anything on a host that is set up well', () => {
  expect(diagnose(CHECKS, sound())).toEqual({ diagnoses: [], unseen: [] });
});

describe.each(CHECK_NAMES)('%s', (name) => {
  const { fires, silent } = CASES[name];

  test.each(fires)('finds: %s', (_what, spoilt, expected) => {
    const [first, ...others] = diagnose(only(name), sound(spoilt)).diagnoses;
    expect(first).toMatchObject({ check: name, ...expected });
    expect(others).toEqual([]);
    expect(words[name].found(first?.values ?? {})).toMatch(/^(?!.*(?:undefined|NaN|  | :)).{6,}$/);
  });

  test.each(silent)('is silent about: %s', (_what, spoilt) => {
    expect(diagnose(only(name), sound(spoilt)).diagnoses).toEqual([]);
  });

  test('is shown both ways', () => {
    expect(Math.min(fires.length, silent.length)).toBeGreaterThan(0);
  });
});

test('diagnose tells the worst first, and within that in the order of the checks', () => {
  const spoilt = sound({
    ...hostOf([container('blog', { user: '', privileged: true, cannotSave: 'MISCONF' })]),
  });
  expect(diagnose(CHECKS, spoilt).diagnoses.map(({ check }) => check)).toEqual([
    'cannot-save',
    'privileged',
    'root',
  ]);
});

test('diagnose takes what could not be seen for unseen, and tells once why', () => {
  const spoilt = sound({
    hosts: [host({ containers: { unknown: 'local: nothing listens there' } })],
    immich: { unknown: 'Immich: ECONNREFUSED' },
  });
  const { diagnoses, unseen } = diagnose(CHECKS, spoilt);
  expect(diagnoses).toEqual([]);
  expect(unseen.map(({ why }) => why)).toEqual(['local: nothing listens there', 'Immich: ECONNREFUSED']);
  expect(unseen[0]?.what).toContain('no-memory-limit');
  expect(unseen[1]?.what).toEqual(['immich-key-lacks', 'immich-key-excess', 'immich-key-owner']);
});

test('diagnose names the checks that miss some things of a part', () => {
  const why = '/run/x: permission denied';
  const { unseen } = diagnose(CHECKS, sound({ unseen: [{ part: 'secretFiles', why }] }));
  expect(unseen).toEqual([{ what: ['secret-readable', 'secret-form'], why }]);
});
