/** Which lines of the kernel tell of a disk that cannot be read or written, and which disk it is. */
import type { KernelLine } from '../clients/machine/kernel-log.ts';
import type { CheckFact } from '../report/host-findings.ts';

/** The first group is the device. The words are those of drivers/ata, drivers/nvme, block, and fs of Linux 4.19 to 6.18. */
const PATTERNS: readonly RegExp[] = [
  /\b(?:I\/O error|critical (?:medium|target) error),? (?:on )?dev ([\w-]+)/,
  /\bBuffer I\/O error on (?:dev|device) ([\w-]+)/,
  /^(ata\d+)(?:\.\d+)?: (?:exception Emask .*|failed command: |error: \{)/,
  /^nvme (nvme\d+): (?:I\/O .* timeout|controller is down|Device not ready|Abort status)/,
  /^EXT4-fs (?:error|warning) \(device ([\w-]+)\).*(?:error|corrupt|I\/O)/,
  /^EXT4-fs error \(device ([\w-]+)\)/,
  /^BTRFS (?:error|critical|warning)[^(]*\(device ([\w-]+)[^)]*\).*(?:csum failed|checksum error|errs: wr|I\/O|corrupt)/,
  /^XFS \(([\w-]+)\): (?:metadata I\/O error|Corruption|log I\/O error|Metadata corruption)/,
  /^F2FS-fs \(([\w-]+)\): .*(?:corrupt|I\/O error)/,
];

/** Devices that have no medium, or whose errors tell of nothing: a drive without a disc, an unplugged loop. */
const NO_DISK = /^(?:sr|fd|loop|zram|ram)\d/;

/** @returns one for each device, the first that failed first */
export function ioErrors(lines: readonly KernelLine[]): Extract<CheckFact, { kind: 'io-errors' }>[] {
  const byDevice = new Map<string, { count: number; line: string }>();
  for (const { text } of lines) {
    const device = deviceOf(text);
    if (device === undefined || NO_DISK.test(device)) continue;
    // The newest line is shown.
    byDevice.set(device, { count: (byDevice.get(device)?.count ?? 0) + 1, line: text });
  }
  return [...byDevice].map(([device, found]) => ({ kind: 'io-errors', device, ...found }));
}

function deviceOf(text: string): string | undefined {
  for (const pattern of PATTERNS) {
    const device = pattern.exec(text)?.[1];
    if (device !== undefined) return wholeDisk(device);
  }
  return undefined;
}

/** One trouble for a disk, not one for each of its partitions. */
const wholeDisk = (device: string): string =>
  /^((?:nvme\d+n\d+|mmcblk\d+)(?=p\d+$)|(?:sd|vd|hd)[a-z]+(?=\d+$))/.exec(device)?.[1] ?? device;
