import { describe, expect, test } from 'vitest';
import { findShrunk, type Amounts, type Shrunk } from '../../src/backup/shrink.ts';

const DB = '/data/db.sqlite3';
const FILES = '/data/files';
const amounts = (tables: Record<string, number>, files = 0, bytes = 0, takenAt = 0): Amounts => ({
  takenAt,
  counts: { [DB]: tables, [FILES]: { files } },
  sizes: { [FILES]: bytes },
});
const week = (one: Amounts) => Array.from({ length: 7 }, () => one);
const rows = (table: string, usual: number, now: number, source = DB): Shrunk => ({
  kind: 'rows',
  source,
  table,
  usual,
  now,
});

describe('findShrunk', () => {
  test('tells a table that was emptied, and one that is gone', () => {
    const usual = week(amounts({ ciphers: 800, folders: 12, users: 2 }));
    expect(findShrunk(amounts({ ciphers: 0, users: 2 }), usual)).toEqual([
      rows('ciphers', 800, 0),
      rows('folders', 12, 0),
    ]);
  });

  test('tells a source that is gone', () => {
    const { counts, sizes } = amounts({ ciphers: 800 }, 40, 50e6);
    const { [DB]: database = {} } = counts;
    expect(
      findShrunk({ takenAt: 1, counts: { [DB]: database }, sizes: {} }, week({ takenAt: 0, counts, sizes })),
    ).toEqual([rows('files', 40, 0, FILES), { kind: 'bytes', source: FILES, usual: 50e6, now: 0 }]);
  });

  test('tells lost attachments, by number or by size', () => {
    const usual = week(amounts({ attachments: 90 }, 90, 100e6));
    expect(findShrunk(amounts({ attachments: 90 }, 40, 90e6), usual)).toEqual([rows('files', 90, 40, FILES)]);
    // Files that were cut off.
    expect(findShrunk(amounts({ attachments: 90 }, 90, 40e6), usual)).toEqual([
      { kind: 'bytes', source: FILES, usual: 100e6, now: 40e6 },
    ]);
  });

  test('is silent about growth, small losses and small tables', () => {
    const usual = week(amounts({ ciphers: 800, users: 9, big: 100_000 }, 90, 12e6));
    expect(findShrunk(amounts({ ciphers: 900, users: 0, big: 51_000 }, 82, 4e6), usual)).toEqual([]);
  });

  test('is silent about a table that is emptied now and then', () => {
    const queue = [900, 0, 340, 0, 610, 580, 20].map((jobs) => amounts({ jobs }));
    expect(findShrunk(amounts({ jobs: 0 }), queue)).toEqual([]);
  });

  test('compares with the median of the last seven, and with no fewer than three', () => {
    const growing = [107, 106, 105, 104, 103, 102, 101, 5000].map((notes) => amounts({ notes }));
    expect(findShrunk(amounts({ notes: 50 }), growing)).toEqual([rows('notes', 104, 50)]);
    expect(findShrunk(amounts({ notes: 0 }), growing.slice(0, 3))).toEqual([rows('notes', 106, 0)]);
    expect(findShrunk(amounts({ notes: 0 }), growing.slice(0, 2))).toEqual([]);
  });

  test('tells the loss of what grew fast', () => {
    const growing = [1900, 1700, 1500, 1400, 1200, 1100, 1000].map((notes) => amounts({ notes }));
    expect(findShrunk(amounts({ notes: 0 }), growing)).toEqual([rows('notes', 1400, 0)]);
  });

  test('is silent about what was accepted, until still more is lost', () => {
    const usual = week(amounts({ notes: 1000, users: 50 }));
    const accepted = [{ at: 1, what: rows('notes', 1000, 400) }];
    const later = (notes: number, users = 50) => amounts({ notes, users }, 0, 0, 1);
    expect(findShrunk(later(400), usual, accepted)).toEqual([]);
    expect(findShrunk(later(300), usual, accepted)).toEqual([]);
    expect(findShrunk(later(100, 0), usual, accepted)).toEqual([
      rows('notes', 400, 100),
      rows('users', 50, 0),
    ]);
    // What came after it is the measure, as ever.
    const grown = [900, 800, 700].map((notes) => later(notes));
    expect(findShrunk(later(300), [...grown, ...usual], accepted)).toEqual([]);
    expect(findShrunk(later(0), [...grown, ...usual], accepted)).toEqual([rows('notes', 400, 0)]);
  });
});

describe('over a thousand weeks of ordinary life', () => {
  /** Lehmer's generator: the same numbers for the same seed. */
  const randomOf = (seed: number) => {
    let state = (seed * 7919 + 1) % 2_147_483_647;
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  };

  test.each([1, 2, 3])(
    'findShrunk finds nothing, and would have found all that is lost on any day, seed %i',
    (seed) => {
      const random = randomOf(seed);
      const history: Amounts[] = [];
      const found: Shrunk[] = [];
      const seen: number[] = [];
      let [items, log, files, bytes] = [50, 0, 20, 3e7];
      for (let day = 0; day < 7000; day += 1) {
        // People add, and tidy up now and then; programs trim their logs once a week, and empty their queues.
        items += Math.floor(random() * 5) - (random() < 0.02 ? Math.floor(items * random() * 0.2) : 0);
        log = day % 7 === 0 ? 200 + Math.floor(random() * 50) : log + 300 + Math.floor(random() * 200);
        files += Math.floor(random() * 3) - (random() < 0.01 ? Math.floor(files * random() * 0.2) : 0);
        bytes += Math.floor(random() * 3e6) - (random() < 0.01 ? Math.floor(bytes * random() * 0.2) : 0);
        const present = amounts(
          {
            items,
            log,
            settings: 12,
            users: 2 + Math.floor(random() * 3),
            sessions: 30 + Math.floor((random() + random()) * 30),
            queue: random() < 0.8 ? 0 : Math.floor(random() * 500),
          },
          files,
          bytes,
        );
        found.push(...findShrunk(present, history.slice(0, 7)));
        history.unshift(present);
        const emptied = amounts({ ...present.counts[DB], items: 0 }, 0, 0);
        if (day >= 10) seen.push(findShrunk(emptied, history).length);
      }
      expect(Math.min(...seen)).toBeGreaterThanOrEqual(3);
      expect(found).toEqual([]);
    },
  );
});
