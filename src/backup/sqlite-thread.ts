/** A worker thread for each task on a SQLite database. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Told } from './disk.ts';
import type { QueryTask, Row } from './sqlite-query-worker.ts';
import type { SqliteAnswer, SqliteTask } from './sqlite-worker.ts';

/** What each file that runs in a thread is given, and gives. */
type Work = {
  'sqlite-worker.ts': { task: SqliteTask; answer: SqliteAnswer };
  'sqlite-query-worker.ts': { task: QueryTask; answer: Row[] };
};
type Message<Answer> = { progress: number } | { answer: Answer };

export async function inWorker<File extends keyof Work>(
  file: File,
  task: Work[File]['task'],
  { signal, progress }: Told,
): Promise<Work[File]['answer']> {
  signal?.throwIfAborted();
  // For a copy that can be read, where the database itself cannot; a thread that is ended leaves it behind.
  const scratch = join(tmpdir(), `steward-${randomUUID()}`);
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { ...task, scratch },
    // Older versions of Node warn of SQLite each time.
    stderr: true,
  });
  const left = new AbortController();
  try {
    return await new Promise<Work[File]['answer']>((resolve, reject) => {
      worker.on('message', (message: Message<Work[File]['answer']>) => {
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
    await rm(scratch, { recursive: true, force: true });
  }
}
