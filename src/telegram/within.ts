/** Wait for something, but not for ever. Milliseconds. */
import { sleep } from '../sleep.ts';

export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([work, sleep(ms, end.signal)]);
  } finally {
    end.abort();
  }
}
