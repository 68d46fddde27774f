import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkWayBack } from '../../../jobs/check-way-back.ts';
import { rollbackTag } from '../../../src/operations/update/tags.ts';
import type { UpdatePlan } from '../../../src/report/updates.ts';
import { container, createScene, type Scene } from '../releases.ts';

const WEB = 'ghcr.io/a/web:release';

let scene: Scene;
beforeEach(async () => {
  scene = await createScene({ web: { containers: [{ name: 'web', unit: 'none' }] } }, [
    container('web', WEB),
  ]);
});
afterEach(() => scene.close());

const look = () => checkWayBack.run(scene.app, undefined, scene.run('schedule'));

it('check-way-back tells once that an old image which was kept is gone', async () => {
  const { store, hosts } = scene.app;
  const { engine } = hosts.of(scene.service('web'));
  const image = await engine.inspect('web');
  const { id } = store.updates.begin({
    service: 'web',
    verb: 'update',
    by: 'test',
    plan: { from: '1.0.0', images: [{ container: 'web', image: WEB }] } as unknown as UpdatePlan,
    facts: { from: {}, to: {} },
  });
  await engine.tag(image?.imageId ?? '', rollbackTag('web', id));
  expect(await look()).toBeUndefined();
  store.updates.end(id, 'updated');
  expect(await look()).toBeUndefined();

  await engine.untag(rollbackTag('web', id));
  const note = { key: 'way-back-lost', services: [{ service: 'web', version: '1.0.0' }] };
  expect(await look()).toEqual({ kind: 'note', note });
  expect(await look()).toBeUndefined();
});
