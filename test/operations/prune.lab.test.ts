/** Pruning on a real Podman and systemd, from inside of the machine, where units and scripts can be read. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine } from '../../src/clients/engine.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createRegistry } from '../../src/clients/registry.ts';
import { systemClock } from '../../src/clock.ts';
import { createGuard } from '../../src/guard.ts';
import { createHosts, type Host } from '../../src/hosts.ts';
import { createLocks } from '../../src/locks.ts';
import { planPrune, prune } from '../../src/operations/prune/prune.ts';
import type { PruneReach } from '../../src/operations/prune/survey.ts';
import type { PruneReport } from '../../src/report/prune.ts';
import { readServices } from '../../src/services.ts';
import { openStore, type Store } from '../../src/store.ts';
import { loadSmallImages } from '../lab/load.ts';
import { startLab } from '../lab/start.ts';
import { openLab, type Lab } from '../lab/tools.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const MONTH_AGO = Date.now() - 30 * 86_400_000;
const old = { created: MONTH_AGO };

let lab: Lab;
let stop: () => Promise<void>;
let folder: string;
let store: Store;
const closing: (() => Promise<unknown>)[] = [];

/** `steward` inside of the machine. */
async function steward(env: Record<string, string>, ...argv: string[]): Promise<PruneReport> {
  const settings = { STEWARD_ENV: join(folder, 'env'), ENGINE_SOCKET: lab.socket, ...env };
  const assigned = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return JSON.parse(
    await lab.inside('env', ...assigned, process.execPath, MAIN, ...argv, '--json'),
  ) as PruneReport;
}

const namesOf = ({ hosts }: PruneReport, host = 'local') =>
  hosts.find(({ name }) => name === host)?.images.map(({ names }) => names[0] ?? 'nameless');
const imagesOf = async (of: Pick<Lab, 'podman'> = lab) =>
  (await of.podman('images', '--all', '--format', '{{.Repository}}:{{.Tag}}')).trim().split('\n');
const withoutRegistry = (names: readonly string[] = []) =>
  names.map((name) => name.replace(`${lab.registry}/`, '')).toSorted();

beforeAll(async () => {
  const running = await startLab();
  stop = running.stop;
  lab = openLab(running.facts);
  folder = join(lab.folder, 'prune');
  await mkdir(folder);
  await writeFile(join(folder, 'env'), 'STATE_DIR=./state\nPICTURES_DIR=./pictures\n');
  const inside = (command: string) => command.replace(`${lab.enter} `, '');
  const { rootless } = lab;
  await writeFile(
    join(folder, 'services.yaml'),
    JSON.stringify({
      hosts: {
        stacks: {
          engine: rootless.socket,
          systemctl: inside(rootless.systemctl),
          journalctl: inside(rootless.journalctl),
        },
      },
      services: { web: { containers: ['prune-web'] } },
    }),
  );
  store = openStore(join(folder, 'own'), systemClock);
  const image = (name: string, options = {}) => lab.addImage(name, '1', { ...old, args: [name], ...options });

  // Nothing needs these.
  await image('unused');
  await image('moved', { args: ['1'] });
  await image('moved', { args: ['2'] });
  await lab.rootless.podman('pull', '--quiet', `${lab.registry}/unused:1`);
  // Each of these somebody needs, or may.
  await lab.systemd('start', await lab.addContainerUnit('prune-web', await image('running')));
  await lab.podman('create', '--name', 'prune-stopped', await image('stopped'));
  await lab.addContainerUnit('prune-idle', await image('named-by-unit'));
  await writeFile(join(folder, 'deep.sh'), `#!/bin/sh\npodman run ${await image('named-by-script')}\n`);
  await writeFile(join(folder, 'run.sh'), `#!/bin/sh\nexec ${folder}/deep.sh\n`);
  await writeFile(join(folder, 'tag.env'), `IMAGE=${await image('named-by-environment')}\n`);
  await lab.addUnit(
    'prune-script.service',
    `[Service]\nEnvironmentFile=${folder}/tag.env\nExecStart=${folder}/run.sh $IMAGE\n`,
  );
  await lab.addUnit(
    'prune-at@.service',
    `[Service]\nExecStart=/usr/bin/podman run ${await image('named-by-template')}\n`,
  );
  const stack = join(folder, 'stack');
  await mkdir(stack);
  await writeFile(
    join(stack, 'compose.yaml'),
    `services: { a: { image: '${(await image('named-by-compose')).replace(/:1$/, '')}:\${VERSION:-1}' } }\n`,
  );
  await lab.podman(
    'create',
    `--label=com.docker.compose.project.working_dir=${stack}`,
    '--label=com.docker.compose.project.config_files=compose.yaml',
    '--name=prune-stack',
    `${lab.registry}/running:1`,
  );
  await lab.inside('mkdir', '-p', '/run/containers/systemd');
  await writeFile(join(folder, 'quadlet'), `[Container]\nImage=${await image('named-by-quadlet')}\n`);
  await lab.inside('cp', join(folder, 'quadlet'), '/run/containers/systemd/x.container');
  await lab.podman('tag', await image('kept'), 'steward.local/rollback/kept:20261101t000000');
  await image('young', { created: Date.now() });
  // Podman gives it a digest all the same, and a name that could be a registry's.
  await loadSmallImages(lab, [
    { ...old, name: 'localhost/built:1', version: '1', args: ['built'] },
    { ...old, name: `${lab.registry}/never-pushed:1`, version: '1', args: ['unpushed'] },
  ]);
  await lab.podman('volume', 'create', 'prune-volume');
}, 180_000);
afterAll(async () => {
  for (const close of closing) await close();
  store?.close();
  await stop?.();
});

const GOING = ['moved:1', 'nameless', 'unused:1'];

test('prune plans what nothing on the host needs, and says why the rest stays', async () => {
  const plan = await steward({}, 'prune', '--dry-run');
  expect(plan).toMatchObject({ kind: 'prune', stage: 'plan' });
  expect(plan.hosts.map(({ name, refused }) => [name, refused])).toEqual([
    ['local', undefined],
    ['stacks', undefined],
  ]);
  const [local] = plan.hosts;
  // The lab's own: these two are in its registry and nothing here runs them, five are only here.
  const ofLab = ['web:1', 'web:2'];
  expect(withoutRegistry(namesOf(plan))).toEqual([...ofLab, ...GOING].toSorted());
  expect(local?.kept).toEqual({ used: 2, ours: 1, named: 6, built: 7, young: 1 });
  expect(withoutRegistry(namesOf(plan, 'stacks'))).toEqual(['unused:1', 'web:1']);
});

test('prune only observes where it is told to', async () => {
  const before = await imagesOf();
  const report = await steward({ STEWARD_OBSERVE: '1' }, 'prune', '--yes');
  expect(report.stage).toBe('observed');
  expect(await imagesOf()).toEqual(before);
});

const reachOf = (host: Host): PruneReach => {
  const { services } = readServices(join(folder, 'services.yaml'));
  if (services === undefined) throw new Error('the services file has faults');
  const log = pino({ level: 'silent' });
  const registry = createRegistry(
    { auth: [], registries: [join(folder, 'registries.conf')] },
    { clock: systemClock },
  );
  closing.push(() => registry.close());
  return {
    services,
    hosts: createHosts([host]),
    store,
    locks: createLocks(join(folder, 'locks')),
    registry,
    machine: createMachine(),
    guard: createGuard(false, log),
    clock: systemClock,
    log,
  };
};

test('prune leaves an image that a container uses from one moment to the next, with all its names', async () => {
  await writeFile(
    join(folder, 'registries.conf'),
    `[[registry]]\nlocation = "${lab.registry}"\ninsecure = true\n`,
  );
  const one = await lab.addImage('raced', '1', { ...old, args: ['raced'] });
  const other = `${lab.registry}/raced:2`;
  await lab.podman('tag', one, other);
  const engine = createEngine(lab.socket);
  closing.push(() => engine.close());
  let looks = 0;
  const host = {
    name: 'local',
    engine: {
      ...engine,
      // After the last look, and before the removal.
      async list() {
        const seen = await engine.list();
        looks += 1;
        if (looks === 3) await lab.podman('create', '--name=prune-raced', one);
        return seen;
      },
    },
    // Nothing names anything there, so that only the container protects.
    systemd: { everyService: () => Promise.resolve({ text: '', folders: [], workFolders: [] }) },
  } as unknown as Host;
  const app = reachOf(host);
  const { report } = await planPrune(app);
  const plan = report as PruneReport;
  const raced = plan.hosts.map((seen) => ({
    ...seen,
    images: seen.images.filter(({ names }) => names.includes(one)),
  }));
  expect(raced[0]?.images).toHaveLength(1);
  const done = await prune(app, { signal: AbortSignal.timeout(60_000) }, { ...plan, hosts: raced });
  expect(looks).toBe(3);
  expect(done.hosts[0]?.images).toMatchObject([
    { names: [one, other], trouble: expect.any(String) as string },
  ]);
  expect(await imagesOf()).toEqual(expect.arrayContaining([one, other]));
  await lab.podman('rm', 'prune-raced');
});

test('prune removes what it planned and tells the room that was won, and touches no volume', async () => {
  const kept = ['running', 'stopped', 'named-by-unit', 'named-by-script', 'named-by-environment'];
  kept.push('named-by-template', 'named-by-compose', 'named-by-quadlet', 'kept', 'young', 'never-pushed');
  const report = await steward({}, 'prune', '--yes');
  expect(report.stage).toBe('done');
  expect(report.hosts.flatMap(({ images }) => images.flatMap(({ trouble }) => trouble ?? []))).toEqual([]);
  // Other work is done on the same disk.
  expect(report.hosts.map(({ won }) => typeof won)).toEqual(['number', 'number']);
  const left = await imagesOf();
  expect(left).toEqual(expect.arrayContaining(kept.map((name) => `${lab.registry}/${name}:1`)));
  expect(left).toEqual(
    expect.arrayContaining(['localhost/built:1', 'steward.local/rollback/kept:20261101t000000']),
  );
  expect(left.filter((name) => name.includes('unused') || name.includes('none'))).toEqual([]);
  expect(await imagesOf(lab.rootless)).not.toContain(`${lab.registry}/unused:1`);
  expect(await lab.podman('volume', 'ls', '--quiet')).toContain('prune-volume');
  expect(await lab.podman('ps', '--all', '--format={{.Names}}')).toContain('prune-stopped');
  const again = await steward({}, 'prune', '--dry-run');
  expect(namesOf(again)).toEqual([]);
});
