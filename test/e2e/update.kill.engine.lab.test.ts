/** As `update.kill.lab.test.ts`, for a container that nothing but the engine manages: it must never be lost or doubled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeUpUpdates } from '../../jobs/take-up-updates.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store.ts';
import type { UpdateStage } from '../../src/store/updates.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import { openUpdating, ourNames, servicesFile } from '../operations/updating.ts';

const here = lab();
const NAME = 'cut-off';
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KILLS = process.env['STEWARD_SOAK'] ? 100 : 4;
/** Longer than an update takes here, in milliseconds. */
const LONGEST = 7000;

let it: Updatable;
let folder: string;
let env: Record<string, string>;
/** The newest that was published; each is the schema of its data, too. */
let newest = 1;

beforeAll(async () => {
  it = await startUpdatable(here, NAME, {
    kind: 'store',
    entry: { containers: [{ name: NAME, unit: 'none' }] },
  });
  await here.systemd('stop', it.unit);
  const volumes = [`--volume=${it.folder}/witness:/witness`, `--volume=${it.folder}/data:/data`];
  await here.podman('run', '--detach', `--name=${NAME}`, '--network=host', ...volumes, it.image);
  folder = await mkdtemp(join(tmpdir(), 'cut-off-'));
  await writeFile(join(folder, 'services.yaml'), servicesFile(folder, [it]));
  await writeFile(
    join(folder, 'registries.conf'),
    `[[registry]]\nlocation = "${here.registry}"\ninsecure = true\n`,
  );
  openStore(join(folder, 'state'), systemClock).close();
  env = {
    PATH: process.env['PATH'] ?? '',
    STEWARD_ENV: '/dev/null',
    TELEGRAM_BOT_TOKEN: `123456789:${'a'.repeat(35)}`,
    TELEGRAM_OWNER_IDS: '1',
    SERVICES_FILE: join(folder, 'services.yaml'),
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: join(folder, 'pictures'),
    ENGINE_SOCKET: here.socket,
    SYSTEMCTL: here.systemctl,
    JOURNALCTL: here.journalctl,
    CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    LOG_LEVEL: 'error',
  };
});
afterAll(async () => {
  await here.podman('rm', '--force', '--ignore', '--time=0', NAME);
  await it.remove();
  await rm(folder, { recursive: true });
});

function stageNow(): UpdateStage | undefined {
  const store = new DatabaseSync(join(folder, 'state/steward.sqlite'), { readOnly: true, timeout: 5000 });
  try {
    const row = store.prepare('select stage from updates where ended_at is null').get();
    return row?.['stage'] as UpdateStage | undefined;
  } finally {
    store.close();
  }
}

/** Publishes the next version, begins an update to it and kills that at a moment. @returns the version of before */
async function cutOff(moment: { stage: UpdateStage } | { after: number }, isGood: boolean): Promise<number> {
  const before = Number(await it.answers());
  newest += 1;
  await it.publish(String(newest), { args: [String(newest), ...(isGood ? [] : ['0'])] });
  const child = spawn(process.execPath, [MAIN, 'update', NAME, '--yes'], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  if ('after' in moment) await Promise.race([pause(moment.after), ended]);
  else {
    while (child.exitCode === null && stageNow() !== moment.stage) await pause(5);
    if (child.exitCode !== null) throw new Error(`It ended before it was ${moment.stage}.`);
  }
  child.kill('SIGKILL');
  await ended;
  return before;
}

/** One container has the name, and one whole version runs on data of its own. */
const WHOLE = {
  stage: undefined,
  containers: [NAME],
  isKnown: true,
  isOfVersion: true,
  missing: [],
  ours: [],
};

/** What a bot does each minute, and how things are then. */
async function takenUp(before: number): Promise<typeof WHOLE> {
  const updating = openUpdating(here, [it], { folder });
  try {
    await takeUpUpdates.run(updating.app, undefined, updating.run());
  } finally {
    await updating.close();
  }
  const names = await here.podman('ps', '--all', '--format={{.Names}}', `--filter=name=${NAME}`);
  const version = Number(await it.answers());
  const earlier = (await it.witnessed()).filter((row) => Number.parseInt(row, 10) <= version);
  const { schema, rows } = await it.rows();
  return {
    stage: stageNow() as undefined,
    containers: names.trim().split('\n'),
    isKnown: [before, newest].includes(version),
    isOfVersion: schema === version,
    missing: earlier.filter((row) => !rows.includes(row)) as never[],
    ours: (await ourNames(here, NAME)).filter((tag) => tag.includes('/next/')) as never[],
  };
}

const stages: UpdateStage[] = ['preparing', 'stopping', 'moving', 'starting', 'back'];

test.each(stages)(
  'update of a container without a unit that is killed while %s ends whole',
  async (stage) => {
    expect(await takenUp(await cutOff({ stage }, stage !== 'back'))).toEqual(WHOLE);
  },
);

test(
  `update of a container without a unit that is killed at ${KILLS} random moments ends whole each time`,
  { timeout: KILLS * 60_000 },
  async () => {
    for (let count = 0; count < KILLS; count += 1) {
      const after = 1500 + Math.random() * LONGEST;
      const isGood = Math.random() < 0.7;
      const found = await takenUp(await cutOff({ after }, isGood));
      expect(found, `killed after ${after.toFixed()} ms, the new version ${isGood ? 'good' : 'bad'}`).toEqual(
        WHOLE,
      );
    }
  },
);
