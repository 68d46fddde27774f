/** The machine itself: disks, load, memory, temperature, clock, and what its kernel says. */
import { freemem, hostname, loadavg, networkInterfaces, totalmem } from 'node:os';
import { join } from 'node:path';
import type { DiskState, LostDisk } from '../report/services.ts';
import { readBoot, type Boot } from './machine/boot.ts';
import { isClockSynchronised } from './machine/clock.ts';
import { lookAtDisk, lookAtDiskFromOutside } from './machine/disk.ts';
import { readOrNothing } from './machine/files.ts';
import { readKernelLog, type KernelLine } from './machine/kernel-log.ts';
import { readMemory, type MemoryState } from './machine/memory.ts';
import { mayHang, readMounts, type Mount } from './machine/mounts.ts';
import { readSensors, type Sensor } from './machine/sensors.ts';
import { readSmart, type SmartState, type UnseenDisk } from './machine/smart.ts';

type Options = { signal?: AbortSignal };

export type Machine = {
  name: string;
  /** @param options.isMount the path is to be where a disk is mounted: a mere folder there is none */
  disk(path: string, options?: { isMount?: boolean }): Promise<DiskState | LostDisk>;
  /** Bytes; load is the average of the last minute; temperature in °C, of the hottest sensor. */
  vitals(): Promise<{
    load: number;
    memoryUsed: number;
    memorySize: number;
    temperature: number | undefined;
  }>;
  /** How many TCP connections to a port of this machine are open. @throws Error where that cannot be read */
  connections(port: number): Promise<number>;
  /** Undefined, in the next four, where this machine does not tell. */
  memory(): Promise<MemoryState | undefined>;
  sensors(): Promise<Sensor[]>;
  mounts(): Promise<Mount[] | undefined>;
  boot(): Promise<Boot | undefined>;
  /** Of a network interface: IP addresses; none while it is not there or down. */
  addresses(name: string): string[];
  /** Whether something steers the clock. @throws Error where nobody can tell */
  isClockSynchronised(options?: Options): Promise<boolean>;
  /** Warnings of the kernel and worse since then, the oldest first. @throws Error where they cannot be read */
  kernelLog(since: number, options?: Options): Promise<KernelLine[]>;
  /** What disks know of their health; those that sleep are left asleep. @throws Error where none can be asked */
  smart(options?: Options): Promise<(SmartState | UnseenDisk)[]>;
};

export type MachineOptions = {
  /** Folders in which Linux tells of itself. */
  proc?: string;
  sys?: string;
  run?: string;
  /** Programs with their first arguments. */
  journalctl?: readonly string[];
  timedatectl?: readonly string[];
  smartctl?: readonly string[];
  /** Milliseconds: a disk of the network that is away holds whoever asks about it for minutes. */
  patience?: number;
};

/** As Linux lists them: each line has the own address and port in hexadecimal digits, the other end, and a state. */
const CONNECTIONS = ['net/tcp', 'net/tcp6'];
const ESTABLISHED = '01';

export function createMachine({
  proc = '/proc',
  sys = '/sys',
  run = '/run',
  journalctl = ['journalctl'],
  timedatectl = ['timedatectl'],
  smartctl = ['smartctl'],
  patience = 3000,
}: MachineOptions = {}): Machine {
  /** Questions without an answer yet. Each holds a thread or a process, so there is never a second one. */
  const asked = new Map<string, Promise<DiskState | LostDisk>>();

  const ask = async (path: string, isMount: boolean): Promise<DiskState | LostDisk> => {
    const mounts = await readMounts(proc);
    if (mounts === undefined || !mayHang(path, mounts)) return lookAtDisk(path, isMount);
    return lookAtDiskFromOutside(path, isMount, patience);
  };

  return {
    name: hostname(),
    async disk(path, { isMount = false } = {}) {
      const key = `${path} ${isMount}`;
      let answer = asked.get(key);
      if (answer === undefined) {
        answer = ask(path, isMount).finally(() => asked.delete(key));
        asked.set(key, answer);
      }
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<LostDisk>((resolve) => {
        timer = setTimeout(() => resolve({ path, lost: 'silent' }), patience);
      });
      // It is ended at the same limit, and that is no other answer.
      const seen = answer.catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TimeoutError') return silence;
        throw error;
      });
      return Promise.race([seen, silence]).finally(() => clearTimeout(timer));
    },
    async vitals() {
      const [memory, sensors] = await Promise.all([readMemory(proc), readSensors(sys)]);
      const size = memory?.size ?? totalmem();
      return {
        load: loadavg()[0] ?? 0,
        memoryUsed: size - (memory?.available ?? freemem()),
        memorySize: size,
        temperature: sensors.length === 0 ? undefined : Math.max(...sensors.map(({ degrees }) => degrees)),
      };
    },
    async connections(port) {
      const texts = await Promise.all(CONNECTIONS.map((name) => readOrNothing(join(proc, name))));
      if (texts.every((text) => text === '')) {
        throw new Error(
          `Cannot tell whether a client is connected: "${join(proc, 'net/tcp')}" cannot be read.`,
        );
      }
      const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
      return texts
        .join('\n')
        .split('\n')
        .filter((line) => {
          const [, local, , state] = line.trim().split(/\s+/);
          return local?.endsWith(own) === true && state === ESTABLISHED;
        }).length;
    },
    memory: () => readMemory(proc),
    sensors: () => readSensors(sys),
    mounts: () => readMounts(proc),
    boot: () => readBoot(proc),
    addresses: (name) => (networkInterfaces()[name] ?? []).map(({ address }) => address),
    isClockSynchronised: (options) => isClockSynchronised(timedatectl, run, options),
    kernelLog: (since, options) => readKernelLog(journalctl, since, options),
    smart: (options) => readSmart(smartctl, options),
  };
}
