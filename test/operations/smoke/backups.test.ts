import { afterEach, describe, expect, it } from 'vitest';
import { openPlace, type Place } from '../smoke-place.ts';

const HOUR = 3_600_000;

let place: Place;
afterEach(() => place.close());

describe('backups', () => {
  it('tells one that is late with its service and the last failure, and its end', async () => {
    const source = { kind: 'files', folder: '/tmp' };
    place = await openPlace({
      services: { notes: { containers: ['notes'], backup: { at: '04:30', sources: [source] } } },
    });
    const { store } = place.app;
    store.facts.put('backup:notes', {
      firstSeenAt: place.now - 27 * HOUR,
      failures: [{ at: place.now - HOUR, cause: 'disk full' }],
    });
    const { opened } = await place.step();
    expect(opened).toEqual(['backup:notes']);
    expect(store.alerts.byKey('backup:notes')).toMatchObject({
      severity: 'warning',
      finding: { service: 'notes', fact: { kind: 'late-backup', cause: 'disk full' } },
    });
    store.facts.put('backup:notes', { firstSeenAt: place.now, failures: [] });
    expect((await place.step({ often: true })).ended).toEqual(['backup:notes']);
  });
});
