/** Updates of containers that nothing but the engine manages: made anew, and the old one itself comes back. */
import { expect, test } from 'vitest';
import { rollback } from '../../commands/rollback.ts';
import { update as updateCommand } from '../../commands/update.ts';
import type { Host } from '../../src/hosts.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import {
  configurationOf,
  differences,
  disturbed,
  openUpdating,
  ourNames,
  rowsOf,
  undoneAfterEach,
  update,
  type Updating,
} from './updating.ts';

const here = lab();
const remove = undoneAfterEach();

/** As `podman run` by hand left it: the unit that it was made with does not run. */
async function open(
  name: string,
  { args = [], host }: { args?: readonly string[]; host?: (host: Host) => Host } = {},
): Promise<Updating & { it: Updatable }> {
  const it = await startUpdatable(here, name, {
    kind: 'store',
    entry: { containers: [{ name, unit: 'none' }] },
  });
  remove.push(it.remove);
  await here.systemd('stop', it.unit);
  await here.podman(
    'run',
    '--detach',
    `--name=${name}`,
    '--network=host',
    `--volume=${it.folder}/witness:/witness`,
    `--volume=${it.folder}/data:/data`,
    '--volume=/anonymous',
    '--label=own=yes',
    ...args,
    it.image,
  );
  remove.push(() => here.podman('rm', '--force', '--time=0', '--volumes', name));
  const updating = openUpdating(here, [it], host === undefined ? {} : { host });
  remove.push(updating.close);
  await rowsOf(it, '1');
  return { ...updating, it };
}

const containersOf = async (name: string) =>
  (await here.podman('ps', '--all', '--format={{.Names}}', `--filter=name=${name}`))
    .trim()
    .split('\n')
    .toSorted();

test('update makes it anew with all that it had, and leaves no other container', async () => {
  const { app, it, run } = await open('loose', { args: ['--memory=64m', '--restart=on-failure:3'] });
  await here.podman('exec', 'loose', 'sh', '-c', 'echo mine > /anonymous/file');
  const configuration = await configurationOf(here, 'loose');
  await it.publish('2');

  const report = await update(app, 'loose', run());

  expect(report).toMatchObject({ outcome: 'updated', from: '1', to: '2', warnings: [] });
  expect(await it.answers()).toBe('2');
  expect(await containersOf('loose')).toEqual(['loose']);
  expect(await here.podman('exec', 'loose', 'cat', '/anonymous/file')).toBe('mine\n');
  // What the image says, and what Podman says of all that its API makes: see `recreate.lab.test.ts`.
  expect(differences(configuration, await configurationOf(here, 'loose'))).toEqual([
    'Args',
    'Config.Cmd',
    'Config.CreateCommand',
    'Config.Env',
    'Config.Labels.org.opencontainers.image.version',
    'Config.Umask',
    'Config.sdNotifyMode',
    'Image',
    'ImageDigest',
  ]);
  expect(await ourNames(here, 'loose')).toEqual([`steward.local/rollback/loose:${report.id}`]);
});

test.each([
  ['loose-kept', []],
  ['loose-passing', ['--rm']],
] as const)(
  'update of %s to a bad image ends with the old version on the data of the stop',
  async (name, args) => {
    const { app, it, run } = await open(name, { args });
    const before = await it.ids();
    await it.publish('2', { kind: 'store', args: ['2', '0'] });

    const report = await update(app, name, run());

    expect(report).toMatchObject({ outcome: 'rolled-back' });
    expect(await it.answers()).toBe('1');
    expect((await it.ids()).image).toBe(before.image);
    expect((await it.ids()).container === before.container).toBe(args.length === 0);
    expect(await containersOf(name)).toEqual([name]);
    const witnessed = (await it.witnessed()).filter((row) => row.startsWith('1 '));
    const { schema, rows } = await it.rows();
    expect(schema).toBe(1);
    expect(rows).toEqual(expect.arrayContaining(witnessed));
  },
);

test('update whose new container the engine refuses stops nothing', async () => {
  const { app, it, run } = await open('loose-refused', {
    host: (host) =>
      disturbed(host, 'engine', 'create', () => () => Promise.reject(new Error('no such device'))),
  });
  const before = await it.ids();
  await it.publish('2');
  const report = await update(app, 'loose-refused', run());
  expect(report).toMatchObject({ outcome: 'unchanged' });
  expect(JSON.stringify(report.why)).toContain('no such device');
  expect(await it.ids()).toEqual(before);
  expect(await containersOf('loose-refused')).toEqual(['loose-refused']);
  expect(await ourNames(here, 'loose-refused')).toEqual([]);
});

test.each([0, 1])('update whose change of names breaks off (%i) goes back', async (broken) => {
  const name = `loose-broken-${broken}`;
  const { app, it, run } = await open(name, {
    host: (host) =>
      disturbed(host, 'engine', 'rename', (real, before) =>
        before === broken ? () => Promise.reject(new Error('database is locked')) : real,
      ),
  });
  const before = await it.ids();
  await it.publish('2');
  const report = await update(app, name, run());
  expect(report).toMatchObject({ outcome: 'rolled-back' });
  expect(await it.ids()).toEqual(before);
  expect(await it.answers()).toBe('1');
  expect(await containersOf(name)).toEqual([name]);
});

test('rollback makes the old version anew', async () => {
  const { app, it, run } = await open('loose-returned');
  const { image } = await it.ids();
  await it.publish('2');
  await update(app, 'loose-returned', run());
  await rowsOf(it, '2');
  const plan = await rollback.plan?.(app, ['loose-returned']);
  if (plan === undefined) throw new Error('no plan');
  const report = await rollback.run(app, ['loose-returned'], { ...run(), plan });
  expect(report).toMatchObject({ kind: 'update-outcome', outcome: 'updated' });
  expect((await it.ids()).image).toBe(image);
  expect(await it.answers()).toBe('1');
  expect(await containersOf('loose-returned')).toEqual(['loose-returned']);
});

test('update takes a container in the network of another one with it, and back, in the order that this needs', async () => {
  const [name, guest] = ['sharing', 'sharing-guest'];
  const loose = (one: string, more: object = {}) => ({ name: one, unit: 'none', ...more });
  const it = await startUpdatable(here, name, {
    // As nobody should write it: the guest first.
    entry: { containers: [loose(guest, { update: false }), loose(name)] },
  });
  remove.push(it.remove);
  await here.systemd('stop', it.unit);
  await here.podman('run', '--detach', `--name=${name}`, '--network=host', it.image);
  // What sleeps as process 1 hears no SIGTERM.
  const how = [`--network=container:${name}`, '--entrypoint=sleep', '--stop-timeout=1'];
  await here.podman('run', '--detach', `--name=${guest}`, ...how, it.image, '1000');
  for (const one of [name, guest]) remove.push(() => here.podman('rm', '--force', '--time=0', one));
  const { app, run, close } = openUpdating(here, [it]);
  remove.push(close);
  const ids = async () => {
    const told = await here.podman(
      'inspect',
      '--format={{.Id}} {{.Image}} {{.HostConfig.NetworkMode}}',
      guest,
    );
    const [id, image, mode] = told.trim().split(' ');
    return { id, image, mode, provider: (await it.ids()).container };
  };
  const before = await ids();
  expect(before.mode).toBe(`container:${before.provider}`);

  await it.publish('2', { kind: 'crash' });
  const plan = await updateCommand.plan?.(app, [name]);
  expect(plan?.report).toMatchObject({
    stops: [guest, name],
    hazards: expect.arrayContaining([
      { kind: 'shares', container: guest, provider: name, isOurs: true },
    ]) as object,
  });
  expect(await update(app, name, run())).toMatchObject({ outcome: 'rolled-back' });
  expect(await ids()).toEqual(before);
  expect(await containersOf(name)).toEqual([name, guest]);

  await it.publish('2');
  expect(await update(app, name, run())).toMatchObject({ outcome: 'updated', to: '2', warnings: [] });
  const after = await ids();
  expect(after).toMatchObject({ image: before.image, mode: `container:${after.provider}` });
  expect([after.id, after.provider]).not.toEqual([before.id, before.provider]);
  expect(await containersOf(name)).toEqual([name, guest]);

  const back = await rollback.plan?.(app, [name]);
  await rollback.run(app, [name], { ...run(), plan: back });
  expect(await it.answers()).toBe('1');
  const last = await ids();
  expect(last).toMatchObject({ image: before.image, mode: `container:${last.provider}` });
  expect(await containersOf(name)).toEqual([name, guest]);
});
