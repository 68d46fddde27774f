/**
 * `node bench/backups/files-child.ts`: copies a folder as the other side of the pipe asks, and says how long it took, how
 * far memory grew and how long the event loop stood still, beside the same time at rest.
 */
import { mkdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { measureFiles, takeFiles, type EarlierFiles } from '../../src/backup/files.ts';
import type { FilesPart } from '../../src/backup/manifest.ts';

export type FilesJob = {
  source: string;
  /** Of the copy. */
  folder: string;
  earlier?: EarlierFiles;
  /** What the clock says. */
  now: number;
};
/** Milliseconds, bytes. */
export type FilesTold = {
  part: FilesPart;
  ms: number;
  grownBy: number;
  paused: number;
  pausedAtRest: number;
};

process.once('message', (job: FilesJob) => void work(job));

async function work({ source: folder, now, ...job }: FilesJob): Promise<void> {
  const source = { folder, exclude: [], databases: [] };
  const ahead = now - Date.now();
  const real = Date.now;
  Date.now = () => real() + ahead;
  mkdirSync(job.folder);

  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  await measureFiles(source, job.earlier);
  const part = await takeFiles(source, { folder: job.folder, name: 'files', earlier: job.earlier });
  const ms = performance.now() - begun;
  const paused = delay.max / 1e6;
  clearInterval(looking);

  delay.reset();
  // A first copy is not measured.
  if (job.earlier !== undefined) await pause(ms);
  const told: FilesTold = { part, ms, grownBy: most - before, paused, pausedAtRest: delay.max / 1e6 };
  process.send?.(told);
  process.disconnect?.();
}
