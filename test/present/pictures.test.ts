import { expect, test } from 'vitest';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { ImmichTrouble, PictureProblem, PictureState } from '../../src/report/pictures.ts';
import { plain } from '../../src/rich.ts';
import { textsOf } from '../../src/texts/index.ts';

const texts = textsOf('en', 'UTC');
const lines = (report: Report): string[] =>
  present(report, texts).blocks.flatMap((block) =>
    'quote' in block ? block.quote.map((line) => `  ${plain(line)}`) : plain(block).split('\n'),
  );

const picture = (number: number, more: Partial<PictureState> = {}): PictureState => ({
  number,
  name: `p${number}.jpg`,
  path: `/p/p${number}.jpg`,
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
const reportOf = (list: PictureState[]): Report => ({
  kind: 'pictures',
  pictures: list,
  waiting: 0,
  immich: 'on',
  service: undefined,
  shrunkHint: false,
});
const card = (list: PictureState[]): string[] => lines(reportOf(list));
const trouble = (reason: ImmichTrouble, cause = ''): PictureProblem => ({ kind: 'immich', reason, cause });

test.each([
  ['maintenance', '', 'Immich is in maintenance mode. I file it when that is over.'],
  ['key', 'Invalid API key', 'Immich does not know the key in IMMICH_API_KEY.'],
  ['permission', 'albumAsset.create', 'lacks the permission albumAsset.create.'],
  ['too-large', '', 'a proxy before it refuses files of this size. The path works.'],
  ['disk-full', '', "Immich's disk is full. I file it when there is room."],
  ['rejected', 'Unsupported file type', 'Not in Immich, which says: Unsupported file type. The path works.'],
  ['failed', 'Internal server error', 'Immich could not take it yet: Internal server error. I try again.'],
] as const)(
  'that Immich does not take a picture (%s) is a sentence of its own, under the path',
  (reason, cause, says) => {
    const [first, second, third, ...others] = card([picture(1, { problem: trouble(reason, cause) })]);
    expect(first).toContain('Ready for your agent');
    expect(second).toBe('/p/p1.jpg');
    expect(third).toContain(says);
    expect(others).toEqual([]);
  },
);

test('what all pictures of an album have in common is said once', () => {
  const problem = trouble('maintenance');
  const told = card([1, 2, 3].map((number) => picture(number, { problem })));
  expect(told.filter((line) => line.includes('maintenance'))).toHaveLength(1);
});

test('what some pictures of an album have is said with their names', () => {
  const tiny = { kind: 'tiny', width: 9, height: 9 } as const;
  const told = card([picture(1), picture(2, { problem: tiny }), picture(3, { problem: tiny })]);
  expect(told.at(-1)).toBe('⚠️ Only 9×9 pixels: an agent sees little in it. (p2.jpg, p3.jpg)');
});

test('one that was not taken is told beside those that were', () => {
  const problem = { kind: 'too-large', size: 64e6, limit: 20e6 } as const;
  const told = card([picture(1), picture(2, { path: undefined, name: '', state: 'refused', problem })]);
  expect(told.slice(0, 3)).toEqual([
    '📸 Ready for your agent – 591×1280, 212\u{a0}KB',
    '/p/p1.jpg',
    '❌ Not taken: 64 MB. Telegram lets bots download 20 MB at most.',
  ]);
});

test('over the limit of a local Bot API server none is recommended', () => {
  const problem = { kind: 'too-large', size: 2.5e9, limit: 2e9 } as const;
  const [told] = card([picture(1, { path: undefined, state: 'refused', problem })]);
  expect(told).toBe('❌ Not taken: 2.5 GB. I take 2 GB at most. Use the Immich app for this one.');
});

test('what an agent cannot read is not called ready for it', () => {
  const problem = { kind: 'unsupported', format: 'JPEG XL' } as const;
  const told = card([picture(1, { isReadable: false, width: undefined, height: undefined, problem })]);
  expect(told).toEqual([
    '📎 Kept as it is – 212\u{a0}KB',
    '/p/p1.jpg',
    '⚠️ A coding agent cannot read JPEG XL. Send it as JPEG or PNG.',
  ]);
});

test('what moves is beside what can be read, and in an album in a fold', () => {
  const moving = '/p/p1.mp4';
  expect(card([picture(1, { moving })]).slice(1)).toEqual(['/p/p1.jpg', '🎞 Its clip: /p/p1.mp4']);
  const both = card([picture(1, { moving }), picture(2, { moving: '/p/p2.mov' })]);
  expect(both.slice(-3)).toEqual(['🎞 The videos themselves:', '  /p/p1.mp4', '  /p/p2.mov']);
});

test('of a video it is said that its frames are shown', () => {
  const told = card([picture(1, { moving: '/p/p1.mp4', isFrames: true })]);
  expect(told.slice(1)).toEqual(['/p/p1.jpg', '🎞 Some of its frames; the video itself: /p/p1.mp4']);
});

test('a document that an agent reads as it is has no size in pixels', () => {
  const told = card([picture(1, { path: '/p/p1.pdf', width: undefined, height: undefined })]);
  expect(told).toEqual(['📄 Ready for your agent – 212\u{a0}KB', '/p/p1.pdf']);
});

test('the pieces of a long screenshot are copied by a button of their own', () => {
  const tiles = ['/p/p1-1.png', '/p/p1-2.png'];
  const { buttons } = present(reportOf([picture(1, { tiles })]), texts);
  expect(buttons).toEqual([
    [{ label: 'Copy path', copy: '/p/p1.jpg' }],
    [{ label: 'Copy 2 pieces', copy: '/p/p1-1.png /p/p1-2.png' }],
  ]);
});

test('who does not see the pictures is told with what to do', () => {
  const shut = { key: 'agent-shut-out', uid: 1000, folder: '/var/lib/a/p', closed: '/var/lib/a' } as const;
  expect(lines({ kind: 'note', note: shut })).toEqual([
    '🔒 The agent cannot open the pictures. They are in /var/lib/a/p, and /var/lib/a lets the user 1000 not in.',
    'On the server, run: sudo chmod o+x /var/lib/a',
  ]);
  const unseen = { key: 'album-unseen', album: 'Temp', email: 'me@example.dev' } as const;
  const why = [
    { kind: 'no-account' },
    { kind: 'permission', permission: 'albumUser.create' },
    { kind: 'other', cause: 'User not found' },
  ] as const;
  const told = why.flatMap((one) => lines({ kind: 'note', note: { ...unseen, why: one } }));
  expect(told.every((line) => line.startsWith('👁 me@example.dev does not see the album Temp: '))).toBe(true);
  expect(told.map((line) => /IMMICH_SHARE_WITH|albumUser\.create|User not found/.exec(line)?.[0])).toEqual([
    'IMMICH_SHARE_WITH',
    'albumUser.create',
    'User not found',
  ]);
});
