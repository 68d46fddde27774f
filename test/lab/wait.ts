/** Waiting for a state by a program that tells of changes (a followed log, an event stream), without sleeping in between. */
import { spawn, type ChildProcess } from 'node:child_process';

/** Milliseconds; 30 s unless told. */
export type WaitOptions = { timeout?: number };

/** Milliseconds between looks where nothing is told. */
const FALLBACK = 3000;

/**
 * Looks at the state whenever the program prints something, and once at its beginning.
 * @param follow a program that prints the latest of the past first, so that nothing is lost between look and follow
 * @param look given all that the program printed so far (stdout and stderr)
 * @returns the state that was waited for
 * @throws Error that names the last state after the time limit, and when the program ends first
 */
export async function until(
  what: string,
  follow: [string, string[]],
  look: (seen: string) => Promise<string>,
  isIt: (state: string) => boolean,
  options: WaitOptions = {},
): Promise<string> {
  const limit = options.timeout ?? 30_000;
  // A group of its own: what enters the lab's machine leaves a process there that outlives it otherwise.
  const child = spawn(...follow, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let seen = '';
  let last = '';
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let fallback: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const lookAgain = () => {
        // One look at a time, in order; each sees what was printed before it began.
        looking = looking.then(async () => {
          last = await look(seen);
          if (isIt(last)) resolve(last);
        });
        looking.catch(reject);
      };
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          seen += text;
          lookAgain();
        });
      }
      lookAgain();
      // A journal under load can hold a line back until the next one comes, and here there may be none.
      fallback = setInterval(lookAgain, FALLBACK);
      child.once('error', reject);
      child.once('close', () => {
        lookAgain();
        void looking.then(() =>
          reject(new Error(`Waited for "${what}": ${follow[0]} ended. Last: "${last}"`)),
        );
      });
      timer = setTimeout(() => reject(new Error(`Waited ${limit} ms for "${what}". Last: "${last}"`)), limit);
    });
  } finally {
    clearTimeout(timer);
    clearInterval(fallback);
    endGroup(child);
    await looking.catch(() => undefined);
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
