/** Updates on real units and containers: of each kind of faulty version the way back, with the data as it was at the stop. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recall } from '../../src/operations/release-memory.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable, type UpdatableOptions, type Version } from '../lab/updatable.ts';
import {
  configurationOf,
  differences,
  openUpdating,
  ourNames,
  rowsOf,
  undoneAfterEach,
  update,
  type Updating,
} from './updating.ts';

const here = lab();
/** Beside all that is updated here, and never touched by it. */
let neighbour: Updatable;
/** Each way back leaves it as it was, ready for the next. */
let shared: Updatable;
beforeAll(async () => {
  neighbour = await startUpdatable(here, 'neighbour');
  shared = await startUpdatable(here, 'faulty', { kind: 'store', unit: { args: ['--memory=32m'] } });
});
afterAll(async () => {
  await Promise.all([neighbour.remove(), shared.remove()]);
});

const remove = undoneAfterEach();

async function open(name: string, options?: UpdatableOptions): Promise<Updating & { it: Updatable }> {
  const it = await startUpdatable(here, name, options);
  remove.push(it.remove);
  return openOn(it);
}

function openOn(it: Updatable): Updating & { it: Updatable } {
  const updating = openUpdating(here, [it, neighbour]);
  remove.push(updating.close);
  return { ...updating, it };
}

/** `own`: of a service of its own; else the shared one's. */
type Faulty = Version & { name: string; own?: UpdatableOptions; health?: object; why: object; says?: RegExp };

const faulty: Faulty[] = [
  { name: 'dies-at-once', kind: 'crash', why: { kind: 'restarting' }, says: /migration failed/ },
  { name: 'dies-later', kind: 'dies', args: ['0.5'], why: { kind: 'restarting' }, says: /cannot keep up/ },
  {
    name: 'loops',
    kind: 'crash',
    own: {
      kind: 'store',
      unit: { unitLines: ['StartLimitIntervalSec=0'], serviceLines: ['RestartSec=100ms'] },
    },
    why: { kind: 'restarting' },
    says: /migration failed/,
  },
  { name: 'never-answers', kind: 'sleep', health: { timeout: '3s' }, why: { kind: 'no-answer' } },
  { name: 'greedy', kind: 'greedy', why: { kind: 'restarting' }, says: /137|memory/ },
  {
    name: 'lacks-another',
    kind: 'needs',
    args: ['http://127.0.0.1:9/'],
    why: { kind: 'restarting' },
    says: /nothing answers at/,
  },
  {
    name: 'migrates-too-long',
    kind: 'slow',
    args: ['600'],
    health: { timeout: '3s' },
    why: { kind: 'slow' },
  },
  {
    name: 'migrates-and-dies',
    kind: 'store',
    args: ['2', '0'],
    why: { kind: 'restarting' },
    says: /ended half done/,
  },
  {
    name: 'migrates-writes-and-dies',
    kind: 'store',
    args: ['2', '0.5'],
    why: { kind: 'restarting' },
    says: /lost its way/,
  },
  {
    name: 'migrates-postgres-and-dies',
    kind: 'records',
    args: ['2', '0'],
    own: { kind: 'records' },
    why: { kind: 'restarting' },
    says: /ended half done/,
  },
];

test.each(faulty)(
  'update to an image that $name ends with the old version and its data as at the stop',
  async ({ name, own, health = {}, why, says = /./, ...version }) => {
    const { app, it, run } = own === undefined ? openOn(withHealth(shared, health)) : await open(name, own);
    await rowsOf(it, '1');
    const before = await it.ids();
    const configuration = await configurationOf(here, it.container);
    await it.publish('2', version);
    const bystander = await neighbour.ids();

    const report = await update(app, it.name, run());

    expect(report).toMatchObject({ outcome: 'rolled-back', why, from: '1', to: '2' });
    expect(report.lastLines.join('\n')).toMatch(says);
    expect(await it.answers()).toBe('1');
    const after = await it.ids();
    expect(after.image).toBe(before.image);
    expect(after.container).not.toBe(before.container);
    expect(await configurationOf(here, it.container)).toEqual(configuration);
    // All that the old version ever wrote, and nothing of the new one.
    const witnessed = (await it.witnessed()).filter((row) => row.startsWith('1 '));
    const { schema, rows } = await it.rows();
    expect(schema).toBe(1);
    expect(rows).toEqual(expect.arrayContaining(witnessed));
    expect(rows.filter((row) => !row.startsWith('1 '))).toEqual([]);
    expect(recall(app.store, it.name)?.failed?.digest).toMatch(/^sha256:/);
    expect((await ourNames(here, it.container)).filter((tag) => tag.includes('/next/'))).toEqual([]);
    expect(app.locks.isFree(it.name)).toBe(true);
    expect(app.store.updates.open(it.name)).toBeUndefined();
    expect(await neighbour.ids()).toEqual(bystander);
  },
);

const withHealth = (it: Updatable, health: object): Updatable => {
  const entry = it.entry as { health: object };
  return { ...it, entry: { ...entry, health: { ...entry.health, ...health } } };
};

test('update to a good image ends with the new version on migrated data, and nothing else changed', async () => {
  const { app, it, run } = await open('good', { kind: 'store', unit: { args: ['--memory=64m'] } });
  const old = await rowsOf(it, '1');
  const before = await it.ids();
  const configuration = await configurationOf(here, it.container);
  await it.publish('2');
  const bystander = await neighbour.ids();

  const report = await update(app, 'good', run());

  expect(report).toMatchObject({ outcome: 'updated', from: '1', to: '2', why: undefined, warnings: [] });
  expect(await it.answers()).toBe('2');
  const after = await it.ids();
  expect(after.image).not.toBe(before.image);
  expect(differences(configuration, await configurationOf(here, it.container))).toEqual([
    'Args',
    'Config.Cmd',
    'Config.Env',
    'Config.Labels.org.opencontainers.image.version',
    'Image',
    'ImageDigest',
  ]);
  const fresh = await rowsOf(it, '2');
  const { schema, rows } = await it.rows();
  expect(schema).toBe(2);
  expect(rows).toEqual(expect.arrayContaining([...old, ...fresh]));
  expect(await ourNames(here, it.container)).toEqual([`steward.local/rollback/good:${report.id}`]);
  expect(await neighbour.ids()).toEqual(bystander);
});

test('update gives up the way back before the last, and keeps the last', async () => {
  const { app, it, run } = await open('pruned', { kind: 'store' });
  const first = await it.ids();
  await it.publish('2');
  await update(app, 'pruned', run());
  const second = await it.ids();
  const [one] = app.store.updates.history('pruned');
  await it.publish('3');
  const report = await update(app, 'pruned', run());
  expect(report).toMatchObject({ outcome: 'updated', from: '2', to: '3' });
  expect(await ourNames(here, it.container)).toEqual([`steward.local/rollback/pruned:${report.id}`]);
  const images = () => here.podman('images', '--all', '--quiet', '--no-trunc');
  expect(await images()).toContain(second.image);
  expect(await images()).not.toContain(first.image);
  const [two] = app.store.updates.history('pruned');
  expect(existsSync(one?.facts.snapshot ?? '')).toBe(false);
  expect(existsSync(two?.facts.snapshot ?? '')).toBe(true);
  // That was pulled by its digest, which is a name, too.
  await it.publish('4');
  await update(app, 'pruned', run());
  expect(await images()).not.toContain(second.image);
});
