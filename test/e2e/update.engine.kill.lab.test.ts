/** As update.kill.lab.test.ts, of a container that nothing but the engine manages: one of that name is there after each kill. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import { openCutOff, type CutOff } from './cut-off.ts';

const here = lab();
const NAME = 'unitless-killed';
const KILLS = process.env['STEWARD_SOAK'] ? 100 : 1;

let it: Updatable;
let sweep: CutOff;

beforeAll(async () => {
  it = await startUpdatable(here, NAME, {
    kind: 'store',
    entry: { containers: [{ name: NAME, unit: 'none' }] },
  });
  await here.systemd('stop', it.unit);
  await here.podman(
    'run',
    '--detach',
    `--name=${NAME}`,
    '--network=host',
    `--volume=${it.folder}/witness:/witness`,
    `--volume=${it.folder}/data:/data`,
    it.image,
  );
  await here.waitForLog(NAME, /version 1 on port/);
  sweep = await openCutOff(here, it);
});
afterAll(async () => {
  await here.podman('rm', '--force', '--ignore', '--time=0', NAME);
  await Promise.all([it.remove(), sweep.close()]);
});

test.each(['preparing', 'stopping', 'moving', 'starting', 'back'] as const)(
  'update without a unit that is killed while %s ends whole',
  async (stage) => {
    const before = await sweep.cutOffNext('SIGKILL', { stage }, stage !== 'back');
    await sweep.takeUp();
    await sweep.expectWhole(before);
    expect(sweep.stageNow()).toBeUndefined();
  },
);

test(
  `update without a unit that is killed at random moments (${KILLS}) ends whole each time`,
  { timeout: KILLS * 60_000 },
  async () => {
    await sweep.sweep(KILLS);
    expect(sweep.stageNow()).toBeUndefined();
  },
);
