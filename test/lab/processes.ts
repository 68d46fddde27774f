/** A process by pid and start time: a pid alone may be given again to another. */
import { readFileSync } from 'node:fs';

export type ProcessId = { pid: number; startedAt: string };

/** Reads a line of /proc/<pid>/stat. @throws Error when it is none */
export function parseStat(line: string): ProcessId {
  // The second field is the name in brackets, and may hold blanks and brackets itself; the start time is the 22nd.
  const afterName = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  const startedAt = afterName[22 - 3];
  if (!Number.isInteger(pid) || startedAt === undefined)
    throw new Error(`Not a line of /proc/…/stat: "${line}"`);
  return { pid, startedAt };
}

/** @returns undefined when no such process lives */
export function identify(pid: number): ProcessId | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

export function lives(process: ProcessId): boolean {
  return identify(process.pid)?.startedAt === process.startedAt;
}
