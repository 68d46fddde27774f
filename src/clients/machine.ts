/** The machine itself: disks, load, memory, temperature. */
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { freemem, hostname, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { DiskState, LostDisk } from '../report.ts';

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
};

/** Where Linux tells temperatures, in thousandths of a degree. */
const SENSORS = '/sys/class/hwmon';

/** As Linux lists them: each line has the own address and port in hexadecimal digits, the other end, and a state. */
const CONNECTIONS = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';

/** Milliseconds: a disk of the network that is away holds whoever asks about it for minutes. */
const PATIENCE = 3000;

export function createMachine(): Machine {
  /** Questions without an answer yet. Each holds one of Node's few threads, so there is never a second one. */
  const asked = new Map<string, Promise<DiskState | LostDisk>>();

  return {
    name: hostname(),
    async disk(path, { isMount = false } = {}) {
      let answer = asked.get(path);
      if (answer === undefined) {
        answer = lookAt(path, isMount).finally(() => asked.delete(path));
        asked.set(path, answer);
      }
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<LostDisk>((resolve) => {
        timer = setTimeout(() => resolve({ path, lost: 'silent' }), PATIENCE);
      });
      return Promise.race([answer, silence]).finally(() => clearTimeout(timer));
    },
    async vitals() {
      return {
        load: loadavg()[0] ?? 0,
        memoryUsed: totalmem() - (await availableMemory()),
        memorySize: totalmem(),
        temperature: await hottest(),
      };
    },
    async connections(port) {
      const texts = await Promise.all(CONNECTIONS.map(readOrNothing));
      if (texts.every((text) => text === '')) {
        throw new Error(`Cannot tell whether a client is connected: "${CONNECTIONS[0]}" cannot be read.`);
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
  };
}

async function lookAt(path: string, isMount: boolean): Promise<DiskState | LostDisk> {
  try {
    const [own, above] = await Promise.all([stat(path), stat(dirname(path))]);
    if (isMount && path !== '/' && own.dev === above.dev) return { path, lost: 'not-mounted' };
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    // Like df: what is reserved for root counts neither as used nor as free.
    const used = (blocks - bfree) * bsize;
    const free = bavail * bsize;
    return { path, size: used + free, used, free };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return { path, lost: 'gone' };
  }
}

/** What programs can still get: Linux counts its caches in, which "free" does not. */
async function availableMemory(): Promise<number> {
  const info = await readOrNothing('/proc/meminfo');
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(info)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

async function hottest(): Promise<number | undefined> {
  const chips = await listOrNothing(SENSORS);
  const readings = await Promise.all(
    chips.map(async (chip) => {
      const names = await listOrNothing(join(SENSORS, chip));
      const inputs = names.filter((name) => /^temp\d+_input$/.test(name));
      return Promise.all(inputs.map((name) => readOrNothing(join(SENSORS, chip, name))));
    }),
  );
  const degrees = readings
    .flat()
    .filter((text) => text.trim() !== '')
    .map((text) => Number(text) / 1000)
    .filter((value) => value > 0 && value < 150);
  return degrees.length === 0 ? undefined : Math.max(...degrees);
}

// Sensors come and go, and some answer only with an error: what cannot be read is not told.
const readOrNothing = (path: string) => readFile(path, 'utf8').catch(() => '');
const listOrNothing = (path: string) => readdir(path).catch((): string[] => []);
