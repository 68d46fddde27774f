/** Memory and swap, and how much the machine waits for them. */
import { join } from 'node:path';
import { readOrNothing } from './files.ts';

/** Bytes. */
export type MemoryState = {
  size: number;
  /** What programs can still get: Linux counts its caches in, which "free" does not. */
  available: number;
  /** 0 where there is none. */
  swapSize: number;
  swapFree: number;
  /**
   * Share of the last five minutes, in percent, in which everything that wanted to run waited for memory. Undefined for
   * a kernel that does not tell.
   */
  pressure: number | undefined;
};

/** @param proc /proc. @returns undefined where it does not tell */
export async function readMemory(proc: string): Promise<MemoryState | undefined> {
  const [info, pressure] = await Promise.all([
    readOrNothing(join(proc, 'meminfo')),
    readOrNothing(join(proc, 'pressure/memory')),
  ]);
  const bytes = (name: string): number | undefined => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(info)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };
  const size = bytes('MemTotal');
  const available = bytes('MemAvailable');
  if (size === undefined || available === undefined) return undefined;
  const stalled = /^full .*\bavg300=([\d.]+)/m.exec(pressure)?.[1];
  return {
    size,
    available,
    swapSize: bytes('SwapTotal') ?? 0,
    swapFree: bytes('SwapFree') ?? 0,
    pressure: stalled === undefined ? undefined : Number(stalled),
  };
}
