import { expect, test } from 'vitest';
import { toText } from '../../src/terminal.ts';
import { present } from './present.ts';
import type { InboxProblem, InboxReport } from '../../src/report/pictures.ts';
import { textsOf } from '../../src/texts/index.ts';

const shown = (report: Partial<InboxReport>) =>
  toText(
    present(
      {
        kind: 'inbox',
        album: 'Desktop Upload',
        done: 0,
        known: 0,
        waiting: 0,
        kept: [],
        keptCount: 0,
        trouble: undefined,
        observed: false,
        ...report,
      },
      textsOf('en'),
    ),
    false,
  );

test('presentInbox counts while it works, what stays included', () => {
  expect(shown({ done: 437, waiting: 560, keptCount: 3 })).toMatch(/^🔵 Inbox: 437 of 1000 files\n/);
});

test('presentInbox says first what is in the way, then what went through before', () => {
  const trouble = { kind: 'immich', reason: 'down', cause: 'ECONNREFUSED' } as const;
  expect(shown({ done: 2, waiting: 1, trouble })).toBe(
    '🟡 Inbox: 1 file waits – Immich is down: ECONNREFUSED. I go on by myself.\n2 files went through before.',
  );
});

test('presentInbox names what stays with the reason, and counts the rest', () => {
  const reasons: [InboxProblem, RegExp][] = [
    [
      { kind: 'immich', reason: 'rejected', cause: 'Unsupported file type .x' },
      /Immich refuses it: Unsupported/,
    ],
    [{ kind: 'immich', reason: 'failed', cause: 'Internal server error' }, /could not take it: Internal/],
    [{ kind: 'trashed' }, /in its trash\. Restore it there, or empty the trash/],
    [{ kind: 'temporary' }, /After that it goes into Desktop Upload/],
    [{ kind: 'vanishing' }, /does not show it/],
    [{ kind: 'differs' }, /took something else for it/],
    [{ kind: 'own-file' }, /Immich's own file/],
    [{ kind: 'unreadable', cause: 'EROFS: read-only file system' }, /cannot be read or removed: EROFS/],
  ];
  const kept = reasons.map(([problem], index) => ({ path: `trip/${index}.jpg`, problem }));
  const lines = shown({ done: 1, kept, keptCount: 10 }).split('\n');
  expect(lines.slice(0, 2)).toEqual([
    '📥 1 file from the inbox – in the album Desktop Upload',
    '⚠️ 10 files stay in the inbox:',
  ]);
  for (const [index, [, reason]] of reasons.entries()) {
    expect(lines[2 + index]).toContain(`trip/${index}.jpg – `);
    expect(lines[2 + index]).toMatch(reason);
  }
  expect(lines.at(-1)).toContain('… and 2 files more');
});
