import { createServer, type AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { parseListening, parseNetworkMounts } from '../../../src/operations/doctor/machine.ts';

const V4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3151 1 0000000000000000 100 0 0 10 0
   1: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3152 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 3153 1 0000000000000000 100 0 0 10 0
`;
const V6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 41 1
   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 42 1
   2: 0000000000000000FFFF00000100A8C0:0052 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 43 1
   3: 000080FE00000000FF005450A1B2C3FE:0053 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 44 1
`;

test('parseListening tells what listens, and no connection', () => {
  expect(parseListening(V4)).toEqual([
    { address: '127.0.0.1', port: 8080, inode: '3151' },
    { address: '0.0.0.0', port: 5432, inode: '3152' },
  ]);
});

test('parseListening writes IPv6 as everybody does, and IPv4 in it as IPv4', () => {
  expect(parseListening(V6).map(({ address, port }) => `${address} ${port}`)).toEqual([
    ':: 80',
    '::1 81',
    '192.168.0.1 82',
    'fe80::5054:ff:fec3:b2a1 83',
  ]);
});

test('parseListening finds a port of this machine', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(parseListening(readFileSync('/proc/net/tcp', 'utf8'))).toContainEqual(
    expect.objectContaining({ address: '127.0.0.1', port }),
  );
});

test('parseNetworkMounts tells what lies on another machine, blanks and all', () => {
  const text = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:50 / /mnt/nas\\040one rw shared:5 - nfs4 nas:/export rw
31 22 0:51 / /mnt/b2 rw shared:6 - fuse.rclone b2: rw
32 22 0:52 / /mnt/usb rw - fuse.ntfs-3g /dev/sdb1 rw
`;
  expect(parseNetworkMounts(text)).toEqual(['/mnt/nas one', '/mnt/b2']);
});
