/** Whether something is too hot. */
import type { Sensor } from '../clients/machine/sensors.ts';
import type { CheckFact, Level } from '../report/host-findings.ts';
import { beyond } from './limits.ts';

const CPU = { warn: 80, alarm: 95 };
/** °C. Other drivers tell of places that are not connected, or of which nobody knows what is too hot. */
const LIMITS: Readonly<Record<string, { warn: number; alarm: number }>> = {
  coretemp: CPU,
  k8temp: CPU,
  k10temp: CPU,
  zenpower: CPU,
  cpu_thermal: CPU,
  soc_thermal: CPU,
  nvme: { warn: 70, alarm: 85 },
  // Makers of hard disks and SATA SSDs allow 60 to 70 °C.
  drivetemp: { warn: 55, alarm: 65 },
};
/** °C below a limit at which it counts as mended. */
const SLACK = 5;
/** °C below the limit of the hardware itself at which a warning still comes in time. */
const AHEAD = 10;

export const isKnown = ({ driver }: Sensor): boolean => Object.hasOwn(LIMITS, driver);

export function judgeTemperature(
  { driver, name, degrees, critical = Infinity }: Sensor,
  told: Level | undefined,
): Extract<CheckFact, { kind: 'temperature' }> | undefined {
  const limits = LIMITS[driver];
  if (limits === undefined) return undefined;
  const alarm = Math.min(limits.alarm, critical);
  const warn = Math.min(limits.warn, alarm - AHEAD);
  const level = beyond(degrees, { warn, alarm, slack: SLACK, told });
  if (level === undefined) return undefined;
  return {
    kind: 'temperature',
    sensor: name,
    level,
    degrees: Math.round(degrees),
    limit: level === 'alarm' ? alarm : warn,
  };
}
