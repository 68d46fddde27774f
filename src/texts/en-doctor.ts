/** What the doctor finds, in English: for each check what it looks for, what was found, why it matters and what to change. */
import type { CheckName } from '../doctor/names.ts';
import type { Severity } from '../report/alerts.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import { plural } from './en-words.ts';

type Values = Readonly<Record<string, string | number>>;

export type CheckWords = {
  /** What is looked for, for the list of all checks and before several that have it. */
  about: string;
  /** What was found, behind the name of its subject. */
  found: (values: Values) => string;
  why: string;
  change: string;
};

const memory = (bytes: string | number | undefined): string => formatSize(Number(bytes), 1024);

const noUpdate: Readonly<Record<string, string>> = {
  id: 'is made from an image id, which names no version',
  local: 'is made from an image that no registry knows',
  digest: 'is pinned to a digest',
  tag: 'is pinned to one version, and no place of releases is configured',
};

const forms: Readonly<Record<string, string>> = {
  missing: 'is not there',
  empty: 'is empty',
  bare: 'is no list of lines NAME=value',
  lines: 'has lines NAME=value where the bare value is read',
  exported: 'has lines that begin with "export", which only a shell understands',
  windows: 'has the line ends of Windows, which become part of each value',
};

const jobs: Readonly<Record<string, string>> = {
  'clean-album': 'cleans the album as Steward does, and takes what was in the library before along',
  'check-versions': 'looks for versions as Steward does',
  'back-up': 'takes backups as Steward does, at its own time',
};

const checks: Record<CheckName, CheckWords> = {
  missing: {
    about: 'In services.yaml, but not on the host',
    found: ({ what }) => `this ${what} is in services.yaml, but not on the host`,
    why: 'It is told as down for ever, and an update or a backup of it fails.',
    change: 'Correct the name in services.yaml, or take it out.',
  },
  unlisted: {
    about: 'On the host, but not in services.yaml',
    found: ({ what }) => `this ${what} is on the host, but not in services.yaml`,
    why: 'Nobody watches it, updates it or backs it up.',
    change: 'Add it to services.yaml.',
  },
  'no-restart': {
    about: 'Not started again when it ends',
    found: () => 'is not started again when it ends',
    why: 'One crash in the night, and it stays down until somebody sees it.',
    change: 'Have systemd, or the engine, start it again.',
  },
  'no-update': {
    about: 'An image that cannot be updated',
    found: ({ why = '', image = '' }) => `${noUpdate[why] ?? ''}: ${image}`,
    why: 'Nobody is told when a newer version mends a hole in it.',
    change:
      'Name an image with a tag, and its place of releases in services.yaml; or say `update: false` there.',
  },
  'latest-tag': {
    about: 'An image under the tag latest',
    found: ({ image = '' }) => `runs ${image}`,
    why: 'It can jump over a version that its data must not skip, and its name does not say what runs.',
    change: 'Name a tag that keeps to one major version.',
  },
  'short-image-name': {
    about: 'An image name without a registry',
    found: ({ image = '' }) => `is made from "${image}", which names no registry`,
    why: 'The first registry of the list that has such a name gives its image, whoever put it there.',
    change: 'Write the whole name.',
  },
  'ml-memory': {
    about: 'A machine-learning image that wants more memory than its limit',
    found: ({ variant = '', limit, wants }) =>
      `its limit is ${memory(limit)}, and the ${variant} image wants ${memory(wants)}`,
    why: 'It is killed while it loads a model and starts again, for ever: that has taken whole machines down.',
    change: 'Raise the limit, or take the plain image.',
  },
  'vector-extension': {
    about: 'pgvecto.rs, which Immich 3 does not know any more',
    found: ({ image = '' }) => `keeps its vectors with pgvecto.rs (${image})`,
    why: 'Immich 3 does not start on it.',
    change: 'Move to the VectorChord image that Immich publishes while Immich is a 2.x.',
  },
  'no-memory-limit': {
    about: 'No memory limit',
    found: () => 'has no memory limit',
    why: 'A leak in one container takes the memory of all, and of SSH.',
    change: 'Give it a limit of some twice of what it uses (/status tells).',
  },
  'no-health-check': {
    about: 'No health check',
    found: () => 'has no health check',
    why: 'One that hangs looks as well as one that works.',
    change: 'Give it a health check, or its service a `health.url` in services.yaml.',
  },
  root: {
    about: 'Runs as root',
    found: () => 'runs as root',
    why: 'Who breaks out of it is root on the host.',
    change: 'Give it a user, if its image can do without root.',
  },
  privileged: {
    about: 'Privileged',
    found: () => 'is privileged',
    why: 'It may do to the host whatever root may; nothing holds it in.',
    change: 'Take `--privileged` away and give it the one device or capability that it needs.',
  },
  'engine-socket': {
    about: "Has the engine's socket",
    found: ({ path = '' }) => `has ${path}`,
    why: 'Who can ask the engine can start a container with the whole disk in it: that is root. Read-only does not change it.',
    change: 'Take the mount away, or put a proxy before the socket that lets questions through only.',
  },
  'monitor-network': {
    about: 'A monitor that cannot reach what listens on 127.0.0.1',
    found: ({ network = '' }) => `is in the network "${network}", where 127.0.0.1 is the container itself`,
    why: 'It reports every service of this host as down, or never looks at them.',
    change: "Give it the host's network.",
  },
  'render-group': {
    about: 'A graphics card without the right to use it',
    found: () => 'has /dev/dri, but not the group that may open it',
    why: 'Hardware decoding fails, and the processor does the work without a word.',
    change: 'Add the group that owns the render node.',
  },
  'cannot-save': {
    about: 'A Redis that cannot save',
    found: ({ line = '' }) => `its log says: ${line}`,
    why: 'Redis refuses to write, and what uses it stops in the middle.',
    change:
      'Look at the owner of its data folder, the disk, and the memory that is free for a copy of itself.',
  },
  'time-zone': {
    about: 'Another time zone than the host',
    found: ({ zone = '', host = '' }) => `lives in ${zone}, the host in ${host}`,
    why: 'Its log, its schedules and the dates that it writes are off by hours.',
    change: 'Set TZ.',
  },
  'open-database': {
    about: 'A database or panel that every network reaches',
    found: ({ address = '', port = '' }) => `is open to every network (${address}:${port})`,
    why: 'Published ports pass the firewall by: the engine opens it for them.',
    change: 'Publish it on 127.0.0.1, or not at all: containers of one network reach each other.',
  },
  'wide-address': {
    about: 'Reachable from more than this machine and the VPN',
    found: ({ address = '', port = '' }) => `listens on ${address}:${port}`,
    why: 'The rest of this host answers on 127.0.0.1 and the VPN alone; published ports pass the firewall by.',
    change: 'Publish it on 127.0.0.1, behind the proxy.',
  },
  'vpn-not-awaited': {
    about: 'Bound to the address of the VPN without waiting for it',
    found: ({ address = '', interface: link = '' }) => `binds ${address} and does not wait for ${link}`,
    why: 'After a boot the address can come a minute late, and the start fails until systemd gives up.',
    change: "Allow addresses that are not there yet, or start it after the VPN's unit.",
  },
  'heartbeat-here': {
    about: 'A heartbeat that leads to this machine',
    found: ({ name = '' }) => `leads to ${name}, which is this machine`,
    why: 'When the machine is gone, what should tell of it is gone, too.',
    change: 'Name a monitor outside of this house.',
  },
  'secret-in-environment': {
    about: 'A secret in the environment',
    found: ({ names = '' }) => `has in its environment: ${names}`,
    why: 'Everybody who may ask the engine or systemd reads it, and it ends up in the Nix store or in a dump.',
    change: 'Keep it in a file: many images know the variable with `_FILE` at its end.',
  },
  'secret-readable': {
    about: 'A file of secrets that everybody can read',
    found: ({ reader = '', mode = '' }) =>
      `everybody on this machine can read it (mode ${mode}, for ${reader})`,
    why: 'Any program of any user has it, the coding agent included.',
    change: 'Take the right away from others.',
  },
  'secret-form': {
    about: 'A file of secrets that is not understood',
    found: ({ reader = '', form = '' }) => `${forms[form] ?? ''}; ${reader} reads it`,
    why: 'What is not understood counts as not set, and is not said.',
    change: 'Lines NAME=value for systemd and --env-file, the bare value for a variable that ends in _FILE.',
  },
  'acme-token': {
    about: 'A token for certificates that is missing',
    found: ({ names = '' }) => `does not get: ${names}`,
    why: 'Certificates are not renewed, and run out within three months.',
    change: 'Put the name and its value into a file that `EnvironmentFile=` names.',
  },
  'token-shared': {
    about: 'A Telegram token that two bots use',
    found: () => 'another program has polled with it within the last day',
    why: 'Each message reaches one of the two, by chance.',
    change: 'Stop the other one, or get a token of its own from BotFather.',
  },
  'data-owner': {
    about: 'A data folder that its container cannot write',
    found: ({ path = '', owner = '', user = '' }) =>
      `cannot write ${path}: it belongs to ${owner}, and the container's user is ${user} on the host`,
    why: 'It fails at its first write, which can be at the start or in a month.',
    change: 'Give the folder to the user that the container is on the host.',
  },
  'network-chown': {
    about: '":U" on a disk of the network',
    found: ({ path = '' }) => `gives ${path} away at each start (":U"), which lies on a disk of the network`,
    why: 'Every file there gets another owner, or the start fails after minutes.',
    change: 'Take the U away.',
  },
  'backup-same-disk': {
    about: 'Backups on the disk of the data',
    found: ({ path = '', folder = '' }) => `${path} and its backups in ${folder} are on one disk`,
    why: 'When the disk dies, both are gone.',
    change: 'Put `backups.folder` on another disk.',
  },
  'no-off-site': {
    about: 'No backup outside of this house',
    found: () => 'backups are here alone',
    why: 'Fire, theft and a surge take the machine with all its disks.',
    change: 'Name a second place in services.yaml (docs/backups.md).',
  },
  'keys-only-here': {
    about: 'A key that backups cannot be read without',
    found: () => 'backups cannot be read without it; I cannot see whether a copy is elsewhere',
    why: 'The backups outlive the machine, and nobody can open them.',
    change: 'Keep a copy on paper or in a password manager that does not run here; then silence this line.',
  },
  'immich-key-lacks': {
    about: 'An Immich key with too few permissions',
    found: ({ names = '' }) => `lacks ${names}`,
    why: 'Pictures are not filed, or the album is not cleaned.',
    change: 'Make a key with these in Immich: Account settings, API keys.',
  },
  'immich-key-excess': {
    about: 'An Immich key with too many permissions',
    found: ({ names = '' }) => `may more than it needs: ${names}`,
    why: 'Who gets hold of it gets that, too.',
    change: 'Make a key with the permissions of docs/install.md alone.',
  },
  'immich-key-owner': {
    about: 'An Immich key of the owner of the library',
    found: ({ email = '' }) => `is a key of ${email}, whose library it is`,
    why: 'It may delete every photo of its account; one of an account of its own can only delete what it filed.',
    change: 'Make an account for the bot in Immich, and a key there.',
  },
  'no-lingering': {
    about: 'A user whose services end with the login',
    found: ({ user = '' }) => `the services of ${user} run only while ${user} is logged in`,
    why: 'After a boot nothing of it runs until somebody logs in.',
    change: 'Let the user linger.',
  },
  'no-newuidmap': {
    about: 'newuidmap is missing',
    found: ({ user = '' }) => `newuidmap is not installed, and ${user} runs containers`,
    why: 'Without it a container has one user only, and most images do not start.',
    change: 'Install it: the package is uidmap, shadow or shadow-utils; NixOS has `security.shadow.enable`.',
  },
  'late-runtime-folder': {
    about: "Started before a user's runtime folder is there",
    found: ({ folder = '' }) => `uses ${folder} and does not wait for it`,
    why: 'At a boot the folder comes later, and the first start fails.',
    change: "Start it after the user's manager.",
  },
  'engine-backend': {
    about: 'Another engine than the socket says',
    found: ({ socket = '', declared = '', found = '' }) =>
      `${socket} should be ${declared}, and ${found} answers`,
    why: 'Names of images, restarts and updates are not the same in both.',
    change: 'Name the socket of the engine that is meant.',
  },
  'old-timer': {
    about: 'A timer of before, beside Steward',
    found: ({ job = '' }) => jobs[job] ?? '',
    why: 'Two that do the same get in each other’s way, and one of them does not know what the other has filed.',
    change: 'Turn it off once Steward does not only observe.',
  },
  'prune-timer': {
    about: 'A timer that removes every image that does not run',
    found: () => 'runs "system prune --all"',
    why: 'It takes the old image that a rollback needs, and the image of whatever is stopped just then.',
    change: 'Take --all away; Steward removes what nobody needs.',
  },
};

const severities: Record<Severity, [one: string, many: string]> = {
  critical: ['critical', 'critical'],
  warning: ['warning', 'warnings'],
  notice: ['notice', 'notices'],
};

/** What stands between backticks is to be typed as it is. */
const spelt = (text: string): Rich =>
  text.split('`').map((part, index) => (index % 2 === 0 ? part : code(part)));

export const doctor = {
  checks,
  /** Before what is said of one service or check alone. */
  of: (scope: string): string => `${scope}: `,
  well: (of: string, count: number): Rich =>
    rich`🟢 ${b(`${of}${of === '' ? 'N' : 'n'}othing to change`)}, ${plural(count, 'check')} made`,
  head: (of: string, counts: readonly { severity: Severity; count: number }[]): Rich =>
    rich`🩺 ${b(of + counts.map(({ severity, count }) => plural(count, ...severities[severity])).join(', '))}`,
  found: (subject: string, what: string): Rich => rich`${b(subject)} – ${what}`,
  several: (about: string, subjects: readonly string[], more: number): Rich =>
    rich`${b(about)}: ${subjects.join(', ')}${more === 0 ? '' : ` and ${more} more`}`,
  /** Before what stands in the fold. */
  rest: (more: number, unseen: number): Rich =>
    rich`${i([...(more === 0 ? [] : [`${more} more`]), ...(unseen === 0 ? [] : [`${plural(unseen, 'thing')} that could not be looked at, or not wholly`])].join(', '))}`,
  why: (text: string): Rich => rich`${i(spelt(text))}`,
  change: (text: string): Rich => rich`➡️ ${spelt(text)}`,
  silence: (line: string): Rich =>
    rich`${i('Meant to be so? In services.yaml, below checks, doctor:')} ${code(line)}`,
  ignored: (count: number): Rich => rich`${i(`${count} ignored, as services.yaml says`)}`,
  unseen: (what: readonly string[], more: number, why: string): Rich =>
    rich`❔ ${b(what.join(', '))}${more <= 0 ? '' : ` and ${more} more`} – ${why}`,
  fileName: (day: string): string => `doctor-${day}.txt`,
  whole: (count: number): Rich =>
    rich`${i(`All ${count} are in the file; /doctor and the name of a service or a check tells of one.`)}`,
};
