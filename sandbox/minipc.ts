/** A MiniPC in a box: Telegram with a chat page, an engine with its services, Immich, and the settings that join a bot to them. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startData, type SandboxData } from './data.ts';
import { createDisk } from './disk.ts';
import { startEngineSandbox, type EngineSandbox } from './engine.ts';
import { startGithub, type GithubStandIn } from './github.ts';
import { startImmich, type ImmichStandIn } from './immich.ts';
import { startPage, type Page } from './page.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { publishAll, REPOSITORIES } from './published.ts';
import { startRegistry, type RegistryStandIn } from './registry.ts';
import { shrinkPhoto } from './shrink.ts';
import { startTelegram, type Telegram } from './telegram.ts';
import { checkControls, hostControls, releaseControls } from './controls.ts';
import type { Control } from './telegram/controls.ts';

export type MiniPc = {
  telegram: Telegram;
  immich: ImmichStandIn;
  engine: EngineSandbox;
  github: GithubStandIn;
  registry: RegistryStandIn;
  page: Page;
  /** Where a bot that runs here takes pictures by HTTP. */
  http: { url: string; token: string };
  /** The folder whose photos go into the owner's library. */
  inbox: string;
  /** The whole environment of a bot that is to run here, but for PATH. */
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

export type MiniPcOptions = {
  /** Everything is written below it. */
  folder: string;
  /** Of the chat page; any that is free unless given. */
  port?: number;
  /** What the bot and the person speak; `en` unless given. */
  language?: 'en' | 'ko';
  /** Beside those of Telegram, Immich and the containers. */
  controls?: readonly Control[];
};

/** As a phone has it: the name that is in the VPN's DNS. */
const VAULT = 'vault.example.dev';
/** Bytes a second that come from the registry: an image of some hundred megabytes takes some seconds. */
const BANDWIDTH = 60e6;

export async function startMiniPc({
  folder,
  port = 0,
  language = 'en',
  controls = [],
}: MiniPcOptions): Promise<MiniPc> {
  mkdirSync(folder, { recursive: true });
  const socket = join(folder, 'podman.sock');
  const registry = await startRegistry();
  const [telegram, immich, engine, github] = await Promise.all([
    startTelegram({
      bot: { first_name: 'Steward', username: 'steward_demo_bot' },
      people: [{ language_code: language }],
      shrink: shrinkPhoto,
    }),
    startImmich({ folder: join(folder, 'immich'), version: '3.1.0' }),
    startEngineSandbox({ socket, registry: registry.host, bandwidth: BANDWIDTH }),
    startGithub(),
  ]);
  publishAll(github, registry);
  // Of earlier updates, so that /prune has something to do.
  for (const size of [388_000_000, 1_240_000_000]) engine.leaveImage(size);
  const data = startData(join(folder, 'docker-data'), engine, {
    uploads: immich.mounts[1]?.source ?? '',
  });
  const disk = createDisk(folder);
  const proxy = await startProxy(folder, VAULT);
  const backups = join(folder, 'backups');
  mkdirSync(backups, { recursive: true });
  const page = await startPage(telegram, {
    port,
    title: 'Steward',
    controls: [
      ...hostControls({ engine, immich, data }),
      ...checkControls(telegram, { disk, proxy }),
      ...releaseControls(engine, github, registry),
      ...controls,
    ],
  });

  const owner = immich.addUser('owner@example.dev');
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const http = { url: `http://${address}`, token: 'token-of-the-demo' };

  const servicesFile = join(folder, 'services.yaml');
  writeFileSync(
    servicesFile,
    JSON.stringify(
      {
        backups: { folder: backups, reserve: '100MB' },
        checks: { disks: [{ path: disk.path }], proxy: { address: '127.0.0.1', authority: proxy.authority } },
        services: servicesOf(engine, { data, proxy }),
      },
      undefined,
      2,
    ),
  );
  const registriesFile = join(folder, 'registries.conf');
  // The registries that the images are named after are all played by one.
  writeFileSync(
    registriesFile,
    ['docker.io', 'ghcr.io']
      .map(
        (name) =>
          `[[registry]]\nprefix = "${name}"\nlocation = "${registry.host}/${name}"\ninsecure = true\n`,
      )
      .join('\n'),
  );
  const env = {
    STEWARD_ENV: join(folder, 'env'),
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_IDS: String(telegram.id),
    SERVICES_FILE: servicesFile,
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: join(folder, 'pictures'),
    ENGINE_SOCKET: engine.socket,
    SYSTEMCTL: engine.systemctl.join(' '),
    JOURNALCTL: engine.journalctl.join(' '),
    IMMICH_URL: immich.url,
    IMMICH_API_KEY: immich.key,
    IMMICH_PATHS: immich.mounts.map(({ source, destination }) => `${destination}=${source}`).join(','),
    // So that /clean has something to do while one looks.
    CLEAN_MIN_AGE: '1m',
    INBOX_DIR: inbox,
    INBOX_API_KEY: immich.addKey(owner),
    HTTP_LISTEN: address,
    HTTP_TOKEN: http.token,
    GITHUB_API_URL: github.url,
    CONTAINERS_REGISTRIES_CONF: registriesFile,
    AGENT_USER: String(process.getuid?.() ?? 0),
    PICTURES_GROUP: String(process.getgid?.() ?? 0),
    STEWARD_LANGUAGE: language,
    LOG_LEVEL: 'warn',
    ...disk.env,
  };
  writeFileSync(env.STEWARD_ENV, '# The demo gives everything in the environment.\n');

  return {
    telegram,
    immich,
    engine,
    github,
    registry,
    page,
    http,
    inbox,
    env,
    async close() {
      data.close();
      await Promise.all([page, telegram, immich, engine, github, registry, proxy].map((one) => one.close()));
    },
  };
}

/** One that nothing listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The services as a configuration names them: their health is asked where the stand-in answers. */
const servicesOf = (engine: EngineSandbox, { data, proxy }: { data: SandboxData; proxy: Proxy }) =>
  Object.fromEntries(
    engine.services.map(({ name, title, containers, units, healthUrl }) => [
      name,
      {
        title,
        ...(containers.length === 0 ? {} : { containers: containers.map(containerOf) }),
        ...(units.length === 0 ? {} : { units }),
        ...(healthUrl === undefined
          ? {}
          : { health: { url: healthUrl, timeout: '30s', settle: '5s', expect: expected(name) } }),
        release: {
          version: 'image-label',
          ...(REPOSITORIES[name] === undefined ? {} : { github: REPOSITORIES[name], check: '03:00' }),
        },
        // So that an alert comes while one looks.
        watch: { after: '2s' },
        ...(name === 'vaultwarden' ? { url: proxy.url } : {}),
        ...data.entries[name],
      },
    ]),
  );

/** Databases are never updated with the application. */
const containerOf = (name: string) =>
  ['immich-postgres', 'immich-redis'].includes(name) ? { name, update: false } : name;

/** These two answer their port with a redirect. */
const expected = (service: string) => (['uptime-kuma', 'archivebox'].includes(service) ? 302 : 200);
