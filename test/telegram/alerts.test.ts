import { expect, test } from 'vitest';
import { reconcile } from '../../src/operations/watch/reconcile.ts';
import { tellAlerts } from '../../src/operations/watch/tell-alerts.ts';
import type { Finding } from '../../src/report/alerts.ts';
import { snooze } from '../../commands/snooze.ts';
import { OWNER, startHarness, type Harness } from './harness.ts';
import { waitFor } from '../wait.ts';

const MINUTE = 60_000;

const down = ({ app }: Harness, service: string): Finding => ({
  key: `service:${service}`,
  severity: 'critical',
  since: app.clock.now(),
  service,
  fact: {
    kind: 'service',
    title: service,
    state: 'down',
    part: service,
    trouble: { kind: 'exited', code: 1, outOfMemory: false, at: undefined },
    restarts: 0,
    memoryLimit: undefined,
    lastLines: [],
  },
});

const look = ({ app }: Harness, ...findings: Finding[]) => {
  reconcile(app, findings, { covers: () => true });
  tellAlerts(app);
};

test('Telegram away for an hour of troubles: the story comes once, in order, and only what lasts rings', async () => {
  const bot = await startHarness();
  const immich = down(bot, 'immich');
  look(bot, immich);
  const message = await bot.telegram.waitFor('immich is down');
  await waitFor(() => expect(bot.store.outbox.get('alert:1')?.messageId).toBe(message.id));
  await bot.telegram.away('refuse');
  const since = bot.telegram.mark();
  const vaultwarden = down(bot, 'vaultwarden');
  look(bot, immich, vaultwarden);
  for (let minute = 0; minute < 60; minute += 1) {
    bot.later(MINUTE);
    if (minute === 20) look(bot, immich);
    if (minute === 30) look(bot, immich, down(bot, 'archivebox'));
    if (minute === 50)
      look(
        bot,
        ...bot.store.alerts.open().flatMap(({ key, finding }) => (key === 'service:immich' ? [] : [finding])),
      );
    tellAlerts(bot.app);
  }
  await bot.telegram.back();
  await bot.telegram.waitFor('archivebox is down', { timeout: 20_000 });
  await waitFor(() => expect(bot.store.outbox.nextAt()).toBeUndefined());
  // The next poll tells of the hour as well, if it comes in time.
  const said = bot.telegram
    .messages()
    .filter(({ from, text }) => from === 'bot' && !text.startsWith('💤 Offline'));
  expect(said.map(({ text, silent }) => [text.split('\n')[0]?.split(' –')[0], silent])).toEqual([
    ['🟢 immich is back', false],
    ['🟢 vaultwarden is back', true],
    [expect.stringContaining('🔴 archivebox is down since'), false],
    ['🟢 immich is back', true],
  ]);
  expect(bot.telegram.ringing({ since })).toHaveLength(1);
});

test('the buttons of an alert answer over the chat and on its card, for the other owner, too', async () => {
  const OTHER = 700_000_009;
  const bot = await startHarness({
    commands: () => [snooze],
    config: () => ({ owners: [OWNER, OTHER] }),
  });
  bot.telegram.addPerson({ id: OTHER, first_name: 'Ada' });
  look(bot, down(bot, 'immich'));
  await bot.telegram.waitFor('immich is down');
  bot.telegram.tap('Snooze 1 h');
  const card = await bot.telegram.waitFor('😴 Silent until');
  expect(card.text).toContain(', as Owner wished.');
  await bot.telegram.waitForCall('answerCallbackQuery');
  expect(JSON.stringify(bot.telegram.calls('answerCallbackQuery').at(-1))).toContain('Silent until');
});
