/** Each fact of the smoke test as an alert, and as its end. */
import { describe, expect, test } from 'vitest';
import type { AlertReport } from '../../src/report/alerts.ts';
import type { CheckFact } from '../../src/report/host-findings.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';
import { present } from './present.ts';

const texts = textsOf('en', 'UTC');
const NOW = Date.parse('2026-11-20T06:00:00Z');
const GB = 1e9;

const alert = (fact: CheckFact, more: Partial<AlertReport> = {}): AlertReport => ({
  kind: 'alert',
  id: 1,
  finding: { key: 'k', severity: 'warning', since: NOW, fact },
  openedAt: NOW,
  times: 1,
  lasted: 0,
  stillFine: 0,
  stillDown: [],
  endedAt: undefined,
  mended: undefined,
  ackedBy: undefined,
  snoozed: undefined,
  ...more,
});
const shown = (report: Parameters<typeof present>[0]) => toText(present(report, texts), false);

const validTo = Date.parse('2026-11-23T06:00:00Z');
const asked = ['web.example.dev'];
const FACTS: readonly CheckFact[] = [
  { kind: 'disk', path: '/', of: 'space', level: 'alarm', share: 95, free: 25 * GB, size: 500 * GB },
  { kind: 'disk', path: '/mnt/data', of: 'files', level: 'warn', share: 84, free: 160_000, size: 1_000_000 },
  { kind: 'growth', path: '/mnt/data', daily: 12 * GB, daysLeft: 9, free: 110 * GB },
  { kind: 'growth', path: '/', daily: 12 * GB, daysLeft: 0, free: 11 * GB },
  { kind: 'mount', path: '/mnt/data', trouble: 'not-mounted' },
  { kind: 'mount', path: '/mnt/data', trouble: 'silent' },
  { kind: 'mount', path: '/mnt/data', trouble: 'empty' },
  { kind: 'read-only', path: '/mnt/data', device: '/dev/sda1' },
  { kind: 'memory', level: 'alarm', available: 2 ** 28, size: 2 ** 34, pressure: 31 },
  { kind: 'memory', level: 'warn', available: 2 ** 30, size: 2 ** 34, pressure: undefined },
  { kind: 'swap', used: 3.9 * 2 ** 30, size: 4 * 2 ** 30 },
  { kind: 'temperature', sensor: 'coretemp', level: 'alarm', degrees: 97, limit: 95 },
  { kind: 'clock' },
  { kind: 'failed-units', host: 'local', units: ['nightly.service'] },
  { kind: 'failed-units', host: 'stacks', units: ['a.service', 'b.mount'] },
  { kind: 'io-errors', device: 'sda', count: 3, line: 'I/O error, dev sda, sector 1' },
  {
    kind: 'smart',
    device: '/dev/sda',
    model: 'WD Red',
    problems: [{ kind: 'failing' }, { kind: 'sectors', what: 'pending', count: 1 }],
  },
  {
    kind: 'smart',
    device: '/dev/nvme0',
    model: undefined,
    problems: [
      { kind: 'worn', used: 93 },
      { kind: 'spare', left: 5, least: 10 },
      { kind: 'sectors', what: 'media', count: 2 },
    ],
  },
  { kind: 'vpn', interface: 'tailscale0' },
  {
    kind: 'certificate',
    name: '*.example.dev',
    validTo,
    trouble: { kind: 'expiring', level: 'alarm' },
    asked,
  },
  { kind: 'certificate', name: '*.example.dev', validTo, trouble: { kind: 'expired' }, asked },
  { kind: 'certificate', name: 'other.example.org', validTo, trouble: { kind: 'wrong-name' }, asked },
  {
    kind: 'certificate',
    name: '*.example.dev',
    validTo,
    trouble: { kind: 'not-yet', validFrom: NOW },
    asked,
  },
  {
    kind: 'certificate',
    name: '*.example.dev',
    validTo,
    trouble: { kind: 'untrusted', cause: 'unable to get local issuer certificate' },
    asked,
  },
  {
    kind: 'url',
    title: 'Immich',
    url: 'https://immich.example.dev/api/server/ping',
    cause: 'status 502, not 200',
  },
  { kind: 'late-backup', title: 'Immich', provenAt: NOW - 30 * 3_600_000, cause: 'the disk is full.' },
  { kind: 'late-backup', title: 'Immich', provenAt: undefined, cause: undefined },
];

describe('presentAlert', () => {
  test.each(FACTS.map((fact) => [JSON.stringify(fact), fact] as const))('of %s', (_name, fact) => {
    expect(shown(alert(fact))).toMatchSnapshot('alert');
    const end = alert(fact, { endedAt: NOW + 3_600_000, ending: 'well', lasted: 3_600_000 });
    expect(shown(end).split('\n')[0]).toMatchSnapshot('end');
  });
});

describe('presentHostNews', () => {
  test('tells a start of the machine, and versions of engines', () => {
    const engines = [{ host: 'local', was: 'Podman 5.4.2', now: 'Podman 5.5.0' }];
    expect(shown({ kind: 'host-news', rebootedAt: NOW - 60_000, engines, at: NOW })).toMatchInlineSnapshot(`
      "ℹ️ Since the last look
      Start of the machine: 05:59
      The engine of this host: Podman 5.4.2 → Podman 5.5.0"
    `);
  });
});
