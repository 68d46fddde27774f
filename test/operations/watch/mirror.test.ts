import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import type { PushMessage, Pushover } from '../../../src/clients/pushover.ts';
import { RateLimitedError, RefusedError, UnreachableError } from '../../../src/errors.ts';
import { createMirror } from '../../../src/operations/watch/mirror.ts';
import { acked, snoozed } from '../../../src/operations/watch/ring.ts';
import { present } from '../../../src/present/index.ts';
import type { Report } from '../../../src/report.ts';
import { toText } from '../../../src/terminal.ts';
import { textsOf } from '../../../src/texts/index.ts';
import type { Wellness } from '../../../src/wellness.ts';
import { CHAT, HOUR, MINUTE, openTelling, type TellingOptions } from './telling.ts';

const OWN = 'own-token-of-vaultwarden';
const SHARED = 'token-of-all';
const texts = textsOf('en', 'UTC');

function open(options: TellingOptions = {}, { shared = true } = {}) {
  const telling = openTelling(options);
  const { app: told, store, now } = telling;
  const app = {
    ...told,
    config: { ...told.config, pushover: { user: 'user', token: shared ? SHARED : undefined } },
    services: {
      ...told.services,
      get: (name: string) => ({ pushoverToken: name === 'vaultwarden' ? OWN : undefined }),
    },
    redact: (text: string) => text.replaceAll('s3cret', '•••'),
    log: pino({ level: 'silent' }),
  } as unknown as App;
  const sent: PushMessage[] = [];
  const cancelled: string[] = [];
  const notes: Report[] = [];
  const state: { fails: Error | undefined; self: Wellness; remaining: number } = {
    fails: undefined,
    self: { isWell: true, lastPoll: now() },
    remaining: 7000,
  };
  const pushover: Pushover = {
    send(message) {
      if (state.fails !== undefined) return Promise.reject(state.fails);
      sent.push(message);
      const receipt = message.priority === 2 ? `receipt-${sent.length}` : undefined;
      return Promise.resolve({ receipt, remaining: state.remaining });
    },
    cancel(receipt) {
      if (state.fails !== undefined) return Promise.reject(state.fails);
      cancelled.push(receipt);
      return Promise.resolve();
    },
  };
  const create = () =>
    createMirror(app, {
      pushover,
      lookAtSelf: () => state.self,
      words: (report) => toText(present(report, texts), false).split('\n'),
      tell: (report) => void notes.push(report),
    });
  let mirror = create();
  return {
    ...telling,
    app,
    store,
    state,
    cancelled,
    notes,
    look: () => mirror.look(),
    /** As after a start of the process. */
    restart: () => void (mirror = create()),
    telegramIsAway: () => (state.self = { isWell: false, lastPoll: 0, why: { kind: 'telegram', since: 0 } }),
    /** What was sent since the last time. */
    sent: () => sent.splice(0).map(({ title, priority }) => `${priority}: ${title}`),
    messages: sent,
  };
}

describe('mirror', () => {
  test('sends each alert once, by its severity and the token of its service, the worst first', async () => {
    const { breaks, look, messages, sent, restart, pass } = open();
    breaks('archivebox', { severity: 'warning' });
    breaks('copyparty', { severity: 'notice' });
    breaks('vaultwarden');
    await look();
    expect(messages.map(({ token }) => token)).toEqual([OWN, SHARED, SHARED]);
    expect(messages[0]?.text).toContain('Exited with 1');
    expect(sent()).toEqual([
      '1: 🔴 vaultwarden is down since 14:38',
      '0: 🟡 archivebox is unhealthy since 14:38',
      expect.stringMatching(/^-1: .*copyparty/),
    ]);
    restart();
    pass(3 * HOUR);
    await look();
    expect(sent()).toEqual([]);
  });

  test('sends again what became worse, and nothing of what comes back a short while after its end', async () => {
    const { breaks, mends, look, sent, pass } = open();
    breaks('immich', { severity: 'warning' });
    await look();
    breaks('immich');
    await look();
    expect(sent()).toEqual([expect.stringMatching(/^0: /), '1: 🔴 immich is down since 14:38']);
    mends('immich');
    await look();
    pass(MINUTE);
    breaks('immich');
    await look();
    expect(sent()).toEqual([]);
    mends('immich');
    pass(2 * HOUR);
    await look();
    breaks('immich');
    await look();
    expect(sent()).toHaveLength(1);
  });

  test('lets what is not critical wait for the end of quiet hours, and for ever when it is over by then', async () => {
    const night = { at: '2026-11-20T23:30:00Z', quietHours: { from: '23:00', to: '07:30' } };
    const { breaks, mends, look, sent, skip } = open(night);
    breaks('archivebox', { severity: 'warning' });
    breaks('copyparty', { severity: 'warning' });
    breaks('immich');
    await look();
    expect(sent()).toEqual(['1: 🔴 immich is down since 23:30']);
    mends('copyparty');
    skip(8 * HOUR + MINUTE);
    await look();
    expect(sent()).toEqual([expect.stringMatching(/^0: .*archivebox/)]);
  });

  test('sends nothing of what somebody is on, or has snoozed before it could be sent', async () => {
    const { breaks, look, sent, store, alert, now, state } = open();
    breaks('immich');
    breaks('caddy');
    store.alerts.patch(alert('immich').id, acked(`telegram:${CHAT}`));
    store.alerts.patch(alert('caddy').id, snoozed(`telegram:${CHAT}`, now() + HOUR));
    state.fails = undefined;
    await look();
    expect(sent()).toEqual([]);
  });

  test('is an emergency while Telegram is away, whose repetition ends with the trouble, or when somebody is on it', async () => {
    const { breaks, mends, look, sent, cancelled, store, alert, telegramIsAway, heard } = open();
    heard();
    breaks('immich');
    await look();
    expect(sent()).toEqual(['1: 🔴 immich is down since 14:38']);
    telegramIsAway();
    breaks('caddy');
    await look();
    // Of the first one nobody has heard in the chat either.
    expect(sent().toSorted()).toEqual([
      '2: 🔴 caddy is down since 14:38',
      '2: 🔴 immich is down since 14:38',
    ]);
    await look();
    expect([sent(), cancelled]).toEqual([[], []]);
    mends('immich');
    store.alerts.patch(alert('caddy').id, acked(`telegram:${CHAT}`));
    await look();
    await look();
    expect(cancelled).toHaveLength(2);
  });

  test('is no emergency for what the chat has shown before Telegram went away', async () => {
    const { breaks, look, sent, telegramIsAway, heard } = open();
    breaks('immich');
    heard();
    telegramIsAway();
    await look();
    expect(sent()).toEqual(['1: 🔴 immich is down since 14:38']);
  });

  test('tries again what did not arrive, later and later, and cancels what could not be cancelled', async () => {
    const { breaks, mends, look, sent, state, skip, telegramIsAway, cancelled, restart } = open();
    telegramIsAway();
    breaks('immich');
    state.fails = new UnreachableError('connection refused');
    await look();
    state.fails = undefined;
    await look();
    expect(sent()).toEqual([]);
    skip(5001);
    await look();
    expect(sent()).toHaveLength(1);
    mends('immich');
    state.fails = new UnreachableError('connection refused');
    await look();
    state.fails = undefined;
    restart();
    await look();
    expect(cancelled).toEqual(['receipt-1']);
  });

  test('does not try again what Pushover refuses, and tells that once, without secrets', async () => {
    const { breaks, look, sent, state, notes } = open();
    state.fails = new RefusedError('Cannot send by Pushover: user s3cret is invalid.');
    breaks('immich');
    breaks('caddy');
    await look();
    await look();
    expect(notes).toEqual([
      {
        kind: 'note',
        note: { key: 'failed', message: 'Cannot send by Pushover: user ••• is invalid.', lines: [] },
      },
    ]);
    state.fails = undefined;
    await look();
    expect(sent()).toEqual([]);
    breaks('vaultwarden');
    await look();
    expect(sent()).toHaveLength(1);
  });

  test('waits with a token whose messages are used up, not with another one, and keeps the last ones for what is critical', async () => {
    const { breaks, look, sent, state, now, skip } = open();
    breaks('immich');
    state.fails = new RateLimitedError('Pushover', now() + HOUR);
    await look();
    state.fails = undefined;
    state.remaining = 10;
    breaks('vaultwarden');
    await look();
    expect(sent()).toEqual(['1: 🔴 vaultwarden is down since 14:38']);
    skip(HOUR + 1);
    await look();
    expect(sent()).toEqual(['1: 🔴 immich is down since 14:38']);
    breaks('archivebox', { severity: 'warning' });
    await look();
    expect(sent()).toEqual([]);
  });

  test('sends outcomes that are critical, once, and none of before Pushover was there', async () => {
    const { store, look, sent, skip, now, messages, restart } = open();
    const put = (service: string, lost: string | undefined) => {
      const report: Report = { kind: 'unpaused', service, title: service, away: 60_000, lost, at: now() };
      store.outbox.put({ key: `told:${service}:${lost}`, chat: CHAT, body: { what: 'report', report } });
    };
    put('caddy', 'before');
    await look();
    put('immich', undefined);
    put('vaultwarden', 'the unit failed');
    await look();
    expect(messages.map(({ token }) => token)).toEqual([OWN]);
    expect(sent()).toEqual([expect.stringMatching(/^1: .*vaultwarden/)]);
    restart();
    for (const ms of [1000, 2 * MINUTE, 2 * MINUTE]) {
      skip(ms);
      await look();
    }
    expect(sent()).toEqual([]);
  });

  test('without a token of its own or a shared one sends nothing', async () => {
    const { breaks, look, messages } = open({}, { shared: false });
    breaks('immich');
    breaks('vaultwarden');
    await look();
    expect(messages.map(({ token }) => token)).toEqual([OWN]);
  });
});
