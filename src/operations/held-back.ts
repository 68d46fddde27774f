/** Units that look stopped, but are not by anybody's wish: something that they need has failed, and systemd does not try again. */
import type { CallOptions } from '../clients/engine.ts';
import type { Systemd, UnitState } from '../clients/systemd.ts';

/** What needs one another in a row is short; a circle would be none of systemd's making. */
const DEEPEST = 5;
/** Milliseconds: systemd tells times to the second. */
const SAME_MOMENT = 2000;

/** Nothing says of it that it should not be as it is. */
export const looksStopped = ({ load, active, result, conditionMet }: UnitState): boolean =>
  load === 'loaded' && active === 'inactive' && result === 'success' && conditionMet;

/**
 * The unit whose failure holds this one back, the first cause where several do.
 * @param unit one that {@link looksStopped}
 * @returns undefined where somebody has stopped it, or nothing has ever started it
 */
export async function heldBackBy(
  systemd: Pick<Systemd, 'units' | 'dependencies' | 'lastJob'>,
  unit: UnitState,
  options: CallOptions,
  depth = 0,
): Promise<string | undefined> {
  const { requires, bindsTo } = await systemd.dependencies(unit.name, options);
  const needed = await systemd.units([...new Set([...requires, ...bindsTo])], options);
  const failed = needed.find(({ active }) => active === 'failed');
  const waiting = needed.filter(looksStopped);
  if (failed === undefined && waiting.length === 0) return undefined;

  const job = await systemd.lastJob(unit.name, options);
  if (job?.result === 'dependency') {
    if (failed !== undefined) return failed.name;
    for (const one of depth < DEEPEST ? waiting : []) {
      const cause = await heldBackBy(systemd, one, options, depth + 1);
      if (cause !== undefined) return cause;
    }
    return undefined;
  }
  // What is bound to another unit goes down with it, in the same words as if it had been stopped.
  const wentAlong =
    failed?.since !== undefined &&
    bindsTo.includes(failed.name) &&
    job?.type === 'stop' &&
    Math.abs(job.at - failed.since) <= SAME_MOMENT;
  return wentAlong ? failed.name : undefined;
}
