import { expect, test } from 'vitest';
import { tellUnasked } from '../../../src/operations/tell-unasked.ts';
import { takeHeld } from '../../../src/operations/watch/tell-held.ts';
import type { Report } from '../../../src/report.ts';
import { gist, HOUR, MINUTE, openTelling } from './telling.ts';

const NIGHT = { from: '23:00', to: '07:30' };
const note = (job: string): Report => ({ kind: 'note', note: { key: 'job-set', job, paused: true } });

test('with the morning report within the hour, what is held waits for it; with a paused one it does not', () => {
  for (const paused of [false, true]) {
    const { app, store, heard, pass } = openTelling({ at: '2026-11-21T07:00:00Z', quietHours: NIGHT });
    store.runs.setDue('daily-report', '', 'x', Date.parse('2026-11-21T08:00:00Z'));
    store.runs.setPaused('daily-report', '', paused);
    tellUnasked(app, note('one'));
    expect(heard()).toEqual([]);
    expect(pass(HOUR).length).toBe(paused ? 1 : 0);
    expect(takeHeld(app)?.held.length).toBe(paused ? undefined : 1);
    expect(takeHeld(app)).toBeUndefined();
  }
});

test('a morning report that does not come is not waited for', () => {
  const { app, store, pass } = openTelling({ at: '2026-11-21T07:00:00Z', quietHours: NIGHT });
  store.runs.setDue('daily-report', '', 'x', Date.parse('2026-11-21T08:00:00Z'));
  tellUnasked(app, note('one'));
  expect(gist(pass(2 * HOUR))).toEqual(['silent: 🌙 Held while it was quiet: 1']);
});

test('with a report far away what is held comes at the end of quiet hours, ringing where it is a warning', () => {
  const { app, pass, now } = openTelling({ at: '2026-11-21T03:00:00Z', quietHours: NIGHT });
  tellUnasked(app, note('one'));
  pass(HOUR);
  tellUnasked(app, {
    kind: 'backup-troubles',
    troubled: [
      {
        service: 'notes',
        title: 'Notes',
        trouble: { kind: 'failed', cause: 'no room', failures: 1 },
        provenAt: undefined,
      },
    ],
    recovered: [],
    at: now(),
  });
  expect(pass(3.5 * HOUR - MINUTE)).toEqual([]);
  const [digest, ...others] = pass(MINUTE);
  expect(others).toEqual([]);
  expect(digest?.is).toBe('rings');
  expect(digest?.text.split('\n').slice(0, 3)).toEqual([
    '🌙 Held while it was quiet: 2',
    '03:00 ⏸ one is paused.',
    '04:00 ⚠️ The backup of notes needs a look',
  ]);
});
