/** Whether a disk is too full, or soon will be. */
import type { DiskState } from '../report/services.ts';
import type { CheckFact, Level } from '../report/host-findings.ts';
import { beyond, roughly } from './limits.ts';

type DiskFact = Extract<CheckFact, { kind: 'disk' }>;

/** Points below its limit at which a full disk counts as mended. */
const SLACK = 2;

/** @param limits percent. @returns the worse of its space and its files, where one is beyond a limit */
export function judgeDisk(
  { path, used, size, free, files }: DiskState,
  limits: { warn: number; alarm: number },
  told: Level | undefined,
): DiskFact | undefined {
  const facts = [
    { of: 'space' as const, used, all: size, left: free },
    ...(files === undefined
      ? []
      : [{ of: 'files' as const, used: files.size - files.free, all: files.size, left: files.free }]),
  ].flatMap(({ of, used: taken, all, left }): DiskFact[] => {
    const share = all === 0 ? 0 : (100 * taken) / all;
    const level = beyond(share, { ...limits, slack: SLACK, told });
    if (level === undefined) return [];
    return [{ kind: 'disk', path, of, level, share: Math.floor(share), free: roughly(left), size: all }];
  });
  return facts.toSorted((a, b) => b.share - a.share)[0];
}
