/** Containers of Podman made anew from another image: each must be what the same command line makes of that image. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../../src/clients/engine.ts';
import {
  dropNew,
  dropOld,
  lostInRecreation,
  prepareNew,
  swap,
  swapBack,
} from '../../../src/operations/update/recreate.ts';
import { lab } from '../../lab/index.ts';

const here = lab();
const second = 1_000_000_000;
const NAME = 'made-anew';
const REFERENCE = 'made-by-hand';
const ID = '20261120t143705';
const IMAGE = here.image('made-anew', 'moving');

let engine: Engine;
/** Ids of the two versions, which differ in all that an image can set. */
let old: string;
let next: string;
let nextDigest: string;

const bind = join(here.folder, 'data/made-anew');
const imageConfig = (version: string, more: object) => ({
  Env: ['PATH=/bin', `VERSION=${version}`, `MODE=${version}`],
  Labels: { 'org.opencontainers.image.version': version, colour: version },
  Entrypoint: ['/bin/lab'],
  Cmd: ['http', '8080'],
  Volumes: { '/data': {} },
  ...more,
});

beforeAll(async () => {
  engine = createEngine(here.socket);
  await mkdir(bind, { recursive: true });
  const add = async (version: string, more: object) => {
    await here.addImage('made-anew', version, { tag: 'moving', config: imageConfig(version, more) });
    return (await engine.image(IMAGE))?.id ?? '';
  };
  next = await add('2', {
    Cmd: ['http', '9090'],
    WorkingDir: '/www',
    StopSignal: 'SIGQUIT',
    User: '0:0',
    ExposedPorts: { '9090/tcp': {} },
    Healthcheck: { Test: ['CMD', '/bin/lab', 'healthy', '9090'], Interval: 4 * second, Retries: 4 },
  });
  nextDigest = await digestThere();
  await engine.tag(next, here.image('made-anew', 'next'));
  old = await add('1', {
    WorkingDir: '/tmp',
    StopSignal: 'SIGINT',
    ExposedPorts: { '8080/tcp': {} },
    Healthcheck: { Test: ['CMD', '/bin/lab', 'healthy', '8080'], Interval: 3 * second, Retries: 3 },
  });
  for (const [network, subnet] of [
    ['red', 77],
    ['blue', 78],
  ] as const) {
    await here.podman('network', 'create', `--subnet=10.${subnet}.0.0/24`, `anew-${network}`);
  }
});
afterEach(async () => {
  for (const one of [NAME, REFERENCE, `${NAME}-steward-new-${ID}`, `${NAME}-steward-old-${ID}`]) {
    await here.podman('rm', '--force', '--ignore', '--time=0', '--volumes', one);
  }
  await engine.tag(old, IMAGE);
});
afterAll(async () => {
  await here.podman('network', 'rm', '--force', 'anew-red', 'anew-blue');
  await engine.close();
});

/** Of what the registry has under the moving tag now. */
async function digestThere(): Promise<string> {
  const answer = await fetch(`http://${here.registry}/v2/made-anew/manifests/moving`, {
    method: 'HEAD',
    headers: {
      accept:
        'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
    },
  });
  return answer.headers.get('docker-content-digest') ?? '';
}

const state = async (name: string) => {
  const found = await engine.inspect(name);
  return found === undefined
    ? 'gone'
    : `${found.running ? 'running' : 'still'} ${found.imageId === old ? 'old' : 'new'}`;
};
const states = async () => {
  const names = [NAME, `${NAME}-steward-new-${ID}`, `${NAME}-steward-old-${ID}`];
  const [current, made, kept] = await Promise.all(names.map(state));
  return { current, made, kept };
};
const stop = (name = NAME) => engine.stop(name, { timeout: 30_000 });

/** Both of Podman's inspections, without what differs between any two containers. */
async function configuration(name: string): Promise<unknown> {
  const raw = await engine.inspectRaw(name);
  if (raw === undefined) throw new Error(`no ${name}`);
  const text = JSON.stringify({
    compatible: { ...raw, podman: undefined },
    podman: raw.podman,
  });
  const volumes = raw.Mounts.flatMap(({ Name: volume }) =>
    volume !== undefined && /^[0-9a-f]{64}$/.test(volume) ? [volume] : [],
  );
  const hidden = volumes.reduce((all, volume) => all.replaceAll(volume, '<volume>'), text);
  return JSON.parse(
    hidden.replaceAll(raw.Id, '<id>').replaceAll(raw.Id.slice(0, 12), '<id>').replaceAll(name, '<name>'),
    (key, value: unknown) => {
      if (DIFFERS.has(key)) return undefined;
      if (key === 'Image' && String(value).includes('/')) return '<image>';
      // A check that is switched off has no times.
      if (key === 'Healthcheck' && isObject(value) && String(value.Test) === 'NONE')
        return { Test: ['NONE'] };
      if (['Path', 'Args', 'Cmd', 'Entrypoint', 'Test', 'Dns'].includes(key) || !Array.isArray(value))
        return value;
      return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    },
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * What may differ. Made through the compatible API of Podman 4.3.1 a container is said to have the umask 0000, though
 * its programs have 0022, and no way to tell systemd that it is ready, which only matters to one that a unit runs.
 */
const DIFFERS = new Set([
  'Created',
  'CreateCommand',
  'State',
  'GraphDriver',
  'ImageName',
  'io.kubernetes.cri-o.Created',
  'Umask',
  'sdNotifyMode',
]);

/** By what it is about: words before the image, and after it. */
const CONFIGURATIONS: Readonly<Record<string, readonly [readonly string[], ...string[]]>> = {
  'nothing of its own': [[]],
  'an alias and a fixed address': [['--network=anew-red:alias=web,ip=10.77.0.9']],
  'a fixed address as an option of its own': [
    ['--network=anew-red', '--network-alias=web', '--ip=10.77.0.10'],
  ],
  'two networks': [['--network=anew-red:alias=a', '--network=anew-blue:alias=b,ip=10.78.0.7']],
  'two networks in the other order': [['--network', 'anew-blue', '--network', 'anew-red']],
  'the network of the host': [['--network=host']],
  'no network': [['--network=none']],
  'published ports': [['-p', '127.0.0.1:18080:8080', '--publish=18090-18091:9090-9091/udp']],
  'mounts of all kinds': [
    [
      `--volume=${bind}:/bind:ro,rslave`,
      '-v',
      'anew-named:/named',
      '--volume=/anonymous',
      `--mount=type=bind,src=${bind},dst=/mounted,bind-propagation=rprivate`,
      '--tmpfs=/scratch:size=1m,mode=1777',
      '--tmpfs=/plain',
    ],
  ],
  'limits of memory, processors and processes': [
    [
      '-m64m',
      '--memory-reservation=32m',
      '--memory-swap=128m',
      '--cpus=0.5',
      '--cpu-shares=512',
      '--cpuset-cpus=0',
      '--pids-limit=77',
    ],
  ],
  'a quota of the processor': [['--cpu-period=50000', '--cpu-quota=20000']],
  'a health check of its own': [
    [
      '--health-cmd=echo ok',
      '--health-interval=7s',
      '--health-retries=5',
      '--health-start-period=3s',
      '--health-timeout=4s',
    ],
  ],
  'no health check': [['--no-healthcheck']],
  'user, groups, capabilities and devices': [
    [
      '--user=1000:1000',
      '--group-add=44',
      '--cap-add=NET_ADMIN',
      '--cap-drop=MKNOD',
      '--device=/dev/null:/dev/other:r',
      '--security-opt=no-new-privileges',
    ],
    'sleep',
  ],
  'no capabilities': [['--cap-drop=all', '--cap-add=chown,setuid'], 'sleep'],
  ulimits: [['--ulimit=nofile=512:1024', '--ulimit', 'nproc=4096:4096']],
  'a restart policy': [['--restart=on-failure:3']],
  'one that is always restarted': [['--restart=always']],
  'labels and environment': [
    ['--label=own=a=b', '--label=colour=mine', '-e', 'OWN=it is $HOME', '--env=MODE=mine', '--env=EMPTY='],
  ],
  'another command': [['-it'], 'sleep', '1000'],
  'another entrypoint': [['--entrypoint=["/bin/sh","-c"]'], 'trap "exit 0" TERM INT; sleep 1000 & wait'],
  'an entrypoint without a command': [['--entrypoint=/bin/lab', '--stop-timeout=1'], 'sleep'],
  'names: host, domain, resolver': [
    [
      '--hostname=own',
      '--add-host=a.example:10.0.0.1',
      '--dns=10.77.0.1',
      '--dns-search=example.org',
      '--dns-option=ndots:2',
    ],
  ],
  'a log of its own': [['--log-driver=k8s-file', '--log-opt=max-size=1m']],
  'a root that is read-only': [['--read-only', '--tmpfs=/www']],
  'kernel settings': [
    ['--sysctl=net.ipv4.ip_unprivileged_port_start=80', '--shm-size=33m', '--oom-score-adj=100'],
  ],
  'the end, and where it works': [['--stop-signal=SIGUSR2', '--stop-timeout=7', '--workdir=/etc']],
};

describe('recreation', () => {
  it.each(Object.entries(CONFIGURATIONS))('of %s', async (_title, [args, ...command]) => {
    await here.podman('run', '--detach', `--name=${NAME}`, ...args, IMAGE, ...command);
    expect(await lostInRecreation({ engine }, NAME)).toEqual({ lost: [], untold: [] });

    // The same image again.
    await prepareNew({ engine }, NAME, old, { id: ID });
    await here.podman('create', `--name=${REFERENCE}`, ...args, IMAGE, ...command);
    expect(await configuration(`${NAME}-steward-new-${ID}`)).toEqual(await configuration(REFERENCE));
    await dropNew({ engine }, NAME, ID);
    await here.podman('rm', '--volumes', REFERENCE);

    // The next one, whose defaults apply.
    await prepareNew({ engine }, NAME, next, { id: ID });
    expect(await state(NAME)).toBe('running old');
    const byHand = here.image('made-anew', 'next');
    await here.podman('create', `--name=${REFERENCE}`, ...args, byHand, ...command);
    expect(await configuration(`${NAME}-steward-new-${ID}`)).toEqual(await configuration(REFERENCE));
    await here.podman('rm', '--volumes', REFERENCE);

    await stop();
    await swap({ engine }, NAME, ID);
    await engine.start(NAME);
    expect(await states()).toEqual({ current: 'running new', made: 'gone', kept: 'still old' });
    expect(await engine.inspect(NAME)).toMatchObject({ image: IMAGE });
    expect((await engine.image(IMAGE))?.id).toBe(old);
  });
});

describe('an update of a container without a unit', () => {
  const run = (...args: string[]) => here.podman('run', '--detach', `--name=${NAME}`, ...args, IMAGE);
  const twice = async (act: () => Promise<unknown>) => {
    await act();
    await act();
  };
  const prepare = () => prepareNew({ engine }, NAME, next, { id: ID });
  const untouched = { current: 'running old', made: 'gone', kept: 'gone' };

  it('goes there and on, each act twice, and keeps its volumes', async () => {
    await run('--volume=/anonymous', '--volume=anew-named:/named');
    await here.podman('exec', NAME, 'sh', '-c', 'echo mine | tee /data/file /anonymous/file > /named/file');
    await twice(prepare);
    expect(await states()).toEqual({ current: 'running old', made: 'still new', kept: 'gone' });
    await twice(stop);
    await twice(() => swap({ engine }, NAME, ID));
    await engine.start(NAME);
    expect(await states()).toEqual({ current: 'running new', made: 'gone', kept: 'still old' });
    await twice(() => dropOld({ engine }, NAME, ID));
    expect(await states()).toEqual({ current: 'running new', made: 'gone', kept: 'gone' });
    const files = await here.podman('exec', NAME, 'cat', '/data/file', '/anonymous/file', '/named/file');
    expect(files).toBe('mine\nmine\nmine\n');
  });

  it('goes back from each place, each act twice', async () => {
    await run();
    const back = async () => {
      await stop();
      await twice(() => swapBack({ engine }, NAME, ID));
      await engine.start(NAME);
      await twice(() => dropNew({ engine }, NAME, ID));
      expect(await states()).toEqual(untouched);
    };
    await back();
    await prepare();
    await back();
    await prepare();
    await stop();
    // A kill in the middle of a swap.
    await engine.rename(NAME, `${NAME}-steward-old-${ID}`);
    await back();
    await prepare();
    await stop();
    await swap({ engine }, NAME, ID);
    await back();
    await prepare();
    await stop();
    await swap({ engine }, NAME, ID);
    await engine.start(NAME);
    await stop();
    // A kill in the middle of the way back.
    await engine.rename(NAME, `${NAME}-steward-new-${ID}`);
    await back();
  });

  it('goes on from the middle of a swap', async () => {
    await run('--network=anew-red:alias=web,ip=10.77.0.9', '--network=anew-blue:alias=blue');
    await prepare();
    await stop();
    await engine.rename(NAME, `${NAME}-steward-old-${ID}`);
    await swap({ engine }, NAME, ID);
    await engine.start(NAME);
    expect(await states()).toEqual({ current: 'running new', made: 'gone', kept: 'still old' });
    const { NetworkSettings: settings } = (await engine.inspectRaw(NAME)) ?? {};
    expect(settings?.Networks['anew-red']).toMatchObject({ IPAddress: '10.77.0.9' });
    expect(settings?.Networks['anew-blue']?.Aliases).toContain('blue');
  });

  it('of one that is removed when it ends goes there, or back, with its anonymous volumes', async () => {
    await run('--rm');
    await here.podman('exec', NAME, 'sh', '-c', 'echo mine > /data/file');
    await twice(prepare);
    await stop();
    await here.waitForContainer(NAME, 'gone');
    await twice(() => swapBack({ engine }, NAME, ID));
    await engine.start(NAME);
    expect(await states()).toEqual({ current: 'running old', made: 'still new', kept: 'gone' });
    expect(await here.podman('exec', NAME, 'cat', '/data/file')).toBe('mine\n');

    await twice(prepare);
    await stop();
    await swap({ engine }, NAME, ID);
    await engine.start(NAME);
    await dropOld({ engine }, NAME, ID);
    expect(await states()).toEqual({ current: 'running new', made: 'gone', kept: 'gone' });
    expect(await engine.inspectRaw(NAME)).toMatchObject({ HostConfig: { AutoRemove: true } });
    expect(await here.podman('exec', NAME, 'cat', '/data/file')).toBe('mine\n');
  });

  it('that the engine refuses leaves the old one alone', async () => {
    await run();
    await expect(prepareNew({ engine }, NAME, `sha256:${'0'.repeat(64)}`, { id: ID })).rejects.toThrow(
      'There is no image',
    );
    await expect(swap({ engine }, NAME, ID)).rejects.toThrow('no new container was made');
    await expect(dropOld({ engine }, NAME, ID)).resolves.toBeUndefined();
    expect(await states()).toEqual(untouched);
    await expect(prepareNew({ engine }, 'nothing-of-the-kind', next, { id: ID })).rejects.toThrow(
      'There is no container',
    );
  });

  it('never removes the only one that is left', async () => {
    await run();
    await prepare();
    await stop();
    await expect(dropOld({ engine }, NAME, ID)).rejects.toThrow('has not taken its place');
    await engine.rename(NAME, `${NAME}-steward-old-${ID}`);
    await expect(dropOld({ engine }, NAME, ID)).rejects.toThrow('has not taken its place');
    await expect(dropNew({ engine }, NAME, ID)).rejects.toThrow('does not have its name');
    expect(await states()).toEqual({ current: 'gone', made: 'still new', kept: 'still old' });
  });

  it('says what would be lost: options that no engine tells', async () => {
    await run('--umask=0077', '--annotation=a=b', '--tz=Asia/Seoul');
    expect(await lostInRecreation({ engine }, NAME)).toEqual({
      lost: ['--annotation', '--tz', '--umask'],
      untold: [],
    });
    await here.podman('rm', '--force', '--time=0', NAME);
    await engine.create(NAME, { Image: IMAGE });
    expect(await lostInRecreation({ engine }, NAME)).toEqual({
      lost: [],
      untold: ['--ip', '--sysctl', '--annotation'],
    });
  });

  it('with all rights has them again', async () => {
    await run('--privileged');
    await prepare();
    const made = await engine.inspectRaw(`${NAME}-steward-new-${ID}`);
    expect(made?.HostConfig.Privileged).toBe(true);
    expect(made?.HostConfig.CapDrop).not.toContain('NET_RAW');
  });

  it('of an image that is pinned by a digest names the digest of the next', async () => {
    const digests = (await engine.image(old))?.digests ?? [];
    await here.podman('run', '--detach', `--name=${NAME}`, digests[0] ?? '');
    const name = IMAGE.replace(/:moving$/, `@${nextDigest}`);
    await engine.pull(name);
    await prepare();
    const made = await engine.inspect(`${NAME}-steward-new-${ID}`);
    expect(made).toMatchObject({ imageId: next, image: name });
    await engine.untag(name);
  });
});
