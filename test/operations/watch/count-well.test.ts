import { expect, test } from 'vitest';
import { countWell } from '../../../src/operations/watch/count-well.ts';
import { openTelling } from './telling.ts';

test('countWell leaves out what has an alert, and what is on a host that does not answer', () => {
  const { app, breaks, mends, store, now } = openTelling();
  const { all } = countWell(app);
  expect(countWell(app)).toEqual({ well: all, all });
  breaks('immich', { severity: 'warning' });
  expect(countWell(app).well).toBe(all - 1);
  const fact = {
    kind: 'host',
    host: 'local',
    what: 'engine',
    cause: 'x',
    services: ['caddy', 'immich'],
  } as const;
  const { id } = store.alerts.begin({ key: 'host:local', severity: 'critical', since: now(), fact }, now());
  expect(countWell(app).well).toBe(all - 2);
  store.alerts.patch(id, { endedAt: now(), ending: 'well' });
  mends('immich');
  expect(countWell(app).well).toBe(all);
});
