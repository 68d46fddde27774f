import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check } from '../../commands/check.ts';
import { remind } from '../../commands/remind.ts';
import { skip } from '../../commands/skip.ts';
import { status } from '../../commands/status.ts';
import { checkAgain } from '../../jobs/check-again.ts';
import { checkVersions } from '../../jobs/check-versions.ts';
import { remindReleases } from '../../jobs/remind-releases.ts';
import { tellReleases } from '../../jobs/tell-releases.ts';
import { imageId } from '../../sandbox/engine/images.ts';
import type { Job } from '../../src/app.ts';
import { UserError } from '../../src/errors.ts';
import type { Report } from '../../src/report.ts';
import { availableUpdates } from '../../src/operations/release-offer.ts';
import { statusOfAll } from '../../src/operations/status.ts';
import { container, createScene, DAY, NOW, type Scene } from './releases.ts';

type Releases = Extract<Report, { kind: 'releases' }>;

const WEB = 'ghcr.io/a/web:release';
const BLOG = 'ghcr.io/a/blog:1';
const HOUR = 3_600_000;

let scene: Scene;
beforeEach(async () => {
  scene = await createScene(
    {
      web: { containers: [{ name: 'web', unit: 'none' }], release: { check: '03:00' } },
      blog: { containers: [{ name: 'blog', unit: 'none' }], release: { check: '03:30' } },
    },
    [container('web', WEB), container('blog', BLOG)],
  );
  for (const image of [WEB, BLOG]) scene.registry.publish(image, { digest: imageId(image) });
});
afterEach(() => scene.close());

const go = async (job: Job, subject?: string) =>
  (await job.run(scene.app, subject, scene.run('schedule'))) as Releases | undefined;
const nightly = async () => {
  for (const { subject } of checkVersions.times(scene.app)) await go(checkVersions, subject);
};
const told = async () => (await go(tellReleases))?.services.map(({ name, key }) => `${name} ${key}`);
const ask = (...args: string[]) => check.run(scene.app, args, scene.run()) as Promise<Releases>;
const buttons = (report: Report | undefined) =>
  report?.actions?.map((row) => row.map(({ command, args }) => [command, ...args].join(' ')));

describe('the digest', () => {
  test('each service is checked at its own time, and the digest has one', () => {
    expect(checkVersions.times(scene.app)).toEqual([
      { subject: 'web', times: { at: '03:00', jitter: true } },
      { subject: 'blog', times: { at: '03:30', jitter: true } },
    ]);
    expect(tellReleases.times(scene.app)).toEqual([{ times: { at: '08:00' } }]);
  });

  test('what was there at the first sight is not told; what comes after is, once, in one message', async () => {
    scene.registry.publish(WEB, { version: '1.1.0' });
    await nightly();
    expect(await told()).toBeUndefined();

    scene.registry.publish(WEB, { version: '1.2.0' });
    scene.registry.publish(BLOG, { version: '1.0.1' });
    await nightly();
    expect(await told()).toEqual(['web 1.2.0', 'blog 1.0.1']);
    await nightly();
    expect(await told()).toBeUndefined();

    // The same version built anew is no news.
    scene.registry.publish(WEB, { version: '1.2.0', createdAt: NOW });
    await nightly();
    expect(await told()).toBeUndefined();
  });

  test('a service whose first check failed has its first sight when one succeeds', async () => {
    scene.registry.publish(WEB, { version: '1.1.0' });
    scene.registry.intercept((_, response) => {
      response.writeHead(500).end();
      return true;
    });
    await nightly();
    scene.registry.intercept(undefined);
    await nightly();
    expect(await told()).toBeUndefined();
  });

  test('what a person has seen in the chat is not told again; on the command line it is', async () => {
    await nightly();
    scene.registry.publish(WEB, { version: '1.1.0' });
    scene.registry.publish(BLOG, { version: '1.0.1' });
    await ask('web');
    await check.run(scene.app, ['blog'], scene.run('cli:root'));
    expect(await told()).toEqual(['blog 1.0.1']);
  });

  test('one service has all buttons, several have a way to theirs', async () => {
    await nightly();
    scene.registry.publish(WEB, { version: '1.1.0' });
    await nightly();
    expect(buttons(await go(tellReleases))).toEqual([
      ['update web 1.1.0', 'skip web 1.1.0'],
      ['remind web saturday 1.1.0', 'remind web tomorrow 1.1.0', 'remind web week 1.1.0'],
    ]);
    scene.registry.publish(BLOG, { version: '1.0.1' });
    expect(buttons(await ask())).toEqual([
      ['update web 1.1.0', 'check web'],
      ['update blog 1.0.1', 'check blog'],
      ['update all'],
    ]);
  });

  test('three days without success are told, once a day, until one succeeds', async () => {
    await nightly();
    scene.registry.intercept((_, response) => {
      response.writeHead(500).end();
      return true;
    });
    scene.later(3 * DAY - HOUR);
    await nightly();
    expect(await go(tellReleases)).toBeUndefined();
    scene.later(HOUR);
    await nightly();
    const report = await go(tellReleases);
    expect(report).toMatchObject({
      services: [],
      silent: [
        { name: 'web', since: NOW, troubles: [{ kind: 'failed' }] },
        { name: 'blog', since: NOW },
      ],
    });
    expect(await go(tellReleases)).toBeUndefined();
    scene.later(DAY);
    expect((await go(tellReleases))?.silent).toHaveLength(2);
    scene.registry.intercept(undefined);
    await nightly();
    scene.later(DAY);
    expect(await go(tellReleases)).toBeUndefined();
  });
});

test('check-again looks once more, an hour after a look that failed, until one learns something', async () => {
  const again = () => checkAgain.run(scene.app, undefined, scene.run('schedule'));
  await nightly();
  scene.registry.intercept((_, response) => {
    response.writeHead(500).end();
    return true;
  });
  scene.later(DAY);
  await nightly();
  scene.registry.intercept(undefined);
  scene.asked();
  await again();
  expect(scene.asked()).toEqual([]);
  scene.later(HOUR);
  await again();
  expect(scene.asked().map((request) => request.split(' ')[0])).toEqual(['HEAD', 'HEAD']);
  scene.later(HOUR);
  await again();
  expect(scene.asked()).toEqual([]);
});

describe('skip', () => {
  test('of what a message showed leaves alone what came later', async () => {
    await nightly();
    scene.registry.publish(WEB, { version: '1.1.0' });
    await ask('web');
    scene.registry.publish(WEB, { version: '1.2.0' });
    await nightly();
    expect(await skip.run(scene.app, ['web', '1.1.0'], scene.run())).toMatchObject({
      note: { key: 'skipped', what: '1.1.0', newer: '1.2.0' },
    });
    expect(await told()).toEqual(['web 1.2.0']);
  });

  test('holds until it is taken back', async () => {
    await nightly();
    scene.registry.publish(WEB, { version: '1.1.0' });
    await ask('web');
    await skip.run(scene.app, ['web'], scene.run());
    const skipped = await ask('web');
    expect(skipped.services[0]?.verdict).toEqual({ kind: 'blocked', reason: { kind: 'skipped' } });
    expect(buttons(skipped)).toEqual([['skip web none']]);
    await skip.run(scene.app, ['web', 'none'], scene.run());
    expect((await ask('web')).services[0]?.verdict.kind).toBe('newer-image');
  });

  test('a digest is skipped by its whole name, and shown short', async () => {
    await nightly();
    const { digest } = scene.registry.publish(WEB, {});
    const report = await ask('web');
    expect(report.actions?.[0]?.[1]).toMatchObject({ subject: digest.slice(0, 19), args: ['web', digest] });
    expect(await skip.run(scene.app, ['web', digest], scene.run())).toMatchObject({
      note: { what: digest.slice(0, 19) },
    });
  });

  test('what was never offered is refused', async () => {
    await nightly();
    const run = (...args: string[]) => Promise.resolve().then(() => skip.run(scene.app, args, scene.run()));
    await expect(run('web')).rejects.toThrow(UserError);
    await expect(run('web', '9.9.9')).rejects.toThrow('"9.9.9" was never offered for web');
  });
});

describe('remind', () => {
  // A Friday, noon.
  test.each([
    ['saturday', Date.UTC(2026, 10, 21, 10)],
    ['tomorrow', Date.UTC(2026, 10, 21, 10)],
    ['week', Date.UTC(2026, 10, 27, 10)],
  ])('%s is a morning', async (day, at) => {
    scene.registry.publish(WEB, { version: '1.1.0' });
    await ask('web');
    expect(await remind.run(scene.app, ['web', day, '1.1.0'], scene.run())).toMatchObject({
      note: { key: 'reminding', what: '1.1.0', at },
    });
  });

  test('tells it again then, and not before', async () => {
    scene.registry.publish(WEB, { version: '1.1.0' });
    await ask('web');
    await remind.run(scene.app, ['web', 'tomorrow', '1.1.0'], scene.run());
    expect(await go(remindReleases)).toBeUndefined();
    scene.later(22 * HOUR);
    expect(await go(remindReleases)).toMatchObject({
      why: 'reminder',
      services: [{ name: 'web', to: '1.1.0' }],
    });
    expect(await go(remindReleases)).toBeUndefined();
  });

  test('says nothing of what was skipped or installed meanwhile', async () => {
    scene.registry.publish(WEB, { version: '1.1.0' });
    scene.registry.publish(BLOG, { version: '1.0.1' });
    await ask();
    for (const name of ['web', 'blog']) await remind.run(scene.app, [name, 'tomorrow'], scene.run());
    await skip.run(scene.app, ['web', '1.1.0'], scene.run());
    scene.registry.publish(BLOG, { digest: imageId(BLOG) });
    await nightly();
    scene.later(DAY);
    expect(await go(remindReleases)).toBeUndefined();
  });

  test('an unknown day is refused with those that there are', async () => {
    await expect(remind.run(scene.app, ['web', 'someday'], scene.run())).rejects.toThrow(
      'say saturday, tomorrow, week',
    );
  });
});

test('the status names what the last check found, until it is skipped', async () => {
  const app = {
    ...scene.app,
    machine: { disk: () => Promise.resolve(undefined) },
  } as unknown as typeof scene.app;
  const available = async () =>
    (await statusOfAll(app)).services.map((service) => service.available?.version);
  await nightly();
  expect(await available()).toEqual([undefined, undefined]);
  scene.registry.publish(BLOG, { version: '1.0.1' });
  await nightly();
  expect(await available()).toEqual([undefined, '1.0.1']);
  await skip.run(scene.app, ['blog', '1.0.1'], scene.run());
  expect(await available()).toEqual([undefined, undefined]);
});

test('/status leads to what can be updated, and a service to the version that is shown', async () => {
  const app = {
    ...scene.app,
    machine: { disk: () => Promise.resolve(undefined), vitals: () => Promise.resolve(undefined) },
  } as unknown as typeof scene.app;
  const shown = async (...args: string[]) => buttons(await status.run(app, args, scene.run()));
  await nightly();
  expect((await shown())?.flat()).not.toContain('update');
  scene.registry.publish(BLOG, { version: '1.0.1' });
  await nightly();
  expect((await shown())?.flat()).toContain('update');
  expect(await shown('blog')).toContainEqual(['update blog 1.0.1']);
  expect((await shown('web'))?.flat().join()).not.toContain('update');
});

test('availableUpdates is what the last checks have found, without a new look', async () => {
  await nightly();
  expect(availableUpdates(scene.app)).toMatchObject({ why: 'known', services: [] });
  scene.registry.publish(BLOG, { version: '1.0.1' });
  await nightly();
  scene.asked();
  const found = availableUpdates(scene.app);
  expect(found).toMatchObject({ why: 'known', services: [{ name: 'blog', to: '1.0.1' }] });
  expect(buttons(found)?.[0]).toEqual(['update blog 1.0.1', 'skip blog 1.0.1']);
  expect(buttons(found)?.at(-1)).toEqual(['check']);
  expect(scene.asked()).toEqual([]);
});
