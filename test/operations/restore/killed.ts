/** A process that restores, and dies by SIGKILL at a call of its file system that was chosen before. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export type KilledOptions = {
  folder: string;
  /** Why the service does not come up with the data of the backup; none: it does. */
  refuses?: string;
  /** Number of the call that changes something, before which it dies. None: it lives to the end. */
  at?: number;
};
/** How many such calls there were. */
export type Lived = { calls: number };

const CHANGES = ['rename', 'rm', 'rmdir', 'mkdir', 'link', 'symlink', 'chmod', 'lchown', 'utimes', 'open'];

const { at, folder, refuses } = JSON.parse(process.argv[2] ?? '') as KilledOptions;
let calls = 0;
const patched = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const name of CHANGES) {
  const real = patched[name];
  if (real === undefined) throw new Error(`There is no ${name}.`);
  patched[name] = (...args) => {
    calls += 1;
    if (calls === at) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();

const { openRestoring, restore } = await import('./place.ts');
let isGoingBack = false;
const place = openRestoring({ folder, refuses: () => (isGoingBack ? undefined : refuses) });
const run = place.run({ at: { 'back-start': () => (isGoingBack = true) } });
await restore(place, run, 'web');
place.app.store.close();
process.send?.({ calls } satisfies Lived);
