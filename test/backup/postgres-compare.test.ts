import { describe, expect, test } from 'vitest';
import type { PostgresPart } from '../../src/backup/manifest.ts';
import {
  compareRestored,
  contentsLeftOut,
  firstOf,
  type Restored,
} from '../../src/backup/postgres-compare.ts';

const properties = {
  owner: 'app',
  encoding: 'UTF8',
  collate: 'C',
  ctype: 'C',
  tablespace: 'fast',
  connectionLimit: -1,
  settings: [{ name: 'work_mem', value: '8MB' }],
};
const server = { version: 150_008, superuser: 'postgres' };
const at = (value: string, called = true) => ({ value, called });

function makePart(besides: Partial<NonNullable<PostgresPart['besides']>> = {}) {
  return {
    kind: 'postgres',
    container: 'database',
    user: 'postgres',
    database: 'photos',
    facts: {
      name: 'postgres photos',
      kind: 'postgres',
      counts: { albums: 2, assets: 5 },
      digests: { albums: '1 2', assets: '3 4' },
    },
    copy: { file: '0-postgres.dump', size: 1, sha256: '' },
    properties,
    besides: { server, roles: [], extensions: {}, sequences: {}, vectorIndexes: [], ...besides },
  } satisfies PostgresPart;
}

function makeRestored(change: Partial<Restored> = {}): Restored {
  return {
    counts: { assets: 5, albums: 2 },
    digests: { albums: '1 2', assets: '3 4' },
    views: {},
    sequences: {},
    properties: { ...properties, tablespace: 'pg_default' },
    catalog: { ...server, roles: [], extensions: {}, vectorIndexes: [] },
    ...change,
  };
}

const told = (part: PostgresPart, restored: Restored) =>
  Object.fromEntries(
    compareRestored(part, restored)
      .filter(({ result }) => result !== 'passed')
      .map(({ name, result, detail }) => [name, `${result}: ${detail}`]),
  );

describe('compareRestored', () => {
  test('passes what is equal, in whatever order and tablespace', () => {
    expect(told(makePart(), makeRestored())).toEqual({});
  });

  test('takes a sequence for right between its two looks, and nowhere else', () => {
    const sequences = {
      up: [at('5', false), at('9')],
      down: [at('-3'), at('-9')],
      large: [at('9007199254740993'), at('9007199254740993')],
    } satisfies NonNullable<PostgresPart['besides']>['sequences'];
    const right = { up: at('7'), down: at('-9'), large: at('9007199254740993') };
    expect(told(makePart({ sequences }), makeRestored({ sequences: right }))).toEqual({});
    const wrong = { up: at('9'), down: at('-2'), large: at('9007199254740992'), more: at('1') };
    expect(told(makePart({ sequences }), makeRestored({ sequences: wrong }))).toEqual({
      sequences:
        'failed: "down" is at -2 instead of -3 to -9, "large" is at 9007199254740992 instead of 9007199254740993, "more" is too many',
    });
    const unused = { ...right, up: at('4', false) };
    expect(told(makePart({ sequences }), makeRestored({ sequences: unused }))).toEqual({
      sequences: 'failed: "up" is at 4, not used yet, instead of 5 to 9',
    });
  });

  test('does not blame the copy for a materialized view that was stale, but for one that is empty', () => {
    const part = makePart({ views: { daily: '1 1', never: null } });
    expect(told(part, makeRestored({ views: { daily: '2 2', never: null } }))).toEqual({
      'rows of materialized views':
        'left out: a restore computes them anew, and "daily" had not been since its tables changed',
    });
    expect(told(part, makeRestored({ views: { daily: null, never: '1 1' } }))).toEqual({
      'materialized views': 'failed: "daily" is not filled, "never" is filled',
    });
  });

  test('tells what a copy was taken without', () => {
    const { besides: _, ...part } = makePart();
    const bare = { ...part, facts: { ...part.facts, digests: undefined } };
    expect(told(bare, makeRestored())).toEqual({
      contents: 'left out: what the rows hold was not read when the copy was taken',
      'sequences and extensions': 'left out: this copy was taken without them',
    });
  });

  test('tells tables whose rows were only counted, and still compares how many they are', () => {
    const part = makePart();
    const { albums } = part.facts.digests;
    const counted: PostgresPart = { ...part, facts: { ...part.facts, digests: { albums } } };
    expect(contentsLeftOut(counted)).toEqual([
      {
        name: 'contents of large tables',
        source: 'postgres photos',
        result: 'left out',
        detail: 'only counted: "assets"',
      },
    ]);
    expect(told(counted, makeRestored({ counts: { albums: 2, assets: 4 } }))).toEqual({
      rows: 'failed: "assets" has 4 rows instead of 5 rows',
      'contents of large tables': 'left out: only counted: "assets"',
    });
  });
});

describe('firstOf', () => {
  test('gives a few, and says how many more there are', () => {
    expect(firstOf([])).toBeUndefined();
    expect(firstOf(['a', 'b', 'c'])).toBe('a, b, c');
    expect(firstOf(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c, 2 more');
  });
});
