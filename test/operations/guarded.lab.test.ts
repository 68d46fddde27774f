/** Versions that a unit names: made ready, deployed by their owner, judged, and gone back from. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { changeGuarded, recallGuarded } from '../../src/operations/update/guarded.ts';
import { planRollback } from '../../src/operations/update/rollback.ts';
import { takeUpUpdates } from '../../jobs/take-up-updates.ts';
import { watchDeploys } from '../../src/operations/update/watch-deploys.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable } from '../lab/updatable.ts';
import { withOwnDeploy } from './own-deploy.ts';
import { startPinned, FILE, type Pinned } from './pinned.ts';
import { missing, openUpdating, ourNames, rowsOf, undoneAfterEach, update } from './updating.ts';

const here = lab();
const remove = undoneAfterEach();

async function open(name: string, options?: Parameters<typeof startPinned>[2]): Promise<Pinned> {
  const pinned = await startPinned(here, name, options);
  remove.push(pinned.close);
  return pinned;
}

const stageOf = ({ app, it }: Pinned) => recallGuarded(app.store, it.name)?.stage;
const change = (was: string, next: string) => ({ file: FILE, lines: [{ was, next, places: 1 }] });

test('a guarded deploy copies the data, brings the image under its own name, stops nothing, and tells the good start', async () => {
  const pinned = await open('guarded-good', { kind: 'store' });
  const { it } = pinned;
  await rowsOf(it, '1');
  const before = await it.ids();
  await pinned.publish('v2.0.0');

  const { report, typed } = await pinned.plan();
  expect(report).toMatchObject({ kind: 'guard-plan', isCovered: true, change: change(':v1.0.0', ':v2.0.0') });
  expect(typed).toBeUndefined();
  // As where the deploy comes before the first look.
  pinned.app.store.facts.delete(`deployed:${it.name}`);
  const ready = await pinned.update();
  expect(ready).toMatchObject({ stage: 'waiting', from: 'v1.0.0', to: 'v2.0.0' });
  expect(ready.backupAt).toBeGreaterThan(0);
  expect(await it.ids()).toEqual(before);
  const pulled = await here.podman('inspect', '--format', '{{.Id}}', it.image.replace('v1.0.0', 'v2.0.0'));
  expect(await pinned.watch()).toEqual([]);

  await pinned.deploy('v2.0.0');
  const [told, ...others] = await pinned.told();
  expect(others).toEqual([]);
  expect(told).toMatchObject({
    isWell: true,
    course: 'announced',
    from: 'v1.0.0',
    to: 'v2.0.0',
    backupAt: ready.backupAt,
  });
  expect((await it.ids()).image).toBe(pulled.trim());
  expect(await it.answers()).toBe('2');
  expect(stageOf(pinned)).toBe('deployed');
  // Told once.
  expect(await pinned.watch()).toEqual([]);

  // The way back of that one does not lead past the version that runs.
  await pinned.publish('v3.0.0', { kind: 'crash' });
  await pinned.deploy('v3.0.0');
  const [next] = await pinned.told();
  expect(next).toMatchObject({
    isWell: false,
    course: 'unannounced',
    backupAt: undefined,
    change: change(':v3.0.0', ':v2.0.0'),
  });
  await expect(pinned.rollback()).rejects.toThrow(/no version/);
});

test('a guarded deploy that dies is told with its last lines and the line to restore; the way back keeps data that the old version can read', async () => {
  const pinned = await open('guarded-dies', { kind: 'store', isScript: true });
  const { it } = pinned;
  await rowsOf(it, '1');
  await pinned.publish('v2.0.0', { kind: 'crash' });
  await pinned.update();
  await pinned.deploy('v2.0.0');
  const [told] = await pinned.told();
  expect(told).toMatchObject({
    isWell: false,
    course: 'announced',
    change: change(':v2.0.0', ':v1.0.0'),
    lastLines: expect.arrayContaining([expect.stringMatching(/migration failed/)]),
  });
  expect(told?.actions?.flat()).toContainEqual(
    expect.objectContaining({ command: 'rollback', args: [it.name] }),
  );
  expect(stageOf(pinned)).toBe('failed');
  const written = await it.rows();

  const left = await pinned.rollback();
  expect(left).toMatchObject({ kind: 'guard', stage: 'going-back', change: change(':v2.0.0', ':v1.0.0') });
  // The configuration still names the new version: nothing is started.
  expect(await pinned.watch()).toEqual([]);
  // Podman may keep one that was killed between its making and its start.
  expect(await here.podman('ps', '--format={{.Names}}', `--filter=name=^${it.container}$`)).toBe('');
  await pinned.configure('v1.0.0');
  const [back] = await pinned.told();
  expect(back).toMatchObject({ isWell: true, course: 'back', to: 'v1.0.0' });
  expect(await it.answers()).toBe('1');
  expect((await it.rows()).rows.slice(0, written.rows.length)).toEqual(written.rows);
  expect(stageOf(pinned)).toBe('left');
});

test.each(['store', 'records'] as const)(
  'the way back of a deploy that has migrated its %s puts that back as of the backup, and keeps what was written since',
  async (kind) => {
    const pinned = await open(`guarded-${kind}`, { kind });
    const { it } = pinned;
    await rowsOf(it, '1');
    await pinned.publish('v2.0.0', { args: ['2', '0'] });
    await pinned.update();
    const { rows: atBackup } = await it.rows();
    await rowsOf(it, '1');
    await pinned.deploy('v2.0.0');
    const [told] = await pinned.told();
    expect(told).toMatchObject({ isWell: false, course: 'announced' });
    expect((await it.rows()).schema).toBe(2);

    const plan = await planRollback(pinned.app, pinned.service(it.name));
    expect(plan).toMatchObject({
      typed: it.name,
      report: { kind: 'guard-back-plan', reason: 'other-schema', data: { asOf: told?.backupAt } },
    });
    const left = await pinned.rollback();
    if (left.kind !== 'guard') throw new Error(JSON.stringify(left));
    expect(left).toMatchObject({ stage: 'going-back', data: { asOf: told?.backupAt } });
    const { rows, schema } = await it.rows();
    expect(schema).toBe(1);
    expect(rows.length).toBeLessThanOrEqual(atBackup.length);
    expect(left.data?.aside.length).toBeGreaterThan(0);

    await pinned.deploy('v1.0.0');
    const [back] = await pinned.told();
    expect(back).toMatchObject({ isWell: true, course: 'back', data: left.data });
    expect(await it.answers()).toBe('1');
    expect((await it.rows()).rows.slice(0, rows.length)).toEqual(rows);
    expect(await missing(here, left.data?.aside ?? [], kind === 'records' ? it : undefined)).toEqual([]);
  },
);

test('a deploy that nobody announced is judged and told, well or not, with the line that brings the old version back', async () => {
  const pinned = await open('unannounced');
  const { it } = pinned;
  await pinned.publish('v2.0.0');
  await pinned.deploy('v2.0.0');
  expect(await pinned.told()).toMatchObject([
    { isWell: true, course: 'unannounced', from: 'v1.0.0', to: 'v2.0.0' },
  ]);
  await pinned.publish('v3.0.0', { kind: 'crash' });
  await pinned.deploy('v3.0.0');
  const [told] = await pinned.told();
  expect(told).toMatchObject({
    isWell: false,
    course: 'unannounced',
    from: 'v2.0.0',
    to: 'v3.0.0',
    backupAt: undefined,
    change: change(':v3.0.0', ':v2.0.0'),
  });
  expect(told?.actions?.flat().map(({ command }) => command)).not.toContain('rollback');
  expect(await pinned.watch()).toEqual([]);
  await pinned.deploy('v2.0.0');
  expect(await pinned.told()).toMatchObject([{ isWell: true, from: 'v3.0.0', to: 'v2.0.0' }]);
  expect(await it.answers()).toBe('2');
});

const DEPLOY = 'guarded-deploy.service';

test('while a deploy is at work nothing is judged and nothing is planned', async () => {
  const pinned = await open('in-progress', {
    host: (host) => ({ ...host, systemd: withOwnDeploy(host.systemd, DEPLOY) }),
  });
  await here.addUnit(DEPLOY, '[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n');
  remove.push(() => here.removeUnit(DEPLOY));
  await here.systemd('start', '--no-block', DEPLOY);
  await here.waitForUnit(DEPLOY, 'activating');
  await pinned.publish('v2.0.0');
  await pinned.deploy('v2.0.0');
  expect(await pinned.watch()).toEqual([]);
  await expect(pinned.plan()).rejects.toThrow(/deploy is running/);
  await here.systemd('stop', DEPLOY);
  expect(await pinned.told()).toMatchObject([{ isWell: true, to: 'v2.0.0' }]);
});

test('stop waiting removes what was prepared but the backup; the service runs on', async () => {
  const pinned = await open('stop-waiting', { kind: 'store' });
  const { it } = pinned;
  await rowsOf(it, '1');
  const before = await it.ids();
  await pinned.publish('v2.0.0');
  await pinned.update();
  const folder = recallGuarded(pinned.app.store, it.name)?.backup?.folder ?? '';
  expect(existsSync(folder)).toBe(true);
  expect(await ourNames(here, it.container)).toHaveLength(1);

  expect(await pinned.update('stop')).toMatchObject({ stage: 'ended', isStopped: false });
  // It is a backup like any other.
  expect(existsSync(folder)).toBe(true);
  expect(await ourNames(here, it.container)).toEqual([]);
  await expect(here.podman('image', 'exists', it.image.replace('v1.0.0', 'v2.0.0'))).rejects.toThrow();
  expect(await it.ids()).toEqual(before);
  expect(stageOf(pinned)).toBeUndefined();
  await expect(pinned.update('stop')).rejects.toThrow(/Nothing waits/);
});

test('on the way back: what is started once more is told, the wait can be ended, and the way can be gone again', async () => {
  const pinned = await open('started-again', { kind: 'store' });
  const { it } = pinned;
  await rowsOf(it, '1');
  await pinned.publish('v2.0.0');
  await pinned.update();
  await pinned.deploy('v2.0.0');
  expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'announced' }]);
  expect(await pinned.rollback()).toMatchObject({ stage: 'going-back' });
  expect((await it.rows()).schema).toBe(1);

  // As a boot would.
  await here.systemd('start', it.unit);
  expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'again', to: 'v2.0.0' }]);
  expect((await it.rows()).schema).toBe(2);
  await expect(pinned.update('stop')).rejects.toThrow(/Nothing waits/);

  expect(await pinned.rollback()).toMatchObject({ stage: 'going-back' });
  expect((await it.rows()).schema).toBe(1);
  await expect(pinned.rollback()).rejects.toThrow(/on its way back/);
  expect(await pinned.update('stop')).toMatchObject({ stage: 'ended', isStopped: true });
  await pinned.configure('v1.0.0');
  expect(await pinned.watch()).toEqual([]);
  expect(await pinned.rollback()).toMatchObject({ stage: 'going-back', change: undefined });
  expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'back', to: 'v1.0.0' }]);
  expect(await it.answers()).toBe('1');
});

test('a guarded deploy that a kill has cut off is prepared to its end, and so is its way back', async () => {
  const pinned = await open('cut-off', { kind: 'store' });
  const { it, app } = pinned;
  const takeUp = () => takeUpUpdates.run(app, undefined, pinned.run());
  await rowsOf(it, '1');
  await pinned.publish('v2.0.0');
  await pinned.update();
  const waiting = recallGuarded(app.store, it.name);
  if (waiting === undefined) throw new Error('Nothing waits.');
  // As the store and the host are when it ends between the copy and the download.
  await here.podman('untag', it.image.replace('v1.0.0', 'v2.0.0'));
  const images = waiting.images.map((image) => ({ ...image, to: undefined }));
  changeGuarded(app.store, waiting, { stage: 'preparing', images });
  expect(await pinned.watch()).toEqual([]);
  expect(await takeUp()).toMatchObject({ kind: 'guard', stage: 'waiting' });
  expect(recallGuarded(app.store, it.name)).toMatchObject({ images: waiting.images });
  expect(await takeUp()).toBeUndefined();

  await pinned.deploy('v2.0.0');
  expect(await pinned.told()).toMatchObject([{ isWell: true }]);
  // Before anything of the way back was done.
  changeGuarded(app.store, waiting, { stage: 'leaving', withData: true, ways: 1 });
  expect(await takeUp()).toMatchObject({ kind: 'guard', stage: 'going-back' });
  expect((await it.rows()).schema).toBe(1);
  // All was done, and not yet written down.
  changeGuarded(app.store, waiting, { stage: 'leaving' });
  expect(await takeUp()).toMatchObject({ kind: 'guard', stage: 'going-back' });
  await pinned.deploy('v1.0.0');
  expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'back' }]);
});

test('what an update of Steward has changed is no deploy', async () => {
  const it = await startUpdatable(here, 'own-doing');
  remove.push(it.remove);
  const { app, run, close } = openUpdating(here, [it]);
  remove.push(close);
  const told: unknown[] = [];
  const look = () => watchDeploys(app, run(), (report) => void told.push(report));
  await look();
  await it.publish('2');
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'updated' });
  await look();
  await look();
  expect(told).toEqual([]);
  await it.publish('3');
  await here.podman('pull', '--quiet', it.image);
  await here.systemd('restart', it.unit);
  await look();
  expect(told).toMatchObject([{ isWell: true, course: 'unannounced', from: '2', to: '3' }]);
});
