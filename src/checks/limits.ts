/** Two limits, and what has passed one of them. */
import type { Level } from '../report/host-findings.ts';

/**
 * How far a figure is beyond its limits. What is told already is over only when it is so much below its limit as
 * `slack` says, so that a figure that trembles about it does not come and go.
 * @param isOpen it was beyond a limit at the last look
 */
export function beyond(
  value: number,
  { warn, alarm, slack, isOpen }: { warn: number; alarm: number; slack: number; isOpen: boolean },
): Level | undefined {
  if (value >= alarm) return 'alarm';
  return value >= warn - (isOpen ? slack : 0) ? 'warn' : undefined;
}

/** To two digits: what is told is told again only when it has changed, and every figure of a machine trembles. */
export const roughly = (value: number): number => Number(value.toPrecision(2));
