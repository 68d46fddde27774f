import { expect, test } from 'vitest';
import { parseQuery } from '../../commands/logs.ts';
import { UserError } from '../../src/errors.ts';
import { levelOf } from '../../src/operations/logs.ts';

const NOW = 1_000_000_000;

test.each([
  [[], { lines: 30, since: undefined, only: undefined, asFile: false }],
  [['100'], { lines: 100 }],
  [['1h'], { since: NOW - 3_600_000 }],
  [['errors', '10m'], { only: 'errors', since: NOW - 600_000 }],
  [['database', 'is', 'locked'], { only: { word: 'database is locked' } }],
  [['file'], { asFile: true }],
])('parseQuery(%j)', (words, query) => {
  expect(parseQuery(words, NOW)).toMatchObject(query);
});

test.each(['0', '5001', '99999999'])('parseQuery refuses %s lines with what is possible', (word) => {
  expect(() => parseQuery([word], NOW)).toThrow(
    new UserError(`Cannot show ${word} lines: ask for 1 to 5000.`),
  );
});

test.each([
  ['2026-11-20 ERROR database is locked', 'error'],
  ['level=error msg=x', 'error'],
  ['{"level":50,"msg":"x"}', 'error'],
  ['WARN  chrome took 61s', 'warning'],
  ['GET /errors/page 200', 'other'],
  ['mirrored terror', 'other'],
])('levelOf(%j) is %s', (text, level) => expect(levelOf(text)).toBe(level));
