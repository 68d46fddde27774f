/** One variable's text → its value. Each function gives undefined for what it cannot read. */
import { isAbsolute, normalize } from 'node:path';
import { nearest } from '../nearest.ts';
import type { Environment } from './environment.ts';

export const USER_IDS = 'numeric user ids, comma separated';
export const URL_FORM = 'an address such as https://example.org';
export const SOCKET_FORM = 'a Unix socket such as unix:///run/podman/podman.sock';
export const PROGRAM_FORM = 'a program with arguments, split on spaces';
export const KEY = 'a key without blanks';
export const PUSHOVER = '30 letters and digits, as Pushover shows them';

export type Reader = {
  /** @param fallback for an unset variable, and in the place of a faulty one */
  read: <Value, Fallback>(
    name: string,
    parse: (text: string) => Value | undefined,
    expected: string,
    fallback: Fallback,
  ) => Value | Fallback;
  /** One of a few words; the fault of another one names the nearest. */
  choice: <Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice) => Choice;
  /** Like `read`; the value stays out of the fault. */
  secret: <Value>(
    name: string,
    parse: (text: string) => Value | undefined,
    expected: string,
  ) => Value | undefined;
  /** The values of the secrets that were read. */
  readonly secrets: readonly string[];
};

/** Reads variables into values; what is wrong goes to the environment's faults. */
export function createReader(environment: Environment): Reader {
  const secrets: string[] = [];
  const { faults } = environment;
  return {
    secrets,
    read(name, parse, expected, fallback) {
      const text = environment.get(name);
      if (text === undefined) return fallback;
      const value = parse(text);
      if (value === undefined) faults.push({ name, found: JSON.stringify(shorten(text)), expected });
      return value ?? fallback;
    },
    choice(name, choices, fallback) {
      const text = environment.get(name);
      if (text === undefined) return fallback;
      const value = choices.find((choice) => choice === text);
      if (value !== undefined) return value;
      const found = JSON.stringify(shorten(text));
      const expected = `one of ${choices.join(', ')}`;
      faults.push({ name, found, expected, nearest: nearest(text, choices, 1)[0] });
      return fallback;
    },
    secret(name, parse, expected) {
      const text = environment.secret(name);
      if (text === undefined) return undefined;
      secrets.push(text);
      const value = parse(text);
      if (value === undefined) faults.push({ name, found: describeSecret(text), expected });
      return value;
    },
  };
}

/** What may be said of a secret. */
export const describeSecret = (text: string): string =>
  `a value of ${text.length} character${text.length === 1 ? '' : 's'}`;

/** A fault is one line. */
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

export function userIds(text: string): number[] | undefined {
  const ids = text.split(',').map((part) => part.trim());
  // Telegram's ids fit into 52 bits.
  return ids.every((id) => /^[1-9]\d{0,14}$/.test(id)) ? [...new Set(ids.map(Number))] : undefined;
}

/** Groups have negative ids. */
export const chatId = (text: string): number | undefined =>
  /^-?[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;

export const token = (text: string): string | undefined =>
  /^\d{6,12}:[\w-]{30,}$/.test(text) ? text : undefined;

/** Printable ASCII without blanks: it goes into a header. */
export const key = (text: string): string | undefined => (/^[!-~]+$/.test(text) ? text : undefined);

export const httpToken = (text: string): string | undefined => (text.length < 16 ? undefined : key(text));

export const pushover = (text: string): string | undefined =>
  /^[A-Za-z0-9]{30}$/.test(text) ? text : undefined;

/** http or https, without a slash at its end. */
export function url(text: string): string | undefined {
  const parsed = URL.parse(text);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hash !== '') return undefined;
  return text.replace(/\/+$/, '');
}

/** Immich's own documentation gives the address both with and without `/api`. */
export const immichUrl = (text: string): string | undefined => url(text)?.replace(/\/api$/, '');

/** Bytes that the kernel takes for the address of a Unix socket: unix(7). */
const LONGEST_SOCKET = 107;

/** A Unix socket, as `unix:///path` or as an absolute path. */
export function socket(text: string): string | undefined {
  const path = text.replace(/^unix:\/\//, '');
  const isPath = path.startsWith('/') && !path.endsWith('/') && Buffer.byteLength(path) <= LONGEST_SOCKET;
  return isPath ? `unix://${path}` : undefined;
}

export function program(text: string): string[] | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  return words.length > 0 ? words : undefined;
}

export const mail = (text: string): string | undefined =>
  /^[^\s@,]+@[^\s@,]+$/.test(text) ? text : undefined;

export function mappings(text: string): { container: string; host: string }[] | undefined {
  const pairs = text.split(',').map((pair) => pair.trim().split('='));
  const mapped = pairs.map(([container = '', host = '', ...rest]) => ({ container, host, rest }));
  const isGood = mapped.every(
    ({ container, host, rest }) => rest.length === 0 && isPlainPath(container) && isPlainPath(host),
  );
  const containers = new Set(mapped.map(({ container }) => container));
  if (!isGood || containers.size < mapped.length) return undefined;
  return mapped.map(({ container, host }) => ({ container, host }));
}

const isPlainPath = (path: string): boolean => isAbsolute(path) && normalize(path) === path;

export const edge = (text: string): number | 'original' | undefined => {
  if (text === 'original') return text;
  const pixels = /^\d{3,4}$/.test(text) ? Number(text) : 0;
  // Under 200 pixels a picture degrades for an agent, over 8000 it is refused.
  return pixels >= 200 && pixels <= 8000 ? pixels : undefined;
};

export function listen(text: string): { host: string; port: number } | 'off' | undefined {
  if (text === 'off') return text;
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

/** https://age-encryption.org: an X25519 key, or one of the post-quantum kind. */
export const recipient = (text: string): string | undefined =>
  /^age1(?:[02-9ac-hj-np-z]{58}|pq1[02-9ac-hj-np-z]{1900,2100})$/.test(text) ? text : undefined;

const FLAGS: Readonly<Record<string, boolean>> = {
  '1': true,
  true: true,
  yes: true,
  '0': false,
  false: false,
  no: false,
};

export const flag = (text: string): boolean | undefined =>
  Object.hasOwn(FLAGS, text.toLowerCase()) ? FLAGS[text.toLowerCase()] : undefined;

/** POSIX allows a colon before the name. Offsets such as `+09:00` have no rules for summer time: not taken. */
export function timeZone(text: string): string | undefined {
  const name = text.replace(/^:/, '');
  if (name === '/etc/localtime') return hostTimeZone();
  if (!/^[A-Za-z]/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export const hostTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Settings that mean nothing without a key. */
export const withKey = <Settings extends object>(
  given: string | undefined,
  settings: Settings,
): (Settings & { key: string }) | undefined =>
  given === undefined ? undefined : { ...settings, key: given };
