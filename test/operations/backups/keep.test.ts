import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST } from '../../../src/backup/manifest.ts';
import { pruneBackups } from '../../../src/operations/backups/keep.ts';
import { listBackups } from '../../../src/operations/backups/list.ts';
import { putBack, readSnapshot } from '../../../src/operations/backup.ts';
import { acceptShrunk, shrunkOf } from '../../../src/operations/backups/shrunk.ts';
import { treeOf } from '../../backup/place.ts';
import { DAY, NOW, openShelf, type Shelf, type ShelfOptions } from './shelf.ts';

let shelf: Shelf;
const open = (options: ShelfOptions = {}) =>
  (shelf = openShelf({ keep: { daily: 2, weekly: 0, monthly: 0 }, ...options }));
beforeEach(() => open());
afterEach(() => shelf.close());

const prune = () => pruneBackups(shelf.app, shelf.service);
const at = (...names: string[]) => join(shelf.folder, 'web', ...names);
const names = () => readdirSync(at()).sort();
const addDays = async (count: number) => {
  const ids: string[] = [];
  for (let day = count - 1; day >= 0; day -= 1) ids.push(await shelf.add(NOW - day * DAY));
  return ids;
};

describe('pruneBackups', () => {
  test('deletes what newer ones took the place of, and forgets it', async () => {
    const [first, second, third, fourth] = (await addDays(4)) as [string, string, string, string];
    expect(await prune()).toEqual({ removed: [first, second], emptied: [], failed: [] });
    expect(names()).toEqual([third, fourth]);
    expect(shelf.store.backups.ofService('web').map(({ id }) => id)).toEqual([fourth, third]);
    expect(await prune()).toEqual({ removed: [], emptied: [], failed: [] });
  });

  test('touches nothing that is not ours, and nothing that it cannot read', async () => {
    const ids = await addDays(4);
    const outside = join(shelf.place.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'photo'), '');
    for (const name of ['2020-01-01', '20200101', 'updates/20200101t000000', '.trash', '.mine.partial']) {
      mkdirSync(at(name), { recursive: true });
    }
    symlinkSync(outside, at('2020-01-01T00-00-00Z'));
    mkdirSync(at('2020-01-02T00-00-00Z'));
    renameSync(at(ids[0] ?? ''), join(shelf.place.folder, 'theirs'));
    mkdirSync(join(shelf.folder, 'blog'));
    renameSync(join(shelf.place.folder, 'theirs'), join(shelf.folder, 'blog', ids[0] ?? ''));
    appendFileSync(at(ids[1] ?? '', MANIFEST), ' ');
    const before = treeOf(shelf.place.folder);
    expect(await prune()).toMatchObject({ removed: [], failed: [] });
    expect(treeOf(shelf.place.folder)).toEqual(before);
    expect(await listBackups(shelf.app, shelf.service)).toHaveLength(5);
  });

  test('deletes nothing while a backup is dated ahead of the clock', async () => {
    const ids = await addDays(4);
    shelf.now = NOW - DAY;
    expect(await prune()).toEqual({
      removed: [],
      emptied: [],
      failed: [],
      refused: 'clock',
      ahead: { id: ids[3], takenAt: NOW },
    });
    expect(names()).toEqual(ids);
  });

  test('deletes nothing because the clock is years ahead', async () => {
    const ids = await addDays(2);
    shelf.now = NOW + 4000 * DAY;
    expect(await prune()).toMatchObject({ removed: [] });
    expect(names()).toEqual(ids);
  });

  test('deletes nothing while Steward only observes, and says what it would', async () => {
    shelf.close();
    open({ observing: true });
    const ids = await addDays(3);
    mkdirSync(at('.2026-11-01T00-00-00Z.partial'));
    expect(await prune()).toEqual({ removed: [ids[0]], emptied: [], failed: [], refused: 'observing' });
    expect(names()).toEqual(['.2026-11-01T00-00-00Z.partial', ...ids]);
    expect(shelf.refused).toContain(`delete the backup ${ids[0]} of web`);
    expect(shelf.store.backups.ofService('web')).toHaveLength(3);
  });

  test('sweeps what killed runs left', async () => {
    const ids = await addDays(1);
    for (const end of ['partial', 'dropped']) {
      mkdirSync(at(`.2026-11-01T00-00-00Z-2.${end}`));
      writeFileSync(at(`.2026-11-01T00-00-00Z-2.${end}`, '0-sqlite'), 'half');
    }
    await prune();
    expect(names()).toEqual(ids);
  });

  test('tells what it cannot delete, and goes on', async () => {
    const ids = await addDays(4);
    writeFileSync(at(ids[0] ?? '', 'put-back-20200101t000000r.json'), '{');
    expect(await prune()).toMatchObject({
      removed: [ids[1]],
      failed: [{ id: ids[0], cause: expect.any(String) }],
    });
    expect(names()).toEqual([ids[0], ids[2], ids[3]]);
  });

  test('refuses when the disk is not mounted', async () => {
    await addDays(3);
    renameSync(shelf.folder, `${shelf.folder}.disk`);
    mkdirSync(join(shelf.folder, 'web'), { recursive: true });
    await expect(prune()).rejects.toThrow(/^The backup disk is not mounted/);
  });
});

describe('data that became smaller', () => {
  const files = (count: number) => {
    for (const name of readdirSync(shelf.place.data)) rmSync(join(shelf.place.data, name));
    for (let index = 0; index < count; index += 1) shelf.place.write(`${index}.txt`, 'x');
  };

  test('does not cost the last backup that was whole until it is accepted, however few are kept', async () => {
    files(40);
    const ids: string[] = [];
    for (let day = 0; day < 10; day += 1) {
      if (day === 5) files(0);
      shelf.now = NOW + day * DAY;
      ids.push(await shelf.add(shelf.now));
      await prune();
    }
    expect(names()).toEqual([ids[4], ids[8], ids[9]]);
    expect(shrunkOf(shelf.app, shelf.service)).toMatchObject([{ table: 'files', usual: 40, now: 0 }]);
    acceptShrunk(shelf.app, shelf.service);
    expect(await prune()).toMatchObject({ removed: [ids[4]] });
    expect(shrunkOf(shelf.app, shelf.service)).toEqual([]);
  });
});

describe('what a restore has replaced', () => {
  const RESTORE = '20261120t150000r';
  const restore = async (id: string) => {
    await putBack(shelf.app, shelf.service, await readSnapshot(at(id)), RESTORE);
  };
  const aside = () => existsSync(join(shelf.place.folder, '.steward-aside', RESTORE));

  test('is kept a week, and its backup with it', async () => {
    const [id = ''] = await addDays(1);
    await restore(id);
    for (let day = 1; day < 7; day += 1) await shelf.add(NOW + day * DAY);
    shelf.now = NOW + 7 * DAY;
    expect((await prune()).removed).not.toContain(id);
    expect(aside()).toBe(true);
    expect(existsSync(at(id))).toBe(true);
    shelf.now = NOW + 8 * DAY;
    expect(await prune()).toEqual({ removed: [id], emptied: [], failed: [] });
    expect(aside()).toBe(false);
  });

  test('goes without its backup where that is kept', async () => {
    const [id = ''] = await addDays(1);
    await restore(id);
    await shelf.add(NOW + 6 * DAY);
    shelf.service.backup = {
      ...shelf.service.backup,
      keep: { daily: 9, weekly: 0, monthly: 0 },
    } as typeof shelf.service.backup;
    shelf.now = NOW + 30 * DAY;
    // One proven backup after it is not enough: the clock may have jumped.
    expect(await prune()).toEqual({ removed: [], emptied: [], failed: [] });
    await shelf.add(NOW + 7 * DAY);
    expect(await prune()).toEqual({ removed: [], emptied: [id], failed: [] });
    expect(aside()).toBe(false);
    expect(readdirSync(at(id)).filter((name) => name.startsWith('put-back'))).toEqual([]);
    expect(await prune()).toEqual({ removed: [], emptied: [], failed: [] });
  });
});
