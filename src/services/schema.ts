/** The shape of services.yaml. Each schema gives plain data in the domain's words: milliseconds, bytes, lists. */
import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';
import {
  DURATION_FORM,
  parseDuration,
  parseHours,
  parseSize,
  parseTimeOfDay,
  SIZE_FORM,
  SPAN_FORM,
  TIME_FORM,
} from '../units.ts';
import * as parse from '../config/variables.ts';
import { isCheckName } from '../doctor/names.ts';

/** A value read by a function that gives undefined for what it cannot read. The message is what was expected. */
const value = <Value>(read: (text: string) => Value | undefined, expected: string) =>
  z.unknown().transform((input, context): Value => {
    const parsed = typeof input === 'string' ? read(input.trim()) : undefined;
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: expected, input });
    return z.NEVER;
  });

/** `0` is a number to YAML, `80` without its sign too. */
const amount = (read: (text: string) => number | undefined, expected: string) =>
  z.preprocess((input) => (typeof input === 'number' ? String(input) : input), value(read, expected));

/** Before the names that a map may hold, in the message for one that it may not. */
export const ONE_OF = 'one of ';

const map = <Shape extends z.core.$ZodLooseShape>(shape: Shape, expected = 'a map') =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? ONE_OF + Object.keys(shape).join(', ') : expected),
  });

const list = <Item extends z.ZodType>(item: Item, expected: string) => z.array(item, { error: expected });

const choice = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z.enum(choices, { error: ONE_OF + choices.join(', ') });

const matching = (pattern: RegExp, expected: string, longest = 255) =>
  value((text) => (pattern.test(text) && text.length <= longest ? text : undefined), expected);

const flag = z.boolean({ error: 'true or false' });
const text = value((given) => (given === '' ? undefined : given), 'a text');
const path = value(
  (given) => (isAbsolute(given) && normalize(given) === given ? given : undefined),
  'an absolute path without .. or a slash at its end',
);
const duration = amount(parseDuration, DURATION_FORM);
const size = amount(parseSize, SIZE_FORM);
const timeOfDay = value(parseTimeOfDay, TIME_FORM);
const hours = value(parseHours, SPAN_FORM);
const url = value(parse.url, parse.URL_FORM);
const percent = amount((given) => {
  const share = /^\d{1,3}%?$/.test(given) ? Number.parseInt(given, 10) : 0;
  return share >= 1 && share <= 100 ? share : undefined;
}, 'a share from 1% to 100%');
const count = z.int({ error: 'a whole number from 0' }).min(0, { error: 'a whole number from 0' });
const status = z
  .int({ error: 'an HTTP status such as 200' })
  .min(100, { error: 'an HTTP status such as 200' })
  .max(599, { error: 'an HTTP status such as 200' });

/** It names files, locks and buttons. `all` and `bot` mean something else there. */
export const ServiceName = matching(
  /^(?!(?:all|bot)$)[a-z0-9][a-z0-9._-]*$/,
  'a name of lower-case letters, digits, ".", "_" and "-" (up to 32; not "all" or "bot")',
  32,
);
export const HostName = matching(
  /^(?!local$)[a-z0-9][a-z0-9._-]*$/,
  'a lower-case name other than local',
  32,
);

const containerName = matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "a container's name");
// It goes to systemctl as an argument, so it must not look like an option.
const UNIT = /^[\w:.\\@][\w:.\\@-]*\.(?:service|timer|target|socket|path|mount)$/;
const unitOrNone = (given: string): string | undefined =>
  given === 'none' || UNIT.test(given) ? given : undefined;
const unitName = matching(UNIT, 'a unit such as caddy.service');

const CONTAINER_FORM = "a container's name, or { name, unit, update }";
const Container = z
  .preprocess(
    (input) => (typeof input === 'string' ? { name: input } : input),
    map(
      {
        name: containerName,
        unit: value(unitOrNone, 'none, or a unit such as caddy.service').optional(),
        update: flag.default(true),
      },
      CONTAINER_FORM,
    ),
  )
  .transform(({ name, unit = `podman-${name}.service`, update }) => ({
    name,
    /** Undefined: the engine runs it. */
    unit: unit === 'none' ? undefined : unit,
    update,
  }));
export type Container = z.infer<typeof Container>;

const Health = map({
  url: url.optional(),
  expect: status.default(200),
  timeout: duration.default(600_000),
  /** Up, and not restarting, for so long. */
  settle: duration.default(20_000),
});

const Release = map({
  github: matching(/^[\w.-]+\/[\w.-]+$/, 'owner/repository').optional(),
  version: choice(['immich', 'image-label', 'tag', 'none']).default('image-label'),
  check: timeOfDay.optional(),
  file: text.optional(),
  notes: text.optional(),
});

const Update = map({
  policy: choice(['ask', 'image', 'patch', 'minor']).default('ask'),
  window: hours.optional(),
  hold: duration.default(0),
  rollback: choice(['image', 'with-data']).default('image'),
  before: list(unitName, 'a list of units').default([]),
  after: list(unitName, 'a list of units').default([]),
  /** The old image is kept as a file, too. */
  archive: flag.default(false),
});

const Source = z.discriminatedUnion(
  'kind',
  [
    map({ kind: z.literal('postgres'), container: containerName, user: text, database: text }),
    map({ kind: z.literal('sqlite'), files: value(glob, 'absolute paths; * and {a,b} are understood') }),
    map({
      kind: z.literal('files'),
      folder: path,
      exclude: list(text, 'a list of patterns').default([]),
    }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? `${ONE_OF}postgres, sqlite, files` : 'a map with a kind',
  },
);
export type Source = z.infer<typeof Source>;

const PAUSE_FORM = 'true, false or { busy, most }';
const Pause = z
  .preprocess(
    (input) => (input === true ? {} : input === false ? undefined : input),
    map(
      {
        /** A port of the host; while a client is connected to it, a scheduled backup waits. */
        busy: value(tcpPort, 'a port such as tcp:27701').optional(),
        /** Milliseconds that it may be stopped; then it starts, and there is no backup. */
        most: duration.default(1_800_000),
      },
      PAUSE_FORM,
    ).optional(),
  )
  .optional();

/** Each path is relative to the folder of a source; `*`, `**` and `{a,b}` are understood. */
const paths = list(text, 'a list of paths').default([]);
/** By its file name or the end of its path, or the name of a PostgreSQL database. */
const database = text;

/** What is asked: psql asks it of PostgreSQL, and inside of another statement. */
const statement = value((given) => {
  const sql = given.replace(/\s*;$/, '');
  return sql === '' || /[;\\]/.test(sql) ? undefined : sql;
}, 'one SQL statement without ; and \\ inside');

/** What has to be in a backup of a service: without it, it is none. */
const Expect = map({
  /** Least number of rows, in every database that has the table. */
  tables: z.record(z.string(), count, { error: 'a map of tables to row counts' }).default({}),
  files: paths,
  /** Files that hold keys or certificates as PEM, and can be read as such. */
  pem: paths,
  /** What a JSON file has to say; it is read before anything is copied, too. */
  values: list(
    map({ file: text, key: text, is: text, otherwise: text.optional() }),
    'a list of { file, key, is, otherwise }',
  ).default([]),
  /**
   * Rows and their files. The query gives a row for each file: its `path`, absolute or relative to the folder of the
   * database, and where they are known its `size` in bytes, and `sha1` or `sha256` as blob or digits.
   */
  rows: list(
    map({
      name: text,
      database,
      sql: text,
      /** So many are known to be lost. */
      missing: count.default(0),
    }),
    'a list of { name, database, sql, missing }',
  ).default([]),
  /** Queries that give one number, which has to be so large. */
  queries: list(
    map({ name: text, database, sql: statement, least: count.default(1) }),
    'a list of { name, database, sql, least }',
  ).default([]),
});
export type Expect = z.infer<typeof Expect>;

const Backup = map({
  at: timeOfDay.optional(),
  /** Stop the units for the copy. */
  pause: Pause,
  keep: map({
    daily: count.default(30),
    weekly: count.default(0),
    monthly: count.default(6),
  }).prefault({}),
  sources: list(Source, 'a list of sources').min(1, { error: 'at least one source' }),
  expect: Expect.prefault({}),
  not_covered: text.optional(),
}).transform(({ not_covered: notCovered, ...rest }) => ({ ...rest, notCovered }));
export type Backup = z.infer<typeof Backup>;

const Watch = map({
  after: duration.default(30_000),
  on_loop: choice(['tell', 'stop']).default('tell'),
  log: list(
    map({
      pattern: value(regularExpression, 'a regular expression'),
      severity: choice(['critical', 'warning', 'notice']).default('warning'),
    }),
    'a list of { pattern, severity }',
  ).default([]),
}).transform(({ on_loop: onLoop, ...rest }) => ({ ...rest, onLoop }));

/** A service as the file has it; its name is the key. */
export const ServiceEntry = map({
  title: text.optional(),
  url: url.optional(),
  host: text.default('local'),
  containers: list(Container, 'a list of containers').default([]),
  units: list(unitName, 'a list of units').default([]),
  health: Health.prefault({}),
  release: Release.optional(),
  update: Update.prefault({}),
  backup: Backup.optional(),
  heartbeat: url.optional(),
  pushover_token_file: text.optional(),
  watch: Watch.prefault({}),
});
export type ServiceEntry = z.infer<typeof ServiceEntry>;

export const HostEntry = map({
  engine: value(parse.socket, parse.SOCKET_FORM),
  systemctl: value(parse.program, parse.PROGRAM_FORM),
  journalctl: value(parse.program, parse.PROGRAM_FORM),
});
export type HostEntry = z.infer<typeof HostEntry>;

const Offsite = z.discriminatedUnion(
  'kind',
  [
    map({ kind: z.literal('restic'), repository: text, password_file: path }),
    map({ kind: z.literal('rclone'), remote: text }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? `${ONE_OF}restic, rclone` : 'a map with a kind') },
);

export const Backups = map({
  folder: path,
  /** Bytes of the disk that backups leave free. */
  reserve: size.default(5e9),
  offsite: Offsite.optional(),
});
export type Backups = z.infer<typeof Backups>;

/** Percent of the disk in use. */
const Disk = map({
  path,
  warn: percent.default(80),
  alarm: percent.default(92),
  mount: choice(['required', 'optional']).default('optional'),
});

/** A check of the doctor that its owner has decided about: `no-memory-limit blog`, or `root` for all. */
const Ignored = value((given) => {
  const [check = '', ...subject] = given.split(/\s+/);
  return isCheckName(check)
    ? { check, subject: subject.length === 0 ? undefined : subject.join(' ') }
    : undefined;
}, 'a check of docs/doctor.md, and what it is about: "no-memory-limit blog"');

export const Checks = map({
  disks: list(Disk, 'a list of disks').default([]),
  vpn: map({ interface: matching(/^[^\s/]{1,15}$/, "a network interface's name") }).optional(),
  proxy: map({
    address: text,
    names: list(text, 'a list of host names').default([]),
    /** Certificates in PEM of an authority of the owner's own, as Caddy's `tls internal` has one. */
    authority: path.optional(),
  }).optional(),
  doctor: map({ ignore: list(Ignored, 'a list of checks').default([]) }).prefault({}),
});
export type Checks = z.infer<typeof Checks>;

/** Monitors elsewhere, by the name of the job whose runs they are told of. */
export const Heartbeats = z.record(z.string(), url, { error: 'a map of jobs and addresses' });
export type Heartbeats = z.infer<typeof Heartbeats>;

export const TOP = ['hosts', 'backups', 'checks', 'heartbeats', 'services'] as const;

function glob(given: string): string | undefined {
  return isAbsolute(given) && !given.split('/').includes('..') ? given : undefined;
}

function tcpPort(given: string): number | undefined {
  const port = Number(/^tcp:(\d{1,5})$/.exec(given)?.[1]);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function regularExpression(given: string): string | undefined {
  try {
    return new RegExp(given, 'u').source;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
