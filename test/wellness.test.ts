import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../src/store.ts';
import { createLookAtSelf } from '../src/wellness.ts';

const MINUTE = 60_000;
let folder: string;
let store: Store;
let now: number;
const clock = { now: () => now };
const lastPoll = () => store.facts.get<number>('poll');
const create = () => createLookAtSelf({ facts: store.facts, clock, lastPoll });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-wellness-'));
  now = Date.parse('2026-11-20T12:00:00Z');
  store = openStore(folder, clock);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('createLookAtSelf', () => {
  test('is well while Telegram answered within five minutes and the store takes writes', () => {
    store.facts.put('poll', now);
    const look = create();
    expect(look()).toEqual({ isWell: true, lastPoll: now });
    const polled = now;
    now += 5 * MINUTE - 1;
    expect(look()).toEqual({ isWell: true, lastPoll: polled });
    now += 1;
    expect(look()).toEqual({
      isWell: false,
      lastPoll: polled,
      why: { kind: 'telegram', since: polled },
    });
  });

  test('is starting, not unwell, in its first five minutes, whatever the process before it has seen', () => {
    store.facts.put('poll', now - 60 * MINUTE);
    const look = create();
    expect(look()).toMatchObject({ isWell: false, why: { kind: 'starting' } });
    now += 5 * MINUTE;
    expect(look()).toMatchObject({ why: { kind: 'telegram', since: now - 65 * MINUTE } });
  });

  test('of a Telegram that has never answered says so', () => {
    const look = create();
    now += 6 * MINUTE;
    expect(look()).toMatchObject({ lastPoll: undefined, why: { kind: 'telegram', since: undefined } });
  });

  test('is unwell when the store takes no write, although it can be read, and well again with it', () => {
    store.facts.put('poll', now);
    const look = create();
    store.database.run('pragma query_only = on');
    expect(look()).toEqual({
      isWell: false,
      lastPoll: now,
      why: { kind: 'store', cause: expect.stringMatching(/readonly/) as string },
    });
    store.database.run('pragma query_only = off');
    expect(look()).toMatchObject({ isWell: true });
  });

  test('is unwell when the store cannot be read', () => {
    const look = createLookAtSelf({
      facts: store.facts,
      clock,
      lastPoll: () => {
        throw new Error('disk I/O error');
      },
    });
    expect(look()).toMatchObject({ lastPoll: undefined, why: { kind: 'store', cause: 'disk I/O error' } });
  });

  test('writes once a minute at most, however often it is asked, and on when the clock is set back', () => {
    const look = create();
    const writes = () => store.facts.at('steward:pulse');
    look();
    const first = writes();
    now += MINUTE - 1;
    look();
    expect(writes()).toBe(first);
    now += 1;
    look();
    expect(writes()).toBe(now);
    now -= 60 * MINUTE;
    look();
    expect(writes()).toBe(now);
  });
});
