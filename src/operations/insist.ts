/** The way back is tried more than once: an engine or a systemd that is away for a moment is no reason to stay down. */
import type { UpdateFailure } from '../report/updates.ts';
import { sleep } from '../sleep.ts';

/** Milliseconds before it is tried again. */
const PAUSES = [1000, 5000];

/** @returns why it failed the last time; undefined once it has worked */
export async function insist(
  work: () => Promise<UpdateFailure | undefined>,
): Promise<UpdateFailure | undefined> {
  for (const pause of PAUSES) {
    if ((await work()) === undefined) return undefined;
    await sleep(pause);
  }
  return work();
}
