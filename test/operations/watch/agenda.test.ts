import { expect, test } from 'vitest';
import { createAgenda } from '../../../src/operations/watch/agenda.ts';

const { signal } = new AbortController();

test('take gives what is due, once, and the earliest of several times counts', () => {
  let now = 100;
  const agenda = createAgenda<string>({ now: () => now });
  agenda.add('late', 300);
  agenda.add('both', 200);
  agenda.add('both', 500);
  agenda.add('soon', 500);
  agenda.add('soon', 0);
  expect(agenda.take()).toEqual(['soon']);
  now = 200;
  expect(agenda.take()).toEqual(['both']);
  expect(agenda.take()).toEqual([]);
  agenda.clear();
  now = 300;
  expect(agenda.take()).toEqual([]);
});

test('wait ends for an earlier thing that is added meanwhile, and says whether it had to wait', async () => {
  const agenda = createAgenda<string>({ now: Date.now });
  agenda.add('far', Date.now() + 60_000);
  const waiting = agenda.wait(60_000, signal);
  agenda.add('near', 0);
  expect(await waiting).toBe(true);
  expect(await agenda.wait(60_000, signal)).toBe(false);
  expect(agenda.take()).toEqual(['near']);
});

test('wait ends after its time whatever the clock says, and throws when it is to end', async () => {
  const agenda = createAgenda<string>({ now: () => 0 });
  agenda.add('never', 1);
  expect(await agenda.wait(2, signal)).toBe(true);
  const ending = new AbortController();
  const waiting = agenda.wait(60_000, ending.signal);
  ending.abort(new Error('over'));
  await expect(waiting).rejects.toThrow('over');
});
