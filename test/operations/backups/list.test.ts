import {
  appendFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST } from '../../../src/backup/manifest.ts';
import { PROOF, readProof, writeProof } from '../../../src/backup/proof.ts';
import { findBackup, listBackups, syncBackups } from '../../../src/operations/backups/list.ts';
import { MARKER } from '../../../src/operations/backups/target.ts';
import { DAY, NOW, openShelf, type Shelf } from './shelf.ts';

let shelf: Shelf;
beforeEach(() => (shelf = openShelf()));
afterEach(() => shelf.close());

const list = () => listBackups(shelf.app, shelf.service);
const ids = async () => (await list()).map(({ id }) => id);
const at = (id: string, ...names: string[]) => join(shelf.folder, 'web', id, ...names);

describe('listBackups', () => {
  test('reads what lies in the folder, whatever the times of its files say', async () => {
    const id = await shelf.add(NOW, 'restored', { drill: { at: NOW + 5, took: 1200 } });
    utimesSync(at(id), 1, 1);
    utimesSync(at(id, MANIFEST), 2, 2);
    expect(await list()).toEqual([
      {
        service: 'web',
        id: '2026-11-20T14-40-00Z',
        folder: at(id),
        takenAt: NOW,
        // The list of the folder with it.
        size: expect.any(Number),
        level: 'restored',
        provenAt: NOW + 1000,
        drilledAt: NOW + 5,
        drillTook: 1200,
        images: {},
        counts: { [shelf.place.data]: { files: 1 } },
        sizes: { [shelf.place.data]: 5 },
        isReadable: true,
        trouble: undefined,
        stamp: expect.any(String),
      },
    ]);
  });

  test('gives the newest first, and knows nothing of what is not ours', async () => {
    const [first, third, second] = [
      await shelf.add(NOW - 2 * DAY),
      await shelf.add(NOW),
      await shelf.add(NOW - DAY),
    ];
    for (const name of [
      'updates/20261120t143910',
      '2026-11-20',
      '.2026-11-20T14-40-00Z.partial',
      'my copy',
    ]) {
      mkdirSync(at(name), { recursive: true });
    }
    expect(await ids()).toEqual([third, second, first]);
  });

  test('is empty before the first backup', async () => {
    expect(await list()).toEqual([]);
    expect(existsSync(shelf.folder)).toBe(false);
  });

  test('sees what came, went and was proven since', async () => {
    const [first, second] = [await shelf.add(NOW - DAY, 'copied'), await shelf.add(NOW)];
    expect((await list()).map(({ level }) => level)).toEqual(['restored', 'copied']);
    await writeProof(at(first), { version: 1, level: 'decoded', sources: {}, at: NOW, checks: [] });
    rmSync(at(second), { recursive: true });
    expect(await list()).toMatchObject([{ id: first, level: 'decoded', provenAt: NOW }]);
  });

  test('reads again what could not be read, and only that', async () => {
    const [broken, whole] = [await shelf.add(NOW - DAY), await shelf.add(NOW)];
    renameSync(at(broken, MANIFEST), at('aside'));
    await list();
    renameSync(at('aside'), at(broken, MANIFEST));
    const row = shelf.store.backups.get('web', whole);
    if (row === undefined) throw new Error('It is not there.');
    shelf.store.backups.put({ ...row, size: 77 });
    expect(await list()).toMatchObject([
      { size: 77 },
      { level: 'restored', trouble: undefined, isReadable: true },
    ]);
  });

  test('tells what is damaged, at the time that its name says, and counts it for nothing', async () => {
    const [older, manifest, proof, failed, alien] = [
      await shelf.add(NOW - 4 * DAY),
      await shelf.add(NOW - 3 * DAY),
      await shelf.add(NOW - 2 * DAY),
      await shelf.add(NOW - DAY, 'decoded', {
        checks: [{ name: 'expected rows', result: 'failed', detail: 'user has 0 rows.' }],
      }),
      await shelf.add(NOW),
    ];
    appendFileSync(at(manifest, MANIFEST), ' ');
    writeFileSync(at(proof, PROOF), '{}');
    mkdirSync(join(shelf.folder, 'blog'));
    renameSync(at(alien), join(shelf.folder, 'blog', alien));
    const blog = { ...shelf.service, name: 'blog' };
    expect(await listBackups(shelf.app, blog)).toMatchObject([
      { trouble: 'It is of web, not of blog.', isReadable: false },
    ]);
    expect(await list()).toMatchObject([
      { trouble: 'The check "expected rows" failed: user has 0 rows.', isReadable: true },
      {
        trouble: expect.stringMatching(/the proof in .* its manifest is damaged/),
        level: 'copied',
        isReadable: true,
      },
      {
        trouble: expect.stringMatching(/its manifest is damaged/),
        takenAt: NOW - 3 * DAY,
        level: 'copied',
        isReadable: false,
      },
      { id: older, trouble: undefined },
    ]);
    expect(failed).not.toBe(older);
    expect(shelf.store.backups.newestProven('web')?.id).toBe(older);
  });

  test('forgets nothing because the disk is not mounted', async () => {
    await shelf.add(NOW);
    await list();
    renameSync(shelf.folder, `${shelf.folder}.disk`);
    mkdirSync(shelf.folder);
    await expect(syncBackups(shelf.app, shelf.service)).rejects.toThrow(/^The backup disk is not mounted/);
    expect(shelf.store.backups.ofService('web')).toHaveLength(1);
  });

  test('finds everything again on a machine that knows nothing', async () => {
    const id = await shelf.add(NOW);
    const proof = await readProof(at(id));
    shelf.store.facts.delete(`backup-target:${shelf.folder}`);
    expect(existsSync(join(shelf.folder, MARKER))).toBe(true);
    expect(await list()).toMatchObject([{ id, provenAt: proof?.at }]);
  });
});

describe('findBackup', () => {
  const find = async (which?: string) => (await findBackup(shelf.app, shelf.service, which)).id;

  test('gives the newest proven one unless another is named', async () => {
    await expect(find()).rejects.toThrow('There is no backup of web yet.');
    const copied = await shelf.add(NOW, 'copied');
    await expect(find()).rejects.toThrow(`No backup of web is proven. Say which one is meant: ${copied}.`);
    const proven = await shelf.add(NOW - DAY);
    expect([await find(), await find('latest'), await find(copied)]).toEqual([proven, proven, copied]);
  });

  test('takes an unambiguous part of a name, as a clock writes it too', async () => {
    const first = await shelf.add(Date.parse('2026-11-19T04:30:00Z'));
    const second = await shelf.add(Date.parse('2026-11-20T04:30:00Z'));
    expect(await find('11-19')).toBe(first);
    expect(await find('20t04:30')).toBe(second);
    await expect(find('04-30')).rejects.toThrow(`"04-30" could be 2 backups of web: ${second}, ${first}.`);
    expect(await find(first.toLowerCase())).toBe(first);
  });

  test('takes a day for its newest proven one, by the clock of the host', async () => {
    const early = await shelf.add(Date.parse('2026-11-19T23:30:00Z'));
    await shelf.add(Date.parse('2026-11-20T10:00:00Z'), 'copied');
    expect(await find('2026-11-20')).toBe(early);
  });

  test('names the nearest for one that is not there', async () => {
    for (const day of [1, 2, 3, 4, 5]) await shelf.add(NOW - day * DAY);
    await expect(find('2026-11-12')).rejects.toThrow(
      'There is no backup "2026-11-12" of web. The nearest: 2026-11-15T14-40-00Z, 2026-11-16T14-40-00Z, 2026-11-17T14-40-00Z.',
    );
    await expect(find('2026-11-19T14-40-01Z')).rejects.toThrow(/The nearest: 2026-11-19T14-40-00Z/);
    await expect(find('friday')).rejects.toThrow(/The nearest: 2026-11-19T14-40-00Z/);
  });
});
