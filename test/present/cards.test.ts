import { expect, test } from 'vitest';
import { toText } from '../../src/terminal.ts';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { PictureState } from '../../src/report/pictures.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);
const card = (report: Report) => present(report, textsOf('en'));
const shown = (report: Report) => toText(card(report), false);

test('presentPlan of one container says that nothing else depends on it, and how long it was away before', () => {
  const report: Report = {
    kind: 'plan',
    verb: 'restart',
    service: 'vaultwarden',
    title: 'Vaultwarden',
    steps: [{ unit: 'podman-vaultwarden.service', containers: ['vaultwarden'] }],
    dependents: [],
    away: 5200,
  };
  expect(shown(report)).toBe(
    '🔁 Restart vaultwarden? 1 container, about 5 s away. Nothing else depends on it.',
  );
  expect(card(report).buttons).toEqual([
    [
      { label: 'Restart', answer: 'yes', style: 'primary' },
      { label: 'Cancel', answer: 'no' },
    ],
  ]);
});

test('presentPlan of a stop says its order, what goes down with it, and that a boot starts it again', () => {
  const text = shown({
    kind: 'plan',
    verb: 'stop',
    service: 'immich',
    title: 'Immich',
    steps: ['immich-server', 'immich-postgres'].map((name) => ({
      unit: `podman-${name}.service`,
      containers: [name],
    })),
    dependents: ['report.service'],
    away: undefined,
  });
  expect(text).toContain('Goes down with it: report.service. A boot or a deploy starts it again.');
  expect(text).toContain('In this order: immich-server → immich-postgres.');
});

test('presentWork shows done, working and waiting steps with their times', () => {
  const text = shown({
    kind: 'work',
    verb: 'restart',
    service: 'immich',
    startedAt: NOW - 119_000,
    at: NOW,
    steps: [
      { step: 'stop', subject: 'immich-server', state: 'done', took: 9000 },
      { step: 'start', subject: 'immich-server', state: 'working' },
      { step: 'health', state: 'waiting' },
    ],
  });
  expect(text).toBe(
    ['🔵 Restarting immich · 1 min 59 s', '', '✅ Stop – server, 9 s', '🔵 Start – server', '▫️ Health'].join(
      '\n',
    ),
  );
});

test('presentWork shows amounts: how far it is, then how much it was', () => {
  const text = shown({
    kind: 'work',
    verb: 'update',
    service: 'blog',
    to: 'v2',
    startedAt: NOW - 40_000,
    at: NOW,
    steps: [
      { step: 'backup', state: 'done', took: 38_000, done: 412_000_000, total: 412_000_000 },
      { step: 'download', subject: 'blog', state: 'working', done: 200_000_000, total: 1_100_000_000 },
    ],
  });
  expect(text).toBe(
    ['🔵 Updating blog to v2 · 40 s', '', '✅ Backup – 412 MB, 38 s', '🔵 Download – 200 MB of 1.1 GB'].join(
      '\n',
    ),
  );
});

const outcome = (more: Partial<Report & { kind: 'outcome' }>): Report => ({
  kind: 'outcome',
  verb: 'restart',
  service: 'vaultwarden',
  ok: true,
  took: 6000,
  state: undefined,
  trouble: undefined,
  lastLines: [],
  observed: false,
  at: NOW,
  ...more,
});

test('presentOutcome says how long it took until healthy', () => {
  expect(shown(outcome({}))).toBe('✅ vaultwarden restarted – healthy after 6 s');
});

test('presentOutcome of a failure gives the reason and the last lines', () => {
  const text = shown(
    outcome({
      ok: false,
      state: 'down',
      trouble: { kind: 'unit-failed', unit: 'podman-vaultwarden.service', result: 'exit-code' },
      lastLines: ['Error: no config'],
    }),
  );
  expect(text).toBe(
    [
      '❌ vaultwarden: restart failed; it is down now',
      'Why: the unit failed: the program ended with an error.',
      '  Error: no config',
    ].join('\n'),
  );
});

test('presentNote tells what needs no doing', () => {
  const already = (verb: 'start' | 'stop') =>
    shown({ kind: 'note', note: { key: 'already', verb, service: 'copyparty' } });
  expect(already('start')).toBe('✅ copyparty runs already.');
  expect(already('stop')).toBe('⚪ copyparty is stopped already.');
});

test('presentOutcome while observing says that nothing was changed', () => {
  expect(shown(outcome({ observed: true }))).toContain('Would have restarted vaultwarden.');
});

test('presentLogs names the source only where there are several', () => {
  const entry = { at: NOW, text: 'ERROR database is locked', level: 'error' } as const;
  const logs = (sources: string[]): Report => ({
    kind: 'logs',
    subject: 'immich',
    entries: sources.map((source) => ({ ...entry, source })),
    omitted: 0,
    since: undefined,
    asFile: false,
    filter: undefined,
  });
  expect(shown(logs(['server']))).toMatch(/^📄 immich – 1 line · ❌ 1\n {2}\d\d:\d\d:\d\d ERROR/);
  expect(shown(logs(['server', 'ml']))).toContain('ml ERROR');
});

test.each([
  ['[2026-11-20T14:40:07.222Z][request][INFO] GET', '[request][INFO] GET'],
  ['2026-11-20 23:40:07.214 UTC [27] LOG:  checkpoint', '[27] LOG:  checkpoint'],
  ['[Nest] 17  - 2026-11-20T14:40:07.001Z     LOG [Api]', '[Nest] 17  - LOG [Api]'],
  ['14:40:07,5 INFO up', 'INFO up'],
  ['14:40:08 INFO another time', '14:40:08 INFO another time'],
  ['backup of 2026-11-19T14:40:06Z done', 'backup of 2026-11-19T14:40:06Z done'],
])('presentLogs in a message leaves out the time that stands before the line already: %j', (text, left) => {
  const at = NOW + 7000;
  const report: Report = {
    kind: 'logs',
    subject: 'a',
    entries: [{ at, source: 'a', text, level: 'other' }],
    omitted: 0,
    since: undefined,
    asFile: false,
    filter: undefined,
  };
  expect(shown(report).split('\n').at(-1)?.slice('  00:00:00 '.length)).toBe(left);
  expect(card({ ...report, asFile: true }).file?.text).toContain(text);
});

test('presentLogs as a file holds whole times and every line', () => {
  const file = card({
    kind: 'logs',
    subject: 'immich',
    entries: [{ at: NOW, source: 'a', text: 'one', level: 'other' }],
    omitted: 0,
    since: undefined,
    asFile: true,
    filter: undefined,
  }).file;
  expect(file).toEqual({ name: 'immich-2026-11-20.log', text: '2026-11-20T14:40:00.000Z one\n' });
});

const picture = (more: Partial<PictureState> = {}): PictureState => ({
  number: 1432,
  name: 'p1432.jpg',
  path: '/var/lib/steward-pictures/p1432.jpg',
  isReadable: true,
  names: [],
  tiles: [],
  moving: undefined,
  isFrames: false,
  hostPath: undefined,
  width: 591,
  height: 1280,
  size: 212_000,
  state: 'ready',
  duplicate: undefined,
  url: undefined,
  kept: false,
  keepable: false,
  cleaned: false,
  problem: undefined,
  ...more,
});

const pictures = (list: PictureState[], more: Partial<Report & { kind: 'pictures' }> = {}): Report => ({
  kind: 'pictures',
  pictures: list,
  waiting: 0,
  immich: 'on',
  service: 'immich',
  shrunkHint: false,
  ...more,
});

test('presentPictures gives the path first, with a copy button and the place in Immich in a fold', () => {
  const report = pictures([picture({ state: 'filed', hostPath: '/var/lib/immich/4f.jpg' })], {
    shrunkHint: true,
  });
  expect(shown(report)).toBe(
    [
      '📸 Ready for your agent – 591×1280, 212\u{a0}KB',
      '/var/lib/steward-pictures/p1432.jpg',
      'Telegram shrank it. For small text send it as a file.',
      '  In Immich: /var/lib/immich/4f.jpg',
    ].join('\n'),
  );
  expect(card(report).buttons).toEqual([
    [{ label: 'Copy path', copy: '/var/lib/steward-pictures/p1432.jpg' }],
  ]);
});

test('presentPictures of an album counts those that were in the library before', () => {
  const report = pictures([
    picture(),
    picture({ path: '/p/p2.jpg', duplicate: 'library' }),
    picture({ path: '/p/p3.jpg' }),
  ]);
  expect(shown(report).split('\n')[0]).toBe('📸 3 pictures ready, 1 of them was in Immich already');
  expect(card(report).buttons?.[0]?.[0]).toEqual({
    label: 'Copy all',
    copy: '/var/lib/steward-pictures/p1432.jpg /p/p2.jpg /p/p3.jpg',
  });
});

test('presentPictures while Immich is down gives the path and the number that waits', () => {
  const text = shown(pictures([picture()], { immich: 'down', waiting: 3 }));
  expect(text).toBe(
    [
      '🟡 Ready for your agent; Immich is down, filing later',
      '/var/lib/steward-pictures/p1432.jpg',
      '3 pictures waiting. I edit this message when they are filed.',
    ].join('\n'),
  );
});

test('presentPictures while Immich is down leads to its status', () => {
  const row = (more: { service?: undefined }) =>
    card(pictures([picture()], { immich: 'down', waiting: 1, ...more })).buttons?.[0];
  expect(row({})?.[1]).toEqual({ label: 'immich status', command: 'status', args: ['immich'] });
  expect(row({ service: undefined })).toHaveLength(1);
});

test('presentPictures of a file over the limit says the size, the limit and the ways out', () => {
  const refused = picture({
    path: undefined,
    state: 'refused',
    problem: { kind: 'too-large', size: 64e6, limit: 20e6 },
  });
  expect(shown(pictures([refused]))).toBe(
    '❌ Not taken: 64 MB. Telegram lets bots download 20 MB at most.\nUse the Immich app for this one, or run a local Bot API server (up to 2 GB).',
  );
});

test('presentPictures leaves a copy button over 256 characters out and quotes odd paths for a shell', () => {
  const long = pictures([picture({ path: `/${'x'.repeat(300)}.jpg` })]);
  expect(card(long).buttons).toBeUndefined();
  const odd = pictures([picture({ path: "/p/it's.jpg" })]);
  expect(card(odd).buttons?.[0]?.[0]).toMatchObject({ copy: `'/p/it'\\''s.jpg'` });
});

test('presentPictures of a filed picture offers to keep it, and of a kept one to let it go', () => {
  const filed = { state: 'filed', keepable: true } as const;
  const labels = (...list: PictureState[]) => card(pictures(list)).buttons?.flat();
  expect(labels(picture(filed))).toContainEqual({ label: 'Keep', command: 'keep', args: ['1432'] });
  expect(labels(picture({ ...filed, kept: true }))).toContainEqual({
    label: 'Let it go',
    command: 'keep',
    args: ['1432', 'off'],
  });
  const half = [picture({ ...filed, kept: true }), picture({ ...filed, number: 1433 })];
  expect(labels(...half)).toContainEqual({ label: 'Keep', command: 'keep', args: ['1432', '1433'] });
  expect(shown(pictures(half))).toContain('📌 1 of 2 kept until you let it go.');
});

test('presentPictures offers to keep nothing of an album but what cleaning would take', () => {
  const rows = card(
    pictures([
      picture({ duplicate: 'library', state: 'filed' }),
      picture({ number: 9, keepable: true, state: 'filed' }),
    ]),
  ).buttons;
  expect(rows?.[0]?.[1]).toEqual({ label: 'Keep', command: 'keep', args: ['9'] });
});

test('presentPictures of a named picture gives and copies the name first, and the number still', () => {
  const report = pictures([picture({ names: ['/p/bug.jpg', '/p/login-bug.jpg'] })]);
  expect(shown(report).split('\n').slice(1, 3)).toEqual([
    '/p/login-bug.jpg',
    'also /var/lib/steward-pictures/p1432.jpg',
  ]);
  expect(card(report).buttons?.[0]?.[0]).toMatchObject({ copy: '/p/login-bug.jpg' });
});

test('presentPictures of a cleaned picture says what is left of it', () => {
  expect(shown(pictures([picture({ state: 'filed', cleaned: true })]))).toContain(
    'Not in the album any more',
  );
  expect(shown(pictures([picture({ state: 'gone', path: undefined })]))).toBe('🧹 p1432.jpg was cleaned.');
});
