/** Work on a folder beside the main thread: a hundred thousand files are looked at, read and linked by calls that wait. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { digestWaiting, type Progress } from './blocking.ts';
import { failure } from './disk.ts';
import { copyFolder, type CopyTask } from './files-copy.ts';
import { openEarlier, type EarlierFiles } from './files-earlier.ts';
import { readList } from './files-list.ts';
import { walk, type FilesSource } from './files-walk.ts';
import { copyOf, lyingOf, type FilesPart } from './manifest.ts';

export type FilesTask =
  | { verb: 'count'; source: FilesSource }
  | { verb: 'newer'; source: FilesSource; since: number }
  | { verb: 'measure'; source: FilesSource; earlier: EarlierFiles | undefined }
  | ({ verb: 'copy' } & CopyTask)
  | { verb: 'check'; folder: string; part: Pick<FilesPart, 'copies' | 'list'> };
export type NewerFiles = { files: number; latestAt: number | undefined };
export type FilesMessage = { progress: number } | { answer: unknown };

/** Progress is told at most once for so many bytes. */
const TOLD = 1024 * 1024;
const BUFFER = 1024 * 1024;

const tell = (message: FilesMessage) => parentPort?.postMessage(message);
let untold = 0;
const progress: Progress = (bytes) => {
  untold += bytes;
  if (untold < TOLD) return;
  tell({ progress: untold });
  untold = 0;
};

const answer = await work(workerData as FilesTask);
tell({ progress: untold });
tell({ answer });

async function work(task: FilesTask): Promise<unknown> {
  if (task.verb === 'copy') return copyFolder(task, progress);
  if (task.verb === 'check') return check(task.folder, task.part);
  if (task.verb === 'measure') return measure(task.source, task.earlier);
  return task.verb === 'newer' ? newer(task.source, task.since) : count(task.source);
}

function count(source: FilesSource): number {
  let files = 0;
  for (const { stats } of walk(source).found) if (stats.isFile()) files += 1;
  return files;
}

function newer(source: FilesSource, since: number): NewerFiles {
  let files = 0;
  let latestAt: number | undefined;
  for (const { stats } of walk(source).found) {
    const at = Number(stats.mtimeNs / 1_000_000n);
    if (!stats.isFile() || at <= since) continue;
    files += 1;
    latestAt = Math.max(at, latestAt ?? at);
  }
  return { files, latestAt };
}

async function measure(source: FilesSource, given: EarlierFiles | undefined): Promise<number> {
  // Where its list is damaged, all is copied anew.
  const earlier = given && (await openEarlier(given).catch(() => undefined));
  let bytes = 0;
  for (const { path, stats } of walk(source).found) {
    if (stats.isFile() && (await earlier?.find(path, stats)) === undefined) bytes += Number(stats.size);
  }
  await earlier?.close();
  return bytes;
}

/** @throws Error with the first copy that is not what was written */
async function check(folder: string, part: Pick<FilesPart, 'copies' | 'list'>): Promise<number> {
  const buffer = Buffer.allocUnsafe(BUFFER);
  let files = 0;
  for await (const entry of readList(folder, part.list)) {
    if (entry.type !== 'file') continue;
    files += 1;
    if (entry.sameAs !== undefined) continue;
    const copy = copyOf(part, entry);
    const { size, sha256 } = lyingOf(copy);
    const path = join(folder, copy.file);
    const damaged = (why: string) => new Error(`The copy "${path}" is damaged: ${why}`);
    const found = read(path, { size, buffer, progress });
    if (found.size !== size) throw damaged(`it has another size than the ${size} bytes that were written.`);
    if (found.sha256 !== sha256) throw damaged('it has other contents than were written.');
  }
  return files;
}

function read(path: string, options: Parameters<typeof digestWaiting>[1]) {
  try {
    return digestWaiting(path, options);
  } catch (error) {
    throw failure(`read the copy "${path}"`, error);
  }
}
