import { afterEach, expect, test } from 'vitest';
import { planPower, power } from '../../src/operations/power.ts';
import { systemClock } from '../../src/clock.ts';
import { createProgress } from '../../src/progress.ts';
import type { Verb } from '../../src/report/work.ts';
import { openBox, type Box, type BoxOptions } from './box.ts';
import { waitFor } from '../wait.ts';

let box: Box;
const open = async (options?: BoxOptions) => {
  box = await openBox(options);
};
afterEach(() => box.close());

const act = (verb: Verb, name: string) => power(box.app, verb, box.service(name), box.run());
const plan = (verb: Verb, name: string) => planPower(box.app, verb, box.service(name));

test('power restarts in order and reports when it is healthy', async () => {
  await open();
  const run = box.run();
  expect(await power(box.app, 'restart', box.service('immich'), run)).toMatchObject({
    ok: true,
    lastLines: [],
  });
  expect(run.progress.steps.map(({ step, subject, state }) => [step, subject, state])).toEqual([
    ...['immich-server', 'immich-ml', 'immich-redis', 'immich-postgres'].map((one) => ['stop', one, 'done']),
    ...['immich-postgres', 'immich-redis', 'immich-ml', 'immich-server'].map((one) => ['start', one, 'done']),
    ['health', undefined, 'done'],
  ]);
});

test('power starts what follows a part that does not start, and says why that one failed', async () => {
  await open({
    units: [
      { name: 'first.service' },
      { name: 'broken.service', fails: 3, says: ['never said'] },
      { name: 'last.service' },
    ],
    services: { app: { units: ['first.service', 'broken.service', 'last.service'] } },
  });
  const report = await act('restart', 'app');
  expect(report).toMatchObject({
    ok: false,
    state: 'down',
    trouble: { kind: 'unit-failed', unit: 'broken.service', result: 'exit-code' },
  });
  const { systemd } = box.app.hosts.of(box.service('app'));
  const units = await systemd.units(['first.service', 'last.service']);
  expect(units.map(({ active }) => active)).toEqual(['active', 'active']);
});

test('power tells of a failure only what was logged since it began', async () => {
  await open({
    units: [{ name: 'broken.service', fails: 3 }],
    services: { app: { units: ['broken.service'] } },
  });
  box.say('broken.service', 'of long ago');
  await new Promise((resolve) => setTimeout(resolve, 5));
  const report = await act('start', 'app');
  if (report.kind !== 'outcome') throw new Error('no outcome');
  expect(report.lastLines).not.toContain('of long ago');
  expect(report.lastLines.join('\n')).toContain('Main process exited, code=exited, status=3');
});

test('power does not wait for a unit that has failed for good', async () => {
  await open();
  const service = { ...box.service('vaultwarden'), health: { timeout: 600_000, expect: 200, settle: 0 } };
  const progress = createProgress(systemClock, () => {
    const isWaiting = progress.steps.some(({ step, state }) => step === 'health' && state === 'working');
    if (isWaiting && box.runs('vaultwarden')) void box.kill('vaultwarden', { code: 1, stay: true });
  });
  const report = await power(box.app, 'start', service, { ...box.run(), progress });
  expect(report).toMatchObject({ ok: false, trouble: { kind: 'unit-failed' } });
});

test('power that is to end starts what it has stopped, and only then leaves', async () => {
  await open();
  const ending = new AbortController();
  const progress = createProgress(systemClock, () => {
    if (progress.steps.some(({ state }) => state === 'done')) ending.abort(new Error('Steward is stopping'));
  });
  const service = box.service('immich');
  const sick = { ...service, health: { ...service.health, url: 'http://127.0.0.1:9/' } };
  const work = power(box.app, 'restart', sick, { ...box.run(ending.signal), progress });
  await expect(work).rejects.toThrow('Steward is stopping');
  for (const one of service.containers) expect(box.runs(one.name)).toBe(true);
});

test('planPower of what is so already is empty and says so', async () => {
  await open();
  expect(await plan('start', 'copyparty')).toMatchObject({
    isEmpty: true,
    report: { note: { key: 'already', verb: 'start', service: 'copyparty' } },
  });
  await act('stop', 'copyparty');
  expect(await plan('stop', 'copyparty')).toMatchObject({ isEmpty: true });
  expect(await plan('start', 'copyparty')).toMatchObject({ report: { kind: 'plan' } });
});

test('planPower refuses what does not exist', async () => {
  await open({
    services: {
      nothing: { units: ['nothing.service'] },
      lost: { containers: [{ name: 'lost', unit: 'none' }] },
    },
  });
  await expect(plan('restart', 'nothing')).rejects.toThrow('there is no unit "nothing.service"');
  await expect(plan('start', 'lost')).rejects.toThrow('its container "lost" is gone');
});

test('planPower of a service that is worked on says by what', async () => {
  await open();
  const lock = box.app.locks.take('copyparty', { what: 'backup', by: 'schedule' });
  await expect(plan('stop', 'copyparty')).rejects.toMatchObject({ holder: { what: 'backup' } });
  lock.release();
  expect(await plan('stop', 'copyparty')).toMatchObject({ report: { kind: 'plan' } });
});

test('power starts what systemd has given up, and what it needs that was given up as well', async () => {
  await open({
    units: [
      { name: 'base.service', diesAfter: 20 },
      { name: 'app.service', requires: ['base.service'] },
    ],
    services: { app: { units: ['app.service'] } },
  });
  const { systemd } = box.app.hosts.of(box.service('app'));
  await systemd.start('base.service');
  await waitFor(async () => expect(await systemd.failed()).toEqual(['base.service']));
  await expect(systemd.start('app.service')).rejects.toThrow('A dependency job for app.service failed.');
  expect(await act('start', 'app')).toMatchObject({ ok: true });
});
