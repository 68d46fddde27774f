/** Run a program from an array of arguments. There is never a shell in between. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export type ExecOptions = {
  signal?: AbortSignal;
  /** Milliseconds; no limit without it. */
  timeout?: number;
};

export type Finished = {
  /** Undefined when the program was ended by a signal that was not ours. */
  code: number | undefined;
  /** The beginning of what it wrote, at most {@link MOST_OUTPUT} bytes. */
  stdout: string;
  /** The end of what it wrote there, at most {@link MOST_ERRORS} bytes. */
  stderr: string;
};

const MOST_OUTPUT = 8 * 1024 * 1024;
const MOST_ERRORS = 64 * 1024;
/** What is beyond it in one line is dropped: a journal entry of any size must not fill the memory. */
const LONGEST_LINE = 1024 * 1024;
/** Between asking a program to end and ending it. */
const GRACE = 2000;

/**
 * Run a program to its end and collect what it writes.
 * @param command the program and its arguments
 * @throws the signal's reason; an error named `TimeoutError`; an error that says why it could not be started, with
 *   the system's `code`
 */
export async function run(command: readonly string[], options: ExecOptions = {}): Promise<Finished> {
  const { child, ended } = start(command, options);
  const stdout: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    if (size < MOST_OUTPUT) stdout.push(chunk.subarray(0, MOST_OUTPUT - size));
    size += chunk.length;
  });
  const stderr = keepEnd(child.stderr);
  const code = await ended;
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: stderr() };
}

/**
 * The lines that a program writes, as they come and as fast as they are taken. Leaving the loop ends the program.
 * @throws as {@link run}, and when the program fails: an error with the last that it wrote to stderr
 */
export async function* lines(command: readonly string[], options: ExecOptions = {}): AsyncGenerator<string> {
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const { child, ended } = start(command, { ...options, signal });
  const stderr = keepEnd(child.stderr);
  // Read below; until then a failure must not count as unhandled.
  ended.catch(() => {});
  let finished = false;
  try {
    yield* split(child.stdout);
    const code = await ended;
    finished = true;
    if (code !== 0) throw new Error(`${quote(command)} failed: ${stderr().trim() || describeEnd(code)}`);
  } catch (error) {
    // The stream breaks when the program is ended; why it was ended says more.
    if (!finished) await ended;
    throw error;
  } finally {
    left.abort();
  }
}

/** How a program ended that did not do well. */
export function describeEnd(code: number | undefined): string {
  return code === undefined ? 'it was killed' : `exit code ${code}`;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(
  command: readonly string[],
  { signal, timeout }: ExecOptions,
): { child: Child; ended: Promise<number | undefined> } {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('Cannot run a program: none was named.');
  signal?.throwIfAborted();
  // A process group of its own, so that what the program has started is ended with it.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });

  const ended = new Promise<number | undefined>((resolve, reject) => {
    let reason: unknown;
    let force: NodeJS.Timeout | undefined;
    const end = (why: unknown) => {
      if (force !== undefined) return;
      reason = why;
      endGroup(child, 'SIGTERM');
      force = setTimeout(() => {
        endGroup(child, 'SIGKILL');
        // A grandchild in a session of its own may hold the pipes open for ever.
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE);
    };
    const aborted = () => end(signal?.reason);
    const limit =
      timeout === undefined
        ? undefined
        : setTimeout(
            () =>
              end(
                new DOMException(`${quote(command)} did not end within ${timeout / 1000} s.`, 'TimeoutError'),
              ),
            timeout,
          );
    const settle = () => {
      clearTimeout(limit);
      clearTimeout(force);
      signal?.removeEventListener('abort', aborted);
    };
    signal?.addEventListener('abort', aborted, { once: true });
    child.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      const { code } = error;
      reject(Object.assign(new Error(`Cannot run "${program}": ${explainStart(error)}`), { code }));
    });
    child.once('close', (code) => {
      settle();
      if (force === undefined) resolve(code ?? undefined);
      else reject(reason);
    });
  });
  return { child, ended };
}

function explainStart(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such program.';
  if (error.code === 'EACCES') return 'it is not an executable file, or permission is denied.';
  return error.message;
}

function endGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Ended in the meantime: nothing left to do.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Without the arguments, which can hold anything. */
function quote([program = '']: readonly string[]): string {
  return `"${program}"`;
}

function keepEnd(stream: Readable): () => string {
  let kept: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-MOST_ERRORS);
  });
  return () => kept.toString();
}

async function* split(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  const add = (part: Buffer) => {
    if (size < LONGEST_LINE) parts.push(part.subarray(0, LONGEST_LINE - size));
    size += part.length;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString();
      parts = [];
      size = 0;
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (size > 0) yield Buffer.concat(parts).toString();
}
