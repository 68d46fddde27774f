import { afterEach, beforeEach, expect, test } from 'vitest';
import { statusOf, statusOfAll } from '../../src/operations/status.ts';
import type { UpdatePlan } from '../../src/report/updates.ts';
import { openBox, type Box } from './box.ts';

let box: Box;
beforeEach(async () => {
  box = await openBox();
});
afterEach(() => box.close());

const statesOf = async () => {
  const { services } = await statusOfAll(box.app);
  return Object.fromEntries(services.map(({ name, state }) => [name, state]));
};

test('statusOfAll tells every service of a host that is well', async () => {
  expect(new Set(Object.values(await statesOf()))).toEqual(new Set(['ok']));
});

test.each([
  ['hangs', (one: Box) => one.hang(), 'did not answer within 1 s'],
  ['has no socket', (one: Box) => one.down('gone'), 'the socket does not exist'],
  ['refuses', (one: Box) => one.down('refusing'), 'nothing listens there'],
] as const)(
  'statusOfAll with an engine that %s says so in a line, and tells native units',
  async (_how, go, why) => {
    await box.close();
    box = await openBox({ patience: 1000 });
    await go(box);
    const { hosts, services } = await statusOfAll(box.app);
    expect(hosts).toEqual([{ name: 'local', trouble: expect.stringContaining(why) }]);
    const native = services.filter(({ containers }) => containers.every(({ kind }) => kind === 'unit'));
    const others = services.filter((service) => !native.includes(service));
    expect(native.map(({ state }) => state)).toEqual(native.map(() => 'ok'));
    expect(native).not.toHaveLength(0);
    expect(others.map(({ trouble }) => trouble?.kind)).toEqual(others.map(() => 'host-unreachable'));
  },
);

test('statusOfAll tells a unit that failed although the engine is away', async () => {
  await box.kill('vaultwarden', { code: 1, stay: true });
  await box.down();
  expect(await statesOf()).toMatchObject({ vaultwarden: 'down', copyparty: 'unknown' });
});

test('statusOf a container that was killed for memory and runs again tells when and why', async () => {
  const before = Date.now();
  await box.kill('vaultwarden', { code: 137, oom: true });
  const { service } = await statusOf(box.app, box.service('vaultwarden'));
  const [vaultwarden] = service.containers;
  expect(vaultwarden).toMatchObject({
    restarts: 1,
    health: expect.any(String),
    lastExit: { code: 137, outOfMemory: true },
  });
  expect(vaultwarden?.lastExit?.at).toBeGreaterThanOrEqual(before);
});

test('statusOf an unhealthy container tells since when', async () => {
  box.setHealth('archivebox', 'unhealthy', 'database is locked');
  const { service } = await statusOf(box.app, box.service('archivebox'));
  expect(service.trouble).toMatchObject({ kind: 'unhealthy', output: 'database is locked' });
  // The first of three checks that failed, 30 s apart.
  const { since } = service.trouble as { since: number };
  expect(Date.now() - since).toBeGreaterThanOrEqual(60_000);
  expect(Date.now() - since).toBeLessThan(90_000);
});

test('statusOf tells the last update or rollback that came up, and none that did not', async () => {
  const { updates } = box.app.store;
  const vaultwarden = box.service('vaultwarden');
  const plan = { from: '1.0', to: '1.1', images: [] } as unknown as UpdatePlan;
  const row = { service: 'vaultwarden', by: 'x', plan, facts: { from: {}, to: {} } };
  expect((await statusOf(box.app, vaultwarden)).changed).toBeUndefined();
  updates.end(updates.begin({ ...row, verb: 'update' }).id, 'updated');
  updates.end(updates.begin({ ...row, verb: 'rollback' }).id, 'rolled-back');
  expect((await statusOf(box.app, vaultwarden)).changed).toMatchObject({
    verb: 'update',
    from: '1.0',
    to: '1.1',
  });
});

test('statusOf tells what its owner is to deploy', async () => {
  const waiting = { id: 'x', service: 'vaultwarden', stage: 'waiting', from: '1.0', to: '1.1', since: 1000 };
  const keep = (guarded: object) => box.app.store.facts.put('guard:vaultwarden', guarded);
  const waits = async () => (await statusOf(box.app, box.service('vaultwarden'))).waits;
  expect(await waits()).toBeUndefined();
  keep(waiting);
  expect(await waits()).toEqual({ for: 'deploy', version: '1.1', since: 1000 });
  keep({ ...waiting, stage: 'returning' });
  expect(await waits()).toEqual({ for: 'return', version: '1.0', since: 1000 });
  keep({ ...waiting, stage: 'deployed' });
  expect(await waits()).toBeUndefined();
});
