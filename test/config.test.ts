import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN, readConfig, SECRETS, type Config } from '../src/config.ts';
import { whyUnreadable, type Env } from '../src/config/environment.ts';
import { describeFault } from '../src/errors.ts';

const TOKEN = '123456789:AAabcdefghijklmnopqrstuvwxyz1234567';

let root: string;
const file = (name: string) => join(root, name);
const write = (name: string, text: string): string => {
  writeFileSync(file(name), text);
  return file(name);
};
const read = (env: Env, forBot = false) => readConfig({ env, forBot, root, system: file('etc-env') });
const linesOf = (env: Env, forBot = false) => read(env, forBot).faults.map(describeFault);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'steward-config-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test.each([
  [{ NOTIFY_SOCKET: '/run/x' }, { watchdog: undefined }],
  [{ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '120000000' }, { watchdog: 120_000 }],
  [
    { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '120000000', WATCHDOG_PID: String(process.pid) },
    { watchdog: 120_000 },
  ],
  // It is meant for the process that has started this one.
  [{ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '120000000', WATCHDOG_PID: '1' }, { watchdog: undefined }],
  [{ NOTIFY_SOCKET: '', WATCHDOG_USEC: '120000000' }, undefined],
])('with %j systemd waits for signs: %j', (env, expected) => {
  expect(read(env).config.systemdNotify).toEqual(expected);
});

test('without any setting everything has its default', () => {
  const { config, faults } = read({});
  expect(faults).toEqual([]);
  expect(config).toMatchObject({
    file: undefined,
    telegram: {
      token: undefined,
      owners: [],
      guests: [],
      chat: undefined,
      apiRoot: 'https://api.telegram.org',
    },
    servicesFile: file('services.yaml'),
    stateDir: file('state'),
    pictures: { folder: file('pictures'), keep: 259_200_000, agentUser: 1000, maxEdge: 2000 },
    engine: { socket: 'unix:///run/podman/podman.sock' },
    systemd: { systemctl: ['systemctl'], journalctl: ['journalctl'] },
    immich: undefined,
    inbox: { folder: undefined, key: undefined, album: 'Desktop Upload', url: 'http://127.0.0.1:2283' },
    clean: { at: '07:00', minAge: 10_800_000 },
    http: undefined,
    github: { url: 'https://api.github.com', token: undefined },
    registries: {
      auth: expect.arrayContaining([
        expect.stringMatching(/^\/run\/containers\/\d+\/auth\.json$/),
      ]) as string[],
    },
    report: { at: '08:00' },
    quietHours: { from: '23:00', to: '07:30' },
    pushover: undefined,
    heartbeatUrl: undefined,
    systemdNotify: undefined,
    age: { recipient: undefined, identityFile: undefined },
    observe: false,
    language: 'en',
    logLevel: 'info',
    secrets: [],
  });
});

type Case = [Env, (config: Config) => unknown, unknown];

describe('each variable', () => {
  test.each<Case>([
    [{ TELEGRAM_BOT_TOKEN: TOKEN }, (config) => config.telegram.token, TOKEN],
    [{ TELEGRAM_OWNER_IDS: '613428907, 42,42' }, (config) => config.telegram.owners, [613428907, 42]],
    [{ TELEGRAM_OWNER_IDS: '42,43' }, (config) => config.telegram.chat, 42],
    [{ TELEGRAM_GUEST_IDS: '7' }, (config) => config.telegram.guests, [7]],
    [{ TELEGRAM_CHAT_ID: '-1001234567890' }, (config) => config.telegram.chat, -1001234567890],
    [
      { TELEGRAM_API_ROOT: 'http://127.0.0.1:8081/' },
      (config) => config.telegram.apiRoot,
      'http://127.0.0.1:8081',
    ],
    [{ SERVICES_FILE: '/etc/x.yaml' }, (config) => config.servicesFile, '/etc/x.yaml'],
    [{ STATE_DIR: '/var/lib/steward' }, (config) => config.stateDir, '/var/lib/steward'],
    [{ PICTURES_DIR: '/var/lib/p' }, (config) => config.pictures.folder, '/var/lib/p'],
    [{ AGENT_USER: 'root' }, (config) => [config.pictures.agentUser, config.pictures.group], [0, 0]],
    [{ AGENT_USER: 'root', PICTURES_GROUP: '4242' }, (config) => config.pictures.group, 4242],
    [{ PICTURES_KEEP: '12h' }, (config) => config.pictures.keep, 43_200_000],
    [{ ENGINE_SOCKET: '/run/x.sock' }, (config) => config.engine.socket, 'unix:///run/x.sock'],
    [{ SYSTEMCTL: 'systemctl  --user' }, (config) => config.systemd.systemctl, ['systemctl', '--user']],
    [{ JOURNALCTL: 'journalctl --user' }, (config) => config.systemd.journalctl, ['journalctl', '--user']],
    [{ IMMICH_API_KEY: 'key' }, (config) => config.immich?.url, 'http://127.0.0.1:2283'],
    [
      { IMMICH_API_KEY: 'key', IMMICH_URL: 'https://i.example/api/' },
      (config) => config.immich?.url,
      'https://i.example',
    ],
    [{ IMMICH_API_KEY: 'key', IMMICH_ALBUM: 'Agent' }, (config) => config.immich?.album, 'Agent'],
    [
      { IMMICH_API_KEY: 'key', IMMICH_SHARE_WITH: 'me@example.org' },
      (config) => config.immich?.shareWith,
      'me@example.org',
    ],
    [
      { IMMICH_API_KEY: 'key', IMMICH_PATHS: '/data/upload=/srv/a, /data=/srv/b' },
      (config) => config.immich?.paths,
      [
        { container: '/data/upload', host: '/srv/a' },
        { container: '/data', host: '/srv/b' },
      ],
    ],
    [{ IMAGE_MAX_EDGE: '1568' }, (config) => config.pictures.maxEdge, 1568],
    [{ IMAGE_MAX_EDGE: 'original' }, (config) => config.pictures.maxEdge, 'original'],
    [{ CLEAN_AT: '6:30' }, (config) => config.clean.at, '06:30'],
    [{ CLEAN_MIN_AGE: '0' }, (config) => config.clean.minAge, 0],
    [{ INBOX_DIR: 'inbox', INBOX_API_KEY: 'k', INBOX_ALBUM: 'In' }, (config) => config.inbox.album, 'In'],
    [
      { HTTP_LISTEN: '[::1]:8787', HTTP_TOKEN: '0123456789abcdef' },
      (config) => config.http,
      { host: '::1', port: 8787, token: '0123456789abcdef' },
    ],
    [{ HTTP_LISTEN: 'off' }, (config) => config.http, undefined],
    [
      { GITHUB_API_URL: 'https://ghe.example/api/v3' },
      (config) => config.github.url,
      'https://ghe.example/api/v3',
    ],
    [{ GITHUB_TOKEN: 'ghp_x' }, (config) => config.github.token, 'ghp_x'],
    [{ REPORT_AT: '09:15' }, (config) => config.report.at, '09:15'],
    [{ QUIET_HOURS: '22:00-06:00' }, (config) => config.quietHours, { from: '22:00', to: '06:00' }],
    [{ QUIET_HOURS: 'off' }, (config) => config.quietHours, undefined],
    [
      { PUSHOVER_USER: 'u'.repeat(30), PUSHOVER_TOKEN: 't'.repeat(30) },
      (config) => config.pushover,
      { user: 'u'.repeat(30), token: 't'.repeat(30) },
    ],
    [{ HEARTBEAT_URL: 'https://hc-ping.com/x' }, (config) => config.heartbeatUrl, 'https://hc-ping.com/x'],
    [
      { BACKUP_AGE_RECIPIENT: `age1${'q'.repeat(58)}` },
      (config) => config.age.recipient,
      `age1${'q'.repeat(58)}`,
    ],
    [{ BACKUP_AGE_IDENTITY_FILE: '/run/id' }, (config) => config.age.identityFile, '/run/id'],
    [{ STEWARD_OBSERVE: '1' }, (config) => config.observe, true],
    [{ STEWARD_OBSERVE: 'no' }, (config) => config.observe, false],
    [{ TZ: 'Asia/Seoul' }, (config) => config.timeZone, 'Asia/Seoul'],
    [{ TZ: ':Europe/Rome' }, (config) => config.timeZone, 'Europe/Rome'],
    [{ STEWARD_LANGUAGE: 'en' }, (config) => config.language, 'en'],
    [{ STEWARD_LANGUAGE: 'ko' }, (config) => config.language, 'ko'],
    [{ LOG_LEVEL: 'debug' }, (config) => config.logLevel, 'debug'],
  ])('%o', (env, pick, expected) => {
    const { config, faults } = read(env);
    expect(faults).toEqual([]);
    expect(pick(config)).toEqual(expected);
  });

  test('an empty value, and one of blanks, count as unset', () => {
    const blank = Object.fromEntries(
      [...PLAIN, ...SECRETS].map((name, index) => [name, index % 2 === 0 ? '' : '  ']),
    );
    expect(read(blank)).toEqual(read({}));
  });
});

describe('each kind of fault', () => {
  test.each<[Env, string]>([
    [
      { TELEGRAM_OWNER_IDS: '@me' },
      'TELEGRAM_OWNER_IDS: found "@me", expected numeric user ids, comma separated',
    ],
    [
      { TELEGRAM_OWNER_IDS: '42,-100' },
      'TELEGRAM_OWNER_IDS: found "42,-100", expected numeric user ids, comma separated',
    ],
    [
      { TELEGRAM_CHAT_ID: '@channel' },
      'TELEGRAM_CHAT_ID: found "@channel", expected the numeric id of a chat',
    ],
    [
      { TELEGRAM_API_ROOT: 'api.telegram.org' },
      'TELEGRAM_API_ROOT: found "api.telegram.org", expected an address such as https://example.org',
    ],
    [
      { AGENT_USER: 'no-such-user' },
      'AGENT_USER: found "no-such-user", expected a uid, or a user of /etc/passwd',
    ],
    [
      { PICTURES_GROUP: 'no-such-group' },
      'PICTURES_GROUP: found "no-such-group", expected a gid, or a group of /etc/group',
    ],
    [
      { PICTURES_KEEP: '3 days' },
      'PICTURES_KEEP: found "3 days", expected a duration such as 0, 30s, 10m, 3h or 3d',
    ],
    [
      { ENGINE_SOCKET: 'tcp://1.2.3.4' },
      'ENGINE_SOCKET: found "tcp://1.2.3.4", expected a Unix socket such as unix:///run/podman/podman.sock',
    ],
    [
      { IMMICH_URL: 'ftp://x' },
      'IMMICH_URL: found "ftp://x", expected an address such as https://example.org',
    ],
    [
      { IMMICH_SHARE_WITH: 'me' },
      'IMMICH_SHARE_WITH: found "me", expected the e-mail address of an Immich account',
    ],
    [
      { IMMICH_PATHS: '/data=/srv/../etc' },
      'IMMICH_PATHS: found "/data=/srv/../etc", expected container=host, both absolute, comma separated',
    ],
    [{ IMAGE_MAX_EDGE: '100' }, 'IMAGE_MAX_EDGE: found "100", expected original, or pixels from 200 to 8000'],
    [{ CLEAN_AT: '7' }, 'CLEAN_AT: found "7", expected a time of day such as 07:00'],
    [
      { HTTP_LISTEN: '8787' },
      'HTTP_LISTEN: found "8787", expected off, or an address and port such as 127.0.0.1:8787',
    ],
    [
      { HTTP_LISTEN: '127.0.0.1:8787' },
      'HTTP_TOKEN: found nothing, expected a token, because HTTP_LISTEN is set',
    ],
    [{ QUIET_HOURS: '23' }, 'QUIET_HOURS: found "23", expected off, or a span of hours such as 23:00-07:30'],
    [
      { BACKUP_AGE_RECIPIENT: 'me' },
      'BACKUP_AGE_RECIPIENT: found "me", expected a public key of age: age1… (an SSH key does not do)',
    ],
    [{ STEWARD_OBSERVE: 'maybe' }, 'STEWARD_OBSERVE: found "maybe", expected 1 or 0'],
    [{ TZ: 'Mars/Olympus' }, 'TZ: found "Mars/Olympus", expected a time zone such as Europe/Rome'],
    [{ TZ: '+09:00' }, 'TZ: found "+09:00", expected a time zone such as Europe/Rome'],
    [{ STEWARD_LANGUAGE: 'kr' }, 'STEWARD_LANGUAGE: found "kr", expected one of en, ko (did you mean ko?)'],
    [{ STEWARD_LANGUAGE: 'Deutsch' }, 'STEWARD_LANGUAGE: found "Deutsch", expected one of en, ko'],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL: found "loud", expected one of trace, debug, info, warn, error, fatal',
    ],
    [
      { PUSHOVER_TOKEN: 't'.repeat(30) },
      "PUSHOVER_USER: found nothing, expected a user's key, because PUSHOVER_TOKEN is set",
    ],
  ])('%o', (env, line) => expect(linesOf(env)).toEqual([line]));

  test('only the bot needs a token', () => {
    expect(linesOf({}, true)).toEqual([
      'TELEGRAM_BOT_TOKEN: found nothing, expected the token that BotFather gave',
    ]);
    expect(linesOf({ TELEGRAM_BOT_TOKEN: TOKEN }, true)).toEqual([]);
    expect(linesOf({})).toEqual([]);
  });

  test('all faults come at once', () => {
    const lines = linesOf({ TZ: 'x', CLEAN_AT: 'x', TELEGRAM_OWNER_IDS: 'x', TELEGRAM_TOKEN: 'x' }, true);
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'TELEGRAM_OWNER_IDS',
      'CLEAN_AT',
      'TZ',
      'TELEGRAM_BOT_TOKEN',
      'TELEGRAM_TOKEN',
    ]);
  });

  test.each([
    ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
    ['TELEGRAM_OWNER_ID', 'TELEGRAM_OWNER_IDS'],
    ['TELEGRAM_BOT_TOKEN_FIEL', 'TELEGRAM_BOT_TOKEN_FILE'],
    ['IMMICH_KEY', 'IMMICH_API_KEY'],
    ['IMMICH_ALBUM_NAME', 'IMMICH_ALBUM'],
    ['PICTURE_DIR', 'PICTURES_DIR'],
    ['STEWARD_OBSERV', 'STEWARD_OBSERVE'],
    ['immich_url', 'IMMICH_URL'],
  ])('%s in the file is a fault that names %s', (name, near) => {
    write('.env', `${name}=x\n`);
    expect(linesOf({})).toEqual([
      `${name}: found a variable of this name, expected a known one (did you mean ${near}?)`,
    ]);
  });

  test("names of others in the environment are nobody's fault", () => {
    const others = {
      PATH: '/bin',
      HOME: '/',
      LOG_LEVELS: '1',
      HTTP_PROXY: 'x',
      GITHUB_ACTION: 'x',
      TELEGRAM_DESKTOP_THEME: 'x',
    };
    expect(linesOf({ ...others, TELEGRAM_TOKEN: 'x' })).toHaveLength(1);
  });
});

describe('secrets', () => {
  const SECRET = 's3cr3t-value-of-a-secret';

  test.each(SECRETS)('%s comes from its own variable, its file, or a credential', (name) => {
    const values: Record<string, string> = {
      TELEGRAM_BOT_TOKEN: TOKEN,
      PUSHOVER_USER: 'u'.repeat(30),
      PUSHOVER_TOKEN: 't'.repeat(30),
      HEARTBEAT_URL: 'https://hc-ping.com/abcdef',
    };
    const value = values[name] ?? SECRET;
    const rest = name === 'PUSHOVER_TOKEN' ? { PUSHOVER_USER: 'u'.repeat(30) } : {};
    mkdirSync(file('credentials'));
    write(`credentials/${name}`, `${value}\n`);
    const forms: Record<string, string>[] = [
      { [name]: value },
      { [`${name}_FILE`]: file(`credentials/${name}`) },
      { CREDENTIALS_DIRECTORY: file('credentials') },
    ];
    for (const env of forms) {
      const { config, faults } = read({ ...env, ...rest });
      expect(faults).toEqual([]);
      expect(config.secrets).toContain(value);
      // Where others might read it; what systemd keeps for the unit, nobody can.
      const own = env[`${name}_FILE`];
      expect(config.secretFiles).toEqual(own === undefined ? [] : [{ name, path: own }]);
    }
  });

  test.each([
    ['the bare value', `${SECRET}`],
    ['the bare value with a new line', `${SECRET}\n`],
    ['the bare value from Windows', `\uFEFF${SECRET}\r\n`],
    ['the bare value under a comment', `# for the bot\n${SECRET}\n`],
    ['one line', `IMMICH_API_KEY=${SECRET}\n`],
    ['one line with export and quotes', `export IMMICH_API_KEY="${SECRET}"\n`],
    ['one line with a comment behind', `IMMICH_API_KEY=${SECRET} # rotated in May\n`],
    ['several lines', `# keys\nexport OTHER='x'\n\n  IMMICH_API_KEY = '${SECRET}'\nTHIRD="a \\"b\\""\n`],
    ['several lines, the last one wins', `IMMICH_API_KEY=old\nIMMICH_API_KEY=${SECRET}\n`],
  ])('a file with %s is read', (_, text) => {
    const { config, faults } = read({ IMMICH_API_KEY_FILE: write('key', text) });
    expect(faults).toEqual([]);
    expect(config.immich?.key).toBe(SECRET);
  });

  test('a bare value that ends like base64 is not taken for an assignment', () => {
    expect(read({ GITHUB_TOKEN_FILE: write('key', 'QUJDREVG==\n') }).config.github.token).toBe('QUJDREVG==');
  });

  test.each([
    ['nothing', '', 'an empty file'],
    ['comments alone', '# nothing here\n', 'an empty file'],
    ['lines for other names', `A=${SECRET}\nB=${SECRET}\n`, '2 lines, none for IMMICH_API_KEY'],
    ['one line for another name', `IMMICH_KEY=${SECRET}\n`, 'a line for another name'],
    ['an empty assignment', 'IMMICH_API_KEY=\n', 'where IMMICH_API_KEY is empty'],
    ['far too much', 'x'.repeat(70_000), 'a file of 70000 bytes'],
  ])('a file with %s is a fault that quotes none of it', (_, text, found) => {
    const path = write('key', text);
    const lines = linesOf({ IMMICH_API_KEY_FILE: path });
    expect(lines[0]).toContain(`IMMICH_API_KEY_FILE: found "${path}", ${found}`);
    expect(lines.join()).not.toContain(SECRET);
  });

  test('a file that is not there, and a folder, are told apart', () => {
    expect(linesOf({ IMMICH_API_KEY_FILE: file('none') })[0]).toContain(
      `"${file('none')}", which is not there`,
    );
    expect(linesOf({ IMMICH_API_KEY_FILE: root })[0]).toContain(`"${root}", a folder`);
  });

  test.each<[Env, string]>([
    [
      { TELEGRAM_BOT_TOKEN: SECRET },
      'TELEGRAM_BOT_TOKEN: found a value of 24 characters, expected the token that BotFather gave (123456789:AA…)',
    ],
    [
      { IMMICH_API_KEY: `${SECRET} x` },
      'IMMICH_API_KEY: found a value of 26 characters, expected a key without blanks',
    ],
    [
      { HTTP_TOKEN: 'short' },
      'HTTP_TOKEN: found a value of 5 characters, expected at least 16 characters without blanks',
    ],
    [
      { PUSHOVER_USER: SECRET },
      'PUSHOVER_USER: found a value of 24 characters, expected 30 letters and digits, as Pushover shows them',
    ],
    [
      { HEARTBEAT_URL: SECRET },
      'HEARTBEAT_URL: found a value of 24 characters, expected an address such as https://example.org',
    ],
  ])('a faulty secret is described, not shown: %o', (env, line) => expect(linesOf(env)).toEqual([line]));

  test('a secret in the wrong variable is masked in its fault', () => {
    expect(linesOf({ TELEGRAM_OWNER_IDS: TOKEN }).join()).not.toContain(TOKEN);
    expect(linesOf({ IMMICH_API_KEY: SECRET, CLEAN_AT: SECRET }).join()).not.toContain(SECRET);
    expect(linesOf({ IMMICH_URL: `ftp://me:${SECRET}@x` }).join()).not.toContain(SECRET);
  });

  test('a value and a file of one secret are a fault', () => {
    expect(linesOf({ IMMICH_API_KEY: SECRET, IMMICH_API_KEY_FILE: write('key', SECRET) })).toEqual([
      'IMMICH_API_KEY: found both IMMICH_API_KEY and IMMICH_API_KEY_FILE, expected one of them',
    ]);
  });

  test('the environment wins over a credential, a credential over the file', () => {
    mkdirSync(file('credentials'));
    write('credentials/IMMICH_API_KEY', 'from-credential');
    write('.env', 'IMMICH_API_KEY=from-file\n');
    const credentials = { CREDENTIALS_DIRECTORY: file('credentials') };
    expect(read({}).config.immich?.key).toBe('from-file');
    expect(read(credentials).config.immich?.key).toBe('from-credential');
    const path = write('key', 'from-environment');
    expect(read({ ...credentials, IMMICH_API_KEY_FILE: path }).config.immich?.key).toBe('from-environment');
  });

  test('the identity of backups stays in its file, credential or not', () => {
    mkdirSync(file('credentials'));
    write('credentials/BACKUP_AGE_IDENTITY', 'AGE-SECRET-KEY-1');
    const { config } = read({ CREDENTIALS_DIRECTORY: file('credentials') });
    expect(config.age.identityFile).toBe(file('credentials/BACKUP_AGE_IDENTITY'));
  });
});

describe('the completing file', () => {
  test('STEWARD_ENV, then .env beside package.json, then the installed one', () => {
    write('etc-env', 'REPORT_AT=01:00\n');
    expect(read({}).config.report.at).toBe('01:00');
    write('.env', 'REPORT_AT=02:00\n');
    expect(read({}).config).toMatchObject({ report: { at: '02:00' }, file: file('.env') });
    const named = write('named', 'REPORT_AT=03:00\n');
    expect(read({ STEWARD_ENV: named }).config.report.at).toBe('03:00');
    expect(read({ STEWARD_ENV: named, REPORT_AT: '04:00' }).config.report.at).toBe('04:00');
    expect(read({ STEWARD_ENV: named, REPORT_AT: '' }).config.report.at).toBe('03:00');
  });

  test('relative paths start at its folder, wherever they come from', () => {
    mkdirSync(file('etc'));
    const named = write('etc/env', 'STATE_DIR=./data\nIMMICH_API_KEY_FILE=key\n');
    write('etc/key', 'the-key');
    const { config } = read({ STEWARD_ENV: named, PICTURES_DIR: 'pictures' });
    expect(config).toMatchObject({
      stateDir: file('etc/data'),
      servicesFile: file('etc/services.yaml'),
      pictures: { folder: file('etc/pictures') },
      immich: { key: 'the-key' },
    });
  });

  test('a named file that is not there is a fault', () => {
    expect(linesOf({ STEWARD_ENV: file('none') })).toEqual([
      `STEWARD_ENV: found "${file('none')}", which is not there, expected a file with lines NAME=value`,
    ]);
  });

  test('a file that may not be read is a fault that names sudo', () => {
    // Root may read everything, and tests may run as root.
    const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(whyUnreadable(refused)).toBe('which may not be read (use sudo)');
  });

  test('lines that are none are faults with their number, and quote nothing', () => {
    write('.env', `# fine\n${TOKEN}\nREPORT_AT='08:00\nLOG_LEVEL=debug # fine too\n`);
    expect(linesOf({})).toEqual([
      `${file('.env')}:2 line: found a line without NAME=, expected NAME=value, quoted or not`,
      `${file('.env')}:3 REPORT_AT: found a quote that is not closed, or text after it, expected NAME=value, quoted or not`,
    ]);
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const entries = [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));

  test('names every variable, and none that is unknown', () => {
    const known = new Set<string>([...PLAIN, ...SECRETS, ...SECRETS.map((name) => `${name}_FILE`)]);
    const named = new Set(entries.map(({ name }) => name));
    // It is what STEWARD_ENV leads to.
    expect([...PLAIN, ...SECRETS].filter((name) => !named.has(name))).toEqual(['STEWARD_ENV']);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  test('is good as it stands, and each value that it shows is a good one', () => {
    write('.env', text);
    expect(linesOf({})).toEqual([]);
    const shown = entries.filter(({ name, value }) => value !== '' && !name.endsWith('_FILE'));
    const config = read(Object.fromEntries(shown.map(({ name, value }) => [name, value])));
    expect(config.faults).toEqual([]);
    // What it shows are the defaults, but for these.
    const { timeZone, ...rest } = config.config;
    expect(timeZone).toBe('Europe/Rome');
    expect({ ...rest, file: undefined }).toEqual({
      ...read({}).config,
      timeZone: undefined,
      file: undefined,
    });
  });
});
