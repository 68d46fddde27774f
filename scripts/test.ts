/**
 * Runs the tests; arguments are vitest's. In CI a file that fails gets one more attempt, after all others and alone. Three
 * files at once share two cores and one Podman, and what happens there once in thousands of tests must not hold up a change.
 * It is not hidden either: the run ends with what went wrong at first, a fault of the test, of the lab or of the program that
 * is still to be found. Who works on the tests sees it at once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { worthAnother, type FailedFile } from './second-attempt.ts';

/** @returns the exit code */
async function vitest(...args: string[]): Promise<number> {
  const child = spawn('vitest', ['run', ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** @returns the exit code of the first attempt, and what is worth another one */
async function firstAttempt(args: readonly string[]): Promise<{ code: number; failed: FailedFile[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-tests-'));
  const file = join(folder, 'report.json');
  try {
    const code = await vitest(...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`);
    return { code, failed: code === 0 ? [] : worthAnother(await readFile(file, 'utf8')) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (!process.env['CI']) return vitest(...args);
  const { code, failed } = await firstAttempt(args);
  if (failed.length === 0) return code;
  const again = await vitest(...failed.map(({ path }) => path));
  console.warn(again === 0 ? '\nPassed at the second attempt, alone:' : '\nFailed at the first attempt:');
  for (const { path, why } of failed) {
    console.warn([relative('.', path), ...why].join('\n    '));
  }
  return again;
}

process.exitCode = await main(process.argv.slice(2));
