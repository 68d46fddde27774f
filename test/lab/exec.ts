/** Running programs for the lab: argument arrays, never a shell. */
import { spawn } from 'node:child_process';

export type RunOptions = {
  input?: string;
  env?: Record<string, string>;
  timeout?: number;
  signal?: AbortSignal;
};

/**
 * @param options.timeout milliseconds, one minute unless told
 * @returns stdout
 * @throws Error with the program, its exit code and its stderr
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? 60_000,
    ...(options.env && { env: { ...process.env, ...options.env } }),
    ...(options.signal && { signal: options.signal }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that does not read its input to the end is no fault of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [code, killed] = await new Promise<[number | null, string | null]>((resolve, reject) =>
    child.once('error', reject).once('close', (exit, by) => resolve([exit, by])),
  );
  if (code === 0) return Buffer.concat(stdout).toString();
  const why = killed === null ? `exit code ${code}` : `ended by ${killed}`;
  throw new Error(`${[program, ...args].join(' ')}: ${why}\n${Buffer.concat(stderr).toString().trim()}`);
}

/** `nsenter --target 7 --all podman` and more arguments, as `run` takes them. */
export function words(command: string, ...args: string[]): [string, string[]] {
  const [program = '', ...first] = command.split(' ');
  return [program, [...first, ...args]];
}
