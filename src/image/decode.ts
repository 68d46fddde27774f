/** What sharp's build from npm does not read, decoded in a worker. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DecodeTask } from './decode-worker.ts';

/**
 * @returns an uncompressed TIFF, upright, with the profile that it was given
 * @throws Error of the decoder; the signal's reason
 */
export async function decode(task: DecodeTask, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted();
  // The decoder prints what it stumbles over; its error says the same.
  const quiet = { stdout: true, stderr: true };
  const worker = new Worker(new URL('decode-worker.ts', import.meta.url), { workerData: task, ...quiet });
  try {
    // An error in the worker rejects this too.
    const [tiff] = (await once(worker, 'message', { signal })) as [Uint8Array];
    return tiff;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await worker.terminate();
  }
}
