/** The report and the audit, as a person has them in the chat and in the terminal; the real program on the box. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBotProcess, type BotProcess } from '../../sandbox/bot-process.ts';
import { startMiniPc, type MiniPc } from '../../sandbox/minipc.ts';
import { writeHistory } from '../../scripts/history.ts';
import type { OverviewReport } from '../../src/report/overview.ts';
import type { AuditRow } from '../../src/store/audit.ts';
import { CHILD_ENV } from '../child-env.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PATIENCE = { timeout: 50_000 };

let folder: string;
let pc: MiniPc;
let bot: BotProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-report-'));
  pc = await startMiniPc({ folder });
  bot = startBotProcess(pc.env);
  await pc.telegram.listening();
});
afterAll(async () => {
  await bot.stop();
  await pc.close();
  await rm(folder, { recursive: true, force: true });
});

const steward = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...CHILD_ENV, ...pc.env } }, (error, output) =>
      resolve({ code: error === null ? 0 : Number(error.code), output }),
    );
  });

test('the morning report comes by itself, rings where something is wrong, and its details are one tap away', async () => {
  await pc.telegram.send('/jobs run daily-report');
  const told = await pc.telegram.waitFor(
    ({ text, replyTo }) =>
      replyTo === undefined && /^(?:🟡|🔴|🟢)/u.test(text) && text.includes('🗄 Backups 0/3'),
    PATIENCE,
  );
  expect(told.text).toContain('❔ Not looked at: the smoke test has not run yet');
  expect(told.text).toContain('🟡 Backup of vaultwarden – no proven one yet');
  expect(told.buttons.flat()).toContain('Details');
  expect(told.silent).toBe(false);
  pc.telegram.tap('Details', { message: told.id });
  const details = await pc.telegram.waitFor('services healthy', PATIENCE);
  expect(details.id).not.toBe(told.id);
  expect(details.text).toContain('🗄 vaultwarden');
});

test('a week with figures is a photo in the chat, and words or data in the terminal', async () => {
  writeHistory(pc.env['STATE_DIR'] ?? '');
  await pc.telegram.send('/report week');
  const told = await pc.telegram.waitFor('week to', PATIENCE);
  expect(pc.telegram.world.find(pc.telegram.id, told.id)?.message.photo).toBeDefined();
  expect(told.text).toContain('🔁 ');

  const words = await steward('report', 'week');
  expect(words).toMatchObject({ code: 0 });
  expect(words.output).toContain('week to');
  const json = await steward('report', 'week', '--json');
  const { trends, span } = JSON.parse(json.output) as OverviewReport;
  expect({ span, days: trends?.pictures.days.length }).toEqual({ span: 'week', days: 29 });
  expect(json.output).not.toContain('data:image');
});

test('what was asked in chat and terminal is exported as lines of JSON, with its plan', async () => {
  await pc.telegram.send('/restart vaultwarden');
  await pc.telegram.waitFor('Restart vaultwarden?', PATIENCE);
  pc.telegram.tap('Cancel');
  await pc.telegram.waitFor('Nothing was changed', PATIENCE);
  expect(await steward('skip', 'immich', 'none')).toMatchObject({ code: 0 });
  const { output } = await steward('audit', '--json-lines');
  const rows = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditRow)
    // The first look at what runs is noted by the clock.
    .filter(({ from }) => from !== 'schedule');
  expect(rows).toMatchObject([
    { from: 'chat', what: 'jobs', args: ['run', 'daily-report'], outcome: 'done' },
    { from: 'chat', what: 'restart', args: ['vaultwarden'], outcome: 'cancelled' },
    { from: 'cli', what: 'skip', args: ['immich', 'none'], outcome: 'done' },
  ]);
  expect(rows[0]?.by).toBe(`telegram:${pc.telegram.id}`);
  expect(output).not.toContain(pc.telegram.token);
});
