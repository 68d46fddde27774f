import { afterEach, beforeEach, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { isQuiet, mute } from '../../src/operations/quiet.ts';
import { tellUnasked } from '../../src/operations/tell-unasked.ts';
import type { Report } from '../../src/report.ts';
import type { BackupTrouble } from '../../src/report/backup-runs.ts';
import { openScratchStore, type Store } from '../../src/store.ts';

const NIGHT = { from: '23:00', to: '07:30' };

test.each([
  ['2026-11-20T22:59:00Z', false],
  ['2026-11-20T23:00:00Z', true],
  ['2026-11-21T03:00:00Z', true],
  ['2026-11-21T07:29:00Z', true],
  ['2026-11-21T07:30:00Z', false],
])('isQuiet at %s of a night from 23:00 to 07:30 is %s', (at, expected) => {
  expect(isQuiet(NIGHT, 'UTC', Date.parse(at))).toBe(expected);
});

test("isQuiet goes by the host's zone, and by day where the hours lie in it", () => {
  const at = Date.parse('2026-11-20T15:00:00Z');
  expect(isQuiet(NIGHT, 'Asia/Seoul', at)).toBe(true);
  expect(isQuiet({ from: '14:00', to: '16:00' }, 'UTC', at)).toBe(true);
  expect(isQuiet({ from: '16:00', to: '17:00' }, 'UTC', at)).toBe(false);
  expect(isQuiet(undefined, 'Asia/Seoul', at)).toBe(false);
});

let store: Store;
let now: number;
beforeEach(() => {
  store = openScratchStore({ now: () => now });
});
afterEach(() => store.close());

const app = (): App =>
  ({
    config: { telegram: { chat: 1, owners: [1] }, quietHours: NIGHT, timeZone: 'UTC' },
    store,
    clock: { now: () => now },
    log: {},
  }) as unknown as App;

const trouble: BackupTrouble = { kind: 'failed', cause: 'The disk is full.', failures: 1 };
const troubled: Report = {
  kind: 'backup-troubles',
  troubled: [{ service: 'notes', title: 'Notes', trouble, provenAt: undefined }],
  recovered: [],
  at: 0,
};
const down: Report = {
  kind: 'unpaused',
  service: 'notes',
  title: 'Notes',
  away: 1,
  lost: 'Job failed.',
  at: 0,
};

const deployed: Report = {
  kind: 'deploy',
  service: 'notes',
  title: 'Notes',
  isWell: true,
  course: 'announced',
  from: '1',
  to: '2',
  images: [],
  containers: 1,
  why: undefined,
  lastLines: [],
  change: undefined,
  backupAt: undefined,
  data: undefined,
  at: 0,
};

const DAY = '2026-11-20T12:00:00Z';
const DEEP_NIGHT = '2026-11-20T04:30:00Z';

test.each([
  ['a trouble by day rings', DAY, troubled, 'rings'],
  ['a trouble by night is held', DEEP_NIGHT, troubled, 'held'],
  ['its end never rings', DAY, { ...troubled, troubled: [] }, 'silent'],
  ['its end by night is held', DEEP_NIGHT, { ...troubled, troubled: [] }, 'held'],
  ['a service that is down rings by night, too', DEEP_NIGHT, down, 'rings'],
  ['what somebody waits for rings by night, too', DEEP_NIGHT, deployed, 'rings'],
  ['what nobody has announced is held', DEEP_NIGHT, { ...deployed, course: 'unannounced' as const }, 'held'],
])('tellUnasked: %s', (_, at, report, expected) => {
  now = Date.parse(at);
  tellUnasked(app(), report);
  const sent = store.outbox.next(1);
  const is = sent === undefined ? 'nothing' : sent.silent ? 'silent' : 'rings';
  expect(store.held.all().length === 1 ? 'held' : is).toBe(expected);
  expect([
    ...store.held.all().map((held) => held.report.kind),
    ...(sent === undefined ? [] : ['sent']),
  ]).toHaveLength(1);
});

test('tellUnasked holds by day, too, while somebody has muted it', () => {
  now = Date.parse(DAY);
  mute(app(), { until: now + 60_000, by: 'telegram:1' });
  tellUnasked(app(), troubled);
  expect(store.held.all()).toMatchObject([
    { at: now, severity: 'warning', report: { kind: 'backup-troubles' } },
  ]);
  now += 60_000;
  tellUnasked(app(), troubled);
  expect(store.outbox.next(1)).toMatchObject({ silent: false });
});
