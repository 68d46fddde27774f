/** The machine itself: disks, load, memory, temperature. */
import { readdir, readFile, statfs } from 'node:fs/promises';
import { freemem, hostname, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

export type DiskFacts = { path: string; size: number; used: number; free: number };

export type Machine = {
  name: string;
  /** @returns undefined when the path cannot be asked (not there, or a mount that is gone) */
  disk(path: string): Promise<DiskFacts | undefined>;
  /** Bytes; load is the average of the last minute; temperature in °C, of the hottest sensor. */
  vitals(): Promise<{
    load: number;
    memoryUsed: number;
    memorySize: number;
    temperature: number | undefined;
  }>;
};

/** Where Linux tells temperatures, in thousandths of a degree. */
const SENSORS = '/sys/class/hwmon';

export function createMachine(): Machine {
  return {
    name: hostname(),
    async disk(path) {
      try {
        const { bsize, blocks, bfree, bavail } = await statfs(path);
        // Like df: what is reserved for root counts neither as used nor as free.
        const used = (blocks - bfree) * bsize;
        const free = bavail * bsize;
        return { path, size: used + free, used, free };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
        return undefined;
      }
    },
    async vitals() {
      return {
        load: loadavg()[0] ?? 0,
        memoryUsed: totalmem() - (await availableMemory()),
        memorySize: totalmem(),
        temperature: await hottest(),
      };
    },
  };
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
