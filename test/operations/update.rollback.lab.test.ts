/** Going back on purpose, on real units: with the data of before only where the old version cannot read what is there. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { rollback } from '../../commands/rollback.ts';
import { loadArchived } from '../../src/operations/update/archive.ts';
import { lostWaysBack } from '../../src/operations/update/tidy.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable, type UpdatableOptions, type Version } from '../lab/updatable.ts';
import {
  missing,
  openUpdating,
  ourNames,
  rowsOf,
  undoneAfterEach,
  update,
  type Updating,
} from './updating.ts';

const here = lab();
const remove = undoneAfterEach();

/** A service that was updated to version 2. */
async function updated(
  name: string,
  { options, version = {} }: { options?: UpdatableOptions; version?: Version },
): Promise<Updating & { it: Updatable; old: string }> {
  const it = await startUpdatable(here, name, options);
  remove.push(it.remove);
  const updating = openUpdating(here, [it]);
  remove.push(updating.close);
  const old = (await it.ids()).image;
  await it.publish('2', version);
  await update(updating.app, name, updating.run());
  return { ...updating, it, old };
}

/** As the command does it. */
async function goBack({ app, run, it }: Updating & { it: Updatable }) {
  const plan = await rollback.plan?.(app, [it.name]);
  if (plan?.report.kind !== 'rollback-plan') throw new Error(JSON.stringify(plan));
  const report = await rollback.run(app, [it.name], { ...run(), plan });
  if (report.kind !== 'update-outcome') throw new Error(JSON.stringify(report));
  return { plan, planned: plan.report, report };
}

const archiveFolder = ({ folder, it }: Updating & { it: Updatable }) =>
  join(folder, 'backups', it.name, 'updates');
const archives = (scene: Updating & { it: Updatable }) =>
  readdirSync(archiveFolder(scene), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('.tar'))
    .map((name) => basename(name));

const ofVersion = (rows: readonly string[], version: string) =>
  rows.filter((row) => row.startsWith(`${version} `));

test.each(['store', 'records'] as const)(
  'rollback of a %s that was migrated puts the data of before back, keeps what is there, and asks for the name',
  async (kind) => {
    const name = `returned-${kind}`;
    const scene = await updated(name, { options: { kind } });
    const { it, old } = scene;
    const fresh = await rowsOf(it, '2');
    const before = ofVersion(await it.witnessed(), '1');

    const { plan, planned, report } = await goBack(scene);

    expect(plan.typed).toBe(name);
    expect(planned).toMatchObject({ from: '2', to: '1', reason: 'other-schema' });
    const lost = planned.data?.lost.find(({ table }) => table.endsWith('note'));
    expect((lost?.after ?? 0) - (lost?.before ?? 0)).toBeGreaterThanOrEqual(fresh.length);
    expect(report).toMatchObject({ verb: 'rollback', outcome: 'updated', to: '1', why: undefined });
    expect(report.data?.asOf).toBe(planned.data?.asOf);
    expect(await it.answers()).toBe('1');
    expect((await it.ids()).image).toBe(old);
    const { schema, rows } = await it.rows();
    expect(schema).toBe(1);
    expect(rows).toEqual(expect.arrayContaining(before));
    expect(ofVersion(rows, '2')).toEqual([]);
    expect(report.data?.aside.length).toBeGreaterThan(0);
    expect(await missing(here, report.data?.aside ?? [], kind === 'records' ? it : undefined)).toEqual([]);
  },
);

test('rollback where the schema is the same changes the image alone and loses no row', async () => {
  const version = { args: ['1'] };
  const scene = await updated('same-schema', { options: { kind: 'store' }, version });
  const { it, old } = scene;
  await rowsOf(it, '2');
  const { plan, planned, report } = await goBack(scene);
  expect(plan.typed).toBeUndefined();
  expect(planned).toMatchObject({ reason: 'same-schema', data: undefined });
  expect(report).toMatchObject({ outcome: 'updated', data: undefined });
  expect(await it.answers()).toBe('1');
  expect((await it.ids()).image).toBe(old);
  const { rows } = await it.rows();
  expect(rows).toEqual(expect.arrayContaining([...(await it.witnessed())].slice(0, -1)));
});

test('rollback of a service without data changes the image alone, and can be undone in turn', async () => {
  const scene = await updated('no-data', {});
  const { it, app, run } = scene;
  expect((await goBack(scene)).planned).toMatchObject({ reason: 'not-covered', data: undefined });
  expect(await it.answers()).toBe('1');
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'updated', to: '2' });
  expect(await it.answers()).toBe('2');
  expect((await ourNames(here, it.container)).filter((tag) => tag.includes('/rollback/'))).toHaveLength(1);
});

test('rollback whose old image was pruned says so and changes nothing', async () => {
  const { app, it } = await updated('pruned-away', {});
  await here.podman('rmi', ...(await ourNames(here, it.container)));
  const { container } = await it.ids();
  await expect(rollback.plan?.(app, [it.name])).rejects.toThrow('somebody pruned it');
  expect((await it.ids()).container).toBe(container);
});

test('rollback loads a pruned image from its archive, which lasts as long as the way back', async () => {
  const entry = { update: { archive: true } };
  const scene = await updated('archived', { options: { entry } });
  const { app, it, old, run, service } = scene;
  const [archive = ''] = archives(scene);
  expect(archive).toBe(`${old}.tar.zst`);
  const [name = ''] = await ourNames(here, it.container);
  // As `podman system prune -a` does it, but to this one alone.
  await here.podman('rmi', name);
  await expect(here.podman('image', 'inspect', old)).rejects.toThrow(/no such image|image not known/);
  expect(await lostWaysBack(app)).toEqual([]);

  expect((await goBack(scene)).report).toMatchObject({ outcome: 'updated', to: '1', warnings: [] });
  expect(await it.answers()).toBe('1');
  expect((await it.ids()).image).toBe(old);
  // Now of the version that was left.
  expect(archives(scene)).toHaveLength(1);
  expect(archives(scene)).not.toContain(archive);

  const [row] = app.store.updates.history(it.name);
  if (row === undefined) throw new Error('There is no update.');
  const file = join(archiveFolder(scene), `${row.id}-images`, archives(scene)[0] ?? '');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, readFileSync(file).with(-100, 1));
  const image = row.facts.from[it.container] ?? '';
  const load = () => loadArchived(app, service(it.name), { id: row.id, image }, run().signal);
  await expect(load()).rejects.toThrow(/checksum|corrupt|decompress/i);
});

test('update keeps no archive where the disk has no room, and says so', async () => {
  const it = await startUpdatable(here, 'no-room', { entry: { update: { archive: true } } });
  remove.push(it.remove);
  const { app, run, close } = openUpdating(here, [it], { reserve: '999TB' });
  remove.push(close);
  await it.publish('2');
  const report = await update(app, 'no-room', run());
  expect(report).toMatchObject({ outcome: 'updated', to: '2' });
  expect(report.warnings).toEqual([expect.stringContaining('Not enough space')]);
});

test('rollback of what was never updated says so', async () => {
  const it = await startUpdatable(here, 'never-updated');
  remove.push(it.remove);
  const { app, close } = openUpdating(here, [it]);
  remove.push(close);
  await expect(rollback.plan?.(app, [it.name])).rejects.toThrow('Steward has not updated it yet');
});
