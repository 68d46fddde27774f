/** Calls that wait for the disk, for threads of their own, with errors that name what was being done. */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { failure, isCode } from './disk.ts';

export type Progress = (bytes: number) => void;

/** Errors of the system name what was being done. */
export function during<Value>(doing: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw failure(doing, error);
  }
}

/** A file may go away while a service works. */
export function unlessGone<Value>(doing: string, look: () => Value): Value | undefined {
  try {
    return look();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw failure(doing, error);
  }
}

/**
 * @param size ends soon after so many bytes
 * @param buffer of any size; it is written to
 * @returns what a file holds, and its SHA-256
 */
export function digestWaiting(
  path: string,
  { size, buffer, progress }: { size: number; buffer: Buffer; progress?: Progress },
): { size: number; sha256: string } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const digest = createHash('sha256');
    let at = 0;
    for (let read = -1; read !== 0 && at <= size; at += read) {
      read = readSync(file, buffer, 0, buffer.length, at);
      digest.update(buffer.subarray(0, read));
      progress?.(read);
    }
    return { size: at, sha256: digest.digest('hex') };
  } finally {
    closeSync(file);
  }
}
