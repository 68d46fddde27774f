/** File systems that took writing once and take none any more: how the kernel saves what is left of a broken disk. */
import type { Mount } from '../clients/machine/mounts.ts';
import type { CheckFact } from '../report/host-findings.ts';

/** Those of disks of this machine; a network's has its own reasons, and some can never be written. */
const OF_DISKS = /^(?:ext[234]|xfs|btrfs|f2fs|bcachefs|zfs|jfs|reiserfs|vfat|exfat|ntfs3?)$/;

/** By mount point and type: the same after a boot, where devices may have changed their names. */
const keyOf = ({ point, type }: Mount): string => `${point} ${type}`;

/** The later of two at one place covers the first. */
const shown = (mounts: readonly Mount[]): Mount[] => [
  ...new Map(mounts.filter(({ type }) => OF_DISKS.test(type)).map((mount) => [mount.point, mount])).values(),
];

/**
 * @param known file systems that were seen writable, by {@link keyOf}
 * @returns one fact for each device that changed, and those to be known from now on
 */
export function judgeReadOnly(
  mounts: readonly Mount[],
  known: readonly string[],
): { facts: Extract<CheckFact, { kind: 'read-only' }>[]; known: string[] } {
  const disks = shown(mounts);
  const lost = disks.filter((mount) => mount.isReadOnly && known.includes(keyOf(mount)));
  const byDevice = new Map(lost.toReversed().map((mount) => [mount.source, mount]));
  return {
    facts: [...byDevice.values()]
      .toReversed()
      .map(({ point, source }) => ({ kind: 'read-only', path: point, device: source })),
    known: [...new Set([...known, ...disks.filter(({ isReadOnly }) => !isReadOnly).map(keyOf)])].toSorted(),
  };
}
