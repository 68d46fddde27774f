import { expect, test } from 'vitest';
import { distance, nearest } from '../src/nearest.ts';

test.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['tydi', 'tidy', 2],
  ['ab', 'ba', 1],
  ['restart', 'retsart', 1],
  ['ca', 'abc', 3],
])('distance of "%s" and "%s" is %i', (a, b, steps) => {
  expect(distance(a, b)).toBe(steps);
  expect(distance(b, a)).toBe(steps);
});

const COMMANDS = ['status', 'start', 'stop', 'restart', 'logs', 'jobs', 'help'];

test.each([
  ['statsu', ['status']],
  ['STATUS', ['status']],
  ['stat', ['start', 'status', 'stop']],
  ['log', ['logs']],
  ['xyzzy', []],
  ['', []],
])('nearest to "%s"', (word, names) => expect(nearest(word, COMMANDS)).toEqual(names));

test('nearest gives each name once and no more than asked', () => {
  expect(nearest('stop', ['stop', 'stop', 'stop', 'shop'], 2)).toEqual(['stop', 'shop']);
});
