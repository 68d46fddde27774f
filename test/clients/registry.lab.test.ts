/** Debian's registry, with and without a login, and what Podman remembers of what it pulled. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import { createRegistry, type Registry } from '../../src/clients/registry.ts';
import { systemClock } from '../../src/clock.ts';
import { parseImageName } from '../../src/image-name.ts';
import { checkImages, type ImageCheck } from '../../src/operations/check-images.ts';
import { lookAt } from '../../src/operations/host-view.ts';
import type { Look } from '../../src/operations/release-memory.ts';
import type { Service } from '../../src/services.ts';
import { lab } from '../lab/index.ts';
import { countRequests, LOGIN, serveWithPassword, serveWithTokens, type Served } from './served-registry.ts';

const here = lab();
const data = join(here.folder, 'registry/data');
const PLATFORM = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };

let folder: string;
let engine: Engine;
let door: Served & { requests: string[] };
const opened: Registry[] = [];

beforeAll(async () => {
  engine = createEngine(here.socket);
  door = await countRequests(here.registry);
});
afterAll(async () => {
  await Promise.all([engine.close(), door.stop()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-registries-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  await rm(folder, { recursive: true });
});

/** A client that finds the registry `from` at `to`. */
async function open(to: string, { login = false, from = to } = {}): Promise<Registry> {
  const registries = join(folder, 'registries.conf');
  const auth = join(folder, 'auth.json');
  await writeFile(registries, `[[registry]]\nprefix = "${from}"\nlocation = "${to}"\ninsecure = true\n`);
  const text = btoa(`${LOGIN.user}:${LOGIN.password}`);
  await writeFile(auth, JSON.stringify({ auths: login ? { [from]: { auth: text } } : {} }));
  const client = createRegistry({ auth: [auth], registries: [registries] }, { clock: systemClock });
  opened.push(client);
  return client;
}
const name = (text: string) => {
  const parsed = parseImageName(text);
  if (typeof parsed === 'string') throw new Error(`${text}: ${parsed}`);
  return parsed;
};
const nameOf = (host: string, tag = '1') => name(`${host}/web:${tag}`);
const digestsOf = async (image: string) =>
  JSON.parse(await here.podman('image', 'inspect', '--format', '{{json .RepoDigests}}', image)) as string[];

/** The checks of one container, as the engine shows it, each with the requests that it took. */
async function check(container: string, looks: Record<string, Look> = {}) {
  const service = {
    name: container,
    host: 'local',
    containers: [{ name: container, unit: undefined, update: true }],
    units: [],
  } as unknown as Service;
  const registry = await open(door.host, { from: here.registry });
  const host = { name: 'local', engine, systemd: { units: () => Promise.resolve([]) } };
  const view = await lookAt(host as never, [service], { images: true });
  door.requests.length = 0;
  const checked = await checkImages({ registry }, service, view, {
    hub: () => Promise.resolve(false),
    looks,
    reread: (id) => engine.image(id),
  });
  return { image: checked.images[0] as ImageCheck, looks: checked.looks, requests: [...door.requests] };
}

test('digest is what Podman wrote down when it pulled, by one HEAD', async () => {
  const registry = await open(door.host, { from: here.registry });
  door.requests.length = 0;
  const digest = await registry.digest(name(here.image('web', '1')));
  expect(await digestsOf(here.image('web', '1'))).toContain(`${here.registry}/web@${digest}`);
  expect(door.requests).toEqual(['HEAD web/manifests/1']);
  expect(await registry.digest(name(here.image('web', 'not-there')))).toBeUndefined();
});

test('describe tells what a pull would bring', async () => {
  const registry = await open(here.registry);
  const image = name(here.image('web', '2'));
  const digest = (await registry.digest(image)) ?? '';
  const remote = await registry.describe(image, digest, { platform: PLATFORM });
  const local = await engine.image(here.image('web', '2'));
  expect(remote).toMatchObject({
    digest,
    id: local?.id,
    labels: { 'org.opencontainers.image.version': '2' },
    createdAt: local?.createdAt,
  });
  expect(remote.layers.map(({ id }) => id)).toEqual(local?.layers);
});

test('a container whose tag moved has a newer image, of which only the new layer counts', async () => {
  const image = await here.addImage('knowing-moved', '1', { kind: 'sleep' });
  await here.podman('run', '--detach', '--name=knowing-moved', '--network=none', image);
  try {
    const fresh = await check('knowing-moved');
    expect(fresh).toMatchObject({ image: { state: 'fresh' }, requests: ['HEAD knowing-moved/manifests/1'] });

    await here.addImage('knowing-moved', '2', { kind: 'sleep', tag: '1', keep: true });
    const newer = await check('knowing-moved');
    expect(newer.image).toMatchObject({ state: 'newer', look: { version: '2' } });
    const { layers } = await (
      await open(here.registry)
    ).describe(name(image), (await (await open(here.registry)).digest(name(image))) ?? '', {
      platform: PLATFORM,
    });
    expect(newer.image).toMatchObject({ look: { size: layers.at(-1)?.size } });
    // A second look at the same digest is one HEAD.
    expect((await check('knowing-moved', newer.looks)).requests).toEqual(['HEAD knowing-moved/manifests/1']);

    // Pulled and not started again: the name has the new image, the container runs the old one.
    await here.podman('pull', '--quiet', image);
    expect((await check('knowing-moved')).image.state).toBe('newer');
  } finally {
    await here.podman('rm', '--force', '--time=0', 'knowing-moved');
  }
});

test('a list is fresh by its own digest, and when only another platform in it has changed', async () => {
  const list = `${here.registry}/knowing-list:1`;
  const own = await here.addImage('knowing-platform', '1', { kind: 'sleep' });
  const pushList = async (...annotation: string[]) => {
    await here.podman('manifest', 'create', 'knowing-list', own);
    if (annotation.length > 0) {
      // Another platform's entry: the same bytes under another name are enough to change the list.
      await here.podman('manifest', 'add', '--arch=riscv64', 'knowing-list', here.image('web', '1'));
    }
    await here.podman('manifest', 'push', '--all', 'knowing-list', `docker://${list}`);
    await here.podman('manifest', 'rm', 'knowing-list');
  };
  await pushList();
  await here.podman('pull', '--quiet', list);
  await here.podman('run', '--detach', '--name=knowing-list', '--network=none', list);
  try {
    const first = await check('knowing-list');
    expect(first).toMatchObject({ image: { state: 'fresh' }, requests: ['HEAD knowing-list/manifests/1'] });
    await pushList('changed');
    const second = await check('knowing-list');
    expect(second.image.state).toBe('fresh');
    expect(second.requests.length).toBeGreaterThan(1);
    expect((await check('knowing-list', second.looks)).requests).toEqual(['HEAD knowing-list/manifests/1']);
  } finally {
    await here.podman('rm', '--force', '--time=0', 'knowing-list');
  }
});

test('a password of auth.json opens a registry that wants one', async () => {
  const served = await serveWithPassword(folder, data);
  try {
    const image = nameOf(served.host);
    await expect((await open(served.host)).digest(image)).rejects.toThrow('wants a login');
    const registry = await open(served.host, { login: true });
    const digest = (await registry.digest(image)) ?? '';
    expect(await digestsOf(here.image('web', '1'))).toContain(`${here.registry}/web@${digest}`);
    const remote = await registry.describe(image, digest, { platform: PLATFORM });
    expect(remote.labels['org.opencontainers.image.version']).toBe('1');
  } finally {
    await served.stop();
  }
});

test('a token service is asked once for a repository, by the login of auth.json', async () => {
  const served = await serveWithTokens(folder, data);
  try {
    const registry = await open(served.host, { login: true });
    const [one, two] = await Promise.all(['1', '2'].map((tag) => registry.digest(nameOf(served.host, tag))));
    expect(one).not.toBe(two);
    const remote = await registry.describe(nameOf(served.host), one ?? '', { platform: PLATFORM });
    expect(remote.labels['org.opencontainers.image.version']).toBe('1');
    expect(new Set(served.tokenRequests)).toEqual(new Set(['repository:web:pull']));
    const before = served.tokenRequests.length;
    await registry.digest(nameOf(served.host));
    expect(served.tokenRequests).toHaveLength(before);
    await expect((await open(served.host)).digest(nameOf(served.host))).rejects.toThrow('wants a login');
  } finally {
    await served.stop();
  }
});
