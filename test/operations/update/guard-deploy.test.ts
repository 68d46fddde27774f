import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageId } from '../../../sandbox/engine/images.ts';
import { update as command } from '../../../commands/update.ts';
import type { App } from '../../../src/app.ts';
import { createMachine } from '../../../src/clients/machine.ts';
import { createGuard } from '../../../src/guard.ts';
import { createLocks } from '../../../src/locks.ts';
import { recallGuarded } from '../../../src/operations/update/guarded.ts';
import { watchDeploys } from '../../../src/operations/update/watch-deploys.ts';
import type { GuardReport } from '../../../src/report/updates.ts';
import { container, createScene, type Scene } from '../releases.ts';

const REPOSITORY = 'ghcr.io/a';
const OLD = 'v1.0.0';
const NEW = 'v1.0.3';
/** Milliseconds that a slow machine may take. */

let folder: string;
let scene: Scene;
let app: App;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-guard-'));
});
afterEach(async () => {
  await scene.close();
  rmSync(folder, { recursive: true });
});

/** One service of two containers with the same pinned tag, and a newer release of it. */
async function open({
  observe = false,
  old = `:${OLD}`,
  more = {},
  containers = [],
}: { observe?: boolean; old?: string; more?: object; containers?: ReturnType<typeof container>[] } = {}) {
  const names = ['web', 'web-worker'];
  const images = names.map((name) => `${REPOSITORY}/${name}${old}`);
  const entry = {
    containers: ['web-worker', 'web'].map((name) => ({ name, unit: 'none' })),
    release: { github: 'a/web', file: 'modules/web.nix' },
    health: { settle: '0s' },
  };
  scene = await createScene({ web: entry, ...more }, [
    ...names.map((name, index) => container(name, images[index] ?? '')),
    ...containers,
  ]);
  for (const name of names) {
    const image = `${REPOSITORY}/${name}:${OLD}`;
    scene.registry.publish(image, { digest: imageId(`${REPOSITORY}/${name}${old}`) });
    scene.registry.publish(`${REPOSITORY}/${name}:${NEW}`, { version: NEW });
  }
  scene.github.releases.set('a/web', [{ tag: NEW }, { tag: OLD }]);
  const log = pino({ level: 'silent' });
  app = {
    ...scene.app,
    guard: createGuard(observe, log),
    locks: createLocks(join(folder, 'locks')),
    machine: createMachine(),
    redact: (text: string) => text,
  };
}

async function prepare(): Promise<GuardReport> {
  const plan = await command.plan?.(app, ['web']);
  expect(plan?.report.kind).toBe('guard-plan');
  const report = await command.run(app, ['web'], { ...scene.run(), plan });
  if (report.kind !== 'guard') throw new Error(JSON.stringify(report));
  return report;
}
const stop = () => command.run(app, ['web', 'stop'], scene.run());
const engine = () => app.hosts.of(scene.service('web')).engine;
const isHere = async (name: string) => (await engine().image(name)) !== undefined;
const guarded = () => recallGuarded(app.store, 'web');

describe('the plan of a guarded deploy', () => {
  it('names the line once for all containers that have the tag, and what is in the way of a way back', async () => {
    await open();
    const plan = await command.plan?.(app, ['web', NEW]);
    expect(plan?.report).toMatchObject({
      kind: 'guard-plan',
      to: NEW,
      key: NEW,
      isCovered: false,
      change: { file: 'modules/web.nix', lines: [{ was: `:${OLD}`, next: `:${NEW}`, places: 2 }] },
    });
    expect(plan?.isEmpty).toBeUndefined();
  });

  it('holds for what the message offered and for nothing else', async () => {
    await open();
    const plan = await command.plan?.(app, ['web', 'v1.0.2']);
    expect(plan).toMatchObject({ isEmpty: true, report: { kind: 'note', note: { key: 'superseded' } } });
  });

  it('is another one once the new tag gives another image', async () => {
    await open();
    const before = await command.plan?.(app, ['web']);
    scene.registry.publish(`${REPOSITORY}/web:${NEW}`, { version: `${NEW}-again` });
    // What is known of a release is not asked again before another one is out.
    app.store.facts.delete('release:web');
    const after = await command.plan?.(app, ['web']);
    expect(after?.report.kind).toBe('guard-plan');
    expect(after?.fingerprint).not.toBe(before?.fingerprint);
  });

  it('changes the digest, too, where the configuration names one', async () => {
    const digest = `sha256:${'5'.repeat(64)}`;
    await open({ old: `:${OLD}@${digest}` });
    const plan = await command.plan?.(app, ['web']);
    if (plan?.report.kind !== 'guard-plan') throw new Error(JSON.stringify(plan));
    const [line] = plan.report.change.lines;
    expect(line?.was).toBe(`:${OLD}@${digest}`);
    expect(line?.next).toMatch(new RegExp(`^:${NEW}@sha256:[0-9a-f]{64}$`));
  });
});

describe('the preparation of a guarded deploy', () => {
  it('brings the images under the names that the configuration will have, and touches nothing that runs', async () => {
    await open();
    const before = await engine().inspect('web');
    const report = await prepare();
    expect(report).toMatchObject({
      stage: 'waiting',
      backupAt: undefined,
      actions: [[{ label: 'stop-waiting', command: 'update', args: ['web', 'stop'] }]],
    });
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(true);
    expect(await isHere(`${REPOSITORY}/web-worker:${NEW}`)).toBe(true);
    expect((await engine().image(`${REPOSITORY}/web:${OLD}`))?.id).toBe(before?.imageId);
    expect(await engine().inspect('web')).toEqual(before);
    expect(guarded()?.stage).toBe('waiting');
  });

  it('leaves nothing when an image cannot be pulled', async () => {
    await open();
    scene.engine.failPulls('error');
    const report = await prepare();
    expect(report).toMatchObject({ stage: 'unchanged', why: { kind: 'step', step: 'download' } });
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(false);
    expect(guarded()).toBeUndefined();
  });

  it('ends when somebody wants it no more, while a pull hangs', async () => {
    await open();
    scene.engine.failPulls('hang');
    const prepared = prepare();
    await expect.poll(() => guarded()?.stage).toBe('preparing');
    await expect(command.run(app, ['web'], scene.run())).rejects.toThrow(/busy/);
    expect(await stop()).toMatchObject({ stage: 'ended' });
    expect(await prepared).toMatchObject({ stage: 'ended' });
    expect(guarded()).toBeUndefined();
  });

  it('takes the place of one that waits, which a failed one does not', async () => {
    await open();
    await prepare();
    const first = guarded();
    scene.later(60_000);
    scene.engine.failPulls('error');
    await engine().untag(`${REPOSITORY}/web:${NEW}`, { removes: true });
    expect(await prepare()).toMatchObject({ stage: 'unchanged' });
    expect(guarded()).toEqual(first);
    scene.engine.failPulls(undefined);
    scene.later(60_000);
    expect(await prepare()).toMatchObject({ stage: 'waiting' });
    expect(guarded()?.id).not.toBe(first?.id);
    expect(guarded()?.before).toBeUndefined();
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(true);
    // What the first one had pulled is its own now.
    await stop();
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(false);
    expect(await isHere(`${REPOSITORY}/web-worker:${NEW}`)).toBe(false);
  });

  it('gives up what was pulled for a version that waits no more', async () => {
    await open();
    await prepare();
    scene.later(60_000);
    const newer = 'v1.0.4';
    for (const name of ['web', 'web-worker']) {
      scene.registry.publish(`${REPOSITORY}/${name}:${newer}`, { version: newer });
    }
    scene.github.releases.set('a/web', [{ tag: newer }, { tag: NEW }, { tag: OLD }]);
    // GitHub is asked again only after a while.
    scene.later(3_600_000);
    expect(await prepare()).toMatchObject({ stage: 'waiting', to: newer });
    expect(await isHere(`${REPOSITORY}/web:${newer}`)).toBe(true);
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(false);
  });

  it('does nothing where Steward only observes', async () => {
    await open({ observe: true });
    expect(await prepare()).toMatchObject({ stage: 'observed' });
    expect(guarded()).toBeUndefined();
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(false);
  });
});

describe('stop waiting', () => {
  it('removes what was pulled for it, and says when nothing waits', async () => {
    await open();
    await prepare();
    expect(await stop()).toMatchObject({ kind: 'guard', stage: 'ended', isStopped: false });
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(false);
    expect(await isHere(`${REPOSITORY}/web:${OLD}`)).toBe(true);
    await expect(stop()).rejects.toThrow(/Nothing waits/);
  });

  it('leaves an image that was here before', async () => {
    await open();
    await engine().pull(`${REPOSITORY}/web:${NEW}`);
    await prepare();
    await stop();
    expect(await isHere(`${REPOSITORY}/web:${NEW}`)).toBe(true);
    expect(await isHere(`${REPOSITORY}/web-worker:${NEW}`)).toBe(false);
  });
});

it('watchDeploys tells nothing at its first look, nothing of a host that cannot be asked, and nothing without a change', async () => {
  await open();
  const told: unknown[] = [];
  const look = () => watchDeploys(app, scene.run(), (report) => void told.push(report));
  await look();
  await look();
  await scene.engineDown();
  await look();
  expect(told).toEqual([]);
});

it('watchDeploys looks at the others while one is still judged, and ends with the last one', async () => {
  const image = `${REPOSITORY}/web:${OLD}`;
  const health = { url: 'http://127.0.0.1:9/', timeout: '1h', settle: '0s' };
  const entry = (name: string, more: object = {}) => ({
    containers: [{ name, unit: 'none' }],
    health: { settle: '0s', ...more },
  });
  await open({
    more: { slow: entry('slow', health), quick: entry('quick') },
    containers: [container('slow', image), container('quick', image)],
  });
  const told: string[] = [];
  const ended = new AbortController();
  const run = { ...scene.run(), signal: ended.signal };
  const seen = Promise.withResolvers<void>();
  const redeploy = async (name: string) => {
    await engine().stop(name);
    await engine().remove(name);
    scene.engine.run(container(name, `${REPOSITORY}/web:${NEW}`));
  };
  const look = () =>
    watchDeploys(
      app,
      run,
      ({ service }) => {
        told.push(service);
        seen.resolve();
      },
      { every: 20 },
    );
  await look();
  await redeploy('slow');
  const looking = look();
  await expect.poll(() => app.locks.isFree('slow')).toBe(false);
  await redeploy('quick');
  await seen.promise;
  expect(told).toEqual(['quick']);
  ended.abort(new Error('enough'));
  await expect(looking).rejects.toThrow('enough');
  expect(app.locks.isFree('slow')).toBe(true);
});
