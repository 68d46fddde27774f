/** Going back on purpose, on real units: with the data of before only where the old version cannot read what is there. */
import { expect, test } from 'vitest';
import { rollback } from '../../commands/rollback.ts';
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

test('rollback of what was never updated says so', async () => {
  const it = await startUpdatable(here, 'never-updated');
  remove.push(it.remove);
  const { app, close } = openUpdating(here, [it]);
  remove.push(close);
  await expect(rollback.plan?.(app, [it.name])).rejects.toThrow('Steward has not updated it yet');
});
