/** The whole house: the real program on a lab's Podman and systemd, with stand-ins for Telegram, Immich and GitHub alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBotProcess, type BotProcess } from '../../sandbox/bot-process.ts';
import { startGithub, type GithubStandIn } from '../../sandbox/github.ts';
import { startImmich, type ImmichStandIn } from '../../sandbox/immich.ts';
import { shrinkPhoto } from '../../sandbox/shrink.ts';
import { startTelegram, type Telegram } from '../../sandbox/telegram.ts';
import { startReferenceHost } from '../lab/reference-host.ts';
import { startLab } from '../lab/start.ts';
import { openLab, type Lab } from '../lab/tools.ts';
import { CHILD_ENV } from '../child-env.ts';

export type CommandLine = { code: number; output: string; errors: string };

export type House = {
  lab: Lab;
  telegram: Telegram;
  immich: ImmichStandIn;
  github: GithubStandIn;
  env: Readonly<Record<string, string>>;
  /** The services file, as it is before a test changes it. */
  services: string;
  pictures: string;
  /** A bot with this environment; ended with the house. */
  startBot(more?: Readonly<Record<string, string>>): BotProcess;
  /** `steward` with these arguments, in a process of its own. */
  steward(argv: readonly string[], more?: Readonly<Record<string, string>>): Promise<CommandLine>;
  stop(): Promise<void>;
};

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Not the bot's own: what is meant for the agent must be readable by it. */
export const AGENT = 1000;

export async function startHouse(): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-house-'));
  // The agent goes through it to the pictures, as through /var/lib.
  await chmod(folder, 0o755);
  const { facts, stop } = await startLab();
  const lab = openLab(facts);
  const [{ services }, telegram, immich, github] = await Promise.all([
    startReferenceHost(lab),
    startTelegram({ shrink: shrinkPhoto }),
    startImmich({ folder: join(folder, 'immich') }),
    startGithub(),
  ]);
  const servicesFile = join(folder, 'services.yaml');
  await writeFile(servicesFile, services);
  const pictures = join(folder, 'pictures');
  await mkdir(pictures, { mode: 0o750 });
  const registries = join(folder, 'registries.conf');
  await writeFile(registries, `[[registry]]\nlocation = "${lab.registry}"\ninsecure = true\n`);
  const env = {
    STEWARD_ENV: '/dev/null',
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_IDS: String(telegram.id),
    SERVICES_FILE: servicesFile,
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: pictures,
    AGENT_USER: String(AGENT),
    PICTURES_GROUP: String(AGENT),
    ENGINE_SOCKET: lab.socket,
    SYSTEMCTL: lab.systemctl,
    JOURNALCTL: lab.journalctl,
    IMMICH_URL: immich.url,
    IMMICH_API_KEY: immich.key,
    IMMICH_PATHS: immich.mounts.map(({ source, destination }) => `${destination}=${source}`).join(','),
    GITHUB_API_URL: github.url,
    CONTAINERS_REGISTRIES_CONF: registries,
    LOG_LEVEL: 'error',
  };
  const bots: BotProcess[] = [];
  return {
    lab,
    telegram,
    immich,
    github,
    env,
    services,
    pictures,
    startBot(more = {}) {
      const bot = startBotProcess({ ...env, ...more });
      bots.push(bot);
      return bot;
    },
    steward: (argv, more = {}) => steward(argv, { ...env, ...more }),
    async stop() {
      await Promise.all(bots.map((bot) => bot.stop()));
      await Promise.all([telegram.close(), immich.close(), github.close(), stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function steward(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandLine> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    env: { ...CHILD_ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.errors += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...text };
}

/** Change a unit of the lab by a drop-in. @returns what takes it away again */
export async function override(lab: Lab, unit: string, lines: string): Promise<() => Promise<void>> {
  const folder = join(lab.unitFolder, `${unit}.d`);
  await mkdir(folder);
  await writeFile(join(folder, 'test.conf'), lines);
  await lab.systemd('daemon-reload');
  return async () => {
    await rm(folder, { recursive: true });
    await lab.systemd('daemon-reload');
  };
}
