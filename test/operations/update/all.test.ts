import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { imageId } from '../../../sandbox/engine/images.ts';
import type { App } from '../../../src/app.ts';
import { BusyError } from '../../../src/errors.ts';
import { planAll } from '../../../src/operations/update/all.ts';
import type { UpdateReach } from '../../../src/operations/update/journey.ts';
import type { Report } from '../../../src/report.ts';
import { skip } from '../../../commands/skip.ts';
import { container, createScene, type Scene } from '../releases.ts';

const NAMES = ['web', 'blog', 'wiki'];
const image = (name: string) => `ghcr.io/a/${name}:release`;

let scene: Scene;
let app: App & UpdateReach;
beforeEach(async () => {
  scene = await createScene(
    Object.fromEntries(NAMES.map((name) => [name, { containers: [{ name, unit: 'none' }] }])),
    NAMES.map((name) => container(name, image(name))),
  );
  const locks = { requireFree: () => {} };
  app = { ...scene.app, locks, redact: (text: string) => text } as unknown as typeof app;
  for (const name of NAMES) scene.registry.publish(image(name), { digest: imageId(image(name)) });
});
afterEach(() => scene.close());

const plan = async () => {
  const { report, isEmpty } = await planAll(app);
  const { plans, left } = report as Extract<Report, { kind: 'updates-plan' }>;
  return {
    doing: plans.map(({ service }) => service),
    left: left.map((one) => ('cause' in one ? one : { name: one.name, verdict: one.verdict.kind })),
    isEmpty: isEmpty === true,
  };
};

describe('planAll', () => {
  test('takes what has a newer image, in the order of the configuration, and asks nothing where there is none', async () => {
    expect(await plan()).toEqual({ doing: [], left: [], isEmpty: true });
    scene.registry.publish(image('wiki'), { version: '1.1.0' });
    scene.registry.publish(image('web'), { version: '1.1.0' });
    expect(await plan()).toEqual({ doing: ['web', 'wiki'], left: [], isEmpty: false });
  });

  test('leaves out what was skipped', async () => {
    scene.registry.publish(image('web'), { version: '1.1.0' });
    await plan();
    await skip.run(app, ['web', '1.1.0'], scene.run());
    expect(await plan()).toEqual({ doing: [], left: [], isEmpty: true });
  });

  test('names what could not be looked up, and goes on with the others', async () => {
    scene.registry.publish(image('web'), { version: '1.1.0' });
    scene.registry.intercept((request, response) => {
      if (request.url?.includes('/blog/') !== true) return false;
      response.writeHead(500).end();
      return true;
    });
    expect(await plan()).toMatchObject({ doing: ['web'], left: [{ name: 'blog', verdict: 'unknown' }] });
  });

  test('a service that does not run is left with the cause, and does not keep the others waiting', async () => {
    for (const name of ['web', 'blog']) scene.registry.publish(image(name), { version: '1.1.0' });
    await plan();
    await app.hosts.all[0]?.engine.stop('blog');
    const { doing, left } = await plan();
    expect(doing).toEqual(['web']);
    expect(left).toHaveLength(1);
    expect(left[0]).toMatchObject({ name: 'blog' });
  });

  test('while one of them is worked on it is told so, whole', async () => {
    app.locks.requireFree = (name) => {
      if (name === 'blog') throw new BusyError(name);
    };
    await expect(planAll(app)).rejects.toThrow(BusyError);
  });
});
