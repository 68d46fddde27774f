/** Two limits, and what has passed one of them. */
import type { Level } from '../report/host-findings.ts';

/**
 * How far a figure is beyond its limits. What is told already becomes less only when it is so much below its limit as
 * `slack` says, so that a figure that trembles about it does not come and go, or ring each time that it is worse again.
 * @param told how far it was beyond them at the last look
 */
export function beyond(
  value: number,
  { warn, alarm, slack, told }: { warn: number; alarm: number; slack: number; told: Level | undefined },
): Level | undefined {
  if (value >= alarm - (told === 'alarm' ? slack : 0)) return 'alarm';
  return value >= warn - (told === undefined ? 0 : slack) ? 'warn' : undefined;
}

/** To two digits: what is told is told again only when it has changed, and every figure of a machine trembles. */
export const roughly = (value: number): number => Number(value.toPrecision(2));
