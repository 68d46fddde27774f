/** Updates where names, units and neighbours are not as simple as they could be. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { rollback } from '../../commands/rollback.ts';
import { update as updateCommand } from '../../commands/update.ts';
import { override } from '../e2e/house.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable, type UpdatableOptions } from '../lab/updatable.ts';
import { openUpdating, rowsOf, undoneAfterEach, update, type Updating } from './updating.ts';

const here = lab();
const remove = undoneAfterEach();

async function open(name: string, options?: UpdatableOptions): Promise<Updating & { it: Updatable }> {
  const it = await startUpdatable(here, name, options);
  remove.push(it.remove);
  const updating = openUpdating(here, [it]);
  remove.push(updating.close);
  return { ...updating, it };
}

const planOf = async ({ app, it }: Updating & { it: Updatable }) => updateCommand.plan?.(app, [it.name]);
const hazardsOf = async (scene: Updating & { it: Updatable }) => {
  const report = (await planOf(scene))?.report;
  if (report?.kind !== 'update-plan') throw new Error(JSON.stringify(report));
  return report.hazards;
};

test.each(['good', 'bad'])('update to a %s image works where the old one has no name left', async (what) => {
  const { app, it, run } = await open(`nameless-${what}`);
  const before = await it.ids();
  await here.podman('untag', before.image, it.image);
  await it.publish('2', what === 'bad' ? { kind: 'crash' } : {});
  const report = await update(app, it.name, run());
  expect(report.outcome).toBe(what === 'bad' ? 'rolled-back' : 'updated');
  expect(await it.answers()).toBe(what === 'bad' ? '1' : '2');
  expect((await it.ids()).image === before.image).toBe(what === 'bad');
});

test('update of a digest that the unit pins has nothing to do, and changes nothing', async () => {
  const scene = await open('digest-pinned');
  const { it } = scene;
  const [pinned = ''] = JSON.parse(
    await here.podman('image', 'inspect', '--format', '{{json .RepoDigests}}', it.image),
  ) as string[];
  await here.addContainerUnit(it.container, pinned, {
    args: ['--network=host', `--volume=${it.folder}:/data`],
  });
  await here.systemd('restart', it.unit);
  await it.publish('2');
  const before = await it.ids();
  expect(await planOf(scene)).toMatchObject({ isEmpty: true });
  expect(await it.ids()).toEqual(before);
});

test('update of a unit that names its image without a registry goes to the one that Podman searches, and back', async () => {
  const scene = await open('short-named');
  const { app, it, run } = scene;
  const searched = `${it.folder}/registries.conf`;
  await writeFile(
    searched,
    `unqualified-search-registries = ["${here.registry}"]\n[[registry]]\nlocation = "${here.registry}"\ninsecure = true\n`,
  );
  await here.addContainerUnit(it.container, 'short-named:release', {
    args: ['--network=host'],
    serviceLines: [`Environment=CONTAINERS_REGISTRIES_CONF=${searched}`],
  });
  await here.systemd('restart', it.unit);
  await here.waitForLog(it.container, /version 1 on port/);
  const before = await it.ids();
  await it.publish('2');
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'updated', from: '1', to: '2' });
  expect(await it.answers()).toBe('2');
  const plan = await rollback.plan?.(app, [it.name]);
  expect(await rollback.run(app, [it.name], { ...run(), plan })).toMatchObject({
    outcome: 'updated',
    to: '1',
  });
  expect(await it.answers()).toBe('1');
  expect((await it.ids()).image).toBe(before.image);
});

test('update of an image that was built here says that it comes from nowhere', async () => {
  const scene = await open('built-here');
  const { it } = scene;
  const name = 'localhost/built-here:1';
  await here.podman('tag', it.image, name);
  await here.addContainerUnit(it.container, name, { args: ['--network=host'] });
  await here.systemd('restart', it.unit);
  const plan = await planOf(scene);
  expect(plan).toMatchObject({ isEmpty: true, report: { kind: 'releases' } });
});

test('update of a container that was renamed since says that it does not run, and changes nothing', async () => {
  const scene = await open('renamed');
  const { it } = scene;
  await it.publish('2');
  await here.podman('rename', it.container, 'renamed-since');
  const id = async () => here.podman('inspect', '--format', '{{.Id}}', 'renamed-since');
  const before = await id();
  const troubles = [{ kind: 'not-running', container: 'renamed' }];
  expect(await planOf(scene)).toMatchObject({ isEmpty: true, report: { services: [{ troubles }] } });
  expect(await id()).toBe(before);
});

test.each(['good', 'bad'])('update to a %s image has what needs the service run again', async (what) => {
  const name = `needed-${what}`;
  const dependent = `${name}-user.service`;
  const scene = await open(name);
  const { app, it, run } = scene;
  await here.addUnit(
    dependent,
    `[Unit]\nRequires=${it.unit}\nAfter=${it.unit}\n[Service]\nExecStart=sleep infinity\n`,
  );
  remove.push(() => here.removeUnit(dependent));
  await here.systemd('start', dependent);
  await it.publish('2', what === 'bad' ? { kind: 'crash' } : {});
  expect(await hazardsOf(scene)).toContainEqual({ kind: 'dependents', units: [dependent] });
  const report = await update(app, name, run());
  expect(report).toMatchObject({ outcome: what === 'bad' ? 'rolled-back' : 'updated', warnings: [] });
  expect(await here.systemd('is-active', dependent)).toBe('active\n');
});

test('planUpdate tells what could undo the way back: a unit that pulls by itself, and another updater', async () => {
  const scene = await open('hazardous', { unit: { args: ['--pull=newer'] } });
  const { it } = scene;
  await it.publish('2');
  const timer = 'podman-auto-update.timer';
  await here.addUnit(timer, '[Timer]\nOnActiveSec=1d\nUnit=podman-auto-update.service\n');
  await here.addUnit('podman-auto-update.service', '[Service]\nExecStart=true\n');
  remove.push(
    () => here.removeUnit('podman-auto-update.service'),
    () => here.removeUnit(timer),
  );
  await here.systemd('start', timer);
  const hazards = await hazardsOf(scene);
  expect(hazards).toContainEqual({ kind: 'pull', unit: it.unit, how: '--pull=newer' });
  expect(hazards).toContainEqual({ kind: 'auto-update', timer });
  expect(hazards).toContainEqual({ kind: 'image-only' });
});

test('planUpdate sees what a unit pulls in a script of its own', async () => {
  const scene = await open('scripted');
  const { it } = scene;
  await it.publish('2');
  const script = `${it.folder}/start`;
  await writeFile(script, '#!/bin/sh\nexec podman run \\\n  --pull always \\\n  --name=scripted web\n');
  const takeAway = await override(here, it.unit, `[Service]\nExecStart=\nExecStart=${script}\n`);
  remove.push(takeAway);
  expect(await hazardsOf(scene)).toContainEqual({ kind: 'pull', unit: it.unit, how: '--pull=always' });
});

test('update leaves a database beside the service alone, and starts it in no other order', async () => {
  const { app, it, run } = await open('with-database', { kind: 'records' });
  await rowsOf(it, '1');
  const idOf = () => here.podman('inspect', '--format', '{{.Id}}', `${it.name}-postgres`);
  const before = await idOf();
  await it.publish('2');
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'updated' });
  expect(await idOf()).toBe(before);
  const { schema, rows } = await it.rows();
  expect(schema).toBe(2);
  const first = (await it.witnessed()).filter((row) => row.startsWith('1 '));
  expect(rows).toEqual(expect.arrayContaining(first));
});

test('update waits for a migration that takes longer than its limit while its log moves', async () => {
  const { app, it, run } = await open('migrating', { health: { timeout: '3s' } });
  await it.publish('2', { kind: 'slow', args: ['4'] });
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'updated', to: '2' });
  expect(await it.answers()).toBe('2');
});

test('update of a tag that is pinned in the unit: nothing moves until the unit names another image', async () => {
  const scene = await open('unit-pinned', { tag: '1' });
  const { it } = scene;
  await it.publish('2');
  const before = await it.ids();
  const plan = await planOf(scene);
  expect(plan?.report.kind).toBe('update-plan');
  expect(await it.ids()).toEqual(before);
});
