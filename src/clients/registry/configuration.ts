/** What the engine's own files say of registries: which are insecure, renamed or blocked, and who may log in. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { z } from 'zod';

/** Where the engine's configuration lies; files and folders that are missing count as empty. */
export type RegistryFiles = {
  /** `auth.json` of Podman, `config.json` of Docker: the first that knows a registry wins. */
  auth: readonly string[];
  /** `registries.conf` files; the first that is there counts, with its `registries.conf.d` beside it. */
  registries: readonly string[];
};

export type Place = {
  /** Host and port to ask. */
  host: string;
  /** The repository's name there. */
  repository: string;
  insecure: boolean;
};

export type Credentials = { username: string; password: string } | { identityToken: string };

/** registries.conf(5), version 2, and the lists of version 1 that hosts still have. */
const Registries = z.object({
  registry: z
    .array(
      z.object({
        prefix: z.string().optional(),
        location: z.string().optional(),
        insecure: z.boolean().default(false),
        blocked: z.boolean().default(false),
      }),
    )
    .default([]),
  registries: z
    .object({
      insecure: z.object({ registries: z.array(z.string()).default([]) }).optional(),
      block: z.object({ registries: z.array(z.string()).default([]) }).optional(),
    })
    .optional(),
});

type Rule = { prefix: string; location: string; insecure: boolean; blocked: boolean };

const Auth = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .default({}),
});

/** Docker Hub answers at another name than it has. */
const HUB_HOST = 'registry-1.docker.io';
/** Under which Docker keeps the login of its Hub. */
const HUB_KEYS = ['docker.io', 'https://index.docker.io/v1/', 'index.docker.io', 'registry-1.docker.io'];

/**
 * Where to ask for a repository.
 * @throws Error when a file cannot be read or understood, or the registry is blocked
 */
export async function placeOf(
  files: RegistryFiles,
  image: { registry: string; repository: string },
): Promise<Place> {
  const full = `${image.registry}/${image.repository}`;
  const rules = (await rulesOf(files)).filter((rule) => covers(rule.prefix, full));
  const rule = rules.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
  if (rule?.blocked === true) throw new Error(`registries.conf blocks "${rule.prefix}"`);
  const [host = '', ...path] = (
    rule === undefined || rule.prefix.startsWith('*.')
      ? full
      : `${rule.location}${full.slice(rule.prefix.length)}`
  ).split('/');
  return {
    host: host === 'docker.io' ? HUB_HOST : host,
    repository: path.join('/'),
    insecure: rule?.insecure ?? false,
  };
}

/** `ghcr.io` covers `ghcr.io/a/b`, `*.example.org` each host below it. */
function covers(prefix: string, name: string): boolean {
  if (prefix.startsWith('*.')) return (name.split('/')[0] ?? '').endsWith(prefix.slice(1));
  return name === prefix || name.startsWith(`${prefix}/`);
}

async function rulesOf({ registries }: RegistryFiles): Promise<Rule[]> {
  for (const file of registries) {
    const text = await readIfThere(file);
    const more = await dropIns(`${file}.d`);
    if (text === undefined && more.length === 0) continue;
    return [...(text === undefined ? [] : toRules(text, file)), ...more];
  }
  return [];
}

async function dropIns(folder: string): Promise<Rule[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.conf')).toSorted();
  const rules = await Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      return toRules((await readIfThere(file)) ?? '', file);
    }),
  );
  return rules.flat();
}

function toRules(text: string, file: string): Rule[] {
  let read: z.output<typeof Registries>;
  try {
    read = Registries.parse(parse(text));
  } catch (cause) {
    throw new Error(`Cannot understand "${file}"`, { cause });
  }
  const { registry, registries } = read;
  const old = (names: readonly string[] = [], more: Partial<Rule>): Rule[] =>
    names.map((name) => ({ prefix: name, location: name, insecure: false, blocked: false, ...more }));
  return [
    ...registry.flatMap(({ prefix, location, insecure, blocked }): Rule[] => {
      const from = prefix ?? location;
      return from === undefined ? [] : [{ prefix: from, location: location ?? from, insecure, blocked }];
    }),
    ...old(registries?.insecure?.registries, { insecure: true }),
    ...old(registries?.block?.registries, { blocked: true }),
  ];
}

/**
 * The login for a repository: that of the longest name that covers it, in the first file that has one.
 * @throws Error when a file is there and cannot be read or understood
 */
export async function credentialsOf(
  { auth }: RegistryFiles,
  image: { registry: string; repository: string },
): Promise<Credentials | undefined> {
  const full = `${image.registry}/${image.repository}`;
  const names = full.split('/').map((_, index, parts) => parts.slice(0, parts.length - index).join('/'));
  const keys = names.flatMap((name) =>
    name === 'docker.io' ? HUB_KEYS : [name, `https://${name}`, `https://${name}/v1/`, `https://${name}/v2/`],
  );
  for (const file of auth) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const { auths } = parseAuth(text, file);
    for (const key of keys) {
      const found = auths[key];
      if (found?.identitytoken) return { identityToken: found.identitytoken };
      if (!found?.auth) continue;
      const [username = '', ...password] = Buffer.from(found.auth, 'base64').toString().split(':');
      return { username, password: password.join(':').replace(/\0+$/, '') };
    }
  }
  return undefined;
}

function parseAuth(text: string, file: string): z.output<typeof Auth> {
  try {
    return Auth.parse(JSON.parse(text === '' ? '{}' : text));
  } catch {
    // The parser's own words would quote the file, and with it a password.
    throw new Error(`Cannot understand "${file}"`);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Error(`Cannot read "${file}": ${code}`, { cause: error });
  }
}
