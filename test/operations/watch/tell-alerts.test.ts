import { expect, test } from 'vitest';
import { gist, HOUR, MINUTE, openTelling } from './telling.ts';

const NIGHT = { from: '23:00', to: '07:30' };

test('an alert is one card that rings, with the cause, what still works, and what can be done', () => {
  const { breaks, heard } = openTelling();
  breaks('vaultwarden', { code: 137 });
  const [card, ...others] = heard();
  expect(others).toEqual([]);
  expect(card).toMatchObject({ key: 'alert:1', is: 'rings' });
  expect(card?.text).toBe(
    '🔴 vaultwarden is down since 14:38\nExited with 137: killed.\nStill fine: the other 6 services.',
  );
  expect(card?.buttons).toEqual(['Restart', 'Logs', 'Snooze 1 h', "I'm on it"]);
});

test('tellAlerts says the same only once, however often it is called', () => {
  const { breaks, look, tick, heard } = openTelling();
  breaks('vaultwarden');
  heard();
  for (let turn = 0; turn < 5; turn += 1) {
    look();
    tick();
  }
  expect(heard()).toEqual([]);
});

test('what is critical rings again after 15 min, then each hour, six times, as replies to the card', () => {
  const { breaks, heard, pass, now } = openTelling();
  breaks('vaultwarden');
  heard();
  const began = now();
  const rings: number[] = [];
  for (let minute = 0; minute < 12 * 60; minute += 1) {
    for (const one of pass(MINUTE)) {
      expect(one).toMatchObject({ is: 'rings', replyTo: 101 });
      rings.push((now() - began) / MINUTE);
    }
  }
  expect(rings).toEqual([15, 75, 135, 195, 255, 315]);
});

test('a ring says for how long it lasts, and that nobody is on it', () => {
  const { breaks, heard, pass } = openTelling();
  breaks('vaultwarden');
  heard();
  const [ring] = pass(15 * MINUTE);
  expect(ring?.text).toBe(
    '🔴 vaultwarden is down – still, for 15 min.\nNobody has said that they are on it.',
  );
  expect(ring?.buttons).toEqual(['Snooze 1 h', "I'm on it"]);
});

test('a warning rings once, and a notice never', () => {
  const { breaks, heard, pass } = openTelling();
  breaks('archivebox', { severity: 'warning' });
  breaks('copyparty', { severity: 'notice' });
  expect(gist(heard())).toEqual([
    'rings: 🟡 archivebox is unhealthy since 14:38',
    'silent: ℹ️ copyparty is unhealthy since 14:38',
  ]);
  expect(pass(10 * HOUR)).toEqual([]);
});

test('what gets worse changes its card and rings at once, though somebody had silenced it', () => {
  const { app, store, breaks, heard, alert } = openTelling();
  breaks('archivebox', { severity: 'warning' });
  heard();
  store.alerts.patch(alert('archivebox').id, {
    snoozedBy: 'telegram:1',
    snoozedUntil: app.clock.now() + HOUR,
  });
  breaks('archivebox');
  expect(heard().map(({ is, text, replyTo }) => [is, text.split('\n')[0], replyTo])).toEqual([
    ['rings', '🔴 archivebox is down. It got worse.', 101],
    ['edit', '🔴 archivebox is down since 14:38', undefined],
  ]);
});

test('what was critical and is a warning now rings no more', () => {
  const { breaks, heard, pass } = openTelling();
  breaks('archivebox');
  breaks('archivebox', { severity: 'warning' });
  heard();
  expect(pass(3 * HOUR)).toEqual([]);
});

test('recovery changes the card and replies silently: how long it took, who mended it, what is still down', () => {
  const { store, breaks, mends, heard, pass } = openTelling();
  breaks('vaultwarden');
  breaks('immich');
  heard();
  pass(12 * MINUTE);
  const task = {
    kind: 'command',
    name: 'restart',
    subject: 'vaultwarden',
    card: undefined,
    owner: 'x',
  } as const;
  store.runs.end(store.runs.begin({ ...task, by: 'telegram:1' }), 'done');
  mends('vaultwarden');
  const [reply, card, ...others] = heard();
  expect(others).toEqual([]);
  const line = '🟢 vaultwarden is back – down for 12 min. Restarted by you. Still in trouble: immich.';
  expect(reply).toMatchObject({ key: 'alert:1:end', is: 'silent', replyTo: 101, text: line });
  expect(card).toMatchObject({ key: 'alert:1', is: 'edit', buttons: ['Status', 'Logs'] });
  expect(card?.text.split('\n')).toEqual([line, 'Was: vaultwarden is down since 14:38', 'Exited with 1.']);
  expect(pass(24 * HOUR).filter(({ text }) => text.includes('vaultwarden'))).toEqual([]);
});

test('what comes back within a quarter of an hour changes its card silently, and rings when that is over', () => {
  const { breaks, mends, heard, pass } = openTelling();
  breaks('vaultwarden');
  pass(5 * MINUTE);
  mends('vaultwarden');
  pass(3 * MINUTE);
  breaks('vaultwarden');
  expect(gist(heard())).toEqual(['edit: 🔴 vaultwarden is down since 14:46']);
  expect(gist(pass(8 * MINUTE))).toEqual(['rings: 🔴 vaultwarden is down again.']);
  mends('vaultwarden');
  expect(heard().map(({ key, is }) => [key, is])).toEqual([
    ['alert:1:end:2', 'silent'],
    ['alert:1', 'edit'],
  ]);
});

test('a flapping trouble rings at most once in a quarter of an hour', () => {
  const { breaks, mends, pass } = openTelling();
  let rings = 0;
  for (let turn = 0; turn < 30; turn += 1) {
    breaks('vaultwarden');
    rings += pass(MINUTE).filter(({ is }) => is === 'rings').length;
    mends('vaultwarden');
    rings += pass(MINUTE).filter(({ is }) => is === 'rings').length;
  }
  expect(rings).toBeLessThanOrEqual(4);
  expect(rings).toBeGreaterThanOrEqual(3);
});

test('more than five at once share a card, which rings once, tells each end, and when all is over', () => {
  const { breaks, mends, heard, pass } = openTelling();
  const services = ['immich', 'vaultwarden', 'archivebox', 'copyparty', 'caddy', 'anki-sync', 'karakeep'];
  for (const service of services) breaks(service);
  const first = heard();
  expect(gist(first)).toEqual([
    'rings: 🔴 immich is down since 14:38',
    'rings: 🔴 vaultwarden is down since 14:38',
    'rings: 🔴 archivebox is down since 14:38',
    'rings: 🔴 copyparty is down since 14:38',
    'rings: 🔴 caddy is down since 14:38',
    'rings: 🔴 2 troubles since 14:38',
  ]);
  expect(first.at(-1)?.buttons).toEqual(['Status', 'Snooze 1 h', "I'm on it"]);
  // What is due together rings once.
  expect(gist(pass(15 * MINUTE))).toEqual(['rings: 🔴 7 troubles still there']);
  mends('anki-sync');
  const [half, ...none] = heard();
  expect(none).toEqual([]);
  expect(half).toMatchObject({ is: 'edit' });
  expect(half?.text.split('\n')).toEqual([
    '🔴 1 of 2 troubles left since 14:38',
    '🔴 karakeep is down – Exited with 1.',
    '🟢 anki-sync is back – down for 15 min.',
  ]);
  mends('karakeep');
  expect(gist(heard())).toEqual(['silent: 🟢 Both troubles are over', 'edit: 🟢 Both troubles are over']);
});

test('many that are found in one look have one card', () => {
  const { app, store, heard, tick } = openTelling();
  for (const job of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const fact = { kind: 'job', job, subject: undefined, cause: 'because' } as const;
    store.alerts.begin(
      { key: `job:${job}`, severity: 'warning', since: app.clock.now(), fact },
      app.clock.now(),
    );
  }
  tick();
  expect(gist(heard())).toEqual(['rings: 🟡 6 troubles since 14:38']);
});

test('Telegram away for an hour: the story in order, once; what has recovered as recovered, silently', () => {
  const { breaks, mends, heard, pass, away, back } = openTelling();
  breaks('immich');
  heard();
  away();
  pass(5 * MINUTE);
  breaks('vaultwarden');
  pass(5 * MINUTE);
  breaks('archivebox');
  pass(10 * MINUTE);
  mends('vaultwarden');
  // The rings of immich and archivebox fall into this time.
  pass(30 * MINUTE);
  mends('immich');
  pass(10 * MINUTE);
  back();
  expect(gist(heard())).toEqual([
    'silent: 🟢 vaultwarden is back – down for 15 min. Still in trouble: immich, archivebox.',
    'rings: 🔴 archivebox is down since 14:48',
    'silent: 🟢 immich is back – down for 50 min. Still in trouble: archivebox.',
    'edit: 🟢 immich is back – down for 50 min. Still in trouble: archivebox.',
  ]);
  expect(pass(MINUTE)).toEqual([]);
});

test('what comes back before its end was sent is not told as over', () => {
  const { breaks, mends, heard, pass, away, back } = openTelling();
  breaks('immich');
  heard();
  away();
  mends('immich');
  pass(5 * MINUTE);
  breaks('immich');
  back();
  expect(gist(heard())).toEqual(['edit: 🔴 immich is down since 14:43']);
});

test('a warning of the night waits for the morning; critical ones ring', () => {
  const { store, breaks, heard, pass } = openTelling({ at: '2026-11-21T03:00:00Z', quietHours: NIGHT });
  breaks('archivebox', { severity: 'warning' });
  breaks('immich');
  expect(gist(heard())).toEqual(['rings: 🔴 immich is down since 03:00']);
  expect(store.held.all()).toMatchObject([{ key: 'alert:1', severity: 'warning' }]);
  const later = pass(4.5 * HOUR).filter(({ text }) => text.includes('archivebox'));
  expect(gist(later)).toEqual(['rings: 🟡 archivebox is unhealthy since 03:00']);
  expect(store.held.all()).toEqual([]);
});

test('what came and went in the night is told in the morning in one message, silent where nothing was bad', () => {
  const { breaks, mends, heard, pass } = openTelling({ at: '2026-11-21T03:00:00Z', quietHours: NIGHT });
  breaks('archivebox', { severity: 'warning' });
  pass(3 * MINUTE);
  mends('archivebox');
  expect(heard()).toEqual([]);
  const told = pass(24 * HOUR);
  expect(told).toHaveLength(1);
  expect(told[0]?.text.split('\n')).toEqual([
    '🌙 Held while it was quiet: 1',
    '03:00 🟢 archivebox is back – after 3 min.',
    '  Was: archivebox is unhealthy since 03:00',
    '  Health check failing.',
  ]);
});

test('a warning of the night that gets critical rings then, and is not held any more', () => {
  const { store, breaks, heard } = openTelling({ at: '2026-11-21T03:00:00Z', quietHours: NIGHT });
  breaks('archivebox', { severity: 'warning' });
  breaks('archivebox');
  expect(gist(heard())).toEqual(['rings: 🔴 archivebox is down since 03:00']);
  expect(store.held.all()).toEqual([]);
});

test('the card of what lasts is not forgotten with old ones, so that it is never put a second time', () => {
  const { store, breaks, heard, skip, tick, now } = openTelling();
  breaks('archivebox', { severity: 'warning' });
  heard();
  skip(40 * 24 * HOUR);
  store.outbox.forget(now() - 30 * 24 * HOUR);
  tick();
  expect(heard()).toEqual([]);
});
