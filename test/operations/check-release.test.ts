import { afterEach, describe, expect, test } from 'vitest';
import { imageId } from '../../sandbox/engine/images.ts';
import type { ContainerSpec } from '../../sandbox/engine/host.ts';
import { recall, remember } from '../../src/operations/release-memory.ts';
import { container, createScene, DAY, NOW, type Scene } from './releases.ts';

let scene: Scene;
afterEach(() => scene.close());

const BASE = `sha256:${'1'.repeat(64)}`;
const own = (name: string) => ({ containers: [{ name, unit: 'none' }] });

/** One service `web` of a repository `a/web`, with this image. */
async function web(
  image: string,
  { release, more = {} }: { release?: object; more?: Partial<ContainerSpec> } = {},
): Promise<void> {
  scene = await createScene({ web: { ...own('web'), ...(release === undefined ? {} : { release }) } }, [
    container('web', image, more),
  ]);
}
/** The image that runs, under its tag. */
const publishSame = (image: string) => scene.registry.publish(image, { digest: imageId(image) });
const releases = (...tags: string[]) =>
  scene.github.releases.set(
    'a/web',
    tags.map((tag, index) => ({ tag, publishedAt: NOW - index * DAY, body: `## Breaking\n- of ${tag}` })),
  );

describe('a moving tag', () => {
  const IMAGE = 'ghcr.io/a/web:release';
  const release = { github: 'a/web' };

  test('is fresh when its digest is that of the image that runs: one HEAD', async () => {
    await web(IMAGE, { release });
    publishSame(IMAGE);
    releases('v1.0.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'fresh' },
      from: '1.0.0',
      tag: 'release',
      key: undefined,
      troubles: [],
    });
    expect(scene.asked()).toEqual(['HEAD ghcr.io/a/web/manifests/release']);
  });

  test('has a newer image: its version, its size without the layers that are here, its age and notes', async () => {
    await web(IMAGE, { release });
    const createdAt = NOW - 2 * DAY;
    const { digest } = scene.registry.publish(IMAGE, {
      isList: true,
      version: 'v1.1.0',
      createdAt,
      layers: { [BASE]: 400, [`sha256:${'9'.repeat(64)}`]: 70 },
    });
    releases('v1.1.0', 'v1.0.1', 'v1.0.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'newer-image' },
      from: '1.0.0',
      to: 'v1.1.0',
      key: 'v1.1.0',
      images: [{ container: 'web', image: IMAGE, digest }],
      size: 70,
      publishedAt: createdAt,
      // What the versions in between break is broken, too.
      notes: { breaking: ['v1.1.0: of v1.1.0', 'v1.0.1: of v1.0.1'] },
      beyond: undefined,
    });
    scene.asked();
    // The same digest is not looked into a second time.
    await scene.check('web');
    expect(scene.asked()).toEqual(['HEAD ghcr.io/a/web/manifests/release']);
  });

  test('of the same version built anew is offered by its digest', async () => {
    await web(IMAGE, { release });
    const { digest } = scene.registry.publish(IMAGE, { version: 'v1.0.0' });
    releases('v1.0.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'newer-image' },
      to: undefined,
      key: digest,
      notes: undefined,
    });
  });

  test('whose list changed while our platform did not is fresh', async () => {
    await web(IMAGE);
    const published = scene.registry.publish(IMAGE, { isList: true });
    await scene.close();
    // The engine knows the image by the platform's digest.
    await web(IMAGE, { more: { digests: [`ghcr.io/a/web@${published.platform}`] } });
    const again = scene.registry.publish(IMAGE, { isList: true });
    expect(again.platform).toBe(published.platform);
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'fresh' } });
  });

  test('waits for a release whose image is not there yet', async () => {
    await web(IMAGE, { release });
    publishSame(IMAGE);
    releases('v1.1.0', 'v1.0.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'awaited' },
      to: 'v1.1.0',
      key: undefined,
    });
  });

  test('digests of another repository do not count', async () => {
    await web(IMAGE, { more: { digests: [`ghcr.io/other/web@${imageId(IMAGE)}`] } });
    publishSame(IMAGE);
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'newer-image' } });
  });
});

describe('a pinned tag', () => {
  const IMAGE = 'ghcr.io/a/web:v1.0.0';
  const release = { github: 'a/web', file: 'modules/web.nix' };

  test('is fresh at the newest release', async () => {
    await web(IMAGE, { release });
    publishSame(IMAGE);
    releases('v1.0.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'fresh' } });
    expect(scene.asked()).toHaveLength(1);
  });

  test('with a newer release names the line to change, and how much would be pulled', async () => {
    await web(IMAGE, { release });
    publishSame(IMAGE);
    const { digest } = scene.registry.publish('ghcr.io/a/web:v1.0.3', {
      layers: { [BASE]: 400, 'sha256:x': 30 },
    });
    releases('v1.0.3', 'v1.0.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'pinned', file: 'modules/web.nix', tag: 'v1.0.0', nextTag: 'v1.0.3' },
      from: '1.0.0',
      to: 'v1.0.3',
      key: 'v1.0.3',
      images: [{ container: 'web', image: 'ghcr.io/a/web:v1.0.3', digest }],
      size: 30,
    });
    scene.asked();
    await scene.check('web');
    expect(scene.asked()).toEqual(['HEAD ghcr.io/a/web/manifests/v1.0.0']);
    // Neither is one that was skipped.
    remember(scene.app.store, 'web', NOW, () => ({ skipped: ['v1.0.3'] }));
    for (let time = 0; time < 2; time++) {
      expect((await scene.check('web')).verdict.kind).toBe('blocked');
      expect(scene.asked()).toHaveLength(1);
    }
  });

  test('whose successor has no image yet waits', async () => {
    await web(IMAGE, { release });
    publishSame(IMAGE);
    releases('v1.0.3');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'awaited' }, key: undefined });
  });

  test('keeps its form: no v where none is, the variant at its end', async () => {
    await web('ghcr.io/a/web:1.0.0-alpine', { release });
    publishSame('ghcr.io/a/web:1.0.0-alpine');
    scene.registry.publish('ghcr.io/a/web:1.1.0-alpine');
    releases('v1.1.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'pinned', nextTag: '1.1.0-alpine' } });
  });

  test('by a digest is never offered what its tag gives now', async () => {
    const digest = imageId('ghcr.io/a/web');
    await web(`ghcr.io/a/web@${digest}`, { more: { digests: [`ghcr.io/a/web@${digest}`] } });
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'fresh' } });
    expect(scene.asked()).toEqual([]);
  });

  test('of which nobody can say if it is the newest is unknown', async () => {
    await web(IMAGE, { release, more: { version: '4f1a2b3' } });
    publishSame(IMAGE);
    releases('v1.0.3');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'unknown' },
      troubles: [{ kind: 'versions', from: '4f1a2b3', release: 'v1.0.3' }],
    });
  });
});

describe('a tag that stays within a major version', () => {
  const IMAGE = 'ghcr.io/a/web:1';
  const release = { github: 'a/web' };

  test('never gives the next one', async () => {
    await web(IMAGE, { release });
    publishSame(IMAGE);
    releases('2.1.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'major' }, to: '2.1.0', key: '2.1.0' });
  });

  test('can have a newer image beside it', async () => {
    await web(IMAGE, { release });
    scene.registry.publish(IMAGE, { version: '1.0.4' });
    releases('2.1.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'newer-image' },
      to: '1.0.4',
      beyond: '2.1.0',
      // Those of 2.1.0 are not this image's.
      notes: undefined,
    });
  });

  test('is known from the tag where the image does not tell', async () => {
    await web(IMAGE, { release: { ...release, version: 'tag' }, more: { version: 'main' } });
    publishSame(IMAGE);
    releases('2.1.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'major' } });
    releases('1.9.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'fresh' } });
  });
});

describe('what must not be offered', () => {
  const IMAGE = 'ghcr.io/a/web:release';

  test('a version that was skipped, until the next one', async () => {
    await web(IMAGE);
    scene.registry.publish(IMAGE, { version: '1.1.0' });
    remember(scene.app.store, 'web', NOW, () => ({ skipped: ['1.1.0'] }));
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'blocked', reason: { kind: 'skipped' } },
      key: '1.1.0',
    });
    scene.registry.publish(IMAGE, { version: '1.2.0' });
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'newer-image' }, to: '1.2.0' });
  });

  test('a digest that did not come up', async () => {
    await web(IMAGE);
    const { digest } = scene.registry.publish(IMAGE, { version: '1.1.0' });
    remember(scene.app.store, 'web', NOW, () => ({ failed: { digest, at: NOW, why: 'exit code 1' } }));
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'blocked', reason: { kind: 'failed', why: 'exit code 1' } },
    });
  });

  test('Immich 3 while its database has pgvecto.rs', async () => {
    const server = 'ghcr.io/a/web:v2.6.1';
    const containers = (database: string) => [
      container('db', database),
      container('web', server, { version: 'v2.6.1' }),
    ];
    const services = {
      web: {
        containers: [
          { name: 'db', unit: 'none', update: false },
          { name: 'web', unit: 'none' },
        ],
        release: { github: 'a/web', version: 'immich' },
      },
    };
    const old = 'docker.io/tensorchord/pgvecto-rs:pg16-v0.2.1';
    scene = await createScene(services, containers(old));
    publishSame(server);
    scene.registry.publish('ghcr.io/a/web:v3.0.0');
    scene.registry.publish('ghcr.io/a/web:v2.7.0');
    releases('v3.0.0');
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'blocked', reason: { kind: 'vectors', image: old } },
      to: 'v3.0.0',
    });
    releases('v2.7.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'pinned' } });
    await scene.close();

    scene = await createScene(
      services,
      containers('ghcr.io/immich-app/postgres:16-vectorchord0.4.3-pgvectors0.2.0'),
    );
    publishSame(server);
    scene.registry.publish('ghcr.io/a/web:v3.0.0');
    releases('v3.0.0');
    expect(await scene.check('web')).toMatchObject({ verdict: { kind: 'pinned' }, to: 'v3.0.0' });
  });
});

describe('what cannot be told', () => {
  const IMAGE = 'ghcr.io/a/web:release';

  test('a registry that fails is unknown, never fresh', async () => {
    await web(IMAGE, { release: { github: 'a/web' } });
    releases('v1.0.0');
    scene.registry.intercept((_, response) => {
      response.writeHead(500).end();
      return true;
    });
    const state = await scene.check('web');
    expect(state).toMatchObject({ verdict: { kind: 'unknown' }, key: undefined });
    expect(state.troubles).toMatchObject([{ kind: 'failed', what: `image ${IMAGE}` }]);
  });

  test('GitHub that fails is unknown, though the image is the newest', async () => {
    await web(IMAGE, { release: { github: 'a/web' } });
    publishSame(IMAGE);
    scene.github.fail(503);
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'unknown' },
      troubles: [{ kind: 'failed', what: 'releases of a/web' }],
    });
  });

  test('a newer image is offered although GitHub is at its limit', async () => {
    await web(IMAGE, { release: { github: 'a/web' } });
    scene.registry.publish(IMAGE, { version: '1.1.0' });
    scene.github.limit(0, Date.now() + 3_600_000);
    expect(await scene.check('web')).toMatchObject({
      verdict: { kind: 'newer-image' },
      troubles: [{ kind: 'rate-limit' }],
    });
  });

  test('a tag that the registry has no more, a short name, a container that does not run, no engine', async () => {
    scene = await createScene({ gone: own('gone'), short: own('short'), away: own('away') }, [
      container('gone', IMAGE),
      container('short', 'postgres:16'),
    ]);
    const trouble = async (name: string) => {
      const { verdict, troubles } = await scene.check(name);
      expect(verdict.kind).toBe('unknown');
      return troubles[0];
    };
    expect(await trouble('gone')).toEqual({ kind: 'no-tag', image: IMAGE });
    expect(await trouble('short')).toEqual({ kind: 'name', image: 'postgres:16', reason: 'short' });
    expect(await trouble('away')).toEqual({ kind: 'not-running', container: 'away' });
    await scene.engineDown();
    expect(await trouble('gone')).toMatchObject({ kind: 'failed', what: 'host local' });
  });

  test('an image that was built here is told as local, and nobody asked', async () => {
    scene = await createScene({ one: own('one'), two: own('two') }, [
      container('one', 'localhost/one:latest'),
      container('two', 'ghcr.io/a/two:1', { digests: [] }),
    ]);
    expect((await scene.check('one')).verdict.kind).toBe('local');
    expect((await scene.check('two')).verdict.kind).toBe('local');
    expect(scene.asked()).toEqual([]);
  });

  test('a native service without a place of releases has nothing to look at', async () => {
    scene = await createScene({ native: { units: ['anki-sync-server.service'] } }, []);
    expect((await scene.check('native')).verdict.kind).toBe('untracked');
  });

  test('a failed check keeps what the last one has learnt', async () => {
    await web(IMAGE);
    scene.registry.publish(IMAGE, { version: '1.1.0' });
    await scene.check('web');
    scene.later(DAY);
    scene.registry.intercept((_, response) => {
      response.writeHead(500).end();
      return true;
    });
    await scene.check('web');
    expect(recall(scene.app.store, 'web')).toMatchObject({
      last: { to: '1.1.0' },
      tried: { verdict: { kind: 'unknown' } },
      succeededAt: NOW,
    });
  });
});

test('containers with the same image are asked for once, those that are never updated not at all', async () => {
  const image = 'ghcr.io/a/web:1';
  scene = await createScene(
    {
      web: {
        containers: [
          { name: 'db', unit: 'none', update: false },
          { name: 'worker', unit: 'none' },
          { name: 'web', unit: 'none' },
        ],
      },
    },
    [container('db', 'docker.io/library/postgres:16'), container('worker', image), container('web', image)],
  );
  scene.registry.publish(image, { digest: imageId(image) });
  expect((await scene.check('web')).verdict.kind).toBe('fresh');
  expect(scene.asked()).toEqual(['HEAD ghcr.io/a/web/manifests/1']);
});
