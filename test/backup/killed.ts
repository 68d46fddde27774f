/** A process that copies data or puts it back, and dies by SIGKILL at a call of its file system that was chosen before. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export type KilledOptions = {
  folder: string;
  sources: readonly unknown[];
  verb: 'take' | 'put back';
  /** Of the engine that has these containers. */
  socket?: string;
  containers?: readonly string[];
  /** Number of the call that changes something, before which it dies. None: it lives to the end. */
  at?: number;
};
/** How many such calls there were. */
export type Lived = { calls: number };

const CHANGES = [
  'rename',
  'rm',
  'rmdir',
  'mkdir',
  'link',
  'symlink',
  'chmod',
  'lchown',
  'utimes',
  'open',
] as const;

const {
  at,
  containers = [],
  folder,
  socket,
  sources,
  verb,
} = JSON.parse(process.argv[2] ?? '') as KilledOptions;
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

const { openPlace } = await import('./place.ts');
const { putBack, readSnapshot, snapshotFolder, takeSnapshot } =
  await import('../../src/operations/backup.ts');
const { createEngine } = await import('../../src/clients/engine.ts');
const engine = socket === undefined ? {} : { engine: createEngine(socket) };
const { app, service } = openPlace({ sources, containers, folder, ...engine });
const copy = snapshotFolder(app, service, 'one');
if (verb === 'take') await takeSnapshot(app, service, copy);
else await putBack(app, service, await readSnapshot(copy), 'back');
process.send?.({ calls } satisfies Lived);
