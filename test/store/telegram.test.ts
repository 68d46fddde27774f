import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report.ts';
import { PLAN_LASTS } from '../../src/store/confirmations.ts';
import { openStore, type Store } from '../../src/store.ts';

let folder: string;
let store: Store;
let now: number;
const CHAT = 7;
const report = (job: string): Report => ({ kind: 'note', note: { key: 'job-set', job, paused: false } });

beforeEach(() => {
  now = 1_000_000;
  folder = mkdtempSync(join(tmpdir(), 'steward-store-'));
  store = openStore(folder, { now: () => now });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('intake', () => {
  test('the same update, and the same message under another update, are told as repeats', () => {
    expect(store.intake.add(1, 'message:7:1', '{}')).toBe(true);
    expect(store.intake.add(1, 'message:7:1', '{}')).toBe(false);
    expect(store.intake.add(2, 'message:7:1', '{}')).toBe(false);
    expect(store.intake.add(3, 'message:7:2', '{}')).toBe(true);
  });

  test('what was begun and not done stays open and counts its tries', () => {
    store.intake.add(1, 'a', '{}');
    store.intake.begin(1);
    store.intake.begin(1);
    expect(store.intake.open()).toMatchObject([{ updateId: 1, attempts: 2 }]);
    store.intake.done(1);
    expect(store.intake.open()).toEqual([]);
    expect(store.intake.isOpen(1)).toBe(false);
  });

  test('forget leaves what is not done', () => {
    store.intake.add(1, 'a', '{}');
    store.intake.add(2, 'b', '{}');
    store.intake.done(1);
    store.intake.forget(now + 1);
    expect(store.intake.add(1, 'a', '{}')).toBe(true);
    expect(store.intake.add(2, 'b', '{}')).toBe(false);
  });
});

describe('outbox', () => {
  const put = (key: string, job = key, options: { resend?: boolean } = {}) =>
    store.outbox.put({ key, chat: CHAT, body: { what: 'report', report: report(job) }, ...options });
  const next = () => store.outbox.next(CHAT);
  const idOf = (key: string) => store.outbox.get(key)?.id ?? 0;

  test('new messages come before edits, and reactions last', () => {
    put('card');
    store.outbox.sending(idOf('card'), 1);
    store.outbox.shown(idOf('card'), 1, 100);
    store.outbox.put({ key: 'r', chat: CHAT, body: { what: 'reaction', messageId: 1, emoji: '👀' } });
    put('card', 'newer');
    put('second');
    put('third');
    const order = [];
    for (let row = next(); row !== undefined; row = next()) {
      order.push(row.key);
      store.outbox.shown(row.id, row.version, row.messageId ?? row.id);
    }
    expect(order).toEqual(['second', 'third', 'card', 'r']);
  });

  test('the same content again is nothing to do', () => {
    put('card');
    store.outbox.shown(idOf('card'), 1, 100);
    put('card');
    expect(next()).toBeUndefined();
  });

  test('content that is put while a send is on its way is shown afterwards', () => {
    put('card');
    const row = next();
    store.outbox.sending(row?.id ?? 0, row?.version ?? 0);
    put('card', 'newer');
    expect(next()).toBeUndefined();
    store.outbox.shown(row?.id ?? 0, row?.version ?? 0, 100);
    expect(next()).toMatchObject({ version: 2, messageId: 100 });
  });

  test('a send that a kill cut off is unsure; a picture card is sent again', () => {
    put('card');
    put('picture', 'picture', { resend: true });
    store.outbox.sending(idOf('card'), 1);
    store.outbox.sending(idOf('picture'), 1);
    store.outbox.recover();
    expect(next()?.key).toBe('picture');
    expect(store.outbox.unknown(CHAT)).toBe(1);
    store.outbox.told(CHAT);
    expect(store.outbox.unknown(CHAT)).toBe(0);
  });

  test('newer content of an unsure card is a message of its own, and nothing is left unsure', () => {
    put('card');
    store.outbox.sending(idOf('card'), 1);
    store.outbox.fateUnknown(idOf('card'));
    expect(next()).toBeUndefined();
    put('card', 'newer');
    expect(store.outbox.unknown(CHAT)).toBe(0);
    expect(next()).toMatchObject({ key: 'card', messageId: undefined, version: 2 });
  });

  test('newer content survives a kill in the middle of the older send', () => {
    put('card');
    store.outbox.sending(idOf('card'), 1);
    put('card', 'newer');
    store.outbox.recover();
    expect(next()).toMatchObject({ key: 'card', version: 2 });
  });

  test('a card that was given up is tried again with newer content only', () => {
    put('card');
    store.outbox.failed(idOf('card'), 'chat not found');
    put('card');
    expect(next()).toBeUndefined();
    put('card', 'newer');
    expect(next()?.key).toBe('card');
  });

  test('what waits is due at its time', () => {
    put('card');
    store.outbox.later(idOf('card'), now + 5000, 'away');
    expect([next(), store.outbox.chats(), store.outbox.nextAt()]).toEqual([undefined, [], now + 5000]);
    now += 5000;
    expect(store.outbox.chats()).toEqual([CHAT]);
    expect(next()).toMatchObject({ key: 'card', attempts: 1 });
  });

  test('a group that moved takes its waiting cards along', () => {
    put('card');
    store.outbox.sending(idOf('card'), 1);
    store.outbox.move(CHAT, -100);
    expect(store.outbox.next(-100)?.key).toBe('card');
  });

  test('a listener hears of each put until it stops listening', () => {
    let heard = 0;
    const stop = store.outbox.listen(() => (heard += 1));
    put('one');
    stop();
    put('two');
    expect(heard).toBe(1);
  });

  test('forget leaves what is still to be shown', () => {
    put('shown');
    store.outbox.shown(idOf('shown'), 1, 1);
    put('waiting');
    store.outbox.forget(now + 1);
    expect([store.outbox.get('shown'), store.outbox.get('waiting')?.key]).toEqual([undefined, 'waiting']);
  });
});

describe('confirmations', () => {
  const plan = () =>
    store.confirmations.plan({
      command: 'restart',
      args: ['immich'],
      user: 1,
      chat: CHAT,
      fingerprint: 'x',
      card: 'restart:9',
    });

  test('a plan is taken once, by its own user', () => {
    const token = plan();
    expect(token).toMatch(/^[a-z0-9]{8}$/);
    expect(store.confirmations.take(token, 2, 10)).toEqual({ outcome: 'not-yours' });
    expect(store.confirmations.take(token, 1, 11)).toMatchObject({
      outcome: 'taken',
      confirmation: { command: 'restart', args: ['immich'], fingerprint: 'x' },
    });
    expect(store.confirmations.take(token, 1, 12)).toEqual({ outcome: 'used' });
    expect(store.confirmations.take('aaaaaaaa', 1, 13)).toEqual({ outcome: 'unknown' });
  });

  test('the tap that took it finds it again, also after the plan would have expired', () => {
    const token = plan();
    store.confirmations.take(token, 1, 11);
    now += 10 * PLAN_LASTS;
    expect(store.confirmations.take(token, 1, 11)).toMatchObject({ outcome: 'taken' });
  });

  test('a plan holds to its last millisecond and not longer', () => {
    const [one, other] = [plan(), plan()];
    now += PLAN_LASTS;
    expect(store.confirmations.take(one, 1, 11)).toMatchObject({ outcome: 'taken' });
    now += 1;
    expect(store.confirmations.take(other, 1, 12)).toMatchObject({ outcome: 'expired' });
  });

  test('a plan that waits for a word is found by its own user, in its chat, until it is used', () => {
    const one = { command: 'rollback', args: ['immich'], user: 1, chat: CHAT, fingerprint: 'x' };
    plan();
    const first = store.confirmations.plan({ ...one, card: 'rollback:1', word: 'immich' });
    now += 1000;
    const second = store.confirmations.plan({ ...one, card: 'rollback:2', word: 'blog' });
    expect(store.confirmations.typed({ user: 1, chat: CHAT })).toEqual([
      { token: second, word: 'blog', card: 'rollback:2', isExpired: false },
      { token: first, word: 'immich', card: 'rollback:1', isExpired: false },
    ]);
    expect(store.confirmations.typed({ user: 2, chat: CHAT })).toEqual([]);
    expect(store.confirmations.typed({ user: 1, chat: CHAT + 1 })).toEqual([]);
    store.confirmations.take(second, 1, 11);
    expect(store.confirmations.typed({ user: 1, chat: CHAT, tap: 11 })).toHaveLength(2);
    expect(store.confirmations.typed({ user: 1, chat: CHAT, tap: 12 })).toHaveLength(1);
    now += PLAN_LASTS;
    expect(store.confirmations.typed({ user: 1, chat: CHAT })).toMatchObject([{ isExpired: true }]);
    now += 10 * 60_000;
    expect(store.confirmations.typed({ user: 1, chat: CHAT })).toEqual([]);
  });

  test('the same button has the same token, is tapped again and again, and lasts 30 days from its last drawing', () => {
    const token = store.confirmations.button('logs', ['a b']);
    now += 20 * 86_400_000;
    expect(store.confirmations.button('logs', ['a b'])).toBe(token);
    expect(store.confirmations.button('logs', ['b'])).not.toBe(token);
    now += 20 * 86_400_000;
    expect(store.confirmations.tap(token)).toMatchObject({ command: 'logs', args: ['a b'] });
    expect(store.confirmations.tap(token)).toBeDefined();
    now += 11 * 86_400_000;
    expect(store.confirmations.tap(token)).toBeUndefined();
  });

  test("a plan's token is no button", () => {
    expect(store.confirmations.tap(plan())).toBeUndefined();
    expect(store.confirmations.take(store.confirmations.button('logs', []), 1, 1)).toEqual({
      outcome: 'unknown',
    });
  });
});
