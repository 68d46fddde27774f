/** Processes that a section starts: the bot, and what is beside it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BrokenOff } from './ending.ts';

export const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export type Running = {
  pid: number;
  /** The answer of a process that was started with `asks`. @throws Error when it ends instead */
  ask: (question?: unknown) => Promise<unknown>;
  /** SIGTERM, and wait for its end. */
  stop: () => Promise<void>;
};

export type Options = {
  /** The whole environment, but for PATH. */
  env?: Readonly<Record<string, string>>;
  stack: AsyncDisposableStack;
  /** With a channel for questions to a preloaded module. */
  asks?: boolean;
};

/** A Node process that goes on until it is stopped; its output goes to our stderr. */
export function startNode(args: readonly string[], { env = {}, stack, asks = false }: Options): Running {
  if (stack.disposed) throw new BrokenOff();
  const child = spawn(process.execPath, args, {
    env: { ...pathOnly(), ...env },
    stdio: ['ignore', process.stderr, process.stderr, ...(asks ? (['ipc'] as const) : [])],
  });
  const stop = () => end(child);
  stack.defer(stop);
  return {
    pid: child.pid ?? 0,
    async ask(question = '?') {
      const over = new AbortController();
      const ended = once(child, 'exit', { signal: over.signal }).then(([code]) => {
        throw new Error(`${args.join(' ')} ended with ${String(code)}.`);
      });
      try {
        child.send(question as object);
        return (
          (await Promise.race([once(child, 'message', { signal: over.signal }), ended])) as unknown[]
        )[0];
      } finally {
        over.abort();
        await ended.catch(() => undefined);
      }
    },
    stop,
  };
}

/**
 * Run a program to its end.
 * @returns its output
 * @throws Error with what it complains of when it fails
 */
export async function runToEnd(
  [program = '', ...args]: readonly string[],
  { env = {}, cwd = '/', stack }: Omit<Options, 'asks'> & { cwd?: string },
): Promise<string> {
  if (stack.disposed) throw new BrokenOff();
  const child = spawn(program, args, {
    cwd,
    env: { ...pathOnly(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  stack.defer(() => end(child));
  const output = child.stdout.toArray();
  const errors = child.stderr.toArray();
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return Buffer.concat((await output) as Buffer[]).toString();
  throw new Error(
    `${[program, ...args].join(' ')}: exit code ${String(code)}\n${Buffer.concat((await errors) as Buffer[]).toString()}`,
  );
}

/** Resident memory in MB (of 10^6 bytes). */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
}

export const pathOnly = () => ({ PATH: process.env['PATH'] ?? '/usr/bin:/bin' });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
