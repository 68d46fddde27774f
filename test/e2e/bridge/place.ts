/** The real program between the strict Telegram stand-in and an Immich: nothing of it is replaced. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shrinkPhoto } from '../../../sandbox/shrink.ts';
import { startTelegram, type Telegram, type TelegramOptions } from '../../../sandbox/telegram.ts';
import type { Seen } from '../../../sandbox/telegram/seen.ts';
import { CHILD_ENV } from '../../child-env.ts';

export type Immich = {
  url: string;
  key: string;
  /** IMMICH_PATHS, where this machine has the server's folders. */
  paths: string | undefined;
  album: string;
};

export type Place = {
  folder: string;
  pictures: string;
  telegram: Telegram;
  /** Start the bot, with its log on stderr. */
  start: (more?: Readonly<Record<string, string>>) => void;
  /** kill -9. */
  kill: () => Promise<void>;
  /** SIGTERM, and wait for its end. */
  stop: () => Promise<void>;
  /** The bot's message that answers a message of a person, once it is as wanted. */
  answer: (to: number, wanted: RegExp) => Promise<Seen>;
  /** Names in PICTURES_DIR, sorted, `latest.*` and what waits left out. */
  files: () => string[];
  close: () => Promise<void>;
};

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
/** Not the bot's own: what is meant for the agent must be readable by it. */
export const AGENT = 1000;
/** Milliseconds: a start on a busy machine, and a file that the storage template moves late. */
const PATIENCE = 60_000;

export async function createPlace(
  immich: Immich | undefined,
  options: { telegram?: TelegramOptions; env?: Readonly<Record<string, string>> } = {},
): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-e2e-'));
  // The agent goes through it to the pictures, as through /var/lib.
  chmodSync(folder, 0o755);
  const pictures = join(folder, 'pictures');
  const telegram = await startTelegram({ slowdown: 0, shrink: shrinkPhoto, ...options.telegram });
  const servicesFile = join(folder, 'services.yaml');
  // One is needed; pictures go without any.
  writeFileSync(servicesFile, 'services: { other: { units: [other.service] } }\n');
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const env: Record<string, string> = {
    ...CHILD_ENV,
    STEWARD_ENV: '/dev/null',
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_IDS: String(telegram.id),
    SERVICES_FILE: servicesFile,
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: pictures,
    AGENT_USER: String(AGENT),
    PICTURES_GROUP: String(process.getuid?.() === 0 ? AGENT : process.getgid?.()),
    ENGINE_SOCKET: `unix://${join(folder, 'no-engine.sock')}`,
    SYSTEMCTL: 'false',
    JOURNALCTL: 'false',
    LOG_LEVEL: 'fatal',
    ...(immich === undefined
      ? {}
      : { IMMICH_URL: immich.url, IMMICH_API_KEY: immich.key, IMMICH_ALBUM: immich.album }),
    ...(immich?.paths === undefined ? {} : { IMMICH_PATHS: immich.paths }),
    ...options.env,
  };

  let bot: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const ending = bot;
    bot = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.kill(signal);
    await once(ending, 'exit');
  };

  return {
    folder,
    pictures,
    telegram,
    start(more = {}) {
      bot = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
        env: { ...env, ...more },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    answer: (to, wanted) =>
      telegram.until(
        () =>
          telegram
            .messages()
            .find(({ from, replyTo, text }) => from === 'bot' && replyTo === to && wanted.test(text)),
        `an answer to message ${to} with ${wanted}`,
        PATIENCE,
      ),
    files: () =>
      readdirSync(pictures)
        .filter((name) => !name.startsWith('.') && !name.startsWith('latest.'))
        .sort(),
    async close() {
      await end('SIGKILL');
      await telegram.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
