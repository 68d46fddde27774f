/** Figures of the machine, kept for trends. */
import { isKnown } from '../../checks/temperature.ts';
import { disksOf, sampleOf } from './disks.ts';
import type { SmokeReach } from './check.ts';

/** Bytes, and °C of the hottest processor or disk; what cannot be read has no figure. */
export async function sampleMachine(
  app: Pick<SmokeReach, 'machine' | 'services' | 'store' | 'clock'>,
): Promise<void> {
  const [disks, memory, sensors] = await Promise.all([
    Promise.all(
      disksOf(app).map(({ path, mount }) => app.machine.disk(path, { isMount: mount === 'required' })),
    ),
    app.machine.memory(),
    app.machine.sensors(),
  ]);
  const { samples } = app.store;
  const now = app.clock.now();
  for (const disk of disks) {
    if ('lost' in disk) continue;
    samples.put(sampleOf(disk.path), disk.used, now);
    samples.put(`disk:${disk.path}:size`, disk.size, now);
  }
  if (memory !== undefined) {
    samples.put('memory:used', memory.size - memory.available, now);
    samples.put('memory:size', memory.size, now);
  }
  const degrees = sensors.filter(isKnown).map((sensor) => sensor.degrees);
  if (degrees.length > 0) samples.put('temperature', Math.max(...degrees), now);
}
