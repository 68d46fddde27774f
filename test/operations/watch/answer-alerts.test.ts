import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ack } from '../../../commands/ack.ts';
import { snooze } from '../../../commands/snooze.ts';
import type { App, Command, Run } from '../../../src/app.ts';
import { UserError } from '../../../src/errors.ts';
import { alertsOf } from '../../../src/operations/watch/answer-alerts.ts';
import { rememberName } from '../../../src/people.ts';
import { CHAT, gist, HOUR, MINUTE, openTelling } from './telling.ts';

const ask = (app: App, command: Command, by: string, ...args: string[]) =>
  command.run(app, args, { by } as unknown as Run);

/** What the chat offers as buttons where the alert is not named. */
function choicesOf(app: App): readonly string[] {
  try {
    alertsOf(app, []);
  } catch (error) {
    if (error instanceof UserError) return error.choices;
  }
  throw new Error('nothing to choose');
}

test('ack says on the card who is on it, and nothing rings until it is over', async () => {
  const { app, breaks, mends, heard, pass } = openTelling();
  breaks('immich');
  heard();
  await ask(app, ack, `telegram:${CHAT}`, '1');
  const [card] = heard();
  expect(card).toMatchObject({ is: 'edit', buttons: ['Restart', 'Logs', 'Snooze 1 h'] });
  expect(card?.text).toContain('🙋 You are on it.');
  expect(pass(8 * HOUR)).toEqual([]);
  mends('immich');
  expect(heard()).toHaveLength(2);
  pass(10 * HOUR);
  breaks('immich');
  expect(gist(heard())).toEqual(['rings: 🔴 immich is down since 08:38']);
});

test('snooze holds the rings for its time, then it rings once more if it lasts', async () => {
  const { app, breaks, heard, pass } = openTelling();
  breaks('immich');
  breaks('archivebox', { severity: 'warning' });
  heard();
  await ask(app, snooze, `telegram:${CHAT}`, 'all', '2h');
  const cards = heard();
  expect(cards.map(({ is, buttons }) => [is, buttons.includes('Wake')])).toEqual([
    ['edit', true],
    ['edit', true],
  ]);
  expect(cards[0]?.text).toContain('😴 Silent until 16:38.');
  expect(pass(2 * HOUR - MINUTE)).toEqual([]);
  const after = pass(MINUTE);
  expect(gist(after)).toEqual([
    'rings: 🔴 2 troubles still there',
    'edit: 🔴 immich is down since 14:38',
    'edit: 🟡 archivebox is unhealthy since 14:38',
  ]);
  expect(after[1]?.buttons).toContain('Snooze 1 h');
  // From here on as before: what is critical each hour, the warning not again.
  expect(gist(pass(HOUR))).toEqual(['rings: 🔴 immich is down – still, for 3 h.']);
});

test('a snooze ends with the trouble', async () => {
  const { app, breaks, mends, heard, pass, alert } = openTelling();
  breaks('immich');
  heard();
  await ask(app, snooze, `telegram:${CHAT}`, 'immich', '5h');
  mends('immich');
  heard();
  expect(alert('immich')).toMatchObject({ snoozedBy: undefined, snoozedUntil: undefined });
  pass(HOUR);
  breaks('immich');
  expect(gist(heard())).toEqual(['rings: 🔴 immich is down since 15:38']);
});

test('of two owners one snoozes: the card says who until when, and the other one can wake it', async () => {
  const [ada, ben] = [CHAT, 2];
  const { app, store, breaks, heard, pass } = openTelling({ owners: [ada, ben] });
  rememberName(store.facts, ada, 'Ada');
  breaks('immich');
  heard();
  await ask(app, snooze, `telegram:${ada}`, '1', '1h');
  const [card] = heard();
  expect(card?.text).toContain('😴 Silent until 15:38, as Ada wished.');
  expect(card?.buttons).toEqual(['Restart', 'Logs', 'Wake', "I'm on it"]);
  pass(20 * MINUTE);
  await ask(app, snooze, `telegram:${ben}`, '1', 'off');
  expect(heard()[0]?.buttons).toContain('Snooze 1 h');
  expect(gist(pass(15 * MINUTE))).toEqual(['rings: 🔴 immich is down – still, for 35 min.']);
});

test('a snooze holds over a restart of the bot', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-snooze-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const before = openTelling({ folder });
  before.breaks('immich');
  before.heard();
  await ask(before.app, snooze, `telegram:${CHAT}`, '1', '1h');
  before.heard();
  before.pass(30 * MINUTE);
  before.store.close();
  const after = openTelling({ folder, at: '2026-11-20T15:10:00Z' });
  after.tick();
  expect(after.heard()).toEqual([]);
  expect(after.pass(27 * MINUTE)).toEqual([]);
  expect(gist(after.pass(MINUTE))).toEqual([
    'rings: 🔴 immich is down – still, for 1 h. It was silent as long as you wished.',
    'edit: 🔴 immich is down since 14:38',
  ]);
});

test('alertsOf finds by number, by a part of a name, and the only one; what is over or ambiguous is said', () => {
  const { app, breaks, mends, alert } = openTelling();
  expect(() => alertsOf(app, [])).toThrow('no alert is open');
  breaks('immich');
  expect(alertsOf(app, []).map(({ id }) => id)).toEqual([1]);
  breaks('archivebox');
  expect(alertsOf(app, ['arch']).map(({ id }) => id)).toEqual([2]);
  expect(alertsOf(app, ['1', 'archivebox', '2']).map(({ id }) => id)).toEqual([1, 2]);
  expect(alertsOf(app, ['all'])).toHaveLength(2);
  expect(() => alertsOf(app, [])).toThrow('Say which alert.');
  expect(() => alertsOf(app, ['service'])).toThrow('"service" can be immich or archivebox.');
  expect(choicesOf(app)).toEqual(['immich', 'archivebox']);
  const { id } = app.store.alerts.begin({ ...alert('immich').finding, key: 'log:immich:0' }, 0);
  expect(choicesOf(app)).toEqual(['service:immich', 'archivebox', 'log:immich:0']);
  app.store.alerts.patch(id, { endedAt: 1 });
  expect(() => alertsOf(app, ['kuma'])).toThrow('No open alert is about "kuma".');
  mends('immich');
  expect(() => alertsOf(app, ['1'])).toThrow('Alert 1 is over.');
});

test.each([
  [['1', '0h'], 'Cannot snooze for "0h"'],
  [['1', '8d'], 'Cannot snooze for "8d"'],
  [['1', '1h', '2h'], 'One time at a time'],
])('snooze %j is refused', (args, message) => {
  const { app, breaks } = openTelling();
  breaks('immich');
  expect(() => void ask(app, snooze, 'cli:root', ...args)).toThrow(message);
});
