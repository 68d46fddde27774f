import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/backup/manifest.ts';
import { readProof } from '../../../src/backup/proof.ts';
import { takeBackup } from '../../../src/operations/backups/take.ts';
import { fill, openTaking, type Taking, type TakingOptions } from './taking.ts';

let it: Taking;
const opened: Taking[] = [];
const open = (options?: TakingOptions): void => {
  opened.push((it = openTaking(options)));
  fill(it);
};
beforeEach(() => open());
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

const take = (options = {}) => takeBackup(it.app, it.service(), it.run(options), { reason: 'asked' });
const names = (): string[] => readdirSync(join(it.target, 'notes')).toSorted();

describe('takeBackup', () => {
  test('copies, proves and names it, and it is known', async () => {
    const taken = await take();
    expect(taken.proof).toMatchObject({
      level: 'restored',
      sources: { [join(it.data, 'notes.db')]: 'restored' },
    });
    expect(names()).toEqual([taken.id]);
    const [row] = it.app.store.backups.ofService('notes');
    expect(row).toMatchObject({ id: taken.id, level: 'restored', folder: taken.folder, trouble: undefined });
    expect(row?.counts[join(it.data, 'notes.db')]).toEqual({ note: 2 });
    expect(await readProof(taken.folder)).toMatchObject({ level: 'restored' });
    expect(it.told).toEqual([]);
  });

  test('writes down what it is of, without secrets', async () => {
    open({ heartbeat: 'http://127.0.0.1:9/secret-key-of-mine' });
    const { folder, id } = await take();
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({
      id,
      title: 'Notes',
      steward: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      definition: { units: ['notes.service'], backup: { at: '04:30' } },
    });
    expect(JSON.stringify(manifest)).not.toContain('secret-key-of-mine');
  });

  test('is readable by its owner alone', async () => {
    const { folder } = await take();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('gives two of the same second names of their own, and keeps both for a day', async () => {
    const at = Date.parse('2026-11-20T14:40:00Z');
    open({ now: () => at });
    const first = await take();
    const { id, pruned } = await take();
    expect([first.id, id]).toEqual(['2026-11-20T14-40-00Z', '2026-11-20T14-40-00Z-2']);
    expect(pruned?.removed).toEqual([]);
    expect(names()).toEqual([first.id, id]);
  });

  test('leaves nothing of one that fails, and the ones before it alone', async () => {
    const first = await take();
    rmSync(join(it.data, 'notes.db'));
    await expect(take()).rejects.toThrow(/notes\.db/);
    expect(names()).toEqual([first.id]);
    expect(it.app.store.backups.ofService('notes').map(({ id }) => id)).toEqual([first.id]);
  });
});
