import { expect, test } from 'vitest';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { RestorePlan, RestoreReport } from '../../src/report/restore.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const texts = textsOf('en', 'UTC');
const AT = Date.UTC(2026, 10, 20, 15, 0);
const TAKEN = Date.UTC(2026, 10, 20, 4, 30, 12);
const say = (report: Report) => toText(present(report, texts), false);

const plan: RestorePlan = {
  service: 'vaultwarden',
  title: 'Vaultwarden',
  backup: {
    id: '2026-11-20T04-30-12Z',
    folder: '/b/vaultwarden/2026-11-20T04-30-12Z',
    takenAt: TAKEN,
    size: 241e6,
    level: 'restored',
    trouble: undefined,
  },
  present: 'readable',
  newer: [{ source: '/d/db.sqlite3', table: 'ciphers', before: 60, after: 62 }],
  changed: { files: 1, latestAt: Date.UTC(2026, 10, 20, 14, 2) },
  stops: ['vaultwarden'],
  missing: [],
  drillTook: 4000,
  away: 6000,
  images: [],
  notCovered: undefined,
  at: AT,
};

const done: RestoreReport = {
  kind: 'restore-outcome',
  verb: 'restore',
  id: '20261120t150000r',
  service: 'vaultwarden',
  title: 'Vaultwarden',
  outcome: 'restored',
  backup: plan.backup,
  took: 12_000,
  down: 5000,
  containers: 1,
  data: 'backup',
  newer: plan.newer,
  aside: { places: ['/d/.steward-aside/20261120t150000r/data/old'], until: AT + 7 * 86_400_000 },
  why: undefined,
  lastLines: [],
  lost: undefined,
  missing: [],
  warnings: [],
  at: AT,
};

test('the plan of a restore says from when, how far it is proven, and what newer data will go', () => {
  expect(say({ kind: 'restore-plan', ...plan })).toMatchInlineSnapshot(`
    "↩️ Restore vaultwarden as of 04:30:12?
    🗄 2026-11-20T04-30-12Z – 241 MB, restored and equal

    ⚠️ Newer than this backup: ciphers +2, 1 file; the latest 14:02:00
    What it replaces is moved aside and kept for 7 days.

    1. Read the backup whole, make its data ready beside the present one
    2. Stop it, change places, start
    3. Wait until healthy; if not, the present data comes back
    Making it ready takes about 4 s, as in the last drill. Down from step 2 on, about 6 s, as for a restart."
  `);
});

test('the plan of a restore warns of what is not proven, not readable, not there, and of other images', () => {
  const text = say({
    kind: 'restore-plan',
    ...plan,
    backup: { ...plan.backup, level: 'copied' },
    present: 'unreadable',
    newer: [],
    changed: { files: 0, latestAt: undefined },
    drillTook: undefined,
    away: undefined,
    images: [
      {
        container: 'vaultwarden',
        image: 'docker.io/vaultwarden/server:latest',
        was: `sha256:${'a'.repeat(64)}`,
        now: `sha256:${'b'.repeat(64)}`,
        isHere: true,
      },
    ],
    notCovered: 'photos in /mnt',
    missing: ['vaultwarden-ml'],
  });
  expect(text).toMatch(/Nobody has proven this backup yet/);
  expect(text).toMatch(/cannot be read, so what is newer in it cannot be told/);
  expect(text).toMatch(/podman tag aaaaaaaaaaaa docker\.io\/vaultwarden\/server:latest/);
  expect(text).toMatch(/not started: ml/);
  expect(text).toMatch(/Not in any backup: photos in \/mnt/);
  expect(text).not.toMatch(/Nothing that can be counted/);
});

test('the plan of a restore onto nothing says so', () => {
  const nothing: RestorePlan = {
    ...plan,
    present: 'none',
    newer: [],
    changed: { files: 0, latestAt: undefined },
  };
  const text = say({ kind: 'restore-plan', ...nothing });
  expect(text).toMatch(/There is no data yet that it would replace/);
  expect(text).not.toMatch(/moved aside/);
});

test.each<[string, Partial<RestoreReport>]>([
  ['restored', {}],
  [
    'rolled-back',
    {
      outcome: 'rolled-back',
      data: 'before',
      why: { kind: 'slow', limit: 600_000 },
      lastLines: ['no such table: x'],
    },
  ],
  [
    'unchanged',
    {
      outcome: 'unchanged',
      data: 'before',
      down: undefined,
      aside: undefined,
      newer: [],
      why: {
        kind: 'step',
        step: 'verify',
        cause: 'The copy "/b/0-sqlite" is damaged: it has other contents than were written.',
      },
    },
  ],
  [
    'down',
    {
      outcome: 'down',
      data: 'unknown',
      why: { kind: 'stopped' },
      lost: {
        why: { kind: 'step', step: 'back-data', cause: 'the disk is full.' },
        command: 'steward restore vaultwarden back',
      },
    },
  ],
  [
    'down without anything before',
    { outcome: 'down', data: 'backup', why: { kind: 'stopped' }, aside: undefined },
  ],
  ['placed', { outcome: 'placed', missing: ['vaultwarden'], down: 0 }],
  ['undone', { outcome: 'rolled-back', verb: 'undo', data: 'before' }],
  ['observed', { outcome: 'observed', aside: undefined }],
])('the end of a restore that is %s', (_name, change) => {
  expect(say({ ...done, ...change })).toMatchSnapshot();
});

test('the end of a restore whose way back fails for the same cause says it once', () => {
  const why = { kind: 'step' as const, step: 'start', cause: 'no space left on device' };
  const lost = { why, command: 'steward restore vaultwarden back' };
  const text = say({ ...done, outcome: 'down', data: 'unknown', why, lost });
  expect(text.split('no space left on device')).toHaveLength(2);
});

test('the plan of several restores names each with its moment, and what is left for a person', () => {
  const text = say({
    kind: 'restores-plan',
    folder: '/mnt/usb',
    plans: [plan],
    left: [
      { service: 'wiki', why: 'unknown', definition: '{\n  "containers": ["wiki"]\n}' },
      { service: 'immich', why: 'cause', cause: 'immich-postgres does not exist here.' },
    ],
    at: AT,
  });
  expect(text).toMatchInlineSnapshot(`
    "↩️ Restore 1 service? From /mnt/usb

    1. vaultwarden – as of 04:30:12, 241 MB, restored and equal
    ⚠️ Newer than this backup: ciphers +2, 1 file; the latest 14:02:00

    The first that does not come up has its data put back, and ends the row.
    No backup holds secrets, the configuration of the host, or what each plan calls not covered.

    Left for you:
    ▫️ wiki – not in the services file. Add it, and ask again.
      It was:
      {
        "containers": ["wiki"]
      }
    ▫️ immich – immich-postgres does not exist here."
  `);
});

test('the end of several restores is headed by the one that needs a person', () => {
  const report: Report = {
    kind: 'restores-outcome',
    folder: '/mnt/usb',
    done: [done, { ...done, service: 'immich', outcome: 'down', data: 'backup', why: { kind: 'stopped' } }],
    rest: ['archivebox'],
    left: [],
    at: AT,
  };
  expect(say(report).split('\n')[0]).toBe('🔴 immich is DOWN; 1 of 3 restored');
  expect(say(report)).toMatch(/Not begun: archivebox/);
});
