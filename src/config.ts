/** The configuration as grouped plain data. The only reader of the process's environment. */
import { fileURLToPath } from 'node:url';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { groupIdOf, userOf } from './config/accounts.ts';
import { openEnvironment, type Env } from './config/environment.ts';
import type { Fault } from './errors.ts';
import { misspelt } from './config/misspelt.ts';
import { LANGUAGES, type Language } from './language.ts';
import { createRedact } from './redact.ts';
import {
  DURATION_FORM,
  parseDuration,
  parseHours,
  parseTimeOfDay,
  SPAN_FORM,
  TIME_FORM,
  type Hours,
} from './units.ts';
import * as parse from './config/variables.ts';

/** Durations are milliseconds, paths absolute, times of day `HH:MM`. */
export type Config = {
  /** The file that completed the environment, if there is one. */
  file: string | undefined;
  telegram: {
    /** Undefined only where no bot runs: on the command line. */
    token: string | undefined;
    owners: readonly number[];
    guests: readonly number[];
    /** Where reports go; the first owner's private chat by default, undefined before an owner is enrolled. */
    chat: number | undefined;
    /** Without a slash at its end. */
    apiRoot: string;
  };
  servicesFile: string;
  stateDir: string;
  pictures: {
    folder: string;
    keep: number;
    /** Uid of who must be able to open the pictures. */
    agentUser: number;
    /** Gid; undefined when the agent's user is not in /etc/passwd and no group is named. */
    group: number | undefined;
    /** Pixels of the long edge. */
    maxEdge: number | 'original';
  };
  engine: { /** `unix:///…` */ socket: string };
  /** A program and its first arguments. */
  systemd: { systemctl: readonly string[]; journalctl: readonly string[] };
  /** Undefined without a key: pictures then stay in `pictures.folder`. */
  immich: Immich | undefined;
  /** Off without a key, which the inbox then says. */
  inbox: { folder: string | undefined; key: string | undefined; album: string; /** Immich's. */ url: string };
  clean: { at: string; minAge: number };
  http: { host: string; port: number; token: string } | undefined;
  github: { url: string; token: string | undefined };
  /** Where the engine keeps logins and its configuration of registries: the first that is there counts. */
  registries: { auth: readonly string[]; registries: readonly string[] };
  report: { at: string };
  /** Undefined: no hours are quiet. */
  quietHours: Hours | undefined;
  pushover: { user: string; token: string | undefined } | undefined;
  heartbeatUrl: string | undefined;
  /** How systemd, which has started this, wants to hear of it; undefined where it does not. */
  systemdNotify: { /** Milliseconds that it may be silent. */ watchdog: number | undefined } | undefined;
  age: { recipient: string | undefined; identityFile: string | undefined };
  observe: boolean;
  /** Who runs this: the account's name, of the person behind sudo where there is one. */
  user: string;
  /** An IANA name. */
  timeZone: string;
  language: Language;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Every secret value, for masking. */
  secrets: readonly string[];
  /** The files that secrets were read from, by the variable that they are for. */
  secretFiles: readonly { name: string; path: string }[];
};

export type Immich = {
  /** Of the server, without `/api` and without a slash at its end. */
  url: string;
  key: string;
  album: string;
  /** E-mail address of the account that the album is shared with. */
  shareWith: string | undefined;
  /** How paths in Immich's container map to the host; undefined: read from the container's mounts. */
  paths: readonly { container: string; host: string }[] | undefined;
};

type Options = {
  env?: Env;
  /** The bot cannot start without a token. */
  forBot?: boolean;
  /** The folder of package.json. */
  root?: string;
  /** The file of an installed Steward. */
  system?: string;
};

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Each can also be given as NAME_FILE, or as a credential of systemd. */
export const SECRETS = [
  'TELEGRAM_BOT_TOKEN',
  'IMMICH_API_KEY',
  'INBOX_API_KEY',
  'HTTP_TOKEN',
  'GITHUB_TOKEN',
  'PUSHOVER_USER',
  'PUSHOVER_TOKEN',
  'HEARTBEAT_URL',
] as const;

/** Every other variable. */
export const PLAIN = [
  'STEWARD_ENV',
  'TELEGRAM_OWNER_IDS',
  'TELEGRAM_GUEST_IDS',
  'TELEGRAM_CHAT_ID',
  'TELEGRAM_API_ROOT',
  'SERVICES_FILE',
  'STATE_DIR',
  'PICTURES_DIR',
  'AGENT_USER',
  'PICTURES_GROUP',
  'PICTURES_KEEP',
  'ENGINE_SOCKET',
  'SYSTEMCTL',
  'JOURNALCTL',
  'IMMICH_URL',
  'IMMICH_ALBUM',
  'IMMICH_SHARE_WITH',
  'IMMICH_PATHS',
  'IMAGE_MAX_EDGE',
  'CLEAN_AT',
  'CLEAN_MIN_AGE',
  'INBOX_DIR',
  'INBOX_ALBUM',
  'HTTP_LISTEN',
  'GITHUB_API_URL',
  'REGISTRY_AUTH_FILE',
  'CONTAINERS_REGISTRIES_CONF',
  'REPORT_AT',
  'QUIET_HOURS',
  'BACKUP_AGE_RECIPIENT',
  'BACKUP_AGE_IDENTITY_FILE',
  'STEWARD_OBSERVE',
  'TZ',
  'STEWARD_LANGUAGE',
  'LOG_LEVEL',
] as const;

/**
 * Read the configuration with all its faults. With faults, `config` holds defaults in the place of what is
 * wrong: good for finding further faults and for telling the owner, not for a start.
 */
export function readConfig(options: Options = {}): { config: Config; faults: Fault[] } {
  const {
    env = process.env,
    forBot = false,
    root = fileURLToPath(new URL('..', import.meta.url)),
    system = '/etc/steward/env',
  } = options;
  const environment = openEnvironment(env, { root, system });
  const { read, choice, secret, secrets } = parse.createReader(environment);
  const { faults } = environment;
  const path = (text: string) => resolve(environment.base, text);
  const text = (value: string) => value;

  const owners = read('TELEGRAM_OWNER_IDS', parse.userIds, parse.USER_IDS, []);
  const token = secret('TELEGRAM_BOT_TOKEN', parse.token, 'the token that BotFather gave (123456789:AA…)');
  const agent = read('AGENT_USER', userOf, 'a uid, or a user of /etc/passwd', userOf('1000'));
  const immichUrl = read('IMMICH_URL', parse.immichUrl, parse.URL_FORM, 'http://127.0.0.1:2283');
  const immichKey = secret('IMMICH_API_KEY', parse.key, parse.KEY);
  const pushoverUser = secret('PUSHOVER_USER', parse.pushover, parse.PUSHOVER);
  const pushoverToken = secret('PUSHOVER_TOKEN', parse.pushover, parse.PUSHOVER);
  const listen = read(
    'HTTP_LISTEN',
    parse.listen,
    'off, or an address and port such as 127.0.0.1:8787',
    'off',
  );
  const httpToken = secret('HTTP_TOKEN', parse.httpToken, 'at least 16 characters without blanks');
  const quiet = read(
    'QUIET_HOURS',
    (value) => (value === 'off' ? value : parseHours(value)),
    `off, or ${SPAN_FORM}`,
    {
      from: '23:00',
      to: '07:30',
    },
  );

  const config: Config = {
    file: environment.file,
    telegram: {
      token,
      owners,
      guests: read('TELEGRAM_GUEST_IDS', parse.userIds, parse.USER_IDS, []),
      chat: read('TELEGRAM_CHAT_ID', parse.chatId, 'the numeric id of a chat', owners[0]),
      apiRoot: read('TELEGRAM_API_ROOT', parse.url, parse.URL_FORM, 'https://api.telegram.org'),
    },
    servicesFile: read('SERVICES_FILE', path, 'a path', path('services.yaml')),
    stateDir: read('STATE_DIR', path, 'a path', path('state')),
    pictures: {
      folder: read('PICTURES_DIR', path, 'a path', path('pictures')),
      keep: read('PICTURES_KEEP', parseDuration, DURATION_FORM, 3 * 86_400_000),
      agentUser: agent?.uid ?? 1000,
      group: read('PICTURES_GROUP', groupIdOf, 'a gid, or a group of /etc/group', agent?.gid),
      maxEdge: read('IMAGE_MAX_EDGE', parse.edge, 'original, or pixels from 200 to 8000', 2000),
    },
    engine: {
      socket: read('ENGINE_SOCKET', parse.socket, parse.SOCKET_FORM, 'unix:///run/podman/podman.sock'),
    },
    systemd: {
      systemctl: read('SYSTEMCTL', parse.program, parse.PROGRAM_FORM, ['systemctl']),
      journalctl: read('JOURNALCTL', parse.program, parse.PROGRAM_FORM, ['journalctl']),
    },
    immich: parse.withKey(immichKey, {
      url: immichUrl,
      album: read('IMMICH_ALBUM', text, 'a name', 'Claude Code Temp'),
      shareWith: read('IMMICH_SHARE_WITH', parse.mail, 'the e-mail address of an Immich account', undefined),
      paths: read(
        'IMMICH_PATHS',
        parse.mappings,
        'container=host, both absolute, comma separated',
        undefined,
      ),
    }),
    inbox: {
      folder: read('INBOX_DIR', path, 'a path', undefined),
      key: secret('INBOX_API_KEY', parse.key, parse.KEY),
      album: read('INBOX_ALBUM', text, 'a name', 'Desktop Upload'),
      url: immichUrl,
    },
    clean: {
      at: read('CLEAN_AT', parseTimeOfDay, TIME_FORM, '07:00'),
      minAge: read('CLEAN_MIN_AGE', parseDuration, DURATION_FORM, 3 * 3_600_000),
    },
    http: listen === 'off' ? undefined : { ...listen, token: httpToken ?? '' },
    github: {
      url: read('GITHUB_API_URL', parse.url, parse.URL_FORM, 'https://api.github.com'),
      token: secret('GITHUB_TOKEN', parse.key, parse.KEY),
    },
    registries: registryFiles(env, {
      auth: read('REGISTRY_AUTH_FILE', path, 'a path', undefined),
      registries: read('CONTAINERS_REGISTRIES_CONF', path, 'a path', undefined),
    }),
    report: { at: read('REPORT_AT', parseTimeOfDay, TIME_FORM, '08:00') },
    quietHours: quiet === 'off' ? undefined : quiet,
    pushover: pushoverUser === undefined ? undefined : { user: pushoverUser, token: pushoverToken },
    heartbeatUrl: secret('HEARTBEAT_URL', parse.url, parse.URL_FORM),
    systemdNotify: notifyOf(env),
    age: {
      recipient: read(
        'BACKUP_AGE_RECIPIENT',
        parse.recipient,
        'a public key of age: age1… (an SSH key does not do)',
        undefined,
      ),
      identityFile: environment.secretPath('BACKUP_AGE_IDENTITY'),
    },
    observe: read('STEWARD_OBSERVE', parse.flag, '1 or 0', false),
    user: env['SUDO_USER'] ?? userInfo().username,
    timeZone: read('TZ', parse.timeZone, 'a time zone such as Europe/Rome', parse.hostTimeZone()),
    language: choice('STEWARD_LANGUAGE', LANGUAGES, 'en'),
    logLevel: choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    secrets,
    secretFiles: environment.secretFiles,
  };

  const needed: [boolean, Fault['name'], string][] = [
    [forBot && token === undefined, 'TELEGRAM_BOT_TOKEN', 'the token that BotFather gave'],
    [listen !== 'off' && httpToken === undefined, 'HTTP_TOKEN', 'a token, because HTTP_LISTEN is set'],
    [
      pushoverToken !== undefined && pushoverUser === undefined,
      'PUSHOVER_USER',
      "a user's key, because PUSHOVER_TOKEN is set",
    ],
  ];
  for (const [isMissing, name, expected] of needed) {
    const isTold = faults.some((fault) => fault.name === name || fault.name === `${name}_FILE`);
    if (isMissing && !isTold) faults.push({ name, found: 'nothing', expected });
  }
  faults.push(
    ...misspelt(environment.names, [...PLAIN, ...SECRETS, ...SECRETS.map((name) => `${name}_FILE`)]),
  );

  const redact = createRedact(secrets);
  return { config, faults: faults.map((one) => ({ ...one, found: redact(one.found) })) };
}

/** sd_notify(3) and sd_watchdog_enabled(3): set by systemd itself, and for the main process of the unit alone. */
function notifyOf(env: Env): Config['systemdNotify'] {
  if (!env['NOTIFY_SOCKET']) return undefined;
  const microseconds = Number(env['WATCHDOG_USEC'] ?? '');
  const isOurs = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(process.pid);
  return { watchdog: isOurs && microseconds > 0 ? microseconds / 1000 : undefined };
}

/** containers-auth.json(5), containers-registries.conf(5), and Docker's own file. */
function registryFiles(
  env: Env,
  given: { auth: string | undefined; registries: string | undefined },
): Config['registries'] {
  const home = env['HOME'] || homedir();
  const runtime = env['XDG_RUNTIME_DIR'];
  return {
    auth: [
      ...(given.auth === undefined ? [] : [given.auth]),
      ...(runtime === undefined || runtime === '' ? [] : [join(runtime, 'containers/auth.json')]),
      `/run/containers/${process.getuid?.() ?? 0}/auth.json`,
      join(home, '.config/containers/auth.json'),
      join(home, '.docker/config.json'),
    ],
    registries:
      given.registries === undefined
        ? [join(home, '.config/containers/registries.conf'), '/etc/containers/registries.conf']
        : [given.registries],
  };
}
