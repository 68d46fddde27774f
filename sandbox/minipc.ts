/** A MiniPC in a box: Telegram with a chat page, an engine with its services, Immich, and the settings that join a bot to them. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startData, type SandboxData } from './data.ts';
import { startEngineSandbox, type EngineSandbox } from './engine.ts';
import type { ContainerSpec } from './engine/host.ts';
import { startGithub, type GithubStandIn } from './github.ts';
import { startImmich, type ImmichStandIn } from './immich.ts';
import { startPage, type Page } from './page.ts';
import { publishAll, publishUptimeKuma, publishVaultwarden, REPOSITORIES } from './published.ts';
import { startRegistry, type RegistryStandIn } from './registry.ts';
import { shrinkPhoto } from './shrink.ts';
import { startTelegram, type Telegram } from './telegram.ts';
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
  const data = startData(join(folder, 'docker-data'), engine, {
    uploads: immich.mounts[1]?.source ?? '',
  });
  const backups = join(folder, 'backups');
  mkdirSync(backups, { recursive: true });
  const page = await startPage(telegram, {
    port,
    title: 'Steward',
    controls: [
      ...hostControls(engine, immich, data),
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
      { backups: { folder: backups, reserve: '100MB' }, services: servicesOf(engine, data) },
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
      await Promise.all([page, telegram, immich, engine, github, registry].map((one) => one.close()));
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
const servicesOf = (engine: EngineSandbox, { entries }: SandboxData) =>
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
        ...entries[name],
      },
    ]),
  );

/** Databases are never updated with the application. */
const containerOf = (name: string) =>
  ['immich-postgres', 'immich-redis'].includes(name) ? { name, update: false } : name;

/** These two answer their port with a redirect. */
const expected = (service: string) => (['uptime-kuma', 'archivebox'].includes(service) ? 302 : 200);

/** Started in a hurry, and forgotten. */
export const PANEL: ContainerSpec = {
  name: 'adminer',
  image: 'docker.io/library/adminer:latest',
  version: '5.4.1',
  memory: 21e6,
  cpu: 0.001,
  keep: true,
  body: {
    Image: 'docker.io/library/adminer:latest',
    Env: ['ADMINER_DEFAULT_SERVER=immich-postgres', 'PGPASSWORD=of-the-demo'],
    HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '8081' }] } },
  },
};

/** What goes wrong on the host, as switches of the page. */
function hostControls(engine: EngineSandbox, immich: ImmichStandIn, data: SandboxData): Control[] {
  const sick = new Set<string>();
  let immichDown = false;
  let engineDown = false;
  let hasPanel = false;
  return [
    {
      kind: 'toggle',
      id: 'immich-down',
      group: 'Server',
      label: 'Immich is down',
      hint: 'Pictures are readable at once and filed when it is back.',
      get: () => immichDown,
      async set(on) {
        immichDown = on;
        await (on ? immich.down() : immich.up());
      },
    },
    {
      kind: 'toggle',
      id: 'archivebox-unhealthy',
      group: 'Server',
      label: 'archivebox is unhealthy',
      get: () => sick.has('archivebox'),
      set(on) {
        if (on) sick.add('archivebox');
        else sick.delete('archivebox');
        engine.setHealth('archivebox', on ? 'unhealthy' : 'healthy', on ? 'database is locked' : '');
      },
    },
    {
      kind: 'button',
      id: 'vaultwarden-dies',
      group: 'Server',
      label: 'vaultwarden dies, out of memory',
      hint: 'systemd gives up on it.',
      run: () => void engine.kill('vaultwarden', { code: 137, oom: true, stay: true }),
    },
    {
      kind: 'button',
      id: 'kuma-lost',
      group: 'Server',
      label: 'uptime-kuma loses its database',
      hint: '/backup uptime-kuma says so; with an earlier backup /restore brings it back.',
      run: () => data.lose(),
    },
    {
      kind: 'button',
      id: 'open-panel',
      group: 'Server',
      label: 'A database panel is opened to everybody',
      hint: '/doctor finds it, with the line that closes it.',
      run() {
        if (!hasPanel) engine.run(PANEL);
        hasPanel = true;
      },
    },
    {
      kind: 'toggle',
      id: 'engine-down',
      group: 'Server',
      label: 'Podman does not answer',
      get: () => engineDown,
      async set(on) {
        engineDown = on;
        await (on ? engine.down() : engine.up());
      },
    },
  ];
}

/** What happens in the world where images come from. */
function releaseControls(engine: EngineSandbox, github: GithubStandIn, registry: RegistryStandIn): Control[] {
  let githubDown = false;
  let pullsFail = false;
  const kuma = (id: string, label: string, hint: string, command?: readonly string[]): Control => ({
    kind: 'button',
    id,
    group: 'Releases',
    label,
    hint,
    run: () => publishUptimeKuma(registry, command),
  });
  return [
    {
      kind: 'button',
      id: 'vaultwarden-release',
      group: 'Releases',
      label: 'vaultwarden 1.35.0 is released',
      hint: '/check sees it at once, the nightly check by itself.',
      run: () => publishVaultwarden(github, registry),
    },
    {
      kind: 'button',
      id: 'immich-deploy',
      group: 'Releases',
      label: 'immich v2.6.0 is deployed',
      hint: 'Its configuration names the version: /update immich prepares the deploy, which is seen within a minute.',
      async run() {
        await engine.deploy('immich-ml', 'ghcr.io/immich-app/immich-machine-learning:v2.6.0');
        await engine.deploy('immich-server', 'ghcr.io/immich-app/immich-server:v2.6.0');
      },
    },
    kuma('kuma-good', 'uptime-kuma: a good image comes', '/update uptime-kuma takes it.'),
    kuma('kuma-dies', 'uptime-kuma: an image that dies', '/update uptime-kuma goes back by itself.', [
      'dies',
      '3',
    ]),
    kuma(
      'kuma-hangs',
      'uptime-kuma: an image that never answers',
      'It is given its time, then the old one comes back.',
      ['hangs'],
    ),
    {
      kind: 'toggle',
      id: 'pulls-fail',
      group: 'Releases',
      label: 'The disk is full while images are pulled',
      hint: 'An update then ends before anything was stopped.',
      get: () => pullsFail,
      set(on) {
        pullsFail = on;
        engine.failPulls(on ? 'error' : undefined);
      },
    },
    {
      kind: 'toggle',
      id: 'github-down',
      group: 'Releases',
      label: 'GitHub does not answer',
      hint: 'What cannot be looked up is unknown, never "up to date".',
      get: () => githubDown,
      set(on) {
        githubDown = on;
        github.fail(on ? 503 : undefined);
      },
    },
  ];
}
