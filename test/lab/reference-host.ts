/** The six services of the reference host on a lab: nine units, eight of them containers of small images. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stringify } from 'yaml';
import { loadSmallImages, publish, type SmallImage } from './load.ts';
import type { ContainerUnit } from './systemd.ts';
import type { Lab } from './tools.ts';

export type ReferenceHost = {
  /** services.yaml that fits the lab; the file lies in the lab's folder. */
  services: string;
  servicesFile: string;
  /** In start order. */
  units: readonly string[];
  /** What is `/var/lib/docker-data` on the real host. */
  data: string;
};

type Container = {
  name: string;
  repository: string;
  version: string;
  port?: number;
  /** Paths that answer beside /version and /health. */
  also?: string;
  image?: SmallImage;
  unit?: ContainerUnit;
};

const network = 'immich-network';

/** Start order; the ports are those of the reference host. */
const containers: readonly Container[] = [
  { name: 'immich-redis', repository: 'valkey/valkey', version: '8', image: { kind: 'sleep' } },
  { name: 'immich-ml', repository: 'immich-app/immich-machine-learning', version: 'v2.5.5', port: 3003 },
  {
    name: 'immich-server',
    repository: 'immich-app/immich-server',
    version: 'v2.5.5',
    port: 2283,
    also: 'api/server/ping',
    image: { healthcheck: true },
    unit: { requires: ['podman-immich-postgres.service', 'podman-immich-redis.service'] },
  },
  {
    name: 'uptime-kuma',
    repository: 'louislam/uptime-kuma',
    version: '1.23.16',
    port: 3002,
    also: 'dashboard/',
  },
  { name: 'copyparty', repository: '9001/copyparty', version: '1.15.0', port: 3923, also: 'index.html' },
  { name: 'vaultwarden', repository: 'vaultwarden/server', version: '1.32.0', port: 8222, also: 'alive' },
  {
    name: 'archivebox',
    repository: 'archivebox/archivebox',
    version: '0.7.3',
    port: 8000,
    also: 'index.html',
  },
];

/** Makes the images, data and units, starts them, and waits until all of them answer. */
export async function startReferenceHost(lab: Lab): Promise<ReferenceHost> {
  const data = join(lab.folder, 'data');
  const imageOf = ({ repository, version }: Container) => lab.image(repository, version);
  const made = containers.map(({ port, also, version, image = {}, ...rest }) => ({
    ...(port !== undefined && { port }),
    ...image,
    version,
    name: imageOf({ ...rest, version }),
    config: { Env: envOf(version, also) },
    created: Date.UTC(2026, 9, 20),
  }));
  await Promise.all([loadSmallImages(lab, made), makeData(data), lab.podman('network', 'create', network)]);
  await publish(
    lab,
    made.map(({ name }) => name),
  );

  await addPostgres(lab, data);
  for (const container of containers) {
    await lab.addContainerUnit(container.name, imageOf(container), {
      ...container.unit,
      args: ['--memory=256m', ...networkOf(container)],
    });
  }
  const anki = 'anki-sync-server.service';
  await lab.addUnit(anki, ankiUnit(join(data, 'anki-sync-server')));
  const units = [
    'podman-immich-postgres.service',
    ...containers.map(({ name }) => `podman-${name}.service`),
    anki,
  ];
  await wantAtBoot(lab, units);
  await lab.systemd('start', ...units);
  await lab.waitForLog('immich-postgres', /ready to accept connections/);
  await lab.podman(
    'exec',
    'immich-postgres',
    'psql',
    '--quiet',
    '--username=immich',
    '--command',
    `create table if not exists "user" (id int primary key, name text); insert into "user" values (1, 'owner') on conflict do nothing`,
  );

  const services = stringify(servicesOf(lab.address, data));
  const servicesFile = join(lab.folder, 'services.yaml');
  await writeFile(servicesFile, services);
  return { services, servicesFile, units, data };
}

/** Puts a newer version of a container's image into the registry, under the tag that its unit runs. */
export async function publishNext(
  lab: Lab,
  name: string,
  { version, ...what }: SmallImage & { version: string },
): Promise<void> {
  const container = containers.find((one) => one.name === name);
  if (container === undefined) throw new Error(`There is no container "${name}".`);
  const { repository, version: tag, port, also, image } = container;
  await lab.addImage(repository, version, {
    ...(port !== undefined && { port }),
    ...image,
    config: { Env: envOf(version, also) },
    ...what,
    tag,
    keep: true,
  });
}

const envOf = (version: string, also = '') => ['PATH=/bin', `VERSION=${version}`, `ALSO=${also}`];

/** As NixOS does. systemd forgets a stopped unit that nothing wants, and with it why it was not started. */
async function wantAtBoot(lab: Lab, units: readonly string[]): Promise<void> {
  const wants = join(lab.unitFolder, 'lab.target.wants');
  await mkdir(wants);
  await Promise.all(units.map((unit) => symlink(join('..', unit), join(wants, unit))));
  await lab.systemd('daemon-reload');
}

function networkOf({ name, port }: Container): string[] {
  if (name === 'uptime-kuma') return ['--network=host'];
  const publishing = port === undefined ? [] : [`--publish=${port}:${port}`];
  return name.startsWith('immich-') ? [`--network=${network}`, ...publishing] : publishing;
}

async function addPostgres(lab: Lab, data: string): Promise<void> {
  const folder = join(data, 'immich/postgres');
  await mkdir(folder, { recursive: true });
  await lab.addContainerUnit('immich-postgres', lab.image('postgres', '15'), {
    args: [
      '--memory=512m',
      `--network=${network}`,
      `--volume=${folder}:/var/lib/postgresql/data`,
      '--env=POSTGRES_USER=immich',
      '--env=POSTGRES_DB=immich',
      '--shm-size=128m',
    ],
  });
}

const ankiUnit = (folder: string) => `[Unit]
Description=Anki sync server

[Service]
ExecStart=/bin/busybox httpd -f -p 27701 -h ${folder}
Restart=always
`;

/** Databases and files as the services keep them, small. */
async function makeData(data: string): Promise<void> {
  const databases: Record<string, string> = {
    'uptime-kuma/data/kuma.db':
      "create table user (id integer primary key, username text); insert into user values (1, 'owner'); create table monitor (id integer primary key, name text); insert into monitor values (1, 'immich')",
    'vaultwarden/data/db.sqlite3':
      "create table users (uuid text primary key, email text); insert into users values ('u-1', 'owner@example.org')",
    'archivebox/data/index.sqlite3':
      "create table core_snapshot (id text primary key, url text); insert into core_snapshot values ('s-1', 'https://example.org')",
    'anki-sync-server/owner/collection.anki2':
      'create table cards (id integer primary key); insert into cards values (1)',
    'anki-sync-server/owner/media.db': 'create table media (fname text primary key)',
  };
  const files: Record<string, string> = {
    'uptime-kuma/data/db-config.json': '{ "type": "sqlite" }\n',
    'vaultwarden/data/rsa_key.pem': 'not a real key\n',
    'archivebox/data/ArchiveBox.conf': '[SERVER_CONFIG]\n',
    'immich/upload-cache/.immich': '',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(data, name)), { recursive: true });
    await writeFile(join(data, name), text);
  }
  for (const [name, sql] of Object.entries(databases)) {
    await mkdir(dirname(join(data, name)), { recursive: true });
    const database = new DatabaseSync(join(data, name));
    database.exec(`pragma journal_mode = wal; ${sql}`);
    database.close();
  }
}

function servicesOf(address: string, data: string): object {
  const url = (port: number, path = '') => `http://${address}:${port}${path}`;
  const files = (folder: string, exclude: string[]) => ({ kind: 'files', folder, exclude });
  const sqlite = (file: string) => ({ kind: 'sqlite', files: file });
  return {
    backups: { folder: join(data, '../backups'), reserve: '100MB' },
    checks: { disks: [{ path: '/', warn: '80%', alarm: '92%' }] },
    services: {
      immich: {
        title: 'Immich',
        containers: [
          { name: 'immich-postgres', update: false },
          { name: 'immich-redis', update: false },
          'immich-ml',
          'immich-server',
        ],
        health: { url: url(2283, '/api/server/ping'), timeout: '2m', settle: '2s' },
        release: { github: 'immich-app/immich', version: 'immich', check: '03:00' },
        update: { rollback: 'with-data' },
        backup: {
          at: '05:30',
          sources: [
            { kind: 'postgres', container: 'immich-postgres', user: 'immich', database: 'immich' },
            files(`${data}/immich/upload-cache`, []),
          ],
          expect: { tables: { user: 1 } },
          not_covered: `photos in ${data}/immich/photos`,
        },
      },
      'uptime-kuma': {
        title: 'Uptime Kuma',
        containers: ['uptime-kuma'],
        health: { url: url(3002, '/dashboard'), expect: 302, settle: '2s' },
        backup: {
          at: '04:15',
          sources: [
            sqlite(`${data}/uptime-kuma/data/kuma.db`),
            files(`${data}/uptime-kuma/data`, ['kuma.db*']),
          ],
          expect: { tables: { user: 1, monitor: 1 }, files: ['db-config.json'] },
        },
      },
      copyparty: { containers: ['copyparty'], health: { url: url(3923), settle: '2s' } },
      vaultwarden: {
        title: 'Vaultwarden',
        containers: ['vaultwarden'],
        health: { url: url(8222, '/alive'), settle: '2s' },
        backup: {
          at: '04:30',
          sources: [
            sqlite(`${data}/vaultwarden/data/db.sqlite3`),
            files(`${data}/vaultwarden/data`, ['db.sqlite3*']),
          ],
          expect: { tables: { users: 1 }, files: ['rsa_key.pem'] },
        },
      },
      archivebox: {
        title: 'ArchiveBox',
        containers: ['archivebox'],
        health: { url: url(8000), settle: '2s' },
        backup: {
          at: '05:00',
          sources: [
            sqlite(`${data}/archivebox/data/index.sqlite3`),
            files(`${data}/archivebox/data`, ['*.sqlite3*']),
          ],
          expect: { files: ['ArchiveBox.conf'] },
        },
      },
      'anki-sync': {
        title: 'Anki',
        units: ['anki-sync-server.service'],
        backup: {
          at: '04:00',
          pause: true,
          sources: [
            sqlite(`${data}/anki-sync-server/*/{collection.anki2,media.db}`),
            files(`${data}/anki-sync-server`, ['*.anki2*', 'media.db*']),
          ],
        },
      },
    },
  };
}
