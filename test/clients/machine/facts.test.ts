/** What the machine tells of itself, read from folders like those of the kernel. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type MachineOptions } from '../../../src/clients/machine.ts';
import { mayHang } from '../../../src/clients/machine/mounts.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'facts-'))));
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
/** A program that prints this, whatever it is asked. */
const program = (name: string, script: string): [string, string] => {
  write(name, script);
  return [process.execPath, join(root, name)];
};
const machine = (more: MachineOptions = {}) =>
  createMachine({ proc: join(root, 'proc'), sys: join(root, 'sys'), run: join(root, 'run'), ...more });

describe('memory', () => {
  const INFO = 'MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB\n';
  it('is told in bytes, with the share of five minutes that was waited', async () => {
    write('proc/meminfo', INFO);
    write(
      'proc/pressure/memory',
      'some avg10=0.00 avg60=0.00 avg300=9.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=1.25 total=1\n',
    );
    expect(await machine().memory()).toEqual({
      size: 1_024_000,
      available: 256_000,
      swapSize: 102_400,
      swapFree: 40_960,
      pressure: 1.25,
    });
  });
  it('has no pressure where the kernel does not tell, and is unknown without figures', async () => {
    write('proc/meminfo', INFO);
    expect(await machine().memory()).toMatchObject({ pressure: undefined });
    write('proc/meminfo', 'MemTotal: 1000 kB\n');
    expect(await machine().memory()).toBeUndefined();
  });
});

describe('sensors', () => {
  const chip = (number: number, driver: string, device: string, files: Record<string, string>) => {
    const folder = `sys/class/hwmon/hwmon${number}`;
    write(`${folder}/name`, `${driver}\n`);
    mkdirSync(join(root, 'sys/devices', device), { recursive: true });
    symlinkSync(join(root, 'sys/devices', device), join(root, folder, 'device'));
    for (const [name, text] of Object.entries(files)) write(`${folder}/${name}`, text);
  };
  it('gives each chip its hottest place and a name that stays, and leaves figures that cannot be', async () => {
    chip(0, 'nvme', 'nvme1', { temp1_input: '40850\n', temp1_crit: '84850\n' });
    chip(1, 'nvme', 'nvme0', { temp1_input: '50850\n', temp2_input: '61850\n' });
    chip(2, 'coretemp', 'coretemp.0', {
      temp1_input: '55000\n',
      temp1_crit: '105000\n',
      temp2_input: '57000\n',
      temp2_crit: '100000\n',
      temp3_input: '-128000\n',
    });
    chip(3, 'iwlwifi', 'phy0', { in0_input: '1' });
    chip(4, 'acpitz', 'thermal', { temp1_input: '' });
    expect(await machine().sensors()).toEqual([
      { driver: 'coretemp', name: 'coretemp', degrees: 57, critical: 100 },
      { driver: 'nvme', name: 'nvme0', degrees: 61.85, critical: undefined },
      { driver: 'nvme', name: 'nvme1', degrees: 40.85, critical: 84.85 },
    ]);
    expect((await machine().vitals()).temperature).toBe(61.85);
  });
  it('are none where there are none', async () => {
    expect(await machine().sensors()).toEqual([]);
    expect((await machine().vitals()).temperature).toBeUndefined();
  });
});

describe('mounts', () => {
  const INFO = [
    '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro',
    '30 22 254:0 /nix/store /nix/store ro,relatime - ext4 /dev/vda1 rw,errors=remount-ro',
    '31 22 8:1 / /mnt/my\\040data rw,noatime - ext4 /dev/sda1 ro',
    '40 22 0:50 / /mnt/auto rw - autofs systemd-1 rw,fd=50',
    '41 40 0:51 / /mnt/auto rw - nfs4 nas:/photos rw',
    '42 22 0:60 / /mnt/fused rw - fuse.sshfs me@nas: rw',
  ].join('\n');
  it('tell what takes writing by the file system, not by the mount', async () => {
    write('proc/self/mountinfo', `${INFO}\n`);
    const mounts = (await machine().mounts()) ?? [];
    expect(mounts.map(({ point, isReadOnly }) => `${point} ${isReadOnly}`)).toEqual([
      '/ false',
      '/nix/store false',
      '/mnt/my data true',
      '/mnt/auto false',
      '/mnt/auto false',
      '/mnt/fused false',
    ]);
    expect(mounts[4]).toMatchObject({ type: 'nfs4', source: 'nas:/photos' });
  });
  it('may hang where a network or a program stands behind them', async () => {
    write('proc/self/mountinfo', INFO);
    const mounts = (await machine().mounts()) ?? [];
    const paths = [
      '/',
      '/var/lib',
      '/mnt/my data/x',
      '/mnt/auto',
      '/mnt/auto/2026',
      '/mnt/fused',
      '/mnt/autos',
    ];
    expect(paths.filter((path) => mayHang(path, mounts))).toEqual([
      '/mnt/auto',
      '/mnt/auto/2026',
      '/mnt/fused',
    ]);
  });
  it('are unknown where that cannot be read', async () => {
    expect(await machine().mounts()).toBeUndefined();
  });
});

describe('disk', () => {
  it('behind a network is looked at from outside, and one that does not answer is silent', async () => {
    const path = join(root, 'share');
    mkdirSync(path);
    write('proc/self/mountinfo', `41 22 0:51 / ${path} rw - nfs4 nas:/photos rw\n`);
    const found = await machine({ patience: 20_000 }).disk(path);
    expect(found).toMatchObject({ path, free: expect.any(Number) as number });
    // Too short for any process to start.
    expect(await machine({ patience: 1 }).disk(path)).toEqual({ path, lost: 'silent' });
  });
  it('tells of files where the file system counts them', async () => {
    const found = await machine().disk(root);
    if ('lost' in found) throw new Error(found.lost);
    expect(found.files?.size ?? Infinity).toBeGreaterThan(0);
  });
});

describe('boot', () => {
  it('is known by its id and time', async () => {
    write('proc/sys/kernel/random/boot_id', 'a-b-c\n');
    write('proc/stat', 'cpu 1\nbtime 1795218999\nprocesses 1\n');
    expect(await machine().boot()).toEqual({ id: 'a-b-c', at: 1_795_218_999_000 });
  });
  it('is unknown without them', async () => {
    expect(await machine().boot()).toBeUndefined();
  });
});

describe('isClockSynchronised', () => {
  const says = (text: string) =>
    machine({ timedatectl: program('timedatectl.js', `console.log(${JSON.stringify(text)})`) });
  it('is what timedatectl says', async () => {
    expect(await says('yes').isClockSynchronised()).toBe(true);
    expect(await says('no').isClockSynchronised()).toBe(false);
  });
  it('is what timesyncd left where timedatectl cannot say it, and an error where nobody can', async () => {
    const broken = machine({
      timedatectl: program(
        'broken.js',
        'console.error("Failed to connect to bus: Host is down"); process.exit(1)',
      ),
    });
    await expect(broken.isClockSynchronised()).rejects.toThrow(
      'timedatectl cannot tell: Failed to connect to bus: Host is down',
    );
    const missing = machine({ timedatectl: [join(root, 'none')] });
    await expect(missing.isClockSynchronised()).rejects.toThrow('there is no such program');
    write('run/systemd/timesync/synchronized', '');
    expect(await broken.isClockSynchronised()).toBe(true);
  });
});

describe('kernelLog', () => {
  const entry = (at: number, text: unknown) =>
    JSON.stringify({ __REALTIME_TIMESTAMP: String(at * 1000), MESSAGE: text });
  const journal = (lines: readonly string[]) =>
    machine({
      journalctl: program(
        'journalctl.js',
        `const asked = process.argv.slice(2);
         if (!asked.includes('_TRANSPORT=kernel')) process.exit(1);
         console.log(${JSON.stringify(lines.join('\n'))});`,
      ),
    });
  it('gives the lines with their times, and leaves what is no text', async () => {
    const log = await journal([
      entry(1000, 'one'),
      entry(2000, [1, 2]),
      'no json',
      entry(3000, 'x'.repeat(900)),
    ]).kernelLog(0);
    expect(log.map(({ at, text }) => [at, text.length])).toEqual([
      [1000, 3],
      [3000, 500],
    ]);
  });
  it('is an error where the journal shows nothing of the kernel', async () => {
    await expect(journal([]).kernelLog(0)).rejects.toThrow('the journal shows nothing of the kernel');
    const refused = machine({
      journalctl: program('refused.js', 'console.error("No journal files were opened"); process.exit(1)'),
    });
    await expect(refused.kernelLog(0)).rejects.toThrow('No journal files were opened');
  });
});

describe('smart', () => {
  const smartctl = (answers: Readonly<Record<string, unknown>>) =>
    machine({
      smartctl: program(
        'smartctl.js',
        `const asked = process.argv.at(-1);
         const answer = ${JSON.stringify(answers)}[asked];
         if (answer === undefined) { console.error('smartctl: out of luck'); process.exit(1); }
         console.log(JSON.stringify(answer));
         process.exit(4);`,
      ),
    });
  const DEVICES = {
    devices: ['/dev/nvme0', '/dev/sda', '/dev/sdb', '/dev/sdc'].map((name) => ({ name, type: 'x' })),
  };

  it('reads NVMe and ATA disks, leaves one asleep, and says which cannot be asked', async () => {
    const found = await smartctl({
      '--scan': DEVICES,
      '/dev/nvme0': {
        model_name: 'Fast',
        serial_number: 'N1',
        smart_status: { passed: true },
        nvme_smart_health_information_log: {
          critical_warning: 2,
          percentage_used: 31,
          available_spare: 100,
          available_spare_threshold: 10,
          media_errors: 3,
        },
      },
      '/dev/sda': {
        model_name: 'Large',
        rotation_rate: 5400,
        smart_status: { passed: false },
        ata_smart_attributes: {
          table: [
            { id: 5, value: 100, raw: { value: 8 } },
            { id: 197, value: 100, raw: { value: 2 } },
            { id: 202, value: 1, raw: { value: 0 } },
          ],
        },
      },
      '/dev/sdb': { smartctl: { messages: [{ string: 'Device is in STANDBY mode, exit(2)' }] } },
    }).smart();
    expect(found).toEqual([
      expect.objectContaining({ device: '/dev/nvme0', serial: 'N1', hasWarning: false, used: 31, media: 3 }),
      expect.objectContaining({
        device: '/dev/sda',
        passed: false,
        used: undefined,
        reallocated: 8,
        pending: 2,
      }),
      { device: '/dev/sdb', why: 'Device is in STANDBY mode, exit(2)' },
      { device: '/dev/sdc', why: 'smartctl: out of luck' },
    ]);
  });
  it('reads the wear of a SATA SSD', async () => {
    const [ssd] = await smartctl({
      '--scan': { devices: [{ name: '/dev/sda' }] },
      '/dev/sda': {
        rotation_rate: 0,
        ata_smart_attributes: { table: [{ id: 177, value: 93, raw: { value: 99 } }] },
      },
    }).smart();
    expect(ssd).toMatchObject({ used: 7, passed: undefined });
  });
  it('is an error without the program, and where it sees no disk', async () => {
    await expect(machine({ smartctl: [join(root, 'none')] }).smart()).rejects.toThrow(
      'there is no such program',
    );
    await expect(smartctl({ '--scan': {} }).smart()).rejects.toThrow('smartctl finds no disk');
  });
});

describe('addresses', () => {
  it('are those of the interface, and none of one that is not there', () => {
    expect(machine().addresses('lo')).toContain('127.0.0.1');
    expect(machine().addresses('tailscale9')).toEqual([]);
  });
});
