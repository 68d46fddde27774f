import { expect, test } from 'vitest';
import { noteJobEnd } from '../../../src/operations/watch/job-alerts.ts';
import type { TaskEnd } from '../../../src/tasks.ts';
import { gist, MINUTE, openTelling } from './telling.ts';

const failed: TaskEnd = { outcome: 'failed', error: new Error('Cannot read "/x": no such file.'), took: 1 };
const done: TaskEnd = { outcome: 'done', report: undefined, took: 1 };
const run = { job: 'tidy', subject: undefined, by: 'schedule' };

test('a failing job is told once with its cause, and its next good run says that it is over', () => {
  const { app, heard, pass } = openTelling();
  for (let turn = 0; turn < 5; turn += 1) {
    noteJobEnd(app, run, failed);
    pass(MINUTE).forEach((one) => expect(turn === 0 || one.is === 'edit').toBe(true));
  }
  expect(app.store.alerts.open()).toMatchObject([{ key: 'job:tidy', severity: 'warning' }]);
  noteJobEnd(app, run, { outcome: 'skipped', error: new Error('busy'), took: 1 });
  expect(heard()).toEqual([]);
  noteJobEnd(app, run, done);
  expect(gist(heard())).toEqual([
    'silent: 🟢 tidy went well again – after 5 min.',
    'edit: 🟢 tidy went well again – after 5 min.',
  ]);
});

test('its card names the cause and runs it again', () => {
  const { app, heard } = openTelling();
  noteJobEnd(app, { ...run, job: 'back-up', subject: 'notes' }, failed);
  const [card] = heard();
  expect(card?.text.split('\n')).toEqual([
    '🟡 back-up notes failed · 14:38',
    'Cannot read "/x": no such file.',
  ]);
  expect(card?.buttons).toEqual(['Run now', 'Snooze 1 h', "I'm on it"]);
  expect(card?.is).toBe('rings');
});

test('the subjects of a job are troubles of their own, and so are jobs whose names begin alike', () => {
  const { app } = openTelling();
  const keys = () => app.store.alerts.open().map(({ key }) => key);
  for (const subject of ['notes', 'photos']) noteJobEnd(app, { ...run, job: 'drill', subject }, failed);
  noteJobEnd(app, { ...run, job: 'drill', subject: 'notes' }, done);
  expect(keys()).toEqual(['job:drill photos']);
  noteJobEnd(app, { ...run, job: 'drill' }, done);
  expect(keys()).toEqual(['job:drill photos']);
});

test('a failure of a run that somebody asked for is his answer alone; its success ends the trouble', () => {
  const { app, heard } = openTelling();
  noteJobEnd(app, { ...run, by: 'telegram:1' }, failed);
  expect(heard()).toEqual([]);
  noteJobEnd(app, run, failed);
  noteJobEnd(app, { ...run, by: 'telegram:1' }, done);
  expect(app.store.alerts.open()).toEqual([]);
});
