/** Copies of folders: files, links, empty folders, with modes, owners and times. The work is done beside the main thread. */
import { Worker } from 'node:worker_threads';
import type { Told } from './disk.ts';
import type { EarlierFiles } from './files-earlier.ts';
import type { FilesSource } from './files-walk.ts';
import type { FilesMessage, FilesTask, NewerFiles } from './files-worker.ts';
import type { FilesPart, SourceFacts } from './manifest.ts';

export type { EarlierFiles, FilesSource };

export async function describeFiles(source: FilesSource, signal?: AbortSignal): Promise<SourceFacts> {
  const files = await inWorker<number>({ verb: 'count', source }, { signal });
  return { name: source.folder, kind: 'files', schema: undefined, counts: { files } };
}

/** Files that were written after a moment, by the times that they carry. Milliseconds since 1970. */
export async function newerFiles(
  source: FilesSource,
  since: number,
  signal?: AbortSignal,
): Promise<NewerFiles> {
  return inWorker({ verb: 'newer', source, since }, { signal });
}

/** Bytes that a copy takes. @param earlier what is unchanged since takes none */
export async function measureFiles(
  source: FilesSource,
  earlier?: EarlierFiles,
  signal?: AbortSignal,
): Promise<number> {
  return inWorker({ verb: 'measure', source, earlier }, { signal });
}

/**
 * Copy a folder. It is on the disk when this returns.
 * @param options.folder of the copy, in which `name` (a folder) and `name`.jsonl (its list) are made
 * @param options.earlier whose copies are linked where files have not changed since; without it all is copied anew
 * @throws Error for what cannot be read or written, by its name
 */
export async function takeFiles(
  source: FilesSource,
  options: { folder: string; name: string; earlier: EarlierFiles | undefined },
  told: Told = {},
): Promise<FilesPart> {
  return inWorker({ verb: 'copy', source, ...options, now: Date.now() }, told);
}

/**
 * Read all copies of a folder's files again.
 * @param folder of the copy
 * @returns how many files there are
 * @throws Error with the first that is not what was written
 */
export async function checkFiles(part: FilesPart, folder: string, told: Told = {}): Promise<number> {
  return inWorker({ verb: 'check', folder, part: { copies: part.copies, list: part.list } }, told);
}

async function inWorker<Answer>(task: FilesTask, { signal, progress }: Told): Promise<Answer> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL('files-worker.ts', import.meta.url), {
    workerData: task,
  });
  const left = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: FilesMessage) => {
        if ('answer' in message) resolve(message.answer as Answer);
        else progress?.(message.progress);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('The reader of a folder ended without an answer.')));
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: left.signal });
    });
  } finally {
    left.abort();
    // What is under way ends first, so that nothing is written any more once this returns.
    await worker.terminate();
  }
}
