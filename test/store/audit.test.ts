import { afterEach, beforeEach, expect, test } from 'vitest';
import { openScratchStore, type Store } from '../../src/store.ts';

let store: Store;
beforeEach(() => {
  store = openScratchStore({ now: () => 0 });
});
afterEach(() => store.close());

const begin = (at: number, ...services: string[]) =>
  store.audit.begin({
    run: undefined,
    at,
    by: 'schedule',
    from: 'schedule',
    what: 'back-up',
    services,
    args: [],
    plan: undefined,
    confirmedBy: undefined,
  });
const timesOf = (service?: string, since = 0) => store.audit.list({ service, since }).map(({ at }) => at);

test('audit lists by service, the newest first, each row once', () => {
  begin(1, 'immich');
  begin(2, 'immich', 'caddy', 'immich');
  begin(3);
  expect([timesOf(), timesOf('immich'), timesOf('caddy'), timesOf('other')]).toEqual([
    [3, 2, 1],
    [2, 1],
    [2],
    [],
  ]);
  expect([timesOf('immich', 2), store.audit.list({ service: 'immich', most: 1 }).length]).toEqual([[2], 1]);
  expect(['immich', 'caddy', 'other', undefined].map((service) => store.audit.count({ service }))).toEqual([
    2, 1, 0, 3,
  ]);
});

test('audit lists what was worked on in place of what was asked for', () => {
  const id = begin(1, 'immich');
  store.audit.end(id, { outcome: 'done', at: 2, services: ['caddy', 'kuma'] });
  expect([timesOf('immich'), timesOf('caddy'), timesOf('kuma')]).toEqual([[], [1], [1]]);
});

test('audit forgets a row for each of its services', () => {
  begin(1, 'immich', 'caddy');
  begin(5, 'immich');
  store.audit.forget(5);
  expect([timesOf('immich'), timesOf('caddy'), store.audit.count({ service: 'caddy' })]).toEqual([
    [5],
    [],
    0,
  ]);
});
