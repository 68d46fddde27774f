/** Whether programs run out of memory. */
import type { MemoryState } from '../clients/machine/memory.ts';
import type { CheckFact, Level } from '../report/host-findings.ts';
import { beyond, roughly } from './limits.ts';

/**
 * Shares in percent. A machine whose available memory is used up kills something at the next moment. One that stands
 * still a fifth of the time is hard to reach at all: systemd-oomd ends things at 60 % of 30 s by default, which is later than
 * a person would want to hear of it.
 */
const USED = { warn: 92, alarm: 97, slack: 2 };
const PRESSURE = { warn: 5, alarm: 20, slack: 2 };
/** A full swap is no trouble by itself: what nobody asks for lies well there. */
const SWAP = { warn: 90, alarm: 101, slack: 5 };
const SWAP_PRESSURE = 1;

export function judgeMemory(
  { available, size, pressure }: MemoryState,
  told: Level | undefined,
): Extract<CheckFact, { kind: 'memory' }> | undefined {
  const levels = [
    beyond(100 - (100 * available) / size, { ...USED, told }),
    beyond(pressure ?? 0, { ...PRESSURE, told }),
  ];
  const level = levels.includes('alarm') ? 'alarm' : levels.includes('warn') ? 'warn' : undefined;
  return level === undefined
    ? undefined
    : {
        kind: 'memory',
        level,
        available: roughly(available),
        size,
        pressure: pressure === undefined ? undefined : Math.round(pressure),
      };
}

export function judgeSwap(
  { swapSize, swapFree, pressure }: MemoryState,
  told: Level | undefined,
): Extract<CheckFact, { kind: 'swap' }> | undefined {
  if (swapSize === 0) return undefined;
  const used = swapSize - swapFree;
  const isFull = beyond((100 * used) / swapSize, { ...SWAP, told }) !== undefined;
  const isFelt = pressure === undefined || pressure >= SWAP_PRESSURE;
  return isFull && isFelt ? { kind: 'swap', used: roughly(used), size: swapSize } : undefined;
}
