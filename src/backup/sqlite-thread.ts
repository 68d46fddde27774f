/** A worker thread for each task on a SQLite database. */
import { Worker } from 'node:worker_threads';
import type { Told } from './disk.ts';
import type { SqliteAnswer, SqliteMessage, SqliteTask } from './sqlite-worker.ts';

export async function inWorker(task: SqliteTask, { signal, progress }: Told): Promise<SqliteAnswer> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL('sqlite-worker.ts', import.meta.url), {
    workerData: task,
    // Older versions of Node warn of SQLite each time.
    stderr: true,
  });
  const left = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: SqliteMessage) => {
        if ('answer' in message) resolve(message.answer);
        else progress?.(message.progress);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('its reader ended without an answer.')));
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: left.signal });
    });
  } finally {
    left.abort();
    await worker.terminate();
  }
}
