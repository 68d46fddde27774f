import { expect, test } from 'vitest';
import { toText } from '../../src/terminal.ts';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { ReleaseState } from '../../src/report/releases.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);
const DAY = 86_400_000;

const state = (more: Partial<ReleaseState>): ReleaseState => ({
  name: 'immich',
  title: 'Immich',
  verdict: { kind: 'fresh' },
  from: 'v2.5.5',
  to: undefined,
  tag: 'release',
  key: undefined,
  images: [],
  size: undefined,
  publishedAt: undefined,
  notes: undefined,
  beyond: undefined,
  troubles: [],
  at: NOW,
  ...more,
});
const report = (
  services: ReleaseState[],
  more: Partial<Extract<Report, { kind: 'releases' }>> = {},
): Report => ({
  kind: 'releases',
  why: 'asked',
  services,
  silent: [],
  at: NOW,
  ...more,
});
const shown = (one: Report) => toText(present(one, textsOf('en', 'UTC')), false);

const update = state({
  verdict: { kind: 'newer-image' },
  to: 'v2.6.0',
  key: 'v2.6.0',
  size: 1_100_000_000,
  publishedAt: NOW - 2 * DAY,
  notes: { url: 'https://example.org/v2.6.0', gist: ['Faster'], breaking: ['Rename a variable'] },
});

test('a fresh service says so, with the image that was compared', () => {
  expect(shown(report([state({ from: 'v2.6.0' })]))).toBe(
    '✅ immich is fresh – v2.6.0, the newest image of release, checked just now. Nothing was restarted.',
  );
});

test('one update: what it is, what breaks, what is new, and the notes', () => {
  const one = report([update]);
  expect(shown(one)).toBe(
    [
      '⬆️ immich v2.5.5 → v2.6.0 · 2 days old · 1.1 GB · ⚠️ breaking change · notes',
      '  ⚠️ Rename a variable',
      '  Faster',
    ].join('\n'),
  );
  expect(present(one, textsOf('en')).buttons?.[0]).toEqual([
    { label: 'Release notes', url: 'https://example.org/v2.6.0' },
  ]);
});

test('the digest counts what can be had and lists the rest under it', () => {
  const kuma = state({
    name: 'uptime-kuma',
    verdict: { kind: 'major' },
    from: '1.23.16',
    to: '2.1.0',
    tag: '1',
    key: '2.1.0',
  });
  const pinned = state({
    name: 'blog',
    verdict: { kind: 'pinned', file: 'modules/blog.nix', tag: 'v2.6.1', nextTag: 'v2.6.3' },
    from: 'v2.6.1',
    to: 'v2.6.3',
    key: 'v2.6.3',
  });
  expect(shown(report([update, pinned, kuma, state({ name: 'copyparty', from: '1.19.20' })]))).toBe(
    [
      '⬆️ 3 updates',
      '',
      'immich v2.5.5 → v2.6.0 · 2 days old · 1.1 GB · ⚠️ breaking change · notes',
      '  ⚠️ Rename a variable',
      '  Faster',
      'blog v2.6.1 → v2.6.3',
      'Pinned: in modules/blog.nix change :v2.6.1 to :v2.6.3, then deploy.',
      'uptime-kuma 2.1.0 is out; your tag :1 stays on 1.x',
      '',
      '✅ copyparty 1.19.20',
    ].join('\n'),
  );
});

test('everything fresh is one line and the names', () => {
  expect(shown(report([state({}), state({ name: 'blog', from: '1.0.0' })]))).toBe(
    '✅ Both fresh, checked just now\n\n✅ immich v2.5.5 · blog 1.0.0',
  );
});

test.each<[string, Partial<ReleaseState>, string]>([
  [
    'a newer image of the same version',
    { verdict: { kind: 'newer-image' }, key: 'sha256:1' },
    '⬆️ immich a newer image of release',
  ],
  [
    'a release without its image',
    { verdict: { kind: 'awaited' }, to: 'v2.6.0' },
    '⏳ immich – v2.6.0 is out; its image is not there yet (you run :release)',
  ],
  [
    'a skipped version',
    { verdict: { kind: 'blocked', reason: { kind: 'skipped' } }, to: 'v2.6.0' },
    '⏭ immich – v2.6.0 is skipped',
  ],
  [
    'a digest that failed',
    {
      verdict: { kind: 'blocked', reason: { kind: 'failed', at: NOW - DAY, why: 'exit code 1' } },
      key: `sha256:${'a'.repeat(64)}`,
    },
    '⛔ immich – sha256:aaaaaaaaaaaa did not come up 2026-11-19: exit code 1',
  ],
  [
    'a database that the next major cannot use',
    {
      verdict: { kind: 'blocked', reason: { kind: 'vectors', image: 'tensorchord/pgvecto-rs:pg16' } },
      to: 'v3.0.0',
    },
    '⛔ immich v3.0.0 is out, but do not update yet: its database runs tensorchord/pgvecto-rs:pg16, which this version cannot use. Move it to VectorChord first.',
  ],
  [
    'an unknown one, with the cause',
    {
      verdict: { kind: 'unknown' },
      troubles: [{ kind: 'rate-limit', what: 'releases of a/b', until: NOW + 60_000 }],
    },
    '❔ immich v2.5.5 – unknown if it is the newest\n⚠️ releases of a/b: too many requests for now, again after 14:41',
  ],
  [
    'a local image',
    { verdict: { kind: 'local' } },
    '🏠 immich – its image was built here; no registry knows it',
  ],
])('%s', (_, more, expected) => {
  expect(shown(report([state(more)]))).toBe(expected);
});

test('services of which nothing was learnt for days are told with the cause', () => {
  const silent = [
    {
      name: 'immich',
      since: NOW - 3 * DAY,
      troubles: [{ kind: 'failed', what: 'releases of a/b', cause: 'no answer in 20 s' } as const],
    },
  ];
  expect(shown(report([], { why: 'digest', silent }))).toBe(
    '⚠️ No news of releases\nimmich could not be checked for 3 days\n  releases of a/b: no answer in 20 s',
  );
});

test('what is known of the last checks says so when it is nothing', () => {
  expect(shown(report([], { why: 'known' }))).toBe('✅ No updates as of the last checks');
});

test('the buttons of an offer stand above its notes', () => {
  const one = { ...report([update]), actions: [[{ label: 'update', command: 'update', args: [] } as const]] };
  expect(present(one, textsOf('en')).buttons?.map(([button]) => button?.label)).toEqual([
    'Update…',
    'Release notes',
  ]);
});

test('a reminder says that it is one', () => {
  expect(
    shown(report([update], { why: 'reminder' }))
      .split('\n')
      .slice(0, 3),
  ).toEqual([
    '⏰ You wanted to be reminded',
    '',
    '⬆️ immich v2.5.5 → v2.6.0 · 2 days old · 1.1 GB · ⚠️ breaking change · notes',
  ]);
});
