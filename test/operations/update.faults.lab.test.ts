/** What an update makes of a registry, an engine, a systemd and people that do not do as they should, at each of its steps. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { update as updateCommand } from '../../commands/update.ts';
import { BusyError } from '../../src/errors.ts';
import { recall } from '../../src/operations/release-memory.ts';
import { override } from '../e2e/house.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable, type UpdatableOptions, type Version } from '../lab/updatable.ts';
import {
  disturbed,
  makeDoor,
  openUpdating,
  ourNames,
  rowsOf,
  undoneAfterEach,
  update,
  type Updating,
  type UpdatingOptions,
} from './updating.ts';

const here = lab();
const remove = undoneAfterEach();

type Scene = Updating & { it: Updatable };
type Options = { service?: UpdatableOptions; next?: Version; app?: UpdatingOptions };

/** Version 1 runs, and version 2 is there to be pulled. */
async function open(name: string, { service, next, app }: Options = {}): Promise<Scene> {
  const it = await startUpdatable(here, name, service);
  remove.push(it.remove);
  await it.publish('2', next);
  const updating = openUpdating(here, [it], app);
  remove.push(updating.close);
  return { ...updating, it };
}

/** The registry's own copy of the newest image under the tag. */
async function published({ name }: Updatable): Promise<{ digest: string; layers: string[] }> {
  const accept =
    'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
  const answer = await fetch(`http://${here.registry}/v2/${name}/manifests/release`, { headers: { accept } });
  const { layers } = (await answer.json()) as { layers: { digest: string }[] };
  return {
    digest: answer.headers.get('docker-content-digest') ?? '',
    layers: layers.map(({ digest }) => digest),
  };
}

test('update whose image the registry has lost since the plan changes nothing', async () => {
  const { app, it, run } = await open('lost-image');
  const before = await it.ids();
  const plan = await updateCommand.plan?.(app, [it.name]);
  const { digest } = await published(it);
  await fetch(`http://${here.registry}/v2/${it.name}/manifests/${digest}`, { method: 'DELETE' });
  const report = await updateCommand.run(app, [it.name], { ...run(), plan });
  expect(report).toMatchObject({
    outcome: 'unchanged',
    why: { kind: 'step', step: 'download' },
    down: undefined,
  });
  expect(await it.ids()).toEqual(before);
  expect(await ourNames(here, it.container)).toEqual([]);
});

test('update whose download ends in an error inside the stream changes nothing', async () => {
  const { app, it, run } = await open('broken-layer');
  // A layer that no other image has.
  await it.publish('2.0.1-broken');
  const before = await it.ids();
  const plan = await updateCommand.plan?.(app, [it.name]);
  const hex = (await published(it)).layers.at(-1)?.replace('sha256:', '') ?? 'none';
  const blobs = join(here.folder, 'registry/data/docker/registry/v2/blobs/sha256');
  await rm(join(blobs, hex.slice(0, 2), hex), { recursive: true });
  const report = await updateCommand.run(app, [it.name], { ...run(), plan });
  expect(report).toMatchObject({ outcome: 'unchanged', why: { kind: 'step', step: 'download' } });
  expect(await it.ids()).toEqual(before);
  expect(await ourNames(here, it.container)).toEqual([]);
});

test('update brings what was planned, also where the tag has moved on since', async () => {
  const { app, it, run } = await open('moved-on');
  const plan = await updateCommand.plan?.(app, [it.name]);
  await it.publish('3');
  const report = await updateCommand.run(app, [it.name], { ...run(), plan });
  expect(report).toMatchObject({ outcome: 'updated', to: '2' });
  expect(await it.answers()).toBe('2');
});

/** Not all of them each time: one that hangs is worse, see update.hanging.lab.test.ts. */
const steps = process.env['STEWARD_SOAK']
  ? ['backup', 'download', 'stop', 'snapshot', 'switch', 'start', 'health']
  : ['switch'];

test.each(steps)(
  'update whose engine is away for two seconds from "%s" on ends with one whole version',
  async (step) => {
    const folder = await mkdtemp(join(tmpdir(), 'door-'));
    remove.push(() => rm(folder, { recursive: true }));
    const door = await makeDoor(folder, here.socket);
    remove.push(async () => door.shut());
    const { app, it, run } = await open(`away-${step}`, {
      service: { kind: 'store' },
      app: { socket: door.socket },
    });
    await rowsOf(it, '1');
    let isBack: Promise<void> | undefined;
    const away = () => {
      if (isBack !== undefined) return;
      door.shut();
      isBack = pause(2000).then(door.open);
    };
    const report = await update(app, it.name, run({ at: { [step]: away } }));
    await isBack;
    expect(['updated', 'rolled-back', 'unchanged']).toContain(report.outcome);
    const version = report.outcome === 'updated' ? '2' : '1';
    expect(await it.answers()).toBe(version);
    const { schema, rows } = await it.rows();
    expect(String(schema)).toBe(version);
    const old = (await it.witnessed()).filter((row) => row.startsWith('1 '));
    expect(rows).toEqual(expect.arrayContaining(old));
    expect((await ourNames(here, it.container)).filter((tag) => tag.includes('/next/'))).toEqual([]);
  },
);

test('update whose unit hangs at its start goes back when its time is over', async () => {
  const { app, it, run } = await open('hanging-start', { service: { health: { timeout: '3s' } } });
  let takeAway: Promise<() => Promise<void>> | undefined;
  const hang = () => (takeAway ??= override(here, it.unit, '[Service]\nExecStartPre=sleep infinity\n'));
  const release = async () => (await takeAway)?.();
  const at = { switch: () => void hang(), 'back-stop': () => void release() };
  const report = await update(app, it.name, run({ at }));
  expect(report).toMatchObject({ outcome: 'rolled-back' });
  expect(await it.answers()).toBe('1');
});

const failing = [
  { part: 'systemd', method: 'stop', outcome: 'unchanged' },
  { part: 'systemd', method: 'start', outcome: 'rolled-back' },
] as const;

test.each(failing)(
  'update whose first $method fails ends as "$outcome", with the old version',
  async ({ part, method, outcome }) => {
    const refuse = () => Promise.reject(new Error(`Cannot ${method}: Transport endpoint is not connected`));
    const { app, it, run } = await open(`failing-${method}`, {
      // Longer than this test may take: what does not run is not waited for.
      service: { health: { timeout: '5m' } },
      app: {
        host: (host) => disturbed(host, part, method, (real, before) => (before === 0 ? refuse : real)),
      },
    });
    const report = await update(app, it.name, run());
    expect(report).toMatchObject({ outcome });
    expect(await it.answers()).toBe('1');
  },
);

test('update whose names cannot be moved goes back', async () => {
  const refuse = () => Promise.reject(new Error('Cannot tag: no space left on device'));
  const { app, it, run } = await open('unmoved', {
    // The first is the name of ours under which it is pulled, the next keeps the old one.
    app: {
      host: (host) => disturbed(host, 'engine', 'tag', (real, before) => (before === 2 ? refuse : real)),
    },
  });
  const report = await update(app, it.name, run());
  expect(report).toMatchObject({ outcome: 'rolled-back', why: { kind: 'step', step: 'switch' } });
  expect(await it.answers()).toBe('1');
});

test('update without space for the copies stops nothing', async () => {
  const { app, it, run } = await open('no-space', {
    service: { kind: 'store' },
    app: { reserve: '900000GB' },
  });
  const before = await it.ids();
  const report = await update(app, it.name, run());
  expect(report).toMatchObject({ outcome: 'unchanged', down: undefined });
  expect(JSON.stringify(report.why)).toMatch(/Not enough space/i);
  expect(await it.ids()).toEqual(before);
});

test('update asked twice at once, from two processes, is done once', async () => {
  const { app, it, run, folder } = await open('twice');
  const other = openUpdating(here, [it], { folder });
  remove.push(other.close);
  const plan = await updateCommand.plan?.(app, [it.name]);
  const otherPlan = await updateCommand.plan?.(other.app, [it.name]);
  expect(otherPlan?.fingerprint).toBe(plan?.fingerprint);
  const ends = await Promise.allSettled([
    updateCommand.run(app, [it.name], { ...run(), plan }),
    updateCommand.run(app, [it.name], { ...run(), plan }),
    updateCommand.run(other.app, [it.name], { ...other.run({ by: 'cli:root' }), plan: otherPlan }),
  ]);
  const [done, ...others] = ends.toSorted((a) => (a.status === 'fulfilled' ? -1 : 1));
  expect(done).toMatchObject({ status: 'fulfilled', value: { outcome: 'updated' } });
  for (const end of others) expect(end.status === 'rejected' && end.reason).toBeInstanceOf(BusyError);
  expect(app.store.updates.history(it.name)).toHaveLength(1);
});

test('update that is cancelled while it prepares stops nothing', async () => {
  const { app, it, run } = await open('cancelled', { service: { kind: 'store' } });
  const before = await it.ids();
  const at = { backup: () => void app.store.updates.ask(it.name, 'cancel') };
  expect(await update(app, it.name, run({ at }))).toMatchObject({
    outcome: 'unchanged',
    why: { kind: 'asked' },
  });
  expect(await it.ids()).toEqual(before);
});

test('update that is asked to go back while it gets healthy does, and says nothing against the image', async () => {
  const { app, it, run } = await open('asked-back', { service: { kind: 'store' } });
  await rowsOf(it, '1');
  const at = { health: () => void app.store.updates.ask(it.name, 'roll-back') };
  expect(await update(app, it.name, run({ at }))).toMatchObject({
    outcome: 'rolled-back',
    why: { kind: 'asked' },
  });
  expect(await it.answers()).toBe('1');
  expect((await it.rows()).schema).toBe(1);
  expect(recall(app.store, it.name)?.failed).toBeUndefined();
});

test('update starts its hooks: one before that fails stops nothing, one after that fails is a warning', async () => {
  const hooks = { before: ['hooked-before.service'], after: ['hooked-after.service'] };
  const { app, it, run } = await open('hooked', { service: { entry: { update: hooks } } });
  const oneshot = (command: string) => `[Service]\nType=oneshot\nExecStart=${command}\n`;
  for (const unit of [...hooks.before, ...hooks.after]) {
    await here.addUnit(unit, oneshot('false'));
    remove.push(() => here.removeUnit(unit));
  }
  const before = await it.ids();
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'unchanged', why: { step: 'before' } });
  expect(await it.ids()).toEqual(before);
  await here.addUnit('hooked-before.service', oneshot('true'));
  const report = await update(app, it.name, run());
  expect(report).toMatchObject({ outcome: 'updated' });
  expect(report.warnings.join()).toContain('hooked-after.service');
});

test('update while only observing plans and changes nothing', async () => {
  const { app, it, run } = await open('observed', { app: { observe: true } });
  const before = await it.ids();
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'observed' });
  expect(await it.ids()).toEqual(before);
  expect(await ourNames(here, it.container)).toEqual([]);
});
