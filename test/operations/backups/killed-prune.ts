/**
 * A process that deletes backups, and dies by SIGKILL at a call of its file system that was chosen before. One that lives
 * tells how many there were.
 */
import { rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

export type PruneOptions = {
  folder: string;
  now: number;
  /** Number of the call that changes something, at which it dies. None: it lives to the end. */
  at?: number;
};

const { folder, now, at } = JSON.parse(process.argv[2] ?? '') as PruneOptions;
let calls = 0;
const patched = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const name of ['rename', 'rm', 'rmdir', 'mkdir']) {
  const real = patched[name];
  if (real === undefined) throw new Error(`There is no ${name}.`);
  patched[name] = (...args) => {
    calls += 1;
    if (calls === at) {
      // Half way through the deleting of a folder.
      if (name === 'rm') rmSync(join(String(args[0]), 'manifest.json'), { force: true });
      process.kill(process.pid, 'SIGKILL');
    }
    return real(...args);
  };
}
syncBuiltinESMExports();

const { openShelf } = await import('./shelf.ts');
const { pruneBackups } = await import('../../../src/operations/backups/keep.ts');
const shelf = openShelf({ folder, keep: { daily: 2, weekly: 0, monthly: 0 } });
shelf.now = now;
await pruneBackups(shelf.app, shelf.service);
process.send?.(calls);
