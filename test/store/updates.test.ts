import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UpdatePlan } from '../../src/report/updates.ts';
import { openStore, type Store } from '../../src/store.ts';

let folder: string;
let store: Store;
let now: number;
beforeEach(() => {
  now = Date.UTC(2026, 10, 20, 14, 39, 10);
  folder = mkdtempSync(join(tmpdir(), 'steward-updates-'));
  store = openStore(folder, { now: () => now });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const plan = { service: 'web', images: [] } as unknown as UpdatePlan;
const begin = (service = 'web') =>
  store.updates.begin({
    service,
    verb: 'update',
    by: 'cli:root',
    plan,
    facts: { from: { web: 'a' }, to: {} },
  });

it('begin names an update after its time, and two of one second apart', () => {
  expect([begin().id, begin('blog').id, begin('mail').id]).toEqual([
    '20261120t143910',
    '20261120t143910-2',
    '20261120t143910-3',
  ]);
});

it('record keeps what was learnt before, and the stage unless it is named', () => {
  const { id } = begin();
  store.updates.record(id, { stage: 'stopping', facts: { stoppedAt: 7 } });
  store.updates.record(id, { facts: { asOf: 9 } });
  expect(store.updates.open('web')).toMatchObject({
    stage: 'stopping',
    facts: { from: { web: 'a' }, stoppedAt: 7, asOf: 9 },
  });
});

it('end closes it; history has the newest first, and reopen puts it on its way back', () => {
  const { id } = begin();
  store.updates.end(id, 'down', { lastLines: ['x'] });
  expect(store.updates.open('web')).toBeUndefined();
  now += 60_000;
  const later = begin();
  store.updates.end(later.id, 'updated');
  begin();
  expect(store.updates.history('web').map((row) => row.id)).toEqual([later.id, id]);
  store.updates.end(store.updates.open('web')?.id ?? '', 'unchanged');
  expect(store.updates.reopen(id)).toMatchObject({ stage: 'back', outcome: undefined, endedAt: undefined });
  expect(store.updates.open('web')?.id).toBe(id);
});

it('ask reaches what runs, and nothing else; takeWish gives each wish once', () => {
  expect(store.updates.ask('web', 'cancel')).toBe(false);
  const { id } = begin();
  begin('blog');
  expect(store.updates.ask('web', 'roll-back')).toBe(true);
  expect(store.updates.takeWish(store.updates.open('blog')?.id ?? '')).toBeUndefined();
  expect(store.updates.takeWish(id)).toBe('roll-back');
  expect(store.updates.takeWish(id)).toBeUndefined();
  store.updates.end(id, 'updated');
  expect(store.updates.ask('web', 'cancel')).toBe(false);
});
