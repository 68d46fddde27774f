import { pino } from 'pino';
import { expect, test } from 'vitest';
import { BusyError, UnreachableError } from '../src/errors.ts';
import { createJobBeats } from '../src/job-beats.ts';
import { createRedact } from '../src/redact.ts';
import type { TaskEnd } from '../src/tasks.ts';
import { textsOf } from '../src/texts/index.ts';

const URL = 'https://hc.example/ping/drill';

async function beatsOf(job: string, end: TaskEnd, { fails = false } = {}) {
  const told: unknown[] = [];
  const lines: string[] = [];
  const take = (...what: unknown[]) => {
    told.push(what);
    return fails ? Promise.reject(new UnreachableError('no answer in 10 s')) : Promise.resolve();
  };
  const beat = createJobBeats({
    heartbeats: { drill: URL },
    heartbeat: { succeeded: take, failed: take },
    texts: textsOf('en'),
    redact: createRedact(['s3cret-value']),
    log: pino({ base: null }, { write: (line: string) => void lines.push(line) }),
  });
  await beat(job, 'immich', end);
  return { told, lines };
}

test('createJobBeats tells a run that went well with how long it took, and one that failed with why', async () => {
  const { told } = await beatsOf('drill', { outcome: 'done', report: undefined, took: 1500 });
  expect(told).toEqual([[URL, 'immich: done', expect.objectContaining({ took: 1500 })]]);
  const error = new Error('no room for s3cret-value');
  const failed = await beatsOf('drill', { outcome: 'failed', error, took: 10 });
  expect(failed.told).toEqual([[URL, expect.stringMatching(/^immich: no room for (?!s3cret)/)]]);
});

test('createJobBeats tells nothing of other jobs, and of runs that were skipped or cut off', async () => {
  expect((await beatsOf('tidy', { outcome: 'done', report: undefined, took: 1 })).told).toEqual([]);
  expect((await beatsOf('toString', { outcome: 'done', report: undefined, took: 1 })).told).toEqual([]);
  const busy = new BusyError('immich');
  expect((await beatsOf('drill', { outcome: 'skipped', error: busy, took: 1 })).told).toEqual([]);
  expect((await beatsOf('drill', { outcome: 'interrupted', took: 1 })).told).toEqual([]);
});

test('createJobBeats logs a monitor that does not answer, and never rejects', async () => {
  const { lines } = await beatsOf('drill', { outcome: 'done', report: undefined, took: 1 }, { fails: true });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('no answer in 10 s');
});
