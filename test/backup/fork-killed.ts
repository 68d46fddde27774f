/** Starts a process that copies data or puts it back, and may be killed in the middle of it. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import type { KilledOptions } from './killed.ts';

const PROGRAM = new URL('killed.ts', import.meta.url);
const PRELOADED = new URL('kill-at.ts', import.meta.url);

export function forkKilled(options: KilledOptions, { silent = false }: ForkOptions = {}): ChildProcess {
  // Workers preload what their process does.
  const execArgv = ['--import', PRELOADED.href];
  return fork(PROGRAM, [JSON.stringify(options)], { silent, execArgv });
}
