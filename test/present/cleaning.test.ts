import { expect, test } from 'vitest';
import { toText } from '../../src/terminal.ts';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { CleaningReport } from '../../src/report/pictures.ts';
import { textsOf } from '../../src/texts/index.ts';

const card = (report: Report) => present(report, textsOf('en'));
const shown = (report: Report) => toText(card(report), false);

const cleaning = (more: Partial<CleaningReport> = {}): CleaningReport => ({
  kind: 'cleaning',
  stage: 'done',
  mode: 'clean',
  album: 'Claude Code Temp',
  folder: '/var/lib/steward-pictures',
  minAge: 3 * 3_600_000,
  deleted: 14,
  kept: 0,
  young: 0,
  foreign: 0,
  takenOut: 0,
  released: 0,
  adopted: 0,
  isMade: false,
  putBack: 0,
  failed: undefined,
  trouble: undefined,
  copies: 0,
  folderTrouble: undefined,
  ...more,
});

test('presentCleaning tells the count, and what was left and why', () => {
  const report = cleaning({ kept: 2, young: 1, foreign: 1, released: 1, copies: 9 });
  expect(shown(report)).toBe(
    [
      '🧹 Claude Code Temp cleaned: 14 pictures deleted',
      '📌 2 kept',
      '1 younger than 3 h',
      '1 picture in it that I did not put there: left alone',
      '1 of mine taken out of it by somebody: left in the library',
      'Copies of 9 pictures in /var/lib/steward-pictures removed',
    ].join('\n'),
  );
  expect(card(report).buttons).toBeUndefined();
});

test('presentCleaning of a plan asks, with the number on the button', () => {
  const plan = cleaning({ stage: 'plan', deleted: 1, copies: 2 });
  expect(shown(plan)).toBe(
    [
      '🧹 Clean Claude Code Temp? 1 picture is deleted for good.',
      'Copies of 2 pictures in /var/lib/steward-pictures are past their time and go too',
    ].join('\n'),
  );
  expect(card(plan).buttons).toEqual([
    [
      { label: 'Delete 1', answer: 'yes', style: 'danger' },
      { label: 'Cancel', answer: 'no' },
    ],
  ]);
});

test('presentCleaning of a plan without anything to do has no button to confirm', () => {
  const plan = cleaning({ stage: 'plan', deleted: 0, young: 3 });
  expect(shown(plan)).toBe('✨ Nothing to clean in Claude Code Temp\n3 younger than 3 h');
  expect(card(plan).buttons).toBeUndefined();
});

test('presentCleaning of copies alone does not threaten to delete in Immich', () => {
  const plan = cleaning({ stage: 'plan', deleted: 0, copies: 1 });
  expect(shown(plan)).toContain('Nothing is deleted in Immich.');
  expect(card(plan).buttons?.[0]?.[0]).toEqual({ label: 'Clean', answer: 'yes', style: 'primary' });
});

test.each([
  ['down', 'connect ECONNREFUSED', 'Immich is down (connect ECONNREFUSED). I try again tomorrow'],
  ['maintenance', '', 'Immich is in maintenance mode'],
  ['key', 'Invalid API key', 'Immich does not know the key in IMMICH_API_KEY'],
  ['permission', 'asset.delete', 'lacks the permission asset.delete'],
  ['failed', 'Internal server error', 'Internal server error'],
] as const)(
  'presentCleaning of trouble %s says what to do, and what was deleted before',
  (reason, cause, text) => {
    const told = shown(cleaning({ deleted: 3, trouble: { reason, cause } }));
    expect(told).toContain(`🟡 Claude Code Temp is not clean: `);
    expect(told).toContain(text);
    expect(told).toContain('3 pictures deleted before that.');
  },
);

test('presentCleaning says what could not be deleted, and that the album was made anew', () => {
  expect(shown(cleaning({ deleted: 0, failed: { count: 2, cause: 'No access' } }))).toBe(
    '🧹 Claude Code Temp cleaned: 0 pictures deleted\n⚠️ 2 pictures could not be deleted: No access',
  );
  expect(shown(cleaning({ deleted: 0, isMade: true, putBack: 3 }))).toContain(
    'The album was gone: made anew, with 3 of my pictures.',
  );
});

test('presentCleaning while observing says what would have been done, and that nothing was', () => {
  expect(shown(cleaning({ stage: 'observed' }))).toBe(
    '👁 Would have deleted 14 pictures from Claude Code Temp\nSteward only observes (STEWARD_OBSERVE); nothing was changed.',
  );
});

test('presentCleaning of others says that they stay in the library', () => {
  const plan = cleaning({ stage: 'plan', mode: 'others', deleted: 0, foreign: 2, takenOut: 2, kept: 5 });
  expect(shown(plan)).toBe(
    '↪️ Take 2 pictures out of Claude Code Temp? I did not put them there. Nothing is deleted: they stay in the library.',
  );
});

test('presentCleaning of adopt says what is taken up and what is not known of it', () => {
  const told = shown(cleaning({ stage: 'plan', mode: 'adopt', adopted: 12, deleted: 10, young: 2 }));
  expect(told).toContain('12 pictures of mine that I did not remember: to be taken up.');
  expect(told).toContain('Which of them were kept I do not know.');
});

test('presentImages lists path, age, size and state, and leaves the button out where the file is missing', () => {
  const entry = { number: 7, sentAt: 0, width: 640, height: 480, size: 12_000 } as const;
  const report: Report = {
    kind: 'images',
    at: 12 * 60_000,
    pictures: [
      { ...entry, path: '/p/login-bug.jpg', name: 'login-bug.jpg', state: 'kept' },
      { ...entry, path: undefined, name: 'p6.jpg', state: 'filed' },
      { ...entry, path: '/p/p5.pdf', name: 'p5.pdf', state: 'local', width: undefined, height: undefined },
    ],
  };
  expect(shown(report)).toBe(
    [
      '🖼 The last 3 pictures',
      '',
      '/p/login-bug.jpg',
      '12 min ago, 640×480, 12 KB, 📌 kept',
      '',
      'p6.jpg',
      '12 min ago, 640×480, 12 KB, its file is not there any more',
      '',
      '/p/p5.pdf',
      '12 min ago, 12 KB, in the folder alone',
    ].join('\n'),
  );
  expect(card(report).buttons).toEqual([
    [
      { label: 'login-bug.jpg', copy: '/p/login-bug.jpg' },
      { label: 'p5.pdf', copy: '/p/p5.pdf' },
    ],
  ]);
});
