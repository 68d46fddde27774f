/** Updates of services with several containers, and of several services. */
import { expect, test } from 'vitest';
import { update as updateCommand } from '../../commands/update.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable, type UpdatableOptions } from '../lab/updatable.ts';
import { openUpdating, ourNames, undoneAfterEach, update } from './updating.ts';

const here = lab();
const remove = undoneAfterEach();

async function start(name: string, options?: UpdatableOptions): Promise<Updatable> {
  const it = await startUpdatable(here, name, options);
  remove.push(it.remove);
  return it;
}

function open(...services: readonly Pick<Updatable, 'name' | 'entry'>[]) {
  const updating = openUpdating(here, services);
  remove.push(updating.close);
  return updating;
}

/** One service of a model and a server that needs it. */
async function startPair(name: string) {
  const model = await start(`${name}-model`);
  const server = await start(`${name}-server`, { unit: { requires: [model.unit] } });
  const entry = { ...server.entry, containers: [model.container, server.container] };
  return { model, server, pair: { name, entry } };
}

test('update moves all containers of a service together, the first to start stopped last', async () => {
  const { model, server, pair } = await startPair('pair');
  const { app, run } = open(pair);
  await Promise.all([model.publish('2'), server.publish('2')]);
  const journey = run();
  expect(await update(app, 'pair', journey)).toMatchObject({ outcome: 'updated', to: '2' });
  expect([await model.answers(), await server.answers()]).toEqual(['2', '2']);
  const steps = journey.progress.steps.filter(({ step }) => step === 'stop' || step === 'start');
  expect(steps.map(({ step, subject }) => [step, subject])).toEqual([
    ['stop', 'pair-server'],
    ['stop', 'pair-model'],
    ['start', 'pair-model'],
    ['start', 'pair-server'],
  ]);
});

test('update of which one container does not come up brings all of them back', async () => {
  const { model, server, pair } = await startPair('half-pair');
  const { app, run } = open(pair);
  const before = [(await model.ids()).image, (await server.ids()).image];
  await Promise.all([model.publish('2'), server.publish('2', { kind: 'crash' })]);
  const report = await update(app, 'half-pair', run());
  expect(report).toMatchObject({ outcome: 'rolled-back', why: { kind: 'restarting' } });
  expect(report.lastLines.join('\n')).toContain('migration failed');
  expect([await model.answers(), await server.answers()]).toEqual(['1', '1']);
  expect([(await model.ids()).image, (await server.ids()).image]).toEqual(before);
});

test('update of which one download fails stops none of its containers', async () => {
  const { model, server, pair } = await startPair('no-pair');
  const { app, run } = open(pair);
  const before = [await model.ids(), await server.ids()];
  await Promise.all([model.publish('2'), server.publish('2')]);
  const plan = await updateCommand.plan?.(app, ['no-pair']);
  if (plan?.report.kind !== 'update-plan') throw new Error(JSON.stringify(plan));
  const { digest } = plan.report.images.find(({ container }) => container === server.container) ?? {};
  await fetch(`http://${here.registry}/v2/${server.name}/manifests/${digest}`, { method: 'DELETE' });
  const report = await updateCommand.run(app, ['no-pair'], { ...run(), plan });
  expect(report).toMatchObject({ outcome: 'unchanged', why: { kind: 'step', step: 'download' } });
  expect([await model.ids(), await server.ids()]).toEqual(before);
  expect([...(await ourNames(here, model.container)), ...(await ourNames(here, server.container))]).toEqual(
    [],
  );
});

test('update of one container of two leaves the other one’s image alone', async () => {
  const { model, server, pair } = await startPair('one-of-pair');
  const { app, run } = open(pair);
  const before = (await model.ids()).image;
  await server.publish('2');
  expect(await update(app, 'one-of-pair', run())).toMatchObject({ outcome: 'updated' });
  expect((await model.ids()).image).toBe(before);
  expect([await model.answers(), await server.answers()]).toEqual(['1', '2']);
});

test('update all goes one by one, and stops at the first that needs a person', async () => {
  const services = [await start('all-good'), await start('all-bad'), await start('all-later')];
  const [good, bad, later] = services as [Updatable, Updatable, Updatable];
  const { app, run } = open(...services);
  await Promise.all([good.publish('2'), bad.publish('2', { kind: 'crash' }), later.publish('2')]);
  const plan = await updateCommand.plan?.(app, ['all']);
  const report = await updateCommand.run(app, ['all'], { ...run(), plan });
  expect(report).toMatchObject({
    kind: 'updates-outcome',
    done: [
      { service: 'all-good', outcome: 'updated' },
      { service: 'all-bad', outcome: 'rolled-back' },
    ],
    rest: ['all-later'],
  });
  expect([await good.answers(), await bad.answers(), await later.answers()]).toEqual(['2', '1', '1']);
});
