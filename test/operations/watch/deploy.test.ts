import { afterEach, beforeEach, expect, test } from 'vitest';
import { deployOn, LEFT_AFTER } from '../../../src/operations/watch/deploy.ts';
import { DEPLOY } from '../../../src/operations/update/prepare.ts';
import { openBox, type Box } from '../box.ts';

let box: Box;
beforeEach(async () => {
  box = await openBox({ units: [{ name: DEPLOY }] });
});
afterEach(() => box.close());

const host = () => box.app.hosts.of(box.service('immich'));

test('deployOn tells a deploy that runs, and one that is over', async () => {
  expect(await deployOn(host(), Date.now())).toEqual({ runs: false, left: [] });
  await host().systemd.start(DEPLOY);
  expect(await deployOn(host(), Date.now())).toEqual({ runs: true, left: [] });
  await host().systemd.stop(DEPLOY);
  expect(await deployOn(host(), Date.now())).toEqual({ runs: false, left: [] });
});

test('deployOn finds one that is left over after an hour, which keeps nothing quiet', async () => {
  await host().systemd.start(DEPLOY);
  const [unit] = await host().systemd.units([DEPLOY]);
  const since = unit?.since ?? 0;
  expect(await deployOn(host(), since + LEFT_AFTER - 1)).toMatchObject({ runs: true });
  expect(await deployOn(host(), since + LEFT_AFTER)).toEqual({
    runs: false,
    left: [
      {
        key: 'deploy:local',
        severity: 'warning',
        since,
        fact: { kind: 'deploy-left', host: 'local', unit: DEPLOY, begunAt: since },
      },
    ],
  });
});
