/** Pruning from a message on the phone, and by what the audit keeps of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBotProcess, type BotProcess } from '../../sandbox/bot-process.ts';
import { startMiniPc, type MiniPc } from '../../sandbox/minipc.ts';

let folder: string;
let pc: MiniPc;
let bot: BotProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steward-prune-'));
  pc = await startMiniPc({ folder });
  bot = startBotProcess(pc.env);
});
afterAll(async () => {
  await bot.stop();
  await pc.close();
  rmSync(folder, { recursive: true, force: true });
});

const PATIENCE = { timeout: 40_000 };

test('/prune shows what would go, removes it at the tap, and has nothing left to do', async () => {
  const { telegram } = pc;
  await telegram.send('/prune');
  const plan = await telegram.waitFor('Remove 2 images', PATIENCE);
  expect(plan.text).toContain('1.2 GB, built 40 days ago');
  expect(plan.text).toContain('Kept: 8 in use by containers.');
  telegram.tap('Remove', { message: plan.id });
  await telegram.waitFor('🧹 2 unused images removed', PATIENCE);
  await telegram.send('/prune');
  const done = await telegram.waitFor('Nothing to prune', PATIENCE);
  expect(done.buttons.flat()).toEqual([]);
  await telegram.send('/audit');
  expect((await telegram.waitFor('prune', PATIENCE)).text).toContain('prune');
});
