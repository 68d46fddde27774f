/** Whether the machine's clock follows the world's. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEnd, run as execute } from '../../exec.ts';

/** Milliseconds. */
const TIMEOUT = 5000;

/**
 * The kernel knows whether a daemon steers its clock, whichever one, and timedatectl asks it.
 * @param run /run
 * @throws Error where nobody can tell
 */
export async function isClockSynchronised(
  timedatectl: readonly string[],
  run: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<boolean> {
  let why: string;
  try {
    const { code, stdout, stderr } = await execute(
      [...timedatectl, 'show', '--property=NTPSynchronized', '--value'],
      { timeout: TIMEOUT, ...(signal === undefined ? {} : { signal }) },
    );
    if (code === 0 && /^(?:yes|no)$/.test(stdout.trim())) return stdout.trim() === 'yes';
    why = stderr.trim().split('\n')[0] || describeEnd(code);
  } catch (error) {
    signal?.throwIfAborted();
    why = (error as Error).message;
  }
  // Written by systemd-timesyncd at its first success; that it is missing says nothing where another daemon does it.
  if (await exists(join(run, 'systemd/timesync/synchronized'))) return true;
  throw new Error(`timedatectl cannot tell: ${why.replace(/\.$/, '')}`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
