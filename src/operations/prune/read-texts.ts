/**
 * All texts of a host that can name an image: its units, what they run as far as that is a script, quadlets, and compose
 * files. What is not there names nothing; what is there and cannot be read could name anything.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';

/** Units name scripts, those run others, and these may have a last one below them. */
const DEPTH = 3;
/** A host has some hundred units; beyond this something leads astray. */
const MOST_FILES = 8000;
/** Bytes: a script or a compose file has a few thousand. */
const LARGEST = 1024 * 1024;
/** Bytes that tell a text from a program. */
const HEAD = 4096;
const AT_ONCE = 16;

/** Quadlets; a user's own lie beside his units. podman-systemd.unit(5). */
const QUADLETS = ['/etc/containers/systemd', '/usr/share/containers/systemd', '/run/containers/systemd'];
/** In a unit's working folder. */
const BESIDE = /(?:\.ya?ml|\.env|^\.env|\.kube)$/;
/** Answers of the kernel, which can wait for ever. */
const KERNEL = /^\/(?:proc|sys|dev)\//;
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL']);

/**
 * @param stacks files that the containers' labels name
 * @throws Error naming what cannot be read
 */
export async function readTexts(
  { systemd }: Host,
  stacks: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const { text, folders, workFolders } = await systemd.everyService({ signal });
  const listed = await Promise.all([
    ...[...folders, ...QUADLETS, ...folders.flatMap(quadletsBeside)].map((folder) => filesIn(folder, 2)),
    ...workFolders.map(async (folder) =>
      (await filesIn(folder, 0)).filter((path) => BESIDE.test(nameIn(path))),
    ),
  ]);
  const texts = [text];
  const seen = new Set<string>();
  let next = [...listed.flat(), ...stacks, ...pathsIn(text)];
  for (let depth = 0; depth < DEPTH && next.length > 0; depth += 1) {
    const fresh = [...new Set(next)].filter((path) => !seen.has(path) && !KERNEL.test(path));
    for (const path of fresh) seen.add(path);
    if (seen.size > MOST_FILES) throw new Error(`its units lead to more than ${MOST_FILES} files`);
    const found = await readAll(fresh, signal);
    texts.push(...found);
    next = found.flatMap(pathsIn);
  }
  return texts;
}

/** `~/.config/systemd/user` → `~/.config/containers/systemd`; the same of `/run/user/1000`. */
const quadletsBeside = (folder: string): string[] => {
  const [, base] = /^(.+)\/systemd\/(?:user|system)$/.exec(folder) ?? [];
  return base === undefined ? [] : [join(base, 'containers/systemd')];
};

const nameIn = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Absolute paths that a text names. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w.:/-])\/[\w.@:+,~/-]*[\w@+~-]/g)].map(([path]) => path);

/** @param depth of folders below it that are listed as well */
async function filesIn(folder: string, depth: number): Promise<string[]> {
  const entries = await orGone(folder, () => readdir(folder, { withFileTypes: true }));
  const lists = (entries ?? []).map((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return Promise.resolve([path]);
    return depth > 0 ? filesIn(path, depth - 1) : Promise.resolve([]);
  });
  return (await Promise.all(lists)).flat();
}

async function readAll(paths: readonly string[], signal: AbortSignal): Promise<string[]> {
  const texts: string[] = [];
  for (let from = 0; from < paths.length; from += AT_ONCE) {
    signal.throwIfAborted();
    const found = await Promise.all(paths.slice(from, from + AT_ONCE).map(readText));
    texts.push(...found.filter((text) => text !== undefined));
  }
  return texts;
}

/** @returns undefined for what is not there, and for what is no text */
async function readText(path: string): Promise<string | undefined> {
  return orGone(path, async () => {
    const { size } = await stat(path).then((found) => (found.isFile() ? found : { size: Infinity }));
    if (size > LARGEST) return undefined;
    const file = await open(path);
    try {
      const head = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
      if (head.buffer.subarray(0, head.bytesRead).includes(0)) return undefined;
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  });
}

async function orGone<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new Error(`"${path}" cannot be read: ${causeOf(error)}`, { cause: error });
  }
}
