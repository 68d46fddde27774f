/** Temperatures, as the kernel's drivers tell them under /sys/class/hwmon. */
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { listOrNothing, readOrNothing } from './files.ts';

export type Sensor = {
  /** The driver: `coretemp`, `k10temp`, `nvme`, `drivetemp`, … */
  driver: string;
  /** The driver, or where there are several of its kind their devices: `coretemp`, `nvme0`. The same after a boot. */
  name: string;
  /** °C, of its hottest place. */
  degrees: number;
  /** °C at which the hardware protects itself, where it says so. */
  critical: number | undefined;
};

/** @param sys /sys */
export async function readSensors(sys: string): Promise<Sensor[]> {
  const folder = join(sys, 'class/hwmon');
  const chips = await listOrNothing(folder);
  const sensors = await Promise.all(chips.map((chip) => readChip(join(folder, chip))));
  return sensors
    .filter((sensor) => sensor !== undefined)
    .map(({ device, ...sensor }, _index, all) => {
      const isOne = all.filter(({ driver }) => driver === sensor.driver).length === 1;
      return { ...sensor, name: isOne && sensor.driver !== 'nvme' ? sensor.driver : device };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readChip(folder: string): Promise<(Omit<Sensor, 'name'> & { device: string }) | undefined> {
  const [names, driver, device] = await Promise.all([
    listOrNothing(folder),
    readOrNothing(join(folder, 'name')),
    realpath(join(folder, 'device')).catch(() => folder),
  ]);
  const inputs = names.filter((name) => /^temp\d+_input$/.test(name));
  const readings = await Promise.all(
    inputs.map(async (input) => ({
      degrees: await readDegrees(join(folder, input)),
      critical: await readDegrees(join(folder, input.replace('_input', '_crit'))),
    })),
  );
  const known = readings.filter((reading) => reading.degrees !== undefined);
  const degrees = Math.max(...known.map((reading) => reading.degrees ?? 0));
  if (known.length === 0) return undefined;
  const limits = known.flatMap(({ critical }) => critical ?? []);
  return {
    driver: driver.trim() || basename(folder),
    device: basename(device),
    degrees,
    critical: limits.length === 0 ? undefined : Math.min(...limits),
  };
}

/** It is told in thousandths; sensors that are not connected tell figures that cannot be. */
async function readDegrees(path: string): Promise<number | undefined> {
  const text = (await readOrNothing(path)).trim();
  const degrees = text === '' ? NaN : Number(text) / 1000;
  return degrees > 0 && degrees < 150 ? degrees : undefined;
}
