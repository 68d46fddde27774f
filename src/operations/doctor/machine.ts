/** How this machine is set up: addresses, ports, mounts, users. What may not be read is told so. */
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import type { IdRange, Listener, RootlessFacts } from '../../doctor/facts.ts';
import { parseIdMap, rootlessIds } from '../../doctor/ids.ts';

const LISTENING = '0A';
/** File systems that lie on another machine. */
const NETWORK =
  /^(?:nfs4?|cifs|smb3?|smbfs|9p|ceph|afs|davfs|glusterfs|fuse\.(?:sshfs|rclone|s3fs|glusterfs|davfs2?|ceph|smbnetfs|curlftpfs))$/;
/** Where distributions put it; NixOS gives it its rights under the first. */
const NEWUIDMAP = ['/run/wrappers/bin', '/usr/bin', '/bin', '/usr/local/bin'].map((folder) =>
  join(folder, 'newuidmap'),
);

export type Socket = { address: string; port: number; inode: string };

/** @param text of /proc/net/tcp or tcp6: addresses in words of the machine's own order */
export function parseListening(text: string): Socket[] {
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const [local = '', state, inode = ''] = [words[1], words[3], words[9]];
    const [address = '', port = ''] = local.split(':');
    return state === LISTENING
      ? [{ address: toAddress(address), port: Number.parseInt(port, 16), inode }]
      : [];
  });
}

function toAddress(hex: string): string {
  const words = (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).toReversed());
  if (words.length === 1) return (words[0] ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
  const bytes = words.flat().join('');
  if (/^0{20}f{4}/i.test(bytes)) {
    return (bytes.slice(24).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
  }
  const groups = (bytes.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ''));
  // As a URL has it, so that `::1` and `::` are what they are everywhere else.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1).toLowerCase();
}

/** @param text of /proc/self/mountinfo; blanks in a path are octal there */
export const parseNetworkMounts = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const path = before.split(' ')[4] ?? '';
    const plain = path.replaceAll(/\\(\d{3})/g, (_, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 8)),
    );
    return NETWORK.test(after.split(' ')[0] ?? '') ? [plain] : [];
  });

export const networkMounts = async (): Promise<string[]> =>
  parseNetworkMounts(await readFile('/proc/self/mountinfo', 'utf8'));

export const ownAddresses = (): { interface: string; address: string }[] =>
  Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.map(({ address }) => ({ interface: name, address })),
  );

export const bindsAhead = async (): Promise<boolean> =>
  (await readFile('/proc/sys/net/ipv4/ip_nonlocal_bind', 'utf8').catch(() => '')).trim() === '1';

/**
 * Who listens where, as far as the owners are among these.
 * @param owners by a part of the control group's path: a unit's name, a container's id
 */
export async function listeners(
  owners: ReadonlyMap<string, Pick<Listener, 'container' | 'unit'>>,
): Promise<Listener[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8')));
  const sockets = new Map(tables.flatMap(parseListening).map((socket) => [socket.inode, socket]));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    processes.map(async (pid): Promise<Listener[]> => {
      const group = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      const [, owner] = [...owners].find(([part]) => group.includes(part)) ?? [];
      if (owner === undefined) return [];
      const inodes = await socketsOf(pid);
      return inodes.flatMap((inode) => {
        const socket = sockets.get(inode);
        return socket === undefined ? [] : [{ address: socket.address, port: socket.port, ...owner }];
      });
    }),
  );
  return found.flat();
}

/** A process may end meanwhile. */
async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(unlessGone);
  const links = await Promise.all(files.map((file) => readlink(join(folder, file)).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

function unlessGone(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return [];
  // Root without its capabilities may not, as in the hardened unit.
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    throw new Error(
      'whose they are, only root with all its rights can see (`sudo steward doctor` on the server)',
    );
  }
  throw error;
}

/** By number and name. */
export async function renderGroups(): Promise<string[]> {
  const nodes = await readdir('/dev/dri').catch((): string[] => []);
  const owners = await Promise.all(
    nodes
      .filter((name) => name.startsWith('render'))
      .map(async (name) => (await stat(join('/dev/dri', name))).gid),
  );
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  const known = groups.filter(([name, , gid]) => name === 'render' || owners.includes(Number(gid)));
  return [...new Set([...known.flatMap(([name = '', , gid = '']) => [name, gid]), ...owners.map(String)])];
}

type User = { uid: number; name: string };

/** Whose engine it is. @returns undefined for root's, and where that cannot be told */
export async function userOfSocket(socket: string): Promise<User | undefined> {
  const path = socket.replace(/^unix:\/\//, '');
  const told = /\/run\/user\/(\d+)\//.exec(path)?.[1];
  const uid = told ?? String((await stat(path).catch(() => undefined))?.uid ?? 0);
  if (uid === '0') return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  return { uid: Number(uid), name: users.find((fields) => fields[2] === uid)?.[0] ?? uid };
}

export async function rootlessFacts({ uid, name }: User): Promise<RootlessFacts> {
  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  const [lingers, ...found] = await Promise.all(
    [`/var/lib/systemd/linger/${name}`, ...NEWUIDMAP].map(exists),
  );
  return { uid, user: name, lingers: lingers === true, hasNewuidmap: found.includes(true) };
}

/** What ids mean in a container: the kernel tells it of one that runs, of others /etc/subuid. */
export async function idsOf(pid: number, user: User | undefined): Promise<IdRange[] | undefined> {
  const map = pid > 0 ? await readFile(`/proc/${pid}/uid_map`, 'utf8').catch(() => '') : '';
  if (map !== '') return parseIdMap(map);
  if (user === undefined) return undefined;
  return rootlessIds(user, await readFile('/etc/subuid', 'utf8').catch(() => ''));
}

/** The disk that a path lies on, or will: partitions of one disk are one. */
export async function diskOf(path: string): Promise<string> {
  const found = await stat(path).catch(unlessMissing);
  if (found === undefined) return diskOf(dirname(path));
  // makedev(3)
  const [major, minor] = [(found.dev >>> 8) & 0xfff, (found.dev & 0xff) | ((found.dev >>> 12) & 0xfff00)];
  const block = await realpath(`/sys/dev/block/${major}:${minor}`).catch(() => undefined);
  if (block === undefined) return String(found.dev);
  const isPartition = await stat(join(block, 'partition')).catch(() => undefined);
  return isPartition === undefined ? block : dirname(block);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
