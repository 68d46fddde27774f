/** The judges that look at one moment: each limit fires, is silent below it, and lets go only well below it. */
import { describe, expect, it, test } from 'vitest';
import { judgeCertificate } from '../../src/checks/certificate.ts';
import { judgeDisk } from '../../src/checks/disk.ts';
import { ioErrors } from '../../src/checks/kernel-errors.ts';
import { judgeMemory, judgeSwap } from '../../src/checks/memory.ts';
import { judgeReadOnly } from '../../src/checks/read-only.ts';
import { judgeSmart } from '../../src/checks/smart.ts';
import { judgeTemperature } from '../../src/checks/temperature.ts';
import type { Level } from '../../src/report/host-findings.ts';
import type { SmartState } from '../../src/clients/machine/smart.ts';

const GB = 1e9;
const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T06:00:00Z');

describe('judgeDisk', () => {
  const LIMITS = { warn: 80, alarm: 92 };
  const disk = (used: number, files?: { size: number; free: number }) => ({
    path: '/mnt/data',
    size: 100 * GB,
    used: used * GB,
    free: (100 - used) * GB,
    ...(files === undefined ? {} : { files }),
  });
  it.each<[number, Level | undefined, Level | undefined]>([
    [79.9, undefined, undefined],
    [80, undefined, 'warn'],
    [91.9, undefined, 'warn'],
    [92, undefined, 'alarm'],
    [100, undefined, 'alarm'],
    // Told already: it is over only two points below.
    [78.5, 'warn', 'warn'],
    [77.9, 'warn', undefined],
    [90.5, 'alarm', 'alarm'],
    [89.9, 'alarm', 'warn'],
    [92.5, 'warn', 'alarm'],
  ])('of %s %% in use, told before: %s, says %s', (used, told, level) => {
    expect(judgeDisk(disk(used), LIMITS, told)?.level).toBe(level);
  });

  it('says which is worse, space or files', () => {
    const files = { size: 1_000_000, free: 50_000 };
    expect(judgeDisk(disk(85, files), LIMITS, undefined)).toMatchObject({
      of: 'files',
      share: 95,
      free: 50_000,
    });
    expect(judgeDisk(disk(96, files), LIMITS, undefined)).toMatchObject({ of: 'space', share: 96 });
    expect(judgeDisk(disk(10, { size: 1_000_000, free: 900_000 }), LIMITS, undefined)).toBeUndefined();
  });

  it('is not confused by a file system without a size', () => {
    expect(judgeDisk({ path: '/proc', size: 0, used: 0, free: 0 }, LIMITS, undefined)).toBeUndefined();
  });
});

describe('judgeMemory and judgeSwap', () => {
  const state = (available: number, pressure: number | undefined, swapFree = 4) => ({
    size: 100 * GB,
    available: available * GB,
    swapSize: 4 * GB,
    swapFree: swapFree * GB,
    pressure,
  });
  it.each<[number, number | undefined, Level | undefined, Level | undefined]>([
    [9, 0, undefined, undefined],
    [8, 0, undefined, 'warn'],
    [3, 0, undefined, 'alarm'],
    [50, 4.9, undefined, undefined],
    [50, 5, undefined, 'warn'],
    [50, 20, undefined, 'alarm'],
    [50, undefined, undefined, undefined],
    [9, 0, 'warn', 'warn'],
    [11, 0, 'warn', undefined],
  ])('of %s %% available and pressure %s, told before: %s, says %s', (available, pressure, told, level) => {
    expect(judgeMemory(state(available, pressure), told)?.level).toBe(level);
  });

  it('lets a full swap be where nobody waits for it', () => {
    expect(judgeSwap(state(50, 0, 0.1), undefined)).toBeUndefined();
    expect(judgeSwap(state(50, 2, 0.1), undefined)).toMatchObject({ kind: 'swap', size: 4 * GB });
    expect(judgeSwap(state(50, undefined, 0.1), undefined)).toMatchObject({ kind: 'swap' });
    expect(judgeSwap(state(50, 2, 0.5), undefined)).toBeUndefined();
    expect(judgeSwap(state(50, 2, 0.5), 'warn')).toMatchObject({ kind: 'swap' });
    expect(judgeSwap(state(50, 2, 1), 'warn')).toBeUndefined();
    expect(judgeSwap({ ...state(50, 30), swapSize: 0, swapFree: 0 }, undefined)).toBeUndefined();
  });
});

describe('judgeTemperature', () => {
  it.each<[string, number, number | undefined, Level | undefined, Level | undefined]>([
    ['coretemp', 79, undefined, undefined, undefined],
    ['coretemp', 80, undefined, undefined, 'warn'],
    ['k10temp', 95, undefined, undefined, 'alarm'],
    ['coretemp', 76, undefined, 'warn', 'warn'],
    ['coretemp', 74, undefined, 'warn', undefined],
    ['nvme', 69, undefined, undefined, undefined],
    ['nvme', 70, undefined, undefined, 'warn'],
    ['nvme', 85, undefined, undefined, 'alarm'],
    // The hardware itself draws the line earlier, or later than ours.
    ['nvme', 65, 75, undefined, 'warn'],
    ['nvme', 76, 75, undefined, 'alarm'],
    ['coretemp', 96, 105, undefined, 'alarm'],
    ['drivetemp', 56, 60, undefined, 'warn'],
    // A board's sensor that nobody connected.
    ['nct6775', 127, 80, undefined, undefined],
  ])('of %s at %s °C (critical %s), told before: %s, says %s', (driver, degrees, critical, told, level) => {
    expect(judgeTemperature({ driver, name: driver, degrees, critical }, told)?.level).toBe(level);
  });
});

describe('judgeCertificate', () => {
  const certificate = (left: number, more: object = {}) => ({
    name: '*.example.dev',
    validFrom: NOW + left - 90 * DAY,
    validTo: NOW + left,
    fits: true,
    untrusted: undefined,
    ...more,
  });
  it.each([
    [22 * DAY, undefined],
    [20 * DAY, { kind: 'expiring', level: 'warn' }],
    [7 * DAY, { kind: 'expiring', level: 'warn' }],
    [3 * DAY, { kind: 'expiring', level: 'alarm' }],
    [0, { kind: 'expired' }],
    [-DAY, { kind: 'expired' }],
  ])('with %s ms left says %o', (left, trouble) => {
    expect(judgeCertificate(certificate(left), NOW)).toEqual(trouble);
  });

  it('knows one of a proxy of its own, which is renewed within hours', () => {
    const hours = (left: number) =>
      certificate(left * 3_600_000, { validFrom: NOW - (12 - left) * 3_600_000 });
    expect(judgeCertificate(hours(4), NOW)).toBeUndefined();
    expect(judgeCertificate(hours(0.5), NOW)).toEqual({ kind: 'expiring', level: 'alarm' });
  });

  it('says the worst first: the name, the dates, the issuer', () => {
    const untrusted = 'self signed cert in chain';
    expect(judgeCertificate(certificate(-DAY, { fits: false, untrusted }), NOW)).toEqual({
      kind: 'wrong-name',
    });
    expect(judgeCertificate(certificate(-DAY, { untrusted }), NOW)).toEqual({ kind: 'expired' });
    expect(judgeCertificate(certificate(3 * DAY, { untrusted }), NOW)).toEqual({
      kind: 'untrusted',
      cause: untrusted,
    });
    expect(judgeCertificate(certificate(DAY, { validFrom: NOW + 1 }), NOW)).toEqual({
      kind: 'not-yet',
      validFrom: NOW + 1,
    });
  });
});

describe('ioErrors', () => {
  const devices = (...texts: string[]) =>
    ioErrors(texts.map((text, index) => ({ at: index, text }))).map(({ device }) => device);

  it.each([
    ['I/O error, dev sda, sector 1953525160 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2', 'sda'],
    ['blk_update_request: I/O error, dev nvme0n1, sector 209715', 'nvme0n1'],
    ['critical medium error, dev sdb, sector 2056 op 0x0:(READ) flags 0x0 phys_seg 1', 'sdb'],
    ['Buffer I/O error on dev sda1, logical block 0, async page read', 'sda'],
    ['Buffer I/O error on dev nvme0n1p2, logical block 0, lost sync page write', 'nvme0n1'],
    ['ata3.00: exception Emask 0x0 SAct 0x1 SErr 0x0 action 0x0', 'ata3'],
    ['ata3.00: failed command: READ FPDMA QUEUED', 'ata3'],
    ['nvme nvme0: I/O 128 QID 4 timeout, aborting', 'nvme0'],
    ['nvme nvme1: controller is down; will reset: CSTS=0xffffffff', 'nvme1'],
    ['EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory', 'sda'],
    ['EXT4-fs error (device dm-0): ext4_journal_check_start:83: Detected aborted journal', 'dm-0'],
    ['BTRFS error (device sdc1): bdev /dev/sdc1 errs: wr 0, rd 1, flush 0, corrupt 0, gen 0', 'sdc'],
    ['BTRFS warning (device sdc1): csum failed root 5 ino 257 off 0 csum 0x8941f998', 'sdc'],
    ['XFS (dm-1): metadata I/O error in "xfs_buf_ioend" at daddr 0x1 len 1 error 5', 'dm-1'],
  ])('takes "%s" for %s', (text, device) => {
    expect(devices(text)).toEqual([device]);
  });

  it.each([
    'I/O error, dev sr0, sector 0 op 0x0:(READ) flags 0x80700',
    'Buffer I/O error on dev fd0, logical block 0, async page read',
    'usb 1-2: device descriptor read/64, error -71',
    'ata1.00: configured for UDMA/133',
    'ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)',
    'EXT4-fs (sda1): mounted filesystem with ordered data mode',
    'BTRFS info (device sda1): disk space caching is enabled',
    'nvme nvme0: 4/0/0 default/read/poll queues',
    'process said: I/O error',
  ])('leaves "%s"', (text) => {
    expect(devices(text)).toEqual([]);
  });

  it('counts for each disk, with its partitions, and shows the last line', () => {
    const lines = ['Buffer I/O error on dev sda1, logical block 1', 'I/O error, dev sda, sector 2'];
    expect(ioErrors(lines.map((text) => ({ at: 0, text })))).toEqual([
      { kind: 'io-errors', device: 'sda', count: 2, line: lines[1] },
    ]);
  });
});

describe('judgeReadOnly', () => {
  const mount = (point: string, isReadOnly: boolean, type = 'ext4') => ({
    point,
    type,
    source: `/dev/mapper${point}`,
    isReadOnly,
  });

  it('says what took writing before, once for a device, and nothing of what never did', () => {
    const first = judgeReadOnly([mount('/', false), mount('/nix', true), mount('/cd', true, 'iso9660')], []);
    expect(first.facts).toEqual([]);
    expect(first.known).toEqual(['/ ext4']);
    const second = judgeReadOnly([mount('/', true), mount('/nix', true)], first.known);
    expect(second.facts).toEqual([{ kind: 'read-only', path: '/', device: '/dev/mapper/' }]);
    expect(judgeReadOnly([mount('/', false)], second.known).facts).toEqual([]);
  });

  it('takes the mount that covers another', () => {
    const known = ['/mnt ext4', '/mnt xfs'];
    expect(judgeReadOnly([mount('/mnt', true), mount('/mnt', false, 'xfs')], known).facts).toEqual([]);
  });
});

describe('judgeSmart', () => {
  const healthy: SmartState = {
    device: '/dev/sda',
    model: 'M',
    serial: 'S',
    passed: true,
    hasWarning: false,
    used: 12,
    spare: { left: 100, least: 10 },
    reallocated: 0,
    pending: 0,
    uncorrectable: 0,
    media: 0,
  };
  test('has nothing to say of a healthy disk, nor of one that tells little', () => {
    expect(judgeSmart(healthy, {})).toEqual([]);
    expect(judgeSmart({ ...healthy, passed: undefined, used: undefined, spare: undefined }, {})).toEqual([]);
  });
  test.each([
    [{ passed: false }, { kind: 'failing' }],
    [{ hasWarning: true }, { kind: 'failing' }],
    [{ used: 90 }, { kind: 'worn', used: 90 }],
    [{ spare: { left: 10, least: 10 } }, { kind: 'spare', left: 10, least: 10 }],
    [{ pending: 8 }, { kind: 'sectors', what: 'pending', count: 8 }],
    [{ media: 1 }, { kind: 'sectors', what: 'media', count: 1 }],
  ])('of %o says %o', (more, problem) => {
    expect(judgeSmart({ ...healthy, ...more }, {})).toEqual([problem]);
  });
  test('lets bad blocks be that were there weeks ago, and tells of more', () => {
    expect(judgeSmart({ ...healthy, reallocated: 8 }, { reallocated: 8 })).toEqual([]);
    expect(judgeSmart({ ...healthy, reallocated: 9 }, { reallocated: 8 })).toHaveLength(1);
  });
});
