/**
 * Installs the Debian packages that the lab and the browser tests need, and those named as arguments, where that is
 * possible; elsewhere says which are missing and leaves the machine alone.
 *
 * The packages bring services (a registry, the engine's socket) that must not start on a developer's machine.
 * Maintainer scripts start them through `invoke-rc.d` and `deb-systemd-invoke`, called by name, and apt sets
 * their PATH from `DPkg::Path`: so two stand-ins in a temporary folder in front of it hold every start back,
 * and nothing is written beside what the packages bring (a policy-rc.d would have to lie in /usr/sbin).
 */
import { spawn, execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { labPackages, missingPackages, otherPackages } from '../test/lab/packages.ts';

const attempts = 3;
const starters = ['invoke-rc.d', 'deb-systemd-invoke'];

/** apt-get with its output on stderr, so that stdout stays the script's own. @throws Error on a non-zero exit */
async function aptGet(args: readonly string[]): Promise<void> {
  const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3', ...args], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('exit', resolve),
  );
  if (code !== 0) throw new Error(`apt-get ${args.at(0)}: exit code ${code}`);
}

async function withRetries(what: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await what();
    } catch (error) {
      if (attempt === attempts) throw error;
      console.error(`${error instanceof Error ? error.message : String(error)}; trying again`);
      await pause(attempt * 5_000);
    }
  }
}

/** @returns the starts that were held back, as they were asked for */
async function install(packages: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-apt-'));
  try {
    const asked = join(folder, 'asked');
    await writeFile(asked, '');
    for (const name of starters) {
      const path = join(folder, name);
      await writeFile(path, `#!/bin/sh\necho "${name} $*" >> '${asked}'\n`);
      await chmod(path, 0o755);
    }
    await withRetries(() => aptGet(['update', '-q']));
    await withRetries(() =>
      aptGet([
        'install',
        '-q',
        '-y',
        '--no-install-recommends',
        '-o',
        'Dpkg::Options::=--force-confold',
        '-o',
        `DPkg::Path=${folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
        ...packages,
      ]),
    );
    return (await readFile(asked, 'utf8')).split('\n').filter((line) => line !== '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function whyNotInstall(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return 'that needs root';
  const apt = await promisify(execFile)('apt-get', ['--version']).then(
    () => true,
    () => false,
  );
  return apt ? undefined : 'there is no apt-get';
}

const missing = await missingPackages([...labPackages, ...otherPackages, ...process.argv.slice(2)]);
if (missing.length > 0) {
  const reason = await whyNotInstall();
  if (reason === undefined) {
    console.error(`Installing ${missing.length} Debian packages for the tests: ${missing.join(' ')}`);
    for (const start of await install(missing)) console.error(`held back: ${start}`);
  } else {
    console.error(`Not installed, because ${reason}: ${missing.join(' ')}`);
    console.error('Tests that stand on them say so; with CI set they fail.');
  }
}
