import { describe, expect, test } from 'vitest';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { BackupReport, MadeBackup } from '../../src/report/backup-runs.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const texts = textsOf('en', 'UTC');
const NOW = Date.UTC(2026, 10, 20, 14, 40);
const HOUR = 3_600_000;

const shown = (report: Report) => toText(present(report, texts), false).split('\n');
const labels = (report: Report) =>
  (present(report, texts).buttons ?? []).map((row) => row.map(({ label }) => label));

const DATABASE = {
  name: '/data/db.sqlite3',
  kind: 'sqlite',
  level: 'restored',
  tables: 14,
  rows: 8213,
  files: 0,
} as const;
const FILES = { name: '/data', kind: 'files', level: 'restored', tables: 0, rows: 0, files: 240 } as const;

const MADE: MadeBackup = {
  id: '2026-11-20T14-40-00Z',
  folder: '/mnt/data/backups/steward/vaultwarden/2026-11-20T14-40-00Z',
  takenAt: NOW,
  size: 241e6,
  level: 'restored',
  sources: [DATABASE, FILES],
  failed: [],
  leftOut: [],
  shrunk: [],
};
const DONE: BackupReport = {
  kind: 'backup',
  service: 'vaultwarden',
  title: 'Vaultwarden',
  made: MADE,
  why: undefined,
  took: 11_000,
  away: undefined,
  provenAt: NOW,
  keep: { daily: 30, weekly: 0, monthly: 6 },
  notCovered: undefined,
  warnings: [],
  at: NOW,
  actions: [[{ label: 'all-backups', command: 'backups', args: ['vaultwarden'] }]],
};

describe('a backup that was asked for', () => {
  test('says how far it is proven, what is kept and where it is', () => {
    expect(shown(DONE)).toEqual([
      '✅ vaultwarden backed up – 241 MB in 11 s',
      'Restored and equal: 14 tables, 8 213 rows; 240 files',
      'Keeps up to 30 daily, 6 monthly',
      '/mnt/data/backups/steward/vaultwarden/2026-11-20T14-40-00Z',
    ]);
    expect(labels(DONE)).toEqual([['Copy path'], ['All backups']]);
  });

  test('has a line for each level, and says what is not in it', () => {
    const postgres = { ...DATABASE, name: 'postgres immich', kind: 'postgres', level: 'decoded' } as const;
    const made = { ...MADE, level: 'decoded', sources: [postgres, FILES] } as const;
    expect(shown({ ...DONE, made, notCovered: 'photos in /mnt/photos', away: 4000 }).slice(1, 5)).toEqual([
      'Decoded: 14 tables, 8 213 rows',
      'Restored and equal: 240 files',
      'Not in it: photos in /mnt/photos.',
      'It was stopped for 4 s.',
    ]);
  });

  test('that is not proven says why, and that it counts for nothing', () => {
    const failed = [
      {
        name: 'expected rows',
        source: '/data/db.sqlite3',
        detail: '0 rows in "users", at least 1 is expected.',
      },
    ];
    const made = { ...MADE, level: 'copied', sources: [{ ...DATABASE, level: 'copied' }], failed } as const;
    expect(shown({ ...DONE, made }).slice(0, 4)).toEqual([
      '⚠️ vaultwarden copied, but not proven – 241 MB in 11 s',
      'Not proven: 14 tables, 8 213 rows',
      '❌ expected rows of /data/db.sqlite3: 0 rows in "users", at least 1 is expected.',
      'It is kept, but counts for nothing: the ones before it stay as they are.',
    ]);
  });

  test('that failed says why, and from when the last proven one is', () => {
    const why = { kind: 'failed', cause: 'The backup disk is not mounted: it is gone.' } as const;
    expect(shown({ ...DONE, made: undefined, why, provenAt: NOW - 6 * HOUR })).toEqual([
      '❌ vaultwarden was not backed up',
      'Why: The backup disk is not mounted: it is gone.',
      'The last proven one: 08:40:00. It is untouched.',
    ]);
  });

  test('whose service does not start again is told as that', () => {
    const why = { kind: 'not-started', cause: 'Job failed.' } as const;
    expect(shown({ ...DONE, made: undefined, why })[0]).toBe(
      '🔴 vaultwarden is DOWN: it was stopped for its backup and does not start',
    );
  });

  test('of something that has shrunk names the table', () => {
    const shrunk = [
      { kind: 'rows', source: '/data/db.sqlite3', table: 'ciphers', usual: 800, now: 3 },
    ] as const;
    expect(shown({ ...DONE, made: { ...MADE, shrunk } })).toEqual(
      expect.arrayContaining([
        '📉 ciphers of /data/db.sqlite3: 3 instead of about 800.',
        'Until you accept it, the last one from before is kept as well.',
      ]),
    );
  });
});

test('several backups are one summary, worst first', () => {
  const bad = {
    ...DONE,
    service: 'anki',
    made: undefined,
    why: { kind: 'busy', what: 'update' },
  } as const;
  const report: Report = { kind: 'backups-done', done: [DONE, bad], rest: ['Immich'], at: NOW };
  const lines = shown(report);
  expect(lines[0]).toBe('❌ 1 of 3 backed up and proven');
  expect(lines.indexOf('⏭ anki was not backed up now')).toBeLessThan(
    lines.indexOf('✅ vaultwarden backed up – 241 MB in 11 s'),
  );
  expect(lines.at(-1)).toBe('Not begun: Immich.');
});

test('the plan of a backup says what is stopped, and that a client is there', () => {
  const report: Report = {
    kind: 'backup-plan',
    services: [
      { service: 'anki-sync', title: 'Anki', stops: ['anki-sync-server'], isBusy: true, away: 3000 },
    ],
    at: NOW,
    asks: { until: NOW },
  };
  expect(shown(report)).toEqual([
    '🗄 Back up anki-sync?',
    'anki-sync is stopped for its copy (anki-sync-server), about 3 s, and starts again whatever happens.',
    '⚠️ A client is connected to anki-sync now; it would be thrown out.',
    'Valid until 14:40',
  ]);
});

test('what is told of backups by itself names the service, the trouble and the last proven one', () => {
  const report: Report = {
    kind: 'backup-troubles',
    troubled: [
      {
        service: 'notes',
        title: 'Notes',
        trouble: { kind: 'failed', cause: 'The disk is full.', failures: 3 },
        provenAt: NOW - 6 * HOUR,
      },
    ],
    recovered: [],
    at: NOW,
  };
  expect(shown(report)).toEqual([
    '⚠️ The backup of notes needs a look',
    'notes failed 3 times: The disk is full.',
    'The last proven one: 08:40:00.',
  ]);
  const recovered: Report = {
    kind: 'backup-troubles',
    troubled: [],
    recovered: [{ service: 'notes', title: 'Notes', since: NOW - 5 * HOUR }],
    at: NOW,
  };
  expect(shown(recovered)).toEqual(['✅ notes is backed up and proven again, after 5 h.']);
});

test('a drill says how long a real restore would take', () => {
  const report: Report = {
    kind: 'drill',
    service: 'immich',
    title: 'Immich',
    id: MADE.id,
    takenAt: NOW - HOUR,
    level: 'restored',
    sources: [{ ...DATABASE, kind: 'postgres' }],
    failed: [],
    leftOut: [{ name: 'vector indexes', source: 'postgres immich', detail: 'face_index' }],
    restoreTook: 62_000,
    took: 80_000,
    at: NOW,
  };
  expect(shown(report)).toEqual([
    '✅ immich: the backup of 13:40:00 restores',
    'Restored and equal: 14 tables, 8 213 rows',
    'Left out: vector indexes of postgres immich: face_index.',
    'A real restore of its databases would take about 1 min 2 s.',
  ]);
});

test('a service that a kill left stopped is told when it runs, and when it does not', () => {
  const report = {
    kind: 'unpaused',
    service: 'anki',
    title: 'Anki',
    away: 60_000,
    lost: undefined,
    at: NOW,
  } as const;
  expect(shown(report)[0]).toMatch(
    /^⚡ anki runs again: I was ended while it was stopped for its backup, 1 min ago\./,
  );
  expect(shown({ ...report, lost: 'Job failed.' })[0]).toMatch(/^🔴 anki is DOWN/);
});
