/** What is mounted where. */
import { join } from 'node:path';
import { readOrNothing } from './files.ts';

export type Mount = {
  point: string;
  /** `ext4`, `nfs4`, `autofs`, … */
  type: string;
  /** `/dev/sda1`, `nas:/photos`. */
  source: string;
  /**
   * The file system itself takes no writing, whoever asks. A mount alone can be so, too, as systemd makes them for a
   * unit with ProtectSystem.
   */
  isReadOnly: boolean;
};

/** @param proc /proc. @returns those of this process; undefined where that cannot be read */
export async function readMounts(proc: string): Promise<Mount[] | undefined> {
  const text = await readOrNothing(join(proc, 'self/mountinfo'));
  return text === '' ? undefined : text.trimEnd().split('\n').flatMap(parse);
}

/** proc_pid_mountinfo(5): `36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue` */
function parse(line: string): Mount[] {
  const [own = '', rest] = line.split(' - ');
  const point = own.split(' ')[4];
  const [type, source, options] = rest?.split(' ') ?? [];
  if (point === undefined || type === undefined || source === undefined) return [];
  const isReadOnly = options?.split(',').includes('ro') ?? false;
  return [{ point: unescape(point), type, source: unescape(source), isReadOnly }];
}

/** Blanks and backslashes stand as `\040`. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** File systems behind a network or a program, and those that are mounted at the first look: any may never answer. */
const MAY_HANG = /^(?:autofs|nfs4?|cifs|smb3?|9p|ceph|glusterfs|afs|davfs|fuse(?:\..+)?)$/;

/** Whether a question about this path may have no end. @param mounts the later of two at one place counts */
export function mayHang(path: string, mounts: readonly Mount[]): boolean {
  const holds = ({ point }: Mount) => point === '/' || path === point || path.startsWith(`${point}/`);
  const longest = Math.max(...mounts.filter(holds).map(({ point }) => point.length));
  const mount = mounts.findLast((one) => holds(one) && one.point.length === longest);
  return mount !== undefined && MAY_HANG.test(mount.type);
}
