import { afterEach, beforeEach, expect, test } from 'vitest';
import { openScratchStore, type Store } from '../../src/store.ts';
import type { RunOutcome } from '../../src/store/runs.ts';

const MINUTE = 60_000;
let now = 0;
let store: Store;
beforeEach(() => {
  now = 0;
  store = openScratchStore({ now: () => now });
});
afterEach(() => store.close());

function run(
  from: number,
  to: number,
  outcome: RunOutcome = 'done',
  name = 'alive',
  kind: 'job' | 'command' = 'job',
) {
  now = from;
  const id = store.runs.begin({ kind, name, subject: undefined, by: 'x', owner: 'x', card: undefined });
  now = to;
  store.runs.end(id, outcome, outcome === 'failed' ? `at ${to}` : undefined);
}
const gaps = (from: number, to: number) => store.history.gaps(from, to, 15 * MINUTE);

test('gaps are where no job began or ended; a long run is none', () => {
  run(0, 1);
  run(10 * MINUTE, 50 * MINUTE);
  run(60 * MINUTE, 60 * MINUTE + 1);
  run(90 * MINUTE, 90 * MINUTE + 1);
  expect(gaps(0, 100 * MINUTE)).toEqual([{ from: 60 * MINUTE + 1, to: 90 * MINUTE }]);
});

test('gaps begin and end where the span does, and a command line keeps nobody alive', () => {
  run(0, 1);
  run(40 * MINUTE, 40 * MINUTE + 1);
  run(60 * MINUTE, 60 * MINUTE + 1, 'done', 'status', 'command');
  expect(gaps(5 * MINUTE, 80 * MINUTE)).toEqual([
    { from: 5 * MINUTE, to: 40 * MINUTE },
    { from: 40 * MINUTE + 1, to: 80 * MINUTE },
  ]);
});

test('gaps do not reach before Steward was there, and an empty store has none', () => {
  expect(gaps(0, 1000 * MINUTE)).toEqual([]);
  run(500 * MINUTE, 500 * MINUTE + 1);
  expect(gaps(0, 510 * MINUTE)).toEqual([]);
});

test('failedJobs tells each once, with the last reason and whether it went well since', () => {
  run(1, 2, 'failed', 'back-up');
  run(3, 4, 'failed', 'back-up');
  run(5, 6, 'done', 'back-up');
  run(7, 8, 'failed', 'drill');
  run(9, 10, 'skipped', 'drill');
  run(11, 12, 'failed', 'typed', 'command');
  expect(store.history.failedJobs(0, 100)).toEqual([
    { name: 'drill', subject: undefined, at: 8, times: 1, reason: 'at 8', isOver: false },
    { name: 'back-up', subject: undefined, at: 4, times: 2, reason: 'at 4', isOver: true },
  ]);
  expect(store.history.failedJobs(5, 7)).toEqual([]);
});
