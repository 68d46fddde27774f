import { describe, expect, test } from 'vitest';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { Note } from '../../src/report/notes.ts';
import type { ReleaseState } from '../../src/report/releases.ts';
import type {
  DataDifference,
  UpdateFailure,
  UpdateHazard,
  UpdatePlan,
  UpdateReport,
} from '../../src/report/updates.ts';
import { render } from '../../src/telegram/render.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);
const DAY = 86_400_000;

const texts = textsOf('en', 'UTC');
const lines = (report: Report) => toText(present(report, texts), false).split('\n');
const shown = (report: Report) => lines(report).join('\n');
const labels = (report: Report) =>
  (present(report, texts).buttons ?? []).map((row) => row.map(({ label }) => label));
const html = (report: Report) => render(present(report, texts), { confirm: 'tok', button: () => 'x' });

const image = (container: string, to?: string) => ({
  container,
  image: `ghcr.io/a/${container}:release`,
  digest: 'sha256:1',
  from: 'old',
  to,
});
const plan = (more: Partial<UpdatePlan> = {}): UpdatePlan => ({
  service: 'immich',
  title: 'Immich',
  from: 'v2.5.5',
  to: 'v2.6.0',
  key: 'v2.6.0',
  images: [image('immich-ml'), image('immich-server')],
  size: 1_100_000_000,
  stops: ['immich-server', 'immich-ml'],
  withData: true,
  notCovered: undefined,
  limit: 600_000,
  away: 48_000,
  hazards: [],
  notes: undefined,
  at: NOW,
  ...more,
});
const planned = (more: Partial<UpdatePlan> = {}): Report => ({ kind: 'update-plan', ...plan(more) });

describe('presentUpdatePlan', () => {
  test('says each step, the time away, and what happens when it fails', () => {
    expect(lines(planned())).toEqual([
      '⬆️ Update immich v2.5.5 → v2.6.0?',
      '',
      '1. Backup while it runs, proven and kept with the others',
      '2. Download 2 images, 1.1 GB',
      '3. Stop server and ml, last snapshot at rest, start the new version',
      '4. Wait until healthy, at most 10 min',
      '',
      'Down for about 48 s, as last time. If 3 or 4 fails I put image and data back, as of the stop.',
    ]);
    expect(labels(planned())).toEqual([['Back up and update', 'Cancel']]);
  });

  test('without data has no backup, and says that the data is left alone', () => {
    const one = planned({
      service: 'blog',
      images: [image('blog', 'here')],
      stops: ['blog'],
      withData: false,
      away: undefined,
    });
    expect(lines(one).slice(2)).toEqual([
      '1. The new image is here already',
      '2. Stop it, start the new one',
      '3. Wait until healthy, at most 10 min',
      '',
      'Down during 2 and 3. If 2 or 3 fails I put the image back, and leave the data as it is then.',
    ]);
    expect(labels(one)).toEqual([['Update', 'Cancel']]);
  });

  test.each<[string | undefined, string | undefined, string]>([
    ['v2.5.5', undefined, 'Update immich v2.5.5 to a newer image?'],
    ['v2.5.5', 'v2.5.5', 'Update immich v2.5.5 to a newer image?'],
    [undefined, 'v2.6.0', 'Update immich to v2.6.0?'],
    [undefined, undefined, 'Update immich to a newer image?'],
  ])('from %s to %s reads "%3$s"', (from, to, expected) => {
    expect(lines(planned({ from, to }))[0]).toBe(`⬆️ ${expected}`);
  });

  test('quotes what breaks before what is new, and links the notes', () => {
    const notes = { url: 'https://example.org/notes', gist: ['Faster'], breaking: ['Rename a variable'] };
    expect(shown(planned({ notes }))).toContain(
      '⚠️ The notes mention a breaking change:\n  Rename a variable\n  Faster',
    );
    expect(html(planned({ notes })).text).toContain(
      '<blockquote expandable>Rename a variable\nFaster</blockquote>',
    );
    expect(labels(planned({ notes }))).toEqual([['Back up and update', 'Cancel'], ['Release notes']]);
    expect(shown(planned({ notes: { ...notes, breaking: [] } }))).not.toContain('⚠️');
  });

  test('in chat says until when it holds', () => {
    const asked = { ...planned(), asks: { until: NOW + 120_000 } };
    expect(lines(asked).at(-1)).toBe('Valid until 14:42');
  });

  test('names what no copy is made of', () => {
    expect(shown(planned({ notCovered: 'photos in /mnt/photos' }))).toContain(
      '🗄 No copy is made of: photos in /mnt/photos',
    );
  });

  test.each<[UpdateHazard, RegExp]>([
    [
      { kind: 'pull', unit: 'a.service', how: '--pull=newer' },
      /a\.service pulls by itself \(--pull=newer\).*Take that out/,
    ],
    [
      { kind: 'auto-update', timer: 'x.timer' },
      /x\.timer updates containers, too.*systemctl disable --now x\.timer/,
    ],
    [
      { kind: 'compose-pull', container: 'a', policy: 'always' },
      /a is pulled at each start.*pull_policy: missing/,
    ],
    [{ kind: 'no-data' }, /Nothing says where its data is.*Add backup in services\.yaml/],
    [{ kind: 'image-only' }, /only the image, as configured.*rollback: with-data/],
    [
      { kind: 'failed-before', at: NOW - 2 * DAY, why: 'exit code 1.' },
      /failed with this image 2 days ago: exit code 1\. /,
    ],
    [
      { kind: 'dependents', units: ['a.service', 'b.service'] },
      /started again after it: a\.service and b\.service\./,
    ],
  ])('hazard %j is one line that says what to do', (hazard, expected) => {
    const found = lines(planned({ hazards: [hazard] })).filter((line) => expected.test(line));
    expect(found).toHaveLength(1);
  });
});

const rollback = (more: Partial<Extract<Report, { kind: 'rollback-plan' }>> = {}): Report => ({
  kind: 'rollback-plan',
  id: '20261119t143700',
  service: 'blog',
  title: 'Blog',
  from: 'v2',
  to: 'v1',
  stops: ['blog'],
  data: undefined,
  reason: 'same-schema',
  away: undefined,
  at: NOW,
  ...more,
});
const difference = (
  table: string,
  before: number,
  after: number,
  source = 'postgres blog',
): DataDifference => ({
  source,
  table,
  before,
  after,
});

describe('presentRollbackPlan', () => {
  test('with data says as of when, why, and what is lost: what people know first, the rest in one sum', () => {
    const lost = [
      difference('migrations', 0, 900),
      difference('session', 9, 8),
      difference('album', 3, 6),
      difference('asset', 100, 314),
      difference('tag', 1, 2),
    ];
    const report = rollback({ data: { asOf: NOW - DAY, lost }, reason: 'other-schema' });
    expect(lines(report).slice(0, 4)).toEqual([
      '↩️ Roll back blog v2 → v1?',
      'The data has another form than then, which the old version may not read. So it goes back, too.',
      '🗄 Data as of 2026-11-19 14:40.',
      '⚠️ Written since: asset +214, album +3, session −1, +901 in 2 more tables. The service loses that; it is kept on the disk.',
    ]);
    expect(present(report, texts).buttons?.[0]?.[0]).toEqual({
      label: 'Roll back',
      answer: 'yes',
      style: 'danger',
    });
  });

  test('tables of several sources carry their source', () => {
    const lost = [
      difference('cards', 4, 5, '/srv/a/collection.anki2'),
      difference('rows', 3, 5, '/srv/b.db'),
    ];
    expect(shown(rollback({ data: { asOf: NOW, lost }, reason: 'other-schema' }))).toContain(
      'b.db rows +2, collection.anki2 cards +1.',
    );
  });

  test('of the image alone says whether the data can be read', () => {
    expect(shown(rollback())).toContain('✅ Only the image changes.');
    expect(shown(rollback())).toContain('2. Put the image back, start');
    expect(shown(rollback({ reason: 'not-covered' }))).toContain('there is no copy of the data');
    expect(shown(rollback({ reason: 'not-covered' }))).toContain('1. Stop it\n');
  });

  test('of a service that is down brings it back, and takes no snapshot of what is broken', () => {
    const report = rollback({ from: undefined, data: { asOf: NOW, lost: [] }, reason: 'other-schema' });
    expect(lines(report).slice(0, 2)).toEqual(['↩️ Bring blog back to v1?', 'The data goes back, too.']);
    expect(shown(report)).toContain('1. Stop it\n2. Put image and data back');
  });

  test('that asks for a word has it to copy in the place of the yes', () => {
    const report = {
      ...rollback({ data: { asOf: NOW, lost: [] }, reason: 'other-schema' }),
      asks: { until: NOW + 120_000, typed: 'blog' },
    };
    expect(lines(report).slice(-3)).toEqual(['Valid until 14:42', '', 'To go ahead, reply: blog']);
    expect(html(report).keyboard?.inline_keyboard).toEqual([
      [
        { text: 'Copy', copy_text: { text: 'blog' } },
        { text: 'Cancel', callback_data: 'c:tok:n' },
      ],
    ]);
  });
});

const outcome = (more: Partial<UpdateReport> = {}): UpdateReport => ({
  kind: 'update-outcome',
  verb: 'update',
  id: '20261120t143910',
  service: 'immich',
  title: 'Immich',
  outcome: 'updated',
  from: 'v2.5.5',
  to: 'v2.6.0',
  took: 161_000,
  down: 48_000,
  containers: 4,
  why: undefined,
  lastLines: [],
  data: undefined,
  keptAt: NOW - 60_000,
  lost: undefined,
  warnings: [],
  notes: undefined,
  at: NOW,
  ...more,
});

describe('presentUpdateOutcome', () => {
  test('done: the version, the times, and what is kept for a way back', () => {
    expect(lines(outcome())).toEqual([
      '✅ immich runs v2.6.0 – 2 min 41 s, down for 48 s',
      'All 4 containers healthy.',
      'Way back kept: image v2.5.5 and the snapshot of 14:39',
    ]);
    expect(shown(outcome({ keptAt: undefined }))).toMatch(/Way back kept: image v2\.5\.5$/);
    expect(shown(outcome({ warnings: ['a.service could not be started'] }))).toMatch(
      /⚠️ a\.service could not be started$/,
    );
  });

  test('done: what can be done next stands above the notes', () => {
    const notes = { url: 'https://example.org/notes', gist: [], breaking: [] };
    const status = { label: 'status', command: 'status', args: ['immich'] } as const;
    expect(labels({ ...outcome({ notes }), actions: [[status]] })).toEqual([['Status'], ['Release notes']]);
  });

  test('rolled back: as of when the data is, why it failed in the words of the program, and that it is skipped', () => {
    const report = outcome({
      outcome: 'rolled-back',
      down: 92_000,
      why: { kind: 'exited', code: 1, outOfMemory: false, at: NOW - 14_000 },
      lastLines: ['Migrating', 'Error: migration failed', 'Migrating', 'Error: migration failed'],
      data: { asOf: NOW - 50_000, newer: [], aside: [] },
    });
    expect(lines(report)).toEqual([
      '↩️ immich update failed; v2.5.5 is back and healthy',
      'Data as of 14:39:10, when it stopped; nothing was written since. Down for 1 min 32 s.',
      '',
      'Why: exited with 1.',
      '  Migrating',
      '  Error: migration failed',
      'v2.6.0 is skipped until you ask or a newer one appears.',
    ]);
    expect(html(report).text).toContain(
      '<blockquote expandable><code>Migrating\nError: migration failed</code></blockquote>',
    );
  });

  test('rolled back: what the new version wrote is counted, and where it is kept is said', () => {
    const data = {
      asOf: NOW - 50_000,
      newer: [difference('asset', 100, 102)],
      aside: ['/srv/aside/1', 'immich_before_1'],
    };
    expect(
      lines(outcome({ outcome: 'rolled-back', why: { kind: 'slow', limit: 600_000 }, data })).slice(1, 5),
    ).toEqual([
      'Data as of 14:39:10, when it stopped. Down for 48 s.',
      'Written since, and put aside: asset +2',
      'Kept in /srv/aside/1',
      'Kept in immich_before_1',
    ]);
  });

  test('rolled back as asked is no failure, and nothing is skipped', () => {
    expect(
      lines(outcome({ outcome: 'rolled-back', why: { kind: 'asked' }, lastLines: ['Started'] })),
    ).toEqual([
      '↩️ immich is back on v2.5.5, as asked',
      'Only the image was put back; the data is as the new version left it. Down for 48 s.',
    ]);
  });

  test.each<[string, Partial<UpdateReport>, string[]]>([
    [
      'before the stop',
      { down: undefined, why: { kind: 'step', step: 'download', cause: 'connection refused' } },
      [
        '❌ immich was not updated',
        'Nothing was stopped; v2.5.5 runs as before.',
        '',
        'Why: the download failed: connection refused.',
      ],
    ],
    [
      'after the stop',
      { down: 12_000, why: { kind: 'step', step: 'snapshot', cause: 'no space left on device' } },
      [
        '❌ immich was not updated',
        'v2.5.5 runs again with its data as it was, down for 12 s.',
        '',
        'Why: the snapshot at rest failed: no space left on device.',
      ],
    ],
    [
      'as asked',
      { down: undefined, why: { kind: 'asked' } },
      ['✖️ immich: update cancelled', 'Nothing was stopped; v2.5.5 runs as before.'],
    ],
  ])('unchanged %s says that the old version runs', (_, more, expected) => {
    expect(lines(outcome({ outcome: 'unchanged', ...more }))).toEqual(expected);
  });

  test('down: both reasons, and the command to run, to be copied', () => {
    const command = 'steward rollback immich --to 20261120t143910';
    const report: Report = {
      ...outcome({
        outcome: 'down',
        why: { kind: 'unit-failed', unit: 'a.service', result: 'exit-code' },
        lastLines: ['boom'],
        lost: { why: { kind: 'step', step: 'back-data', cause: 'disk full' }, command },
      }),
      actions: [[{ label: 'try-roll-back', command: 'rollback', args: ['immich'], style: 'primary' }]],
    };
    expect(lines(report)).toEqual([
      '🔴 immich is DOWN; update and rollback both failed',
      'The snapshot of 14:39 is complete.',
      '',
      'Why: the unit failed: the program ended with an error.',
      '  boom',
      'Why no way back: putting the data back failed: disk full.',
      '',
      'On the server, run:',
      command,
    ]);
    expect(html(report).keyboard?.inline_keyboard).toMatchObject([
      [{ text: 'Try rollback again', style: 'primary' }],
      [{ text: 'Copy command', copy_text: { text: command } }],
    ]);
    expect(html(report).text).toContain(`<code>${command}</code>`);
  });

  test('a rollback that worked names the version that runs again', () => {
    const report = outcome({ verb: 'rollback', from: 'v2.6.0', to: 'v2.5.5', keptAt: undefined });
    expect(lines(report)).toEqual([
      '↩️ immich is back on v2.5.5 – 2 min 41 s, down for 48 s',
      'All 4 containers healthy.',
    ]);
  });

  test('only observed: says that nothing was changed', () => {
    expect(shown(outcome({ outcome: 'observed' }))).toBe(
      '👁 Would have updated immich v2.5.5 → v2.6.0. Steward only observes (STEWARD_OBSERVE); nothing was changed.',
    );
  });

  test.each<[UpdateFailure, string]>([
    [{ kind: 'gone' }, 'its container is gone'],
    [{ kind: 'exited', code: 137, outOfMemory: true, at: NOW }, 'exited with 137: out of memory'],
    [{ kind: 'restarting', restarts: 3 }, 'restarting again and again, 3 restarts'],
    [
      { kind: 'no-answer', url: 'http://x/', cause: 'refused' },
      'runs, but http://x/ does not answer: refused',
    ],
    [{ kind: 'step', step: 'back-images', cause: 'gone' }, 'putting the image back failed: gone'],
    [
      { kind: 'step', step: 'download', cause: `no such image: a@sha256:${'b'.repeat(64)}` },
      'the download failed: no such image: a@sha256:bbbbbbbbbbbb…',
    ],
    [{ kind: 'slow', limit: 600_000 }, 'it was not healthy within 10 min'],
    [{ kind: 'version', expected: 'v2', found: 'v1' }, 'it runs, but as v1 instead of v2'],
    [{ kind: 'image', container: 'a' }, 'something else gave a another image: a deploy, or another updater'],
    [{ kind: 'cut-off' }, 'Steward was stopped in the middle of it'],
  ])('why %j reads "%s"', (why, expected) => {
    expect(lines(outcome({ outcome: 'rolled-back', why }))).toContain(`Why: ${expected}.`);
  });

  test('text of a log cannot break the message', () => {
    const report = outcome({ outcome: 'rolled-back', why: { kind: 'gone' }, lastLines: ['<b>&</code>'] });
    expect(html(report).text).toContain('&lt;b&gt;&amp;&lt;/code&gt;');
  });
});

const pinned: ReleaseState = {
  name: 'wiki',
  title: 'Wiki',
  verdict: { kind: 'pinned', file: 'wiki.nix', tag: 'v1', nextTag: 'v2' },
  from: 'v1',
  to: 'v2',
  tag: 'v1',
  key: 'v2',
  images: [],
  size: undefined,
  publishedAt: undefined,
  notes: undefined,
  beyond: undefined,
  troubles: [],
  at: NOW,
};

describe('several updates', () => {
  test('presentUpdatesPlan lists them in order, with their hazards, and what is left for a person', () => {
    const plans = [plan(), plan({ service: 'blog', size: 0, hazards: [{ kind: 'image-only' }] })];
    const report: Report = { kind: 'updates-plan', plans, left: [pinned], at: NOW };
    const text = shown(report);
    expect(text).toContain(
      '⬆️ Update 2 services, one after another?\n\n1. immich v2.5.5 → v2.6.0 · 1.1 GB\n',
    );
    expect(text).toContain('2. blog v2.5.5 → v2.6.0\n⚠️ The way back has only the image');
    expect(text).toContain('Left for you:\n▫️ wiki v2: pinned, change v1 to v2 in wiki.nix');
    expect(labels(report)).toEqual([['Update both', 'Cancel']]);
  });

  test('presentUpdatesPlan says of what cannot be told why, instead of calling it fresh', () => {
    const unknown: ReleaseState = {
      ...pinned,
      name: 'cloud',
      verdict: { kind: 'unknown' },
      troubles: [{ kind: 'failed', what: 'image a/cloud', cause: 'no answer in 20 s' }],
    };
    const stopped = { name: 'feeds', cause: 'feeds does not run: start feeds first.' };
    const report: Report = { kind: 'updates-plan', plans: [], left: [unknown, stopped], at: NOW };
    expect(lines(report).slice(2)).toEqual([
      'Left for you:',
      '❔ cloud – image a/cloud: no answer in 20 s',
      '❔ feeds – feeds does not run: start feeds first.',
    ]);
  });

  test('presentUpdatesPlan of nothing asks nothing', () => {
    const report: Report = { kind: 'updates-plan', plans: [], left: [], at: NOW };
    expect(shown(report)).toBe('✅ Nothing to update.');
    expect(labels(report)).toEqual([]);
  });

  test('presentUpdatesOutcome: all well is one line and theirs', () => {
    const report: Report = {
      kind: 'updates-outcome',
      done: [outcome(), outcome({ service: 'blog', down: undefined })],
      rest: [],
      at: NOW,
    };
    expect(lines(report)).toEqual([
      '✅ 2 services updated',
      '',
      '✅ immich runs v2.6.0 – 2 min 41 s, down for 48 s',
      '✅ blog runs v2.6.0 – 2 min 41 s',
    ]);
  });

  test('presentUpdatesOutcome: the one that needs a person comes first, then what was done, then what was not begun', () => {
    const failed = outcome({ service: 'blog', outcome: 'rolled-back', why: { kind: 'gone' } });
    const report: Report = { kind: 'updates-outcome', done: [outcome(), failed], rest: ['wiki'], at: NOW };
    const text = lines(report);
    expect(text[0]).toBe('↩️ 1 of 3 updated; blog needs a look');
    expect(text[2]).toBe('↩️ blog update failed; v2.5.5 is back and healthy');
    expect(text.slice(-2)).toEqual([
      '✅ immich runs v2.6.0 – 2 min 41 s, down for 48 s',
      '⏸ Not begun: wiki',
    ]);
  });

  test('presentUpdatesOutcome: one that is down is the first word', () => {
    const down = outcome({
      service: 'blog',
      outcome: 'down',
      lost: { why: { kind: 'gone' }, command: 'steward rollback blog' },
    });
    const report: Report = { kind: 'updates-outcome', done: [down], rest: ['wiki'], at: NOW };
    expect(lines(report)[0]).toBe('🔴 blog is DOWN; 0 of 2 updated');
    expect(labels(report)).toEqual([['Copy command']]);
  });
});

const note = (one: Note): Report => ({ kind: 'note', note: one });

describe('short answers about updates', () => {
  const fresh = {
    key: 'fresh',
    service: 'immich',
    version: 'v2.6.0',
    tag: 'release',
    url: undefined,
  } as const;

  test.each<[Note, string]>([
    [
      fresh,
      '✅ immich is fresh – v2.6.0, the newest image of release, checked just now. Nothing was restarted.',
    ],
    [
      { ...fresh, version: undefined, tag: undefined },
      '✅ immich is fresh – checked just now. Nothing was restarted.',
    ],
    [
      { key: 'superseded', service: 'immich', what: 'v2.6.0', now: 'v2.6.1' },
      '🔄 immich v2.6.0 is not offered any more; v2.6.1 is. Nothing was changed.',
    ],
    [
      { key: 'superseded', service: 'immich', what: 'v2.6.0', now: undefined },
      '🔄 immich v2.6.0 is not offered any more. Nothing was changed.',
    ],
    [{ key: 'asked', what: 'wait', service: 'immich' }, '⏳ immich: 10 min more to become healthy.'],
    [{ key: 'not-asked', why: 'back', service: 'immich' }, '✋ immich is on its way back already.'],
  ])('%j', (one, expected) => {
    expect(shown(note(one))).toBe(expected);
  });

  test('fresh has its notes at hand', () => {
    expect(labels(note({ ...fresh, url: 'https://example.org/notes' }))).toEqual([['Release notes']]);
  });

  test('each fits the few words that a tap is answered with', () => {
    const longest = 'a-service-with-a-rather-long-name';
    const answers: Note[] = [
      { key: 'not-asked', why: 'stopped', service: longest },
      { key: 'asked', what: 'cancel', service: longest },
      { key: 'wrong-word', word: longest },
    ];
    for (const one of answers) expect([...shown(note(one))].length).toBeLessThanOrEqual(200);
  });
});
