import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { textsOf } from '../../src/texts/index.ts';
import { en } from '../../src/texts/en.ts';
import { ko } from '../../src/texts/ko.ts';
import { date, listed } from '../../src/texts/ko-words.ts';
import { plain, type Rich } from '../../src/rich.ts';
import { englishIn, PARTICLE } from './korean.ts';

const FOLDER = fileURLToPath(new URL('../../src/texts/', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => /^ko(-\w+)*\.ts$/.test(name));

const { duration, about, ago } = textsOf('ko');

/** Texts that need no value, with where they stand in the catalogue. */
function constants(words: unknown, path = 'ko'): { path: string; text: string }[] {
  if (typeof words === 'string') return [{ path, text: words }];
  if (Array.isArray(words)) return [{ path, text: plain(words as Rich) }];
  if (typeof words !== 'object' || words === null || words instanceof RegExp) return [];
  return Object.entries(words).flatMap(([key, value]) => constants(value, `${path}.${key}`));
}

test.each(files)('%s has no particle directly behind a value', (file) => {
  const lines = readFileSync(new URL(file, `file://${FOLDER}`), 'utf8').split('\n');
  // In code no letter of Hangul can follow a brace.
  const glued = new RegExp(String.raw`\}${PARTICLE.source}`);
  expect(lines.filter((line) => glued.test(line))).toEqual([]);
});

/** Names of what has a text, where only their number tells whether all are there: of commands, jobs and steps. */
const keysOf = (words: unknown, path = ''): string[] =>
  typeof words !== 'object' || words === null || Array.isArray(words) || words instanceof RegExp
    ? [path]
    : Object.entries(words).flatMap(([key, value]) => keysOf(value, `${path}.${key}`));

test('ko has a text for each command, job and step that en has one for', () => {
  const missing = keysOf(en).filter((key) => !keysOf(ko).includes(key));
  expect(missing).toEqual([]);
});

test('ko leaves no text in English', () => {
  const left = constants(ko).filter(({ text }) => /\p{L}/u.test(text) && englishIn(text).length > 0);
  expect(left).toEqual([]);
});

describe('amounts', () => {
  test.each([
    [6_000, '6초'],
    [119_000, '1분 59초'],
    [120_000, '2분'],
    [7_500_000, '2시간 5분'],
    [7_200_000, '2시간'],
  ])('duration(%d) is %s', (ms, text) => expect(duration(ms)).toBe(text));

  test.each([
    [12 * 60_000, '12분'],
    [30 * 3_600_000, '30시간'],
    [9 * 86_400_000, '9일'],
  ])('about(%d) is %s', (ms, text) => expect([about(ms), ago(ms)]).toEqual([text, `${text} 전`]));

  test('a date has its weekday, and its year only where that is another one', () => {
    expect(date('2026-11-20', '2026-11-21')).toBe('11월 20일(금)');
    expect(date('2025-01-05', '2026-11-21')).toBe('2025년 1월 5일(일)');
  });

  test('dateOf takes the day of the time zone', () => {
    expect(textsOf('ko', 'Asia/Seoul').dateOf(Date.UTC(2026, 10, 20, 20))).toBe('11월 21일(토)');
  });

  test('listed joins without a particle, and counts what is over', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c', 'd']].map((names) => listed(names))).toEqual([
      '',
      'a',
      'a 및 b',
      'a, b 외 2개',
    ]);
  });
});
