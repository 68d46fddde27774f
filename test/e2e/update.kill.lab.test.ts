/** An update that is killed at each stage of its journal and at any moment: afterwards one whole version runs on data that fits it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBotProcess } from '../../sandbox/bot-process.ts';
import { startTelegram, type Telegram } from '../../sandbox/telegram.ts';
import { takeUpUpdates } from '../../jobs/take-up-updates.ts';
import { update } from '../../commands/update.ts';
import { systemClock } from '../../src/clock.ts';
import { createLocks } from '../../src/locks.ts';
import type { Report } from '../../src/report.ts';
import { openStore } from '../../src/store.ts';
import type { UpdateStage } from '../../src/store/updates.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import { openUpdating, ourNames, rowsOf, servicesFile, update as runUpdate } from '../operations/updating.ts';

const here = lab();
const NAME = 'killed';
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KILLS = process.env['STEWARD_SOAK'] ? 100 : 5;
const OUTCOME = new RegExp(`^(?:✅|❌|↩️|🔴) ${NAME} `, 'u');
/** Longer than an update takes here, in milliseconds. */
const LONGEST = 6000;

let it: Updatable;
let folder: string;
let telegram: Telegram;
let env: Record<string, string>;
/** The newest that was published; each is the schema of its data, too. */
let newest = 1;

beforeAll(async () => {
  it = await startUpdatable(here, NAME, { kind: 'store' });
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
  telegram = await startTelegram();
  const services = join(folder, 'services.yaml');
  await writeFile(services, servicesFile(folder, [it]));
  const registries = join(folder, 'registries.conf');
  await writeFile(registries, `[[registry]]\nlocation = "${here.registry}"\ninsecure = true\n`);
  openStore(join(folder, 'state'), systemClock).close();
  env = {
    STEWARD_ENV: '/dev/null',
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_IDS: String(telegram.id),
    SERVICES_FILE: services,
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: join(folder, 'pictures'),
    ENGINE_SOCKET: here.socket,
    SYSTEMCTL: here.systemctl,
    JOURNALCTL: here.journalctl,
    CONTAINERS_REGISTRIES_CONF: registries,
    LOG_LEVEL: 'error',
  };
});
afterAll(async () => {
  await Promise.all([telegram.close(), it.remove()]);
  await rm(folder, { recursive: true });
});

/** Open in the journal now. */
function stageNow(): UpdateStage | undefined {
  const store = new DatabaseSync(join(folder, 'state/steward.sqlite'), { readOnly: true, timeout: 5000 });
  try {
    const row = store.prepare('select stage from updates where ended_at is null').get();
    return row?.['stage'] as UpdateStage | undefined;
  } finally {
    store.close();
  }
}

type Moment = { stage: UpdateStage } | { after: number };

/** Begins an update or rollback from the command line, and ends its process at a moment of it. */
async function cutOff(
  signal: NodeJS.Signals,
  moment: Moment,
  command: 'update' | 'rollback' = 'update',
): Promise<void> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [MAIN, command, NAME, '--yes'], {
    env: { PATH, ...env },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  if ('after' in moment) await Promise.race([pause(moment.after), ended]);
  else {
    while (child.exitCode === null) {
      if (stageNow() === moment.stage) break;
      await pause(5);
    }
    if (child.exitCode !== null) throw new Error(`It ended before it was ${moment.stage}.`);
  }
  child.kill(signal);
  await ended;
}

/** The next start of the bot finds what is open and brings it to an end. @returns what it said */
async function startBot(): Promise<string[]> {
  const known = new Set(telegram.messages().map(({ id }) => id));
  const bot = startBotProcess(env);
  try {
    await expect.poll(stageNow, { timeout: 40_000, interval: 100 }).toBeUndefined();
    await telegram.until(
      () => telegram.messages().some(({ id, text }) => !known.has(id) && OUTCOME.test(text)),
      'its end is told',
    );
  } finally {
    await bot.stop();
  }
  return telegram.messages().flatMap(({ id, text }) => (known.has(id) ? [] : [text]));
}

/** What a bot that runs does each minute. */
async function takeUp(): Promise<Report | undefined> {
  const updating = openUpdating(here, [it], { folder });
  try {
    return await takeUpUpdates.run(updating.app, undefined, updating.run());
  } finally {
    await updating.close();
  }
}

/** One whole version runs, on data of its own schema, in which is all that was committed before the stop. */
async function expectWhole(before: number): Promise<void> {
  const version = Number(await it.answers());
  expect([before, newest]).toContain(version);
  const earlier = (await it.witnessed()).filter((row) => Number.parseInt(row, 10) <= version);
  const { schema, rows } = await it.rows();
  expect(schema).toBe(version);
  const found = new Set(rows);
  expect(earlier.filter((row) => !found.has(row))).toEqual([]);
  expect(rows.filter((row) => Number.parseInt(row, 10) > version)).toEqual([]);
  expect((await ourNames(here, NAME)).filter((tag) => tag.includes('/next/'))).toEqual([]);
  expect(createLocks(join(folder, 'state/locks')).isFree(NAME)).toBe(true);
  await here.waitForUnit(it.unit, 'active');
}

/** Publishes the next version, begins an update to it and cuts that off. @param what the new version is */
async function cutOffNext(signal: NodeJS.Signals, moment: Moment, isGood = true): Promise<number> {
  const before = Number(await it.answers());
  newest += 1;
  await it.publish(String(newest), { args: [String(newest), ...(isGood ? [] : ['0'])] });
  await cutOff(signal, moment);
  return before;
}

const stages: UpdateStage[] = ['preparing', 'stopping', 'moving', 'starting', 'back'];

test.each(stages)(
  'update that is killed while %s is taken up by the next bot, and told once',
  async (stage) => {
    const before = await cutOffNext('SIGKILL', { stage }, stage !== 'back');
    const told = await startBot();
    await expectWhole(before);
    expect(told.filter((text) => text.startsWith('⚡'))).toHaveLength(1);
    expect(told.filter((text) => OUTCOME.test(text))).toHaveLength(1);
  },
);

test.each(stages)(
  'update that gets SIGTERM while %s leaves the service running, to be judged',
  async (stage) => {
    const before = await cutOffNext('SIGTERM', { stage }, stage !== 'back');
    await here.waitForContainer(NAME, 'running');
    await takeUp();
    expect(stageNow()).toBeUndefined();
    await expectWhole(before);
  },
);

test('update that was killed at rest, and started since by somebody, keeps what was written since', async () => {
  const before = await cutOffNext('SIGKILL', { stage: 'moving' });
  const { length } = await it.witnessed();
  await here.systemd('start', it.unit);
  await expect.poll(async () => (await it.witnessed()).length).toBeGreaterThan(length + 5);
  await takeUp();
  expect(stageNow()).toBeUndefined();
  await expectWhole(before);
});

test('update asked again after a kill brings the first one to its end', async () => {
  const before = await cutOffNext('SIGKILL', { stage: 'starting' });
  const updating = openUpdating(here, [it], { folder });
  try {
    const { app, run } = updating;
    expect(await update.plan?.(app, [NAME])).toBeUndefined();
    const report = await update.run(app, [NAME], run());
    expect(report).toMatchObject({ kind: 'update-outcome', outcome: 'updated', to: String(newest) });
    expect(app.store.updates.history(NAME)[0]?.id).toBe(report.kind === 'update-outcome' && report.id);
  } finally {
    await updating.close();
  }
  await expectWhole(before);
});

test.each(['stopping', 'moving', 'starting'] as const)(
  'rollback with data that is killed while %s ends whole',
  async (stage) => {
    const before = Number(await it.answers());
    newest += 1;
    await it.publish(String(newest));
    const updating = openUpdating(here, [it], { folder });
    await runUpdate(updating.app, NAME, updating.run());
    await updating.close();
    await rowsOf(it, String(newest));
    await cutOff('SIGKILL', { stage }, 'rollback');
    const report = await takeUp();
    expect(stageNow()).toBeUndefined();
    // Before anything was moved it stays where it was.
    expect(await it.answers()).toBe(String(stage === 'stopping' ? newest : before));
    expect(report).toMatchObject({ outcome: stage === 'stopping' ? 'unchanged' : 'updated' });
    await expectWhole(before);
  },
);

test(
  `update that is killed at ${KILLS} random moments ends whole each time`,
  { timeout: KILLS * 60_000 },
  async () => {
    for (let count = 0; count < KILLS; count += 1) {
      const after = Math.random() * LONGEST;
      const isGood = Math.random() < 0.7;
      try {
        const before = await cutOffNext('SIGKILL', { after }, isGood);
        await takeUp();
        expect(stageNow()).toBeUndefined();
        await expectWhole(before);
      } catch (cause) {
        throw new Error(`killed after ${after.toFixed()} ms, the new version ${isGood ? 'good' : 'bad'}`, {
          cause,
        });
      }
    }
  },
);
