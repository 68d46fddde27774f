/** The lab's images: one small file system from busybox whose program is service.sh, and PostgreSQL from Debian's files. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describeLayer, packLayer, type ImageConfig, type Layer } from './archive.ts';
import { run } from './exec.ts';

const second = 1_000_000_000;
// Podman's timer makes a start of each check, and systemd allows five starts in ten seconds.
const checkInterval = 3 * second;

/** These answer on a port. */
const serving = ['http', 'dies', 'needs', 'slow', 'store', 'records'] as const;
/** What a small image does when nothing else is asked: see service.sh. */
export type Kind = (typeof serving)[number] | 'log' | 'sleep' | 'crash' | 'greedy' | 'tty';

export type SmallOptions = {
  port?: number;
  /** With the check that publishers put into their images. */
  healthcheck?: boolean;
  /** What its kind takes after the port, as service.sh has it. */
  args?: readonly string[];
};

/** @param version of a service: answered at /version and told by the label that publishers use */
export function smallConfig(
  kind: Kind,
  version: string,
  { port = 8080, args = [], ...options }: SmallOptions = {},
): ImageConfig {
  const serves = serving.some((one) => one === kind);
  return {
    Cmd: ['/bin/lab', kind, ...(serves ? [String(port)] : []), ...args],
    Env: ['PATH=/bin', `VERSION=${version}`],
    Labels: { 'org.opencontainers.image.version': version },
    ...(serves && { ExposedPorts: { [`${port}/tcp`]: {} } }),
    ...(options.healthcheck && {
      Healthcheck: {
        Test: ['CMD', '/bin/lab', 'healthy', String(port)],
        Interval: checkInterval,
        Timeout: 5 * second,
        Retries: 3,
      },
    }),
  };
}

export const postgresConfig: ImageConfig = {
  Entrypoint: ['/bin/entry'],
  Env: ['PATH=/usr/lib/postgresql/15/bin:/bin', 'LANG=C.UTF-8'],
  Labels: { 'org.opencontainers.image.version': '15' },
  ExposedPorts: { '5432/tcp': {} },
  Volumes: { '/var/lib/postgresql/data': {} },
  StopSignal: 'SIGINT',
  Healthcheck: {
    Test: ['CMD-SHELL', 'pg_isready -q -U "$POSTGRES_USER"'],
    Interval: checkInterval,
    Timeout: 5 * second,
    Retries: 30,
  },
};

/** @param folder a new one for the lab's own use */
export async function smallLayer(folder: string): Promise<Layer> {
  const root = join(folder, 'small');
  await installBusybox(root);
  await installScript('service.sh', join(root, 'bin/lab'));
  await installScript('rows.sh', join(root, 'bin/rows'));
  return packLayer(root, join(folder, 'small.tar'));
}

/** Programs of this host that a kind of image needs beside busybox. */
const programOf: { [kind in Kind]?: string } = {
  store: '/usr/bin/sqlite3',
  records: '/usr/lib/postgresql/15/bin/psql',
};

/**
 * The program of a kind with its libraries, made when the first such image is.
 * @param folder of the lab's layers; two that make it at the same time get the same
 */
export async function programLayer(folder: string, kind: Kind): Promise<Layer | undefined> {
  const program = programOf[kind];
  if (program === undefined) return undefined;
  const path = join(folder, `${kind}.tar`);
  if (existsSync(path)) return describeLayer(path);
  const root = await mkdtemp(join(folder, `${kind}-`));
  for (const library of await librariesOf([program])) await copyInto(root, library);
  await mkdir(join(root, 'bin'));
  await copyFile(program, join(root, 'bin', basename(program)));
  const built = await packLayer(root, `${root}.tar`);
  await rename(built.path, path);
  await rm(root, { recursive: true });
  return { ...built, path };
}

/** A layer that makes an image different from another: the version as a file. */
export async function versionLayer(folder: string, version: string): Promise<Layer> {
  const root = await mkdtemp(join(folder, 'version-'));
  await mkdir(join(root, 'etc'));
  await writeFile(join(root, 'etc/version'), `${version}\n`);
  return packLayer(root, `${root}.tar`);
}

/**
 * PostgreSQL's layer takes seconds to copy together, so it is kept between labs under a key of all that is in it.
 * The folder is root's alone; a file appears in it by renaming, whole.
 */
export async function postgresLayer(folder: string): Promise<Layer> {
  const key = createHash('sha256')
    .update(await readFile(import.meta.filename))
    .update(await readFile(join(import.meta.dirname, 'postgres.sh')))
    .update(await run('dpkg-query', ['-W', 'postgresql-15', 'busybox-static', 'libc6', 'util-linux']))
    .digest('hex');
  const cache = join(tmpdir(), 'steward-images');
  await mkdir(cache, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { uid, mode } = await lstat(cache);
  if (uid !== 0 || (mode & 0o777) !== 0o700)
    throw new Error(`${cache} is not root's own folder with mode 0700.`);
  const path = join(cache, `postgres-${key}.tar`);
  const known = await lstat(path).catch(() => undefined);
  if (known === undefined) {
    const root = join(folder, 'postgres');
    await copyPostgres(root);
    const built = await packLayer(root, join(cache, `building-${randomUUID()}.tar`));
    await rename(built.path, path);
    await rm(root, { recursive: true });
    await removeOld(cache);
    return { ...built, path };
  }
  return describeLayer(path);
}

/** What nobody has made for a week: other keys, and what a crash left half done. */
async function removeOld(cache: string): Promise<void> {
  const limit = Date.now() - 7 * 86_400_000;
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && info.mtimeMs < limit) await rm(path, { force: true });
  }
}

async function copyPostgres(root: string): Promise<void> {
  await installBusybox(root);
  await installScript('postgres.sh', join(root, 'bin/entry'));
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\npostgres:x:999:\n');
  // Compiling queries with LLVM would be two thirds of the image.
  const needless = /\/(bitcode|llvmjit[^/]*|pgxs|sepgsql\.so)$/;
  for (const folder of ['/usr/lib/postgresql/15', '/usr/share/postgresql/15']) {
    await cp(folder, join(root, folder), {
      recursive: true,
      filter: (path) => !needless.test(path),
      verbatimSymlinks: true,
    });
  }
  for (const zone of ['UTC', 'Asia/Seoul']) await copyInto(root, `/usr/share/zoneinfo/${zone}`);
  await copyInto(root, '/usr/bin/setpriv');
  const programs = [
    'bin/postgres',
    'bin/psql',
    'bin/pg_dump',
    'bin/pg_restore',
    'bin/initdb',
    'lib/libpqwalreceiver.so',
    'lib/pgcrypto.so',
  ];
  const libraries = await librariesOf([
    '/usr/bin/setpriv',
    ...programs.map((name) => `/usr/lib/postgresql/15/${name}`),
  ]);
  for (const library of libraries) await copyInto(root, library);
}

async function librariesOf(programs: readonly string[]): Promise<Set<string>> {
  const linked = await run('ldd', programs);
  return new Set([...linked.matchAll(/(?:=>\s|^\s+)(\/\S+)/gm)].map((match) => match[1] ?? ''));
}

async function copyInto(root: string, path: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await copyFile(path, join(root, path));
}

async function installBusybox(root: string): Promise<void> {
  for (const folder of ['bin', 'etc', 'tmp', 'var', 'run', 'root', 'usr/bin']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, 'tmp'), 0o1777);
  await symlink('../run', join(root, 'var/run'));
  await copyFile('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of (await run('/bin/busybox', ['--list'])).split('\n')) {
    if (name !== '' && name !== 'busybox') await symlink('busybox', join(root, 'bin', name));
  }
}

async function installScript(name: string, path: string): Promise<void> {
  await copyFile(join(import.meta.dirname, name), path);
  await chmod(path, 0o755);
}
