/** Starts a lab: the machine with everything in it. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { packImages } from './archive.ts';
import { run, words } from './exec.ts';
import { postgresConfig, postgresLayer, smallConfig, smallLayer, versionLayer } from './images.ts';
import type { LabFacts } from './index.ts';
import { endMachine, ownerFile, startMachine } from './machine.ts';
import { publish } from './load.ts';
import { labObstacles } from './packages.ts';
import { apiUnits, writeRootfulConfiguration } from './podman.ts';
import { identify } from './processes.ts';
import { freePort, makeRegistry } from './registry.ts';
import { makeRootlessUser, rootlessHost, userManagerUnit } from './rootless.ts';
import { endStaleLabs, folderPrefix, labsFolder } from './stale.ts';
import { journalUnits, standardTargets, writeUnits, type Units } from './systemd.ts';

export type RunningLab = { facts: LabFacts; stop: () => Promise<void> };

/**
 * A lab of one's own. It lives until `stop`, or as long as this process.
 * @throws Error that says why none can be started here
 */
export async function startLab(): Promise<RunningLab> {
  const obstacles = await labObstacles();
  if (obstacles.length > 0) throw new Error(obstacles.join('\n'));
  const labs = labsFolder();
  // Sockets lie up to 30 characters deeper, and a socket's path has at most 107.
  if (labs.length > 60) throw new Error(`The path ${labs} is too long for the sockets of a lab.`);
  if (/\s/.test(labs)) throw new Error(`Commands are split on spaces, so no lab can lie in "${labs}".`);
  if (/^\/(var|run|dev|proc|sys)\//.test(`${labs}/`)) {
    throw new Error(`A lab cannot lie in ${labs}: inside the machine that folder is another.`);
  }
  await endStaleLabs(labs);
  const folder = await mkdtemp(join(labs, folderPrefix));
  await writeFile(join(folder, ownerFile), JSON.stringify(identify(process.pid)));
  const stop = () => endMachine(folder);
  try {
    const facts = await fill(folder);
    return { facts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fill(folder: string): Promise<LabFacts> {
  // The rootless user passes through it on the way to his home.
  await chmod(folder, 0o711);
  for (const name of ['engine', 'bin', 'images', 'units', 'data', 'var/lib', 'var/tmp', 'var/log/journal']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await symlink('/run', join(folder, 'var/run'));
  const unitFolder = join(folder, 'units');
  const socket = join(folder, 'podman.sock');
  const port = await freePort();
  const registry = `127.0.0.1:${port}`;
  await writeRootfulConfiguration(folder, registry);
  const user = await makeRootlessUser(folder);
  await writeFile(join(folder, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  await writeFile(join(folder, 'etc/hostname'), 'minipc\n');
  const units = {
    ...journalUnits,
    ...apiUnits(socket, '0600'),
    ...(await makeRegistry(folder, port)),
    ...userManagerUnit(user),
  };
  await writeUnits(unitFolder, { ...standardTargets, ...units, ...bootUnits(folder, units) });

  const images = packAll(folder, registry);
  // Awaited below, after the machine's start; a failure of that one must not leave this one unheard.
  images.catch(() => {});
  const { pid, enter, address, outside } = await startMachine(folder);
  const host = {
    socket: `unix://${socket}`,
    systemctl: `${enter} setpriv --pdeathsig=TERM systemctl`,
    journalctl: `${enter} setpriv --pdeathsig=TERM journalctl`,
    podmanCommand: `${enter} env HOME=${folder}/engine --chdir=${folder} /usr/bin/podman`,
    unitFolder,
  };
  const facts: LabFacts = {
    ...host,
    folder,
    env: await podmanByHand(folder, host.podmanCommand),
    registry,
    address,
    outside,
    enter,
    pid,
    rootless: { ...rootlessHost(user, enter), uid: user.uid },
  };
  await allActive(facts, wantedOf(units));
  const archive = await images;
  await run(...words(facts.podmanCommand, 'load', '--quiet', '--input', archive));
  await rm(archive);
  await registryAnswers(registry);
  await publish(
    facts,
    ['web:1', 'web:2'].map((name) => `${registry}/${name}`),
  );
  await run(...words(facts.rootless.podmanCommand, 'pull', '--quiet', `${registry}/web:1`));
  return facts;
}

/** What comes up by itself; the rest is started by its socket. */
const wantedOf = (units: Units) =>
  Object.keys(units).filter((name) => !['podman.service', 'registry-outside.service'].includes(name));

/** The target of the boot, and the unit that tells us that it is reached. */
const bootUnits = (folder: string, units: Units): Units => {
  const wanted = wantedOf(units);
  return {
    'lab.target': `[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=ready.service ${wanted.join(' ')}\n`,
    'ready.service': `[Unit]
After=${wanted.join(' ')}

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo ready > ${folder}/ready'
`,
  };
};

/** @returns the archive's path */
async function packAll(folder: string, registry: string): Promise<string> {
  const work = join(folder, 'images');
  const [small, one, two, postgres] = await Promise.all([
    smallLayer(work),
    versionLayer(work, '1'),
    versionLayer(work, '2'),
    postgresLayer(work),
  ]);
  const image = (name: string, config: Parameters<typeof smallConfig>, layers: (typeof small)[]) => ({
    name: `${registry}/${name}`,
    layers: [small, ...layers],
    config: smallConfig(...config),
    created: Date.UTC(2026, 9, 1),
  });
  const path = join(work, 'all.tar');
  await packImages(
    [
      image('web:1', ['http', '1'], [one]),
      { ...image('web:2', ['http', '2'], [two]), created: Date.UTC(2026, 10, 1) },
      image('logger:1', ['log', '1'], []),
      image('sleeper:1', ['sleep', '1'], []),
      image('crasher:1', ['crash', '1'], []),
      image('tty:1', ['tty', '1'], []),
      {
        name: `${registry}/postgres:15`,
        layers: [postgres],
        config: postgresConfig,
        created: Date.UTC(2026, 9, 1),
      },
    ],
    path,
  );
  return path;
}

async function allActive(facts: LabFacts, units: readonly string[]): Promise<void> {
  try {
    await run(...words(facts.systemctl, 'is-active', ...units));
  } catch (cause) {
    const log = await run(...words(facts.journalctl, '--no-pager', '--lines=100'));
    throw new Error(`Units of the lab did not start:\n${log}`, { cause });
  }
}

async function registryAnswers(registry: string): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    const answer = await fetch(`http://${registry}/v2/`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (Date.now() > end) throw new Error('The registry of the lab does not answer.');
    await pause(50);
  }
}

/** A folder with one program, `podman`, that enters the machine. */
async function podmanByHand(folder: string, podman: string): Promise<Record<string, string>> {
  const path = join(folder, 'bin/podman');
  await writeFile(path, `#!/bin/sh\nexec ${podman} "$@"\n`);
  await chmod(path, 0o755);
  const containers = join(folder, 'etc/containers');
  return {
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    CONTAINERS_CONF: join(containers, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(containers, 'storage.conf'),
    CONTAINERS_REGISTRIES_CONF: join(containers, 'registries.conf'),
    XDG_RUNTIME_DIR: '/run',
  };
}
