import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lookAtServices } from '../../src/operations/status.ts';
import { openBox, type Box } from './box.ts';
import { waitFor } from '../wait.ts';

let box: Box;
beforeEach(async () => {
  box = await openBox({
    units: [
      { name: 'broken.service', fails: 3 },
      { name: 'middle.service', requires: ['broken.service'] },
      { name: 'app.service', requires: ['middle.service'] },
      { name: 'mortal.service', restarts: false },
      { name: 'bound.service', bindsTo: ['mortal.service'] },
    ],
    services: { app: { units: ['app.service'] }, bound: { units: ['bound.service'] } },
  });
});
afterEach(() => box.close());

const systemd = () => box.app.hosts.of(box.service('app')).systemd;
const look = async (name: string) => {
  const { services } = await lookAtServices(box.app, [box.service(name)]);
  return { state: services[0]?.state, trouble: services[0]?.trouble };
};

test('a unit that was never started, and needs nothing that failed, is stopped', async () => {
  expect(await look('app')).toEqual({ state: 'stopped', trouble: { kind: 'stopped' } });
});

test('a unit whose start was not made names the first cause, through what it needs', async () => {
  await systemd()
    .start('app.service')
    .catch(() => {});
  expect(await look('app')).toEqual({
    state: 'down',
    trouble: { kind: 'held-back', unit: 'app.service', by: 'broken.service' },
  });
});

test('a unit that went down with the one that it is bound to names that one', async () => {
  await systemd().start('bound.service');
  await box.endUnit('mortal.service', 4);
  await waitFor(async () =>
    expect(await look('bound')).toEqual({
      state: 'down',
      trouble: { kind: 'held-back', unit: 'bound.service', by: 'mortal.service' },
    }),
  );
});

test('a unit that was stopped on purpose stays stopped when what it is bound to fails later', async () => {
  await systemd().start('bound.service');
  await systemd().stop('bound.service');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5000 });
  try {
    await box.endUnit('mortal.service', 4);
    expect(await systemd().failed()).toEqual(['mortal.service']);
    expect(await look('bound')).toEqual({ state: 'stopped', trouble: { kind: 'stopped' } });
  } finally {
    vi.useRealTimers();
  }
});
