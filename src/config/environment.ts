/**
 * The environment completed by a file, and the three places a secret can come from.
 * Reads what it is given; `src/config.ts` alone knows the process's own environment.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { causeOf, type Fault } from '../errors.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export type Environment = {
  /** The file that completes the environment, if there is one. */
  readonly file: string | undefined;
  /** Relative paths start here: the file's folder, else the project's. */
  readonly base: string;
  /** Names with a value, of the process and of the file. */
  readonly names: { readonly process: readonly string[]; readonly file: readonly string[] };
  /** Unset and empty are the same. */
  get(name: string): string | undefined;
  /** A secret: from the process (NAME or NAME_FILE), systemd's credentials, then the file. */
  secret(name: string): string | undefined;
  /** The path of a file that is named by NAME_FILE, or that systemd gives as the credential NAME. */
  secretPath(name: string): string | undefined;
  /** Files that secrets were read from, or are to be; not those that systemd keeps. Grows as the configuration is read. */
  readonly secretFiles: { name: string; path: string }[];
  /** What was wrong so far; grows as the configuration is read. */
  readonly faults: Fault[];
};

/** Larger is no secret: somebody named the wrong file. */
const LARGEST_SECRET = 64 * 1024;

/**
 * @param places.root the folder of package.json, whose `.env` is looked for first
 * @param places.system the file of an installed Steward
 */
export function openEnvironment(env: Env, places: { root: string; system: string }): Environment {
  const faults: Fault[] = [];
  const { file, values } = completingFile(env, places, faults);
  const base = dirname(file ?? join(places.root, '.env'));
  const credentials = nonEmpty(env.CREDENTIALS_DIRECTORY);
  const layers = [env, values];
  const secretFiles: Environment['secretFiles'] = [];

  const credential = (name: string): string | undefined => {
    if (credentials === undefined) return undefined;
    const path = join(credentials, name);
    return isFile(path) ? path : undefined;
  };

  const fromLayer = (layer: Env, name: string): { value?: string; path?: string } | undefined => {
    const value = nonEmpty(layer[name]);
    const path = nonEmpty(layer[`${name}_FILE`]);
    if (value !== undefined && path !== undefined) {
      faults.push({ name, found: `both ${name} and ${name}_FILE`, expected: 'one of them' });
    }
    if (value !== undefined) return { value };
    return path === undefined ? undefined : { path: resolve(base, path) };
  };

  const read = (name: string, path: string, source: string): string | undefined => {
    const result = readSecretFile(path, name);
    if ('value' in result) return result.value;
    faults.push({ name: source, found: result.found, expected: result.expected });
    return undefined;
  };

  return {
    file,
    base,
    names: { process: namesOf(env), file: namesOf(values) },
    secretFiles,
    faults,
    get: (name) => nonEmpty(env[name]) ?? nonEmpty(values[name]),
    secret(name) {
      const [own, fromFile] = layers.map((layer) => fromLayer(layer, name));
      const path = credential(name);
      const chosen = own ?? (path === undefined ? fromFile : { path });
      if (chosen?.path === undefined) return chosen?.value;
      if (chosen.path !== path) secretFiles.push({ name, path: chosen.path });
      return read(name, chosen.path, chosen.path === path ? name : `${name}_FILE`);
    },
    secretPath(name) {
      const own = nonEmpty(env[`${name}_FILE`]);
      const path = own ?? credential(name) ?? nonEmpty(values[`${name}_FILE`]);
      return path === undefined ? undefined : resolve(base, path);
    },
  };
}

function completingFile(
  env: Env,
  { root, system }: { root: string; system: string },
  faults: Fault[],
): { file: string | undefined; values: Env } {
  const named = nonEmpty(env.STEWARD_ENV);
  const candidates = named === undefined ? [join(root, '.env'), system] : [resolve(named)];
  for (const file of candidates) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (named === undefined && NOT_THERE.includes(codeOf(error))) continue;
      faults.push({
        name: named === undefined ? file : 'STEWARD_ENV',
        found: `"${file}", ${whyUnreadable(error)}`,
        expected: 'a file with lines NAME=value',
      });
      return { file, values: {} };
    }
    const { values, faults: lines } = parseAssignments(text);
    faults.push(...lines.map(({ line, ...fault }) => ({ where: `${file}:${line}`, ...fault })));
    return { file, values };
  }
  return { file: undefined, values: {} };
}

/**
 * A secret's file in one of three forms: the bare value, one line `NAME=value`, several such lines.
 * What is wrong is said without quoting anything of the file.
 */
export function readSecretFile(
  path: string,
  name: string,
): { value: string } | { found: string; expected: string } {
  const expected = `a file with the bare value or a line ${name}=value`;
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > LARGEST_SECRET) return { found: `"${path}", a file of ${size} bytes`, expected };
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { found: `"${path}", ${whyUnreadable(error)}`, expected };
  }

  const lines = contentLines(text);
  const { values } = parseAssignments(text);
  const assigned = values[name];
  if (assigned !== undefined) {
    return assigned === '' ? { found: `"${path}", where ${name} is empty`, expected } : { value: assigned };
  }
  const [only] = lines;
  if (only === undefined) return { found: `"${path}", an empty file`, expected };
  if (lines.length > 1) return { found: `"${path}", ${lines.length} lines, none for ${name}`, expected };
  // Base64 may end in "=" or "==": that is a bare value still.
  if (/^(?:export\s+)?[A-Z][A-Z0-9_]*=(?!=?$)/.test(only)) {
    return { found: `"${path}", a line for another name`, expected };
  }
  return { value: only };
}

type LineFault = { line: number; name: string; found: string; expected: string };

/**
 * Lines `NAME=value` as a shell would read them: `export`, quotes and comments, but nothing is expanded.
 * A name that comes twice has its last value.
 */
function parseAssignments(text: string): { values: Record<string, string>; faults: LineFault[] } {
  const values = new Map<string, string>();
  const faults: LineFault[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, rest = ''] = /^(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? [];
    const value = name === undefined ? undefined : unquote(rest);
    if (name !== undefined && value !== undefined) values.set(name, value);
    else {
      faults.push({
        line: index + 1,
        name: name ?? 'line',
        found: name === undefined ? 'a line without NAME=' : 'a quote that is not closed, or text after it',
        expected: 'NAME=value, quoted or not',
      });
    }
  }
  return { values: Object.fromEntries(values), faults };
}

/** @returns undefined when a quote is not closed, or something follows it */
function unquote(text: string): string | undefined {
  if (text.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1];
  if (text.startsWith('"')) {
    const inner = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)?.[1];
    return inner?.replace(/\\(["\\$`])/g, '$1');
  }
  return text.replace(/(?:^|\s+)#.*$/, '');
}

const contentLines = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const namesOf = (env: Env): string[] => Object.keys(env).filter((name) => nonEmpty(env[name]) !== undefined);

/** An empty value counts as unset; so does one of blanks. */
const nonEmpty = (value: string | undefined): string | undefined => {
  const text = value?.trim();
  return text === '' ? undefined : text;
};

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const NOT_THERE = ['ENOENT', 'ENOTDIR'];

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'which is not there',
  ENOTDIR: 'which is not there',
  EACCES: 'which may not be read (use sudo)',
  EPERM: 'which may not be read (use sudo)',
  EISDIR: 'a folder',
};

/** Why a file could not be read, to be set after its path. */
export const whyUnreadable = (error: unknown): string =>
  REASONS[codeOf(error)] ?? `which cannot be read: ${causeOf(error)}`;
