/** The Debian packages that lab and browser tests stand on, and why a machine may not be able to run a lab. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `startLab` calls or copies into its images, and what takes frames from videos. */
export const labPackages = [
  'podman',
  'runc',
  'netavark',
  'aardvark-dns',
  'iptables',
  'iproute2',
  'uidmap',
  'docker-registry',
  'busybox-static',
  'postgresql-15',
  'sqlite3',
  'age',
  'zstd',
  'restic',
  'rclone',
  'systemd',
  'ffmpeg',
  'caddy',
] as const;

/** What tests outside the lab and the benchmark call: Chromium with letters and emoji, pictures of a phone, rsync. */
export const otherPackages = [
  'chromium',
  'fonts-noto-core',
  'fonts-noto-color-emoji',
  'libheif-examples',
  'rsync',
] as const;

/** @returns those of the packages that dpkg does not know as installed; all of them where there is no dpkg */
export async function missingPackages(packages: readonly string[]): Promise<string[]> {
  // dpkg-query exits with 1 when one of them is unknown, and still prints the others.
  const { stdout } = await run('dpkg-query', [
    '-W',
    '-f',
    '${db:Status-Status} ${Package}\n',
    ...packages,
  ]).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.slice('installed '.length)),
  );
  return packages.filter((name) => !installed.has(name));
}

/** @returns why no lab can be started here, one sentence each; empty when it can */
export async function labObstacles(): Promise<string[]> {
  if (process.platform !== 'linux') return [`A lab needs Linux, this is ${process.platform}.`];
  const obstacles: string[] = [];
  if (process.getuid?.() !== 0)
    obstacles.push('A lab needs root: it mounts, and it makes network and process namespaces.');
  const missing = await missingPackages(labPackages);
  if (missing.length > 0) obstacles.push(`Debian packages are missing: ${missing.join(' ')}.`);
  return obstacles;
}
