import { describe, expect, it } from 'vitest';
import { createMatcher } from '../../src/watch/log-matcher.ts';

/** `(a+)+$` needs twice as long for each further `a` before a `b`. */
const CARELESS = '^(a+)+$';
const bad = `${'a'.repeat(60)}b`;

describe('createMatcher', () => {
  it('finds every pattern of every line, in order', () => {
    const matcher = createMatcher(['heap', 'out of \\w+']);
    expect(matcher.look(['fine', 'heap out of memory', 'out of disk'])).toEqual([
      { line: 1, pattern: 0 },
      { line: 1, pattern: 1 },
      { line: 2, pattern: 1 },
    ]);
    expect(matcher.look([])).toEqual([]);
    expect(createMatcher([]).look(['heap'])).toEqual([]);
  });

  it('looks at the first 4096 characters of a line', () => {
    const matcher = createMatcher(['here']);
    expect(matcher.look([`${'x'.repeat(4092)}here`])).toHaveLength(1);
    expect(matcher.look([`${'x'.repeat(4093)}here`])).toEqual([]);
  });

  it('goes on with the other lines and patterns behind one that would take for ever', () => {
    const matcher = createMatcher(['error', CARELESS], { patience: 20 });
    expect(matcher.look(['error 1', bad, 'aaa', 'error 2'])).toEqual([
      { line: 0, pattern: 0 },
      { line: 2, pattern: 1 },
      { line: 3, pattern: 0 },
    ]);
    expect(matcher.givenUp).toEqual(new Set());
  });

  it('gives up a pattern at the third line that takes too long, and only that', () => {
    const matcher = createMatcher([CARELESS, 'b$'], { patience: 20 });
    expect(matcher.look([bad, bad])).toHaveLength(2);
    expect(matcher.givenUp).toEqual(new Set());
    expect(matcher.look([bad, bad, 'aaa'])).toEqual([
      { line: 0, pattern: 1 },
      { line: 1, pattern: 1 },
    ]);
    expect(matcher.givenUp).toEqual(new Set([0]));
  });
});
