import { afterEach, beforeEach, expect, it } from 'vitest';
import { openScratchStore, type Store } from '../../src/store.ts';
import type { BackupRow } from '../../src/store/backups.ts';

let store: Store;
beforeEach(() => (store = openScratchStore({ now: () => 0 })));
afterEach(() => store.close());

const row = (id: string, change: Partial<BackupRow> = {}): BackupRow => ({
  service: 'notes',
  id,
  folder: `/backups/notes/${id}`,
  takenAt: Date.parse(`${id.slice(0, 10)}T${id.slice(11, 19).replaceAll('-', ':')}Z`),
  size: 1234,
  level: 'decoded',
  provenAt: 5,
  drilledAt: undefined,
  drillTook: undefined,
  images: { notes: 'sha256:aa' },
  counts: { '/data/notes.db': { users: 2 } },
  sizes: { '/data/files': 1234 },
  isReadable: true,
  trouble: undefined,
  stamp: '1',
  ...change,
});

const [FIRST, SECOND, THIRD, FOURTH] = [17, 18, 19, 20].map((day) => row(`2026-11-${day}T14-40-00Z`)) as [
  BackupRow,
  BackupRow,
  BackupRow,
  BackupRow,
];

it('put keeps a backup as it is given, and replaces what was known of it', () => {
  store.backups.put(FIRST);
  expect(store.backups.get('notes', FIRST.id)).toEqual(FIRST);
  const drilled = {
    ...FIRST,
    level: 'restored',
    drilledAt: 7,
    drillTook: 8,
    trouble: 'It is damaged.',
  } as const;
  store.backups.put(drilled);
  expect(store.backups.ofService('notes')).toEqual([drilled]);
});

it('ofService gives the newest first, of one service', () => {
  for (const one of [SECOND, FIRST, { ...THIRD, service: 'blog' }, FOURTH]) store.backups.put(one);
  expect(store.backups.ofService('notes').map(({ id }) => id)).toEqual([FOURTH.id, SECOND.id, FIRST.id]);
});

it('newestProven passes over what is only copied and what has trouble', () => {
  store.backups.put({ ...FIRST, level: 'copied', provenAt: undefined });
  expect(store.backups.newestProven('notes')).toBeUndefined();
  store.backups.put(SECOND);
  store.backups.put({ ...THIRD, level: 'copied', provenAt: undefined });
  store.backups.put({ ...FOURTH, trouble: 'Its manifest is damaged.' });
  expect(store.backups.newestProven('notes')?.id).toBe(SECOND.id);
});

it('remove forgets one', () => {
  store.backups.put(FIRST);
  store.backups.put(SECOND);
  store.backups.remove('notes', FIRST.id);
  expect(store.backups.ofService('notes')).toEqual([SECOND]);
});
