/** Units that systemd would stop but not start again are left running. */
import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planUpdate } from '../../src/operations/update/plan.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable } from '../lab/updatable.ts';
import { openUpdating, undoneAfterEach, update } from './updating.ts';

const here = lab();
const undo = undoneAfterEach();

test('update refuses a unit that was masked while it runs, and takes it once it is not', async () => {
  const it = await startUpdatable(here, 'masked');
  undo.push(it.remove);
  const { app, service, run, close } = openUpdating(here, [it]);
  undo.push(close);
  await it.publish('2');
  const before = await it.ids();
  const plan = await planUpdate(app, service('masked'));
  expect(plan.report.kind).toBe('update-plan');

  const file = join(here.unitFolder, it.unit);
  const mask = async () => {
    await rename(file, `${file}.kept`);
    await symlink('/dev/null', file);
    await here.systemd('daemon-reload');
  };
  const unmask = async () => {
    await rm(file);
    await rename(`${file}.kept`, file);
    await here.systemd('daemon-reload');
  };
  await mask();
  try {
    const refused = 'podman-masked.service is masked, so systemd would not start it again';
    await expect(planUpdate(app, service('masked'))).rejects.toThrow(refused);
    expect(await it.ids()).toEqual(before);
  } finally {
    await unmask();
  }
  const report = await update(app, 'masked', run());
  expect(report.outcome).toBe('updated');
});
