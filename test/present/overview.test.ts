import { expect, test } from 'vitest';
import type { Finding } from '../../src/report/alerts.ts';
import type { OverviewReport, Trends } from '../../src/report/overview.ts';
import { present } from './present.ts';
import { present as presentIn } from '../../src/present/index.ts';
import { render } from '../../src/telegram/render.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const AT = Date.parse('2026-11-20T08:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const texts = textsOf('en', 'UTC');
const service = (name: string, state: 'ok' | 'down' | 'degraded' | 'stopped' = 'ok') => ({
  name,
  title: name,
  state,
  trouble: undefined,
});

const good: OverviewReport = {
  kind: 'overview',
  verdict: 'good',
  span: 'day',
  isWhole: false,
  host: 'minipc',
  from: AT - DAY,
  at: AT,
  services: [service('photos'), service('passwords')],
  alerts: { open: [], ended: [] },
  unseen: [],
  backups: {
    all: 5,
    good: 5,
    oldest: { name: 'passwords', at: AT - 5 * HOUR },
    troubled: [],
    services: [{ name: 'passwords', provenAt: AT - 5 * HOUR, size: 241e6 }],
    notCovered: ['photos in /mnt/data', 'files'],
  },
  disks: [
    { path: '/', used: 61e9, free: 39e9, size: 100e9, growth: 10, daysLeft: 3.9e9 },
    { path: '/mnt/data', used: 1.56e12, free: 412e9, size: 2e12, growth: 2.1e9, daysLeft: 196 },
  ],
  pictures: { filed: 14, waiting: 0, cleaned: 14 },
  updates: [{ name: 'photos', to: 'v2.6.0' }],
  jobs: [],
  errors: { count: 0, last: undefined },
  held: [],
  offline: [],
  trends: undefined,
};
const shown = (report: OverviewReport) => toText(present(report, texts), false);

const finding = (key: string, more: Partial<Finding> = {}): Finding => ({
  key,
  severity: 'critical',
  since: AT - 5 * HOUR,
  fact: {
    kind: 'service',
    title: 'Passwords',
    state: 'down',
    part: undefined,
    trouble: { kind: 'exited', code: 137, outOfMemory: true, at: AT - 5 * HOUR },
    restarts: 0,
    memoryLimit: undefined,
    lastLines: [],
  },
  ...more,
});

test('a good morning is a few lines', () => {
  expect(shown(good)).toBe(`🟢 All good on minipc · Fri 20 Nov

🗄 Backups 5/5 – oldest passwords, 5 h. Not covered: photos in /mnt/data, files
💾 System 61 %
💾 Data 78 %, +2.1 GB a day, full in about 6 months
📸 14 pictures filed, 0 waiting, 14 cleaned
⬆️ 1 update: photos v2.6.0`);
});

test('what is wrong comes first, each trouble once, and what was not looked at is said', () => {
  const alert = {
    finding: finding('service:passwords', { service: 'passwords' }),
    endedAt: undefined,
    times: 1,
    lasted: 5 * HOUR,
  };
  const job = {
    finding: finding('job:drill photos', {
      severity: 'warning',
      fact: { kind: 'job', job: 'drill', subject: 'photos', cause: 'it differs' },
    }),
    endedAt: undefined,
    times: 1,
    lasted: HOUR,
  };
  const bad: OverviewReport = {
    ...good,
    verdict: 'bad',
    services: [service('passwords', 'down'), service('photos', 'degraded'), service('files', 'stopped')],
    alerts: { open: [alert, job], ended: [{ ...alert, endedAt: AT - HOUR, times: 2, lasted: 180_000 }] },
    unseen: [
      { kind: 'host', name: 'stacks', cause: 'the socket does not exist' },
      { kind: 'smoke-test', lastAt: undefined },
      { kind: 'check', key: 'clock', cause: 'nobody tells' },
      { kind: 'check', key: 'smart:', cause: 'no program' },
    ],
    backups: good.backups && {
      ...good.backups,
      good: 4,
      troubled: [{ name: 'photos', worry: 'overdue', provenAt: AT - 30 * HOUR }],
    },
    disks: [{ path: '/mnt/data', lost: 'not-mounted' }],
    pictures: { filed: 0, waiting: 0, cleaned: 0 },
    updates: [],
    jobs: [
      { name: 'drill', subject: 'photos', at: AT - HOUR, times: 1, reason: 'it differs', isOver: false },
      { name: 'clean-album', subject: undefined, at: AT - HOUR, times: 2, reason: 'no route', isOver: false },
      { name: 'back-up', subject: 'photos', at: AT - 3 * HOUR, times: 1, reason: 'full', isOver: true },
    ],
    errors: { count: 3, last: { at: AT - HOUR, message: 'cannot work off the outbox' } },
    held: [
      {
        at: AT - 4 * HOUR,
        severity: 'notice',
        report: { kind: 'note', note: { key: 'job-set', job: 'tidy', paused: true } },
      },
    ],
    offline: [{ from: AT - 6 * HOUR, to: AT - 5 * HOUR }],
  };
  expect(shown(bad)).toBe(`🔴 8 troubles on minipc · Fri 20 Nov
🔴 host stacks cannot be asked: the socket does not exist
🔴 passwords is down since 03:00
🟡 drill photos failed since 03:00
🟡 photos
🔴 /mnt/data is not mounted
🟡 Backup of photos – overdue, last proven 30 h ago
❌ clean-album failed 2 times, last 1 h ago: no route
⚙️ 3 errors of Steward itself, the last: cannot work off the outbox
❔ Not looked at: the smoke test has not run yet
❔ Not looked at: clock, SMART
💤 Offline 02:00 – 03:00: nothing was watched.

⚪ files
🗄 Backups 4/5 – oldest passwords, 5 h. Not covered: photos in /mnt/data, files
🩹 1 trouble came and went: passwords is down (2 times, 3 min)
☑️ back-up photos failed 3 h ago, and went well since
🌙 Held while it was quiet: 1
  04:00 ⏸ tidy is paused.`);
});

test('the whole of it names every service, every backup and each cause', () => {
  const whole = shown({
    ...good,
    verdict: 'unsure',
    isWhole: true,
    unseen: [
      { kind: 'check', key: 'clock', cause: 'nobody tells' },
      { kind: 'check', key: 'smart:', cause: 'no program' },
    ],
  });
  expect(whole).toContain('🟡 Nothing wrong on minipc, but not all could be looked at');
  expect(whole).toContain('❔ Not looked at: clock: nobody tells\n❔ Not looked at: SMART: no program');
  expect(whole).toContain(
    '🩺 2 of 2 services healthy\n  🟢 photos\n  🟢 passwords\n  🗄 passwords – 5 h, 241 MB',
  );
  expect(whole).toMatch(/Since 2026-11-19 08:00$/);
});

const points = (values: readonly number[]) =>
  values.map((value, index) => ({ at: AT - (values.length - 1 - index) * DAY, value }));
const trends: Trends = {
  from: AT - 28 * DAY,
  to: AT,
  disks: [{ path: '/mnt/data', points: points([1.4e12, 1.56e12]), gained: 14e9 }],
  backups: [
    {
      name: 'photos',
      sizes: points([400e6, 412e6]),
      took: points([41_000, 38_000]),
      size: 412e6,
      sizeBefore: 400e6,
    },
    { name: 'files', sizes: points([5e6]), took: [], size: 5e6, sizeBefore: undefined },
  ],
  restarts: { days: [{ day: '2026-11-20', count: 3 }], inWeek: 3, most: { name: 'archive', count: 2 } },
  pictures: { days: [{ day: '2026-11-20', count: 0 }], inWeek: 0 },
};

test('the charts of a week have no letters but Latin ones in Korean, too', () => {
  const { picture } = presentIn({ ...good, span: 'week', trends }, textsOf('ko', 'UTC'));
  expect(JSON.stringify(picture?.charts)).toMatch(/^[ -~]+$/);
});

test('a week has its trends in words, and as charts of what has figures', () => {
  const card = present({ ...good, span: 'week', trends }, texts);
  expect(toText(card, false)).toContain(`🟢 All good on minipc · week to Fri 20 Nov

📦 Backup sizes: photos 412 MB (+3 %), files 5 MB
🔁 3 restarts by itself (most of them archive, 2)
`);
  expect(toText(card, false)).toContain('💾 Data 78 %, +14 GB in the week, full in about 6 months');
  expect(card.picture?.charts).toMatchObject([
    { kind: 'lines', title: 'Disk use', top: '100 %', lines: [{ name: 'Data', newest: '78 %' }] },
    { kind: 'lines', title: 'Backup size', top: '412 MB', lines: [{ name: 'photos', newest: '412 MB' }] },
    { kind: 'lines', title: 'Backup time', top: '41 s', lines: [{ name: 'photos', newest: '38 s' }] },
    { kind: 'bars', title: 'Restarts a day', counts: [3], first: '10-23', last: '11-20' },
  ]);
});

test('a week without figures is a message without a picture', () => {
  const none = { ...trends, disks: [], backups: [], restarts: { days: [], inWeek: 0, most: undefined } };
  const card = present({ ...good, span: 'week', trends: none }, texts);
  expect(card.picture).toBeUndefined();
  expect(toText(card, false)).toContain('🔁 Nothing restarted by itself');
});

test('as a caption the worst is kept, and the end is cut', () => {
  const alerts = Array.from({ length: 40 }, (_, n) => ({
    finding: finding(`service:s${n}`, { service: `service-number-${n}` }),
    endedAt: undefined,
    times: 1,
    lasted: HOUR,
  }));
  const card = present(
    { ...good, verdict: 'bad', span: 'week', trends, alerts: { open: alerts, ended: [] } },
    texts,
  );
  const { plain } = render(card, { button: () => 'token' });
  expect([...plain].length).toBeLessThanOrEqual(1024);
  expect(plain).toContain('service-number-0');
  expect(plain).not.toContain('service-number-39');
});
