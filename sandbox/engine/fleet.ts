/** The services of the reference host, as they would be found on it. */
import type { ContainerSpec } from './host.ts';

export type FleetService = {
  name: string;
  title: string;
  containers: readonly ContainerSpec[];
  /** Units without a container. */
  units: readonly string[];
  /** What its port answers while it is well: `{port}` is set in. */
  health:
    | {
        container: string;
        path: string;
        status: number;
        body?: string;
        headers?: Readonly<Record<string, string>>;
      }
    | undefined;
  /** Units of containers that must run before the service's last. */
  requires: Readonly<Record<string, readonly string[]>>;
};

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const DATA = '/var/lib/docker-data';

export const FLEET: readonly FleetService[] = [
  {
    name: 'immich',
    title: 'Immich',
    containers: [
      {
        name: 'immich-postgres',
        image: 'ghcr.io/immich-app/postgres:14-vectorchord0.4.3-pgvectors0.2.0',
        version: '14.18',
        memory: 288 * MB,
        memoryLimit: GB,
        cpu: 0.012,
        healthCheck: true,
        networkMode: 'immich-network',
        mounts: [{ source: `${DATA}/immich/postgres`, destination: '/var/lib/postgresql/data' }],
      },
      {
        name: 'immich-redis',
        image: 'docker.io/valkey/valkey:8-bookworm',
        version: '8.1.1',
        memory: 11 * MB,
        memoryLimit: 512 * MB,
        cpu: 0.003,
        healthCheck: true,
        networkMode: 'immich-network',
      },
      {
        name: 'immich-ml',
        image: 'ghcr.io/immich-app/immich-machine-learning:v2.5.5',
        version: 'v2.5.5',
        memory: 1.1 * GB,
        memoryLimit: 2 * GB,
        cpu: 0.006,
        healthCheck: true,
        networkMode: 'immich-network',
        mounts: [{ source: `${DATA}/immich/model-cache`, destination: '/cache' }],
      },
      {
        name: 'immich-server',
        image: 'ghcr.io/immich-app/immich-server:v2.5.5',
        version: 'v2.5.5',
        memory: 612 * MB,
        memoryLimit: 4 * GB,
        cpu: 0.031,
        healthCheck: true,
        networkMode: 'immich-network',
        mounts: [
          { source: '/mnt/data/immich/photos', destination: '/usr/src/app/upload' },
          { source: `${DATA}/immich/upload-cache`, destination: '/usr/src/app/upload/upload' },
        ],
      },
    ],
    units: [],
    health: {
      container: 'immich-server',
      path: '/api/server/ping',
      status: 200,
      body: '{"res":"pong"}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    },
    requires: { 'immich-server': ['immich-postgres', 'immich-redis'] },
  },
  {
    name: 'uptime-kuma',
    title: 'Uptime Kuma',
    containers: [
      {
        name: 'uptime-kuma',
        image: 'docker.io/louislam/uptime-kuma:1',
        version: '1.23.16',
        memory: 121 * MB,
        memoryLimit: 512 * MB,
        cpu: 0.009,
        healthCheck: true,
        networkMode: 'host',
        mounts: [{ source: `${DATA}/uptime-kuma/data`, destination: '/app/data' }],
      },
    ],
    units: [],
    health: { container: 'uptime-kuma', path: '/', status: 302, headers: { location: '/dashboard' } },
    requires: {},
  },
  {
    name: 'copyparty',
    title: 'copyparty',
    containers: [
      {
        name: 'copyparty',
        image: 'docker.io/copyparty/ac:1.19.20',
        version: '1.19.20',
        memory: 94 * MB,
        memoryLimit: GB,
        cpu: 0.002,
        mounts: [{ source: '/mnt/data', destination: '/w' }],
      },
    ],
    units: [],
    health: {
      container: 'copyparty',
      path: '/',
      status: 200,
      body: '<!doctype html><title>copyparty</title>',
    },
    requires: {},
  },
  {
    name: 'vaultwarden',
    title: 'Vaultwarden',
    containers: [
      {
        name: 'vaultwarden',
        image: 'docker.io/vaultwarden/server:1.34.3',
        version: '1.34.3',
        memory: 58 * MB,
        memoryLimit: 256 * MB,
        cpu: 0.001,
        healthCheck: true,
        mounts: [{ source: `${DATA}/vaultwarden/data`, destination: '/data' }],
      },
    ],
    units: [],
    health: { container: 'vaultwarden', path: '/alive', status: 200, body: '"2026-11-20T14:37:00.000000Z"' },
    requires: {},
  },
  {
    name: 'archivebox',
    title: 'ArchiveBox',
    containers: [
      {
        name: 'archivebox',
        image: 'docker.io/archivebox/archivebox:0.7.3',
        version: '0.7.3',
        memory: 402 * MB,
        memoryLimit: 2 * GB,
        cpu: 0.18,
        healthCheck: true,
        mounts: [{ source: `${DATA}/archivebox/data`, destination: '/data' }],
      },
    ],
    units: [],
    health: { container: 'archivebox', path: '/', status: 302, headers: { location: '/public/' } },
    requires: {},
  },
  {
    name: 'anki-sync',
    title: 'Anki sync',
    containers: [],
    units: ['anki-sync-server.service'],
    health: undefined,
    requires: {},
  },
  {
    name: 'caddy',
    title: 'Caddy',
    containers: [],
    units: ['caddy.service'],
    health: undefined,
    requires: {},
  },
];

type Line = { stream?: 'stderr'; text: string };
const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T;
const upTo = (most: number) => Math.floor(Math.random() * most) + 1;
const clock = (at: number) => new Date(at).toISOString();

/** What a container or a native unit writes now and then: one line, invented anew each time. */
export const CHATTER: Readonly<Record<string, (at: number) => Line>> = {
  'immich-postgres': (at) => ({
    stream: 'stderr',
    text: `${clock(at).replace('T', ' ').slice(0, 23)} UTC [27] LOG:  checkpoint complete: wrote ${upTo(900)} buffers (${upTo(5)}.${upTo(9)}%); write=${upTo(90)}.1 s, sync=0.0${upTo(9)} s`,
  }),
  'immich-redis': (at) => ({ text: `1:M ${clock(at)} * 100 changes in 300 seconds. Saving...` }),
  'immich-ml': () => ({
    text: pick(
      `[INFO] Loading visual model 'ViT-B-32__openai' to memory`,
      `[INFO] Shutting down due to inactivity.`,
      `[INFO] Loading facial recognition model 'buffalo_l' to memory`,
    ),
  }),
  'immich-server': (at) => ({
    text: `\u001b[32m[Nest] 17  - ${clock(at)}\u001b[39m     ${pick(
      '\u001b[32mLOG\u001b[39m \u001b[33m[Microservices:JobService]\u001b[39m Generated thumbnail for asset',
      '\u001b[32mLOG\u001b[39m \u001b[33m[Api:EventRepository]\u001b[39m Websocket Connect: phone',
      '\u001b[33mWARN\u001b[39m \u001b[33m[Microservices:MetadataService]\u001b[39m No exif date for asset, using file date',
    )}`,
  }),
  'uptime-kuma': (at) => ({
    text: pick(
      `${clock(at)} [MONITOR] INFO: Monitor #${upTo(9)} 'immich': Successful Response: ${upTo(90)} ms | Interval: 60 seconds | Type: http`,
      `${clock(at)} [DB] INFO: Connected to the database`,
    ),
  }),
  copyparty: (at) => ({
    text: `${clock(at).slice(11, 23)} 100.64.0.${upTo(9)} GET /photos/2026/ 200 ${upTo(90)}ms`,
  }),
  vaultwarden: (at) => ({
    text: pick(
      `[${clock(at)}][request][INFO] GET /api/config => 200 OK`,
      `[${clock(at)}][request][INFO] POST /identity/connect/token => 200 OK`,
      `[${clock(at)}][response][INFO] (sync) GET /api/sync?<data..> => 200 OK`,
    ),
  }),
  archivebox: (at) =>
    pick<Line>(
      {
        text: `[i] [${clock(at).replace('T', ' ').slice(0, 19)}] Starting to archive 1 snapshot: https://example.org/${upTo(999)}`,
      },
      { stream: 'stderr', text: `WARN  chrome took ${40 + upTo(40)}s, killed` },
      { stream: 'stderr', text: `ERROR database is locked` },
      { text: `    > singlefile\n    > pdf` },
    ),
  'anki-sync-server.service': () => ({
    text: `INFO request{uri="/sync/meta" ip="100.64.0.2"}: finished httpstatus=200 elap_ms=${upTo(40)}`,
  }),
  'caddy.service': (at) => ({
    text: JSON.stringify({
      level: 'info',
      ts: at / 1000,
      logger: 'http.log.access',
      msg: 'handled request',
      request: { method: 'GET', host: 'immich.example.dev' },
      status: 200,
    }),
  }),
};
