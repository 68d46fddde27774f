import { afterEach, beforeEach, expect, test } from 'vitest';
import { reconcile } from '../../../src/operations/watch/reconcile.ts';
import type { Finding, Severity } from '../../../src/report/alerts.ts';
import { openScratchStore, type Store } from '../../../src/store.ts';
import { FOLDED_WITHIN } from '../../../src/watch/alerts.ts';

const MINUTE = 60_000;
let now: number;
let store: Store;
const clock = { now: () => now };
beforeEach(() => {
  now = Date.UTC(2026, 10, 20, 14, 38);
  store = openScratchStore(clock);
});
afterEach(() => store.close());

const finding = (service: string, change: { severity?: Severity; since?: number; cause?: string } = {}) =>
  ({
    key: `service:${service}`,
    severity: change.severity ?? 'critical',
    since: change.since ?? now,
    service,
    fact: {
      kind: 'service',
      title: service,
      state: 'down',
      part: service,
      trouble: { kind: 'silent', cause: change.cause ?? 'because' },
      restarts: 0,
      memoryLimit: undefined,
      lastLines: [],
    },
  }) satisfies Finding;

const all = { covers: () => true };
const look = (...findings: Finding[]) => reconcile({ store, clock }, findings, all);
const pass = (ms: number) => (now += ms);

test('reconcile opens an alert since the trouble began, and leaves it as it is while it lasts', () => {
  const since = now - MINUTE;
  const { opened } = look(finding('immich', { since }));
  expect(opened).toMatchObject([
    { key: 'service:immich', openedAt: since, firstAt: since, times: 1, endedAt: undefined, held: false },
  ]);
  pass(MINUTE);
  expect(look(finding('immich', { since: now }))).toEqual({ opened: [], changed: [], ended: [] });
  expect(store.alerts.open()).toEqual(opened);
});

test('reconcile keeps one alert for one trouble, and remembers its worst', () => {
  look(finding('immich', { severity: 'warning' }));
  expect(look(finding('immich', { severity: 'critical' })).changed).toMatchObject([
    { severity: 'critical', worst: 'critical' },
  ]);
  expect(look(finding('immich', { severity: 'warning' })).changed).toMatchObject([
    { severity: 'warning', worst: 'critical' },
  ]);
  expect(store.alerts.open()).toHaveLength(1);
});

test('reconcile ends what it covers and did not find, and nothing else', () => {
  look(finding('immich'), finding('copyparty'));
  pass(MINUTE);
  const { ended } = reconcile({ store, clock }, [], { covers: (key) => key === 'service:immich' });
  expect(ended).toMatchObject([{ key: 'service:immich', endedAt: now, ending: 'well' }]);
  expect(store.alerts.open()).toMatchObject([{ key: 'service:copyparty' }]);
  expect(store.alerts.ended(now)).toEqual(ended);
  expect(store.alerts.ended(now + 1)).toEqual([]);
});

test('reconcile says how and when a trouble ended, within its own time', () => {
  look(finding('immich'), finding('copyparty'));
  const begun = now;
  pass(MINUTE);
  const over = (key: string) =>
    key === 'service:immich'
      ? { at: begun + 20_000, ending: 'stopped' as const }
      : { at: 0, ending: 'well' as const };
  expect(reconcile({ store, clock }, [], { ...all, over }).ended).toMatchObject([
    { endedAt: begun + 20_000, ending: 'stopped' },
    { endedAt: begun, ending: 'well' },
  ]);
});

test('reconcile goes on with an alert that comes back soon, and counts its troubles together', () => {
  const first = now;
  const [before] = look(finding('immich')).opened;
  store.alerts.patch(before?.id ?? 0, { rings: 2, rungAt: now, toldEnd: true });
  pass(5 * MINUTE);
  look();
  pass(FOLDED_WITHIN - 1);
  const { opened } = look(finding('immich'));
  expect(opened).toMatchObject([
    {
      id: before?.id,
      times: 2,
      firstAt: first,
      openedAt: now,
      downBefore: 5 * MINUTE,
      endedAt: undefined,
      ending: undefined,
      rings: 2,
      toldEnd: false,
    },
  ]);
  expect(store.alerts.byKey('service:immich')).toEqual(opened[0]);
});

test('reconcile begins another alert for what comes back after a long while', () => {
  const [before] = look(finding('immich')).opened;
  look();
  pass(FOLDED_WITHIN);
  const [after] = look(finding('immich')).opened;
  expect(after).toMatchObject({ times: 1, openedAt: now });
  expect(after?.id).not.toBe(before?.id);
  expect(store.alerts.byKey('service:immich')).toEqual(after);
});

test('reconcile puts no trouble into the future', () => {
  expect(look(finding('immich', { since: now + MINUTE })).opened).toMatchObject([{ openedAt: now }]);
});

test('forget drops old ends and keeps what is open', () => {
  look(finding('immich'), finding('copyparty'));
  reconcile({ store, clock }, [], { covers: (key) => key === 'service:immich' });
  store.alerts.forget(now);
  expect(store.alerts.byKey('service:immich')).toBeDefined();
  store.alerts.forget(now + 1);
  expect(store.alerts.byKey('service:immich')).toBeUndefined();
  expect(store.alerts.open()).toHaveLength(1);
});
