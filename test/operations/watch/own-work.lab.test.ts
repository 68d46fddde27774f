/** Steward's own work on a real unit, with the watch beside it: it is down meanwhile, and nobody is alarmed. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backup } from '../../../commands/backup.ts';
import { restart } from '../../../commands/restart.ts';
import { createWatch } from '../../../src/operations/watch/watch.ts';
import { lab } from '../../lab/index.ts';
import { startUpdatable, type Updatable } from '../../lab/updatable.ts';
import { restore } from '../restore/place.ts';
import { openUpdating, rowsOf, update, type Updating } from '../updating.ts';

const here = lab();
const NAME = 'own-work';
const ending = new AbortController();
let it: Updatable;
let scene: Updating;
let watching: Promise<void>;

beforeAll(async () => {
  const store = join(here.folder, 'data', NAME, 'data/store.db');
  it = await startUpdatable(here, NAME, {
    kind: 'store',
    entry: {
      // Any moment that it is down would be told.
      watch: { after: '0s' },
      backup: { pause: true, sources: [{ kind: 'sqlite', files: store }] },
    },
  });
  scene = openUpdating(here, [it]);
  // Nobody to tell.
  Object.assign(scene.app.config, { telegram: { owners: [] } });
  watching = createWatch(scene.app, { cadence: { looks: 1000, units: 1000, rest: 50 } }).run(ending.signal);
});
afterAll(async () => {
  ending.abort(new Error('over'));
  await watching;
  await scene.close();
  await it.remove();
});

const told = () => [...scene.app.store.alerts.open(), ...scene.app.store.alerts.ended(0)];

test('a restart, a backup that stops the service, an update, a way back and a restore are no alarm', async () => {
  const { app, run } = scene;
  await rowsOf(it, '1');
  await restart.run(app, [NAME], run());
  const backedUp = await backup.run(app, [NAME], run());
  expect(backedUp).toMatchObject({ kind: 'backup', why: undefined, away: expect.any(Number) });
  await it.publish('2');
  expect(await update(app, NAME, run())).toMatchObject({ outcome: 'updated', to: '2' });
  await it.publish('3', { kind: 'crash' });
  expect(await update(app, NAME, run())).toMatchObject({ outcome: 'rolled-back' });
  expect(await restore(scene, run(), NAME)).toMatchObject({ outcome: 'restored' });
  expect(told()).toEqual([]);

  // It does look: what nobody here has done is told.
  await here.podman('rename', NAME, `${NAME}-else`);
  await expect.poll(() => told().map(({ key }) => key)).toEqual([`service:${NAME}`]);
});
