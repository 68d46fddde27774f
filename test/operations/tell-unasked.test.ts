import { afterEach, beforeEach, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { isQuiet, tellUnasked } from '../../src/operations/tell-unasked.ts';
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

test.each([
  ['a trouble by day rings', '2026-11-20T12:00:00Z', troubled, false],
  ['a trouble by night does not', '2026-11-20T04:30:00Z', troubled, true],
  ['its end never does', '2026-11-20T12:00:00Z', { ...troubled, troubled: [] }, true],
  ['a service that is down rings by night, too', '2026-11-20T04:30:00Z', down, false],
])('tellUnasked: %s', (_, at, report, silent) => {
  now = Date.parse(at);
  const config = { telegram: { chat: 1, owners: [1] }, quietHours: NIGHT, timeZone: 'UTC' };
  tellUnasked({ config, store, clock: { now: () => now }, log: {} } as unknown as App, report);
  expect(store.outbox.next(1)).toMatchObject({ silent, body: { report: { kind: report.kind } } });
});
