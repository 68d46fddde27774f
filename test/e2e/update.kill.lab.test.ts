/** An update that is killed at each stage of its journal and at any moment: afterwards one whole version runs on data that fits it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { update as updateCommand } from '../../commands/update.ts';
import { startBotProcess } from '../../sandbox/bot-process.ts';
import { startTelegram, type Telegram } from '../../sandbox/telegram.ts';
import type { UpdateStage } from '../../src/store/updates.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import { rowsOf, update } from '../operations/updating.ts';
import { openCutOff, type CutOff } from './cut-off.ts';

const here = lab();
const NAME = 'killed';
const isWhole = process.env['STEWARD_SOAK'] !== undefined;
const KILLS = isWhole ? 100 : 1;
const OUTCOME = new RegExp(`^(?:✅|❌|↩️|🔴) ${NAME} `, 'u');

let it: Updatable;
let telegram: Telegram;
let sweep: CutOff;

beforeAll(async () => {
  it = await startUpdatable(here, NAME, { kind: 'store' });
  telegram = await startTelegram();
  sweep = await openCutOff(here, it, {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_IDS: String(telegram.id),
  });
});
afterAll(async () => {
  await Promise.all([telegram.close(), it.remove(), sweep.close()]);
});

/** The next start of the bot finds what is open and brings it to an end. @returns what it said */
async function startBot(): Promise<string[]> {
  const known = new Set(telegram.messages().map(({ id }) => id));
  const bot = startBotProcess(sweep.env);
  try {
    await expect.poll(sweep.stageNow, { timeout: 40_000, interval: 100 }).toBeUndefined();
    await telegram.until(
      () => telegram.messages().some(({ id, text }) => !known.has(id) && OUTCOME.test(text)),
      'its end is told',
    );
  } finally {
    await bot.stop();
  }
  return telegram.messages().flatMap(({ id, text }) => (known.has(id) ? [] : [text]));
}

const stages: UpdateStage[] = ['preparing', 'stopping', 'moving', 'starting', 'back'];

test.each(stages)(
  'update that is killed while %s is taken up by the next bot, and told once',
  async (stage) => {
    const before = await sweep.cutOffNext('SIGKILL', { stage }, stage !== 'back');
    const told = await startBot();
    await sweep.expectWhole(before);
    expect(told.filter((text) => text.startsWith('⚡'))).toHaveLength(1);
    expect(told.filter((text) => OUTCOME.test(text))).toHaveLength(1);
  },
);

test.each(isWhole ? stages : (['moving', 'starting'] as const))(
  'update that gets SIGTERM while %s leaves the service running, to be judged',
  async (stage) => {
    const before = await sweep.cutOffNext('SIGTERM', { stage }, stage !== 'back');
    await here.waitForContainer(NAME, 'running');
    await sweep.takeUp();
    await sweep.expectWhole(before);
    expect(sweep.stageNow()).toBeUndefined();
  },
);

test('update that was killed at rest, and started since by somebody, keeps what was written since', async () => {
  const before = await sweep.cutOffNext('SIGKILL', { stage: 'moving' });
  const { length } = await it.witnessed();
  await here.systemd('start', it.unit);
  await expect.poll(async () => (await it.witnessed()).length).toBeGreaterThan(length + 5);
  await sweep.takeUp();
  await sweep.expectWhole(before);
});

test('update asked again after a kill brings the first one to its end', async () => {
  const before = await sweep.cutOffNext('SIGKILL', { stage: 'starting' });
  const { app, run, close } = sweep.open();
  try {
    expect(await updateCommand.plan?.(app, [NAME])).toBeUndefined();
    const open = app.store.updates.open(NAME);
    const report = await updateCommand.run(app, [NAME], run());
    expect(report).toMatchObject({ kind: 'update-outcome', outcome: 'updated', id: open?.id });
  } finally {
    await close();
  }
  await sweep.expectWhole(before);
});

test.each(isWhole ? (['stopping', 'moving', 'starting'] as const) : (['moving'] as const))(
  'rollback with data that is killed while %s ends whole',
  async (stage) => {
    const before = await it.answers();
    const newest = String(await sweep.publishNext());
    const { app, run, close } = sweep.open();
    await update(app, NAME, run());
    await close();
    await rowsOf(it, newest);
    expect(await sweep.cutOff('SIGKILL', { stage }, 'rollback')).toBe(true);
    const report = await sweep.takeUp();
    // Before anything was moved it stays where it was.
    expect(await it.answers()).toBe(stage === 'stopping' ? newest : before);
    expect(report).toMatchObject({ outcome: stage === 'stopping' ? 'unchanged' : 'updated' });
    await sweep.expectWhole(Number(before));
  },
);

test(
  `update that is killed at random moments (${KILLS}) ends whole each time`,
  { timeout: KILLS * 60_000 },
  async () => {
    await sweep.sweep(KILLS);
    expect(sweep.stageNow()).toBeUndefined();
  },
);
