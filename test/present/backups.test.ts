import { expect, test } from 'vitest';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { ListedBackup, ServiceBackups } from '../../src/report/backups.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);
const HOUR = 3_600_000;
const texts = textsOf('en', 'UTC');
const card = (report: Report) => present(report, texts);
const shown = (report: Report) => toText(card(report), false);

const backup = (hours: number, more: Partial<ListedBackup> = {}): ListedBackup => ({
  id: `${new Date(NOW - hours * HOUR).toISOString().slice(0, 19).replaceAll(':', '-')}Z`,
  takenAt: NOW - hours * HOUR,
  size: 241_000_000,
  level: 'restored',
  isProven: true,
  drilledAt: undefined,
  drillTook: undefined,
  trouble: undefined,
  ...more,
});
const standing = (service: string, more: Partial<ServiceBackups> = {}): ServiceBackups => ({
  service,
  title: service,
  state: 'ok',
  worry: undefined,
  newest: backup(5),
  proven: backup(5),
  count: 36,
  shrunk: [],
  notCovered: undefined,
  offSite: undefined,
  nextAt: NOW + 14 * HOUR,
  ...more,
});

test('presentBackups says that all is well, and what nobody backs up', () => {
  const text = shown({
    kind: 'backups',
    services: [standing('vaultwarden'), standing('anki', { proven: backup(6, { level: 'decoded' }) })],
    uncovered: ['copyparty', 'caddy'],
    lost: undefined,
    at: NOW,
  });
  expect(text).toBe(
    [
      '🟢 Backups: both proven',
      '',
      '🟢 vaultwarden – 5 h ago, restored and equal, 241 MB, 36 kept',
      '🟢 anki – 6 h ago, decoded, 241 MB, 36 kept',
      '',
      'Not backed up: copyparty, caddy',
    ].join('\n'),
  );
});

test('presentBackups puts the worst first, and says it in the first line', () => {
  const text = shown({
    kind: 'backups',
    services: [
      standing('vaultwarden'),
      standing('anki', { state: 'degraded', worry: 'overdue', proven: backup(80) }),
      standing('immich', { state: 'down', worry: 'never', proven: undefined, count: 2 }),
      standing('kuma', { state: 'down', worry: 'never', proven: undefined, newest: undefined, count: 0 }),
    ],
    uncovered: [],
    lost: 'The backup disk is not mounted.',
    at: NOW,
  });
  expect(text).toBe(
    [
      '🔴 Backups: 1 of 4 fine · immich has no proven backup, 2 more',
      '🔴 As last seen. The backup disk is not mounted.',
      '',
      '🔴 immich – none of 2 backups is proven',
      '🔴 kuma – none is proven yet',
      '🟡 anki – overdue, 3 days ago, restored and equal, 241 MB, 36 kept',
      '🟢 vaultwarden – 5 h ago, restored and equal, 241 MB, 36 kept',
    ].join('\n'),
  );
  expect(shown({ kind: 'backups', services: [], uncovered: [], lost: undefined, at: NOW })).toBe(
    '⚪ No backups: no service has any configured.',
  );
});

test('presentBackups and presentServiceBackups say what is in the second place, and each cause of trouble once', () => {
  const well = { sentAt: NOW - 9 * HOUR, sampledAt: undefined, trouble: undefined };
  const kuma = standing('kuma', { offSite: well });
  const all = (services: ServiceBackups[]) =>
    shown({ kind: 'backups', services, uncovered: [], lost: undefined, at: NOW }).split('\n');
  expect(all([kuma, standing('notes', { offSite: { ...well, sentAt: NOW - 30 * HOUR } })]).slice(-1)).toEqual(
    ['Second place: 05:40:00'],
  );
  const offSite = { ...well, trouble: 'restic says: wrong password or no key found' };
  const broken = (service: string) => standing(service, { state: 'degraded', worry: 'off-site', offSite });
  expect(all([kuma, broken('notes'), broken('anki')])).toEqual([
    '🟡 Backups: 1 of 3 fine · notes has trouble in the second place, 1 more',
    '',
    '🟡 notes – trouble in the second place, 5 h ago, restored and equal, 241 MB, 36 kept',
    '🟡 anki – trouble in the second place, 5 h ago, restored and equal, 241 MB, 36 kept',
    '🟢 kuma – 5 h ago, restored and equal, 241 MB, 36 kept',
    'Second place: 05:40:00',
    '⚠️ Second place: restic says: wrong password or no key found.',
  ]);
  const one = shown({
    kind: 'service-backups',
    standing: standing('anki', { offSite: { ...offSite, sentAt: undefined } }),
    backups: [],
    kept: [],
    lost: undefined,
    at: NOW,
  });
  expect(one.split('\n').slice(-2)).toEqual([
    'Second place: nothing is there yet',
    '⚠️ Second place: restic says: wrong password or no key found.',
  ]);
});

test('presentOffSite names the services of each cause, and those that are well again', () => {
  const text = shown({
    kind: 'off-site',
    troubled: [{ trouble: 'restic says: no route to host', services: ['immich', 'kuma'] }],
    recovered: ['anki'],
    at: NOW,
  });
  expect(text).toBe(
    [
      '⚠️ The second place of the backups needs a look',
      'immich, kuma: restic says: no route to host.',
      'The backups here are not touched by it. It is tried again each hour.',
      '✅ The second place of the backups is well again: anki.',
    ].join('\n'),
  );
});

test('presentServiceBackups lists the newest with their levels, and what is kept, due and not covered', () => {
  const report: Report = {
    kind: 'service-backups',
    standing: standing('vaultwarden', {
      notCovered: 'photos in /mnt/data',
      shrunk: [
        { kind: 'rows', source: '/data/db.sqlite3', table: 'ciphers', usual: 8213, now: 12 },
        { kind: 'bytes', source: '/data/files', usual: 240e6, now: 1e6 },
      ],
    }),
    backups: [
      backup(5),
      backup(29, { level: 'copied', isProven: false }),
      backup(53, { level: 'decoded', isProven: false, trouble: 'The check "decode" failed.' }),
      ...Array.from({ length: 9 }, (_, index) => backup(77 + 24 * index)),
    ],
    kept: [
      { period: 'daily', have: 10, of: 30 },
      { period: 'monthly', have: 2, of: 6 },
    ],
    lost: undefined,
    at: NOW,
  };
  const lines = shown(report).split('\n');
  expect(lines.slice(0, 7)).toEqual([
    '🟢 vaultwarden backed up 5 h ago, restored and equal',
    '📉 ciphers in /data/db.sqlite3 has 12, usually 8 213',
    '📉 /data/files has 1 MB, usually 240 MB',
    '',
    '🟢 09:40:00 – restored and equal, 241 MB',
    '🟡 2026-11-19 09:40 – copied only, 241 MB',
    '🔴 2026-11-18 09:40 – decoded, 241 MB. The check "decode" failed.',
  ]);
  expect(lines.slice(-5)).toEqual([
    'and 2 older ones',
    '',
    'Kept: 10 of 30 daily, 2 of 6 monthly',
    'Next: 2026-11-21 04:40',
    '⚠️ Not covered: photos in /mnt/data',
  ]);
  const { kept: _kept, ...ahead } = report;
  expect(shown({ ...ahead, kept: undefined })).toContain('A backup is dated ahead of the clock');
});

test('presentServiceBackups of none says so, and when the first is due', () => {
  expect(
    shown({
      kind: 'service-backups',
      standing: standing('kuma', {
        state: 'down',
        worry: 'never',
        proven: undefined,
        newest: undefined,
        nextAt: undefined,
      }),
      backups: [],
      kept: [{ period: 'daily', have: 0, of: 30 }],
      lost: undefined,
      at: NOW,
    }),
  ).toBe('🔴 kuma: no proven backup\n\nNext: only when you ask for it');
});

test('presentOneBackup shows contents, checks and why it is kept, with its path to copy', () => {
  const report: Report = {
    kind: 'one-backup',
    service: 'vaultwarden',
    title: 'Vaultwarden',
    backup: backup(5, { drilledAt: NOW - 50 * HOUR, drillTook: 41_000 }),
    folder: '/backups/vaultwarden/2026-11-20T09-40-00Z',
    sources: [
      { name: '/data/db.sqlite3', kind: 'sqlite', level: 'restored', tables: 14, rows: 8213, files: 0 },
      { name: '/data/files', kind: 'files', level: 'restored', tables: 0, rows: 0, files: 240 },
    ],
    checks: [
      { name: 'integrity', source: '/data/db.sqlite3', result: 'passed' },
      { name: 'restore', result: 'left out', detail: 'no vectors here' },
      { name: 'expected rows', result: 'failed', detail: 'user has 0' },
    ],
    reasons: [{ kind: 'newest-proven' }, { kind: 'daily', of: '2026-11-20' }],
    notCovered: undefined,
    at: NOW,
  };
  expect(shown(report)).toBe(
    [
      '🟢 vaultwarden, 09:40:00: restored and equal',
      '241 MB · 14 tables, 8 213 rows; 240 files',
      'Restored into a scratch place 2 days ago, which took 41 s',
      '  ✅ Integrity · /data/db.sqlite3',
      '  ▫️ Restoring: no vectors here',
      '  ❌ Expected rows: user has 0',
      'Kept because it is the newest proven one; of the day 2026-11-20.',
      '/backups/vaultwarden/2026-11-20T09-40-00Z',
    ].join('\n'),
  );
  expect(card(report).buttons).toEqual([
    [{ label: 'Copy path', copy: '/backups/vaultwarden/2026-11-20T09-40-00Z' }],
  ]);
  expect(shown({ ...report, reasons: [] })).toContain('It is cleaned up next.');
});

test('presentShrunkAccepted says what is right from now on', () => {
  expect(
    shown({
      kind: 'shrunk-accepted',
      service: 'vaultwarden',
      shrunk: [{ kind: 'rows', source: '/data/db', table: 'ciphers', usual: 800, now: 12 }],
    }),
  ).toBe(
    '✅ vaultwarden: accepted. From now on this is as much as there should be:\n📉 ciphers in /data/db has 12, usually 800',
  );
});
