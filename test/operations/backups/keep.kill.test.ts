import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSnapshot, verifySnapshot } from '../../../src/operations/backup.ts';
import { pruneBackups } from '../../../src/operations/backups/keep.ts';
import { listBackups } from '../../../src/operations/backups/list.ts';
import type { PruneOptions } from './killed-prune.ts';
import { DAY, NOW, openShelf } from './shelf.ts';

const KEEP = { daily: 2, weekly: 0, monthly: 0 };

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'prune-'));
  folder = join(root, 'place');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @returns the number of calls of a run that lived, undefined for one that was killed */
async function run(at?: number): Promise<number | undefined> {
  const options: PruneOptions = { folder, now: NOW, ...(at !== undefined && { at }) };
  const child = fork(new URL('killed-prune.ts', import.meta.url), [JSON.stringify(options)], {
    silent: true,
  });
  let calls: number | undefined;
  child.once('message', (count: number) => (calls = count));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ code, signal }).toEqual(
    at === undefined ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' },
  );
  return calls;
}

test('pruneBackups killed at any step leaves nothing half visible, and the next one ends what it began', async () => {
  const made = openShelf({ folder, keep: KEEP });
  const ids: string[] = [];
  for (const day of [3, 2, 1, 0]) ids.push(await made.add(NOW - day * DAY));
  made.store.close();
  const fresh = join(root, 'fresh');
  cpSync(folder, fresh, { recursive: true, preserveTimestamps: true });
  const again = () => {
    rmSync(folder, { recursive: true });
    cpSync(fresh, folder, { recursive: true, preserveTimestamps: true });
  };
  const calls = (await run()) ?? 0;
  expect(calls).toBeGreaterThanOrEqual(6);

  for (let at = 1; at <= calls; at += 1) {
    again();
    await run(at);
    const shelf = openShelf({ folder, keep: KEEP });
    const rows = await listBackups(shelf.app, shelf.service);
    expect(rows.map(({ id }) => id).slice(0, 2)).toEqual(ids.slice(2).toReversed());
    for (const row of rows) {
      expect(row).toMatchObject({ trouble: undefined, level: 'restored' });
      await verifySnapshot(shelf.app, shelf.service, await readSnapshot(row.folder));
    }
    await pruneBackups(shelf.app, shelf.service);
    expect(readdirSync(join(shelf.folder, 'web')).sort()).toEqual(ids.slice(2));
    shelf.store.close();
  }
}, 120_000);
