/**
 * Preloaded into each thread of a process, which dies by SIGKILL at a call of its file system that was chosen before.
 * The threads count together.
 */
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import type { KilledOptions } from './killed.ts';

export const CALLS = 'calls that change something';
const OPTIONS = 'options';

const CHANGES = ['rename', 'rm', 'rmdir', 'mkdir', 'link', 'symlink', 'chmod', 'lchown', 'utimes', 'open'];
const WAITING = ['rmSync', 'mkdirSync', 'linkSync', 'openSync', 'writeSync'];

if (isMainThread) {
  setEnvironmentData(CALLS, new SharedArrayBuffer(4));
  setEnvironmentData(OPTIONS, process.argv[2] ?? '');
}
const calls = new Int32Array(getEnvironmentData(CALLS) as SharedArrayBuffer);
const { at, folder } = JSON.parse(getEnvironmentData(OPTIONS) as string) as KilledOptions;

type Functions = Record<string, (...args: unknown[]) => unknown>;
for (const [module, names] of [
  [promises as unknown as Functions, CHANGES],
  [fs as unknown as Functions, WAITING],
] as const) {
  for (const name of names) {
    const real = module[name];
    if (real === undefined) throw new Error(`There is no ${name}.`);
    module[name] = (...args) => {
      // Code is loaded by such calls too.
      const isOurs = typeof args[0] === 'number' || String(args[0]).startsWith(folder);
      if (isOurs && Atomics.add(calls, 0, 1) + 1 === at) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    };
  }
}
syncBuiltinESMExports();
