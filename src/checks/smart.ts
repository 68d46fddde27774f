/** What a disk's own figures say about its life. */
import type { SmartState } from '../clients/machine/smart.ts';
import type { SmartProblem } from '../report/host-findings.ts';

/** Percent of what it was made for: time to buy another one. */
const WORN = 90;

/**
 * Blocks that were replaced or could not be read. A few that never become more are a disk's ordinary life; those that
 * are new are not.
 */
export const COUNTED = ['reallocated', 'pending', 'uncorrectable', 'media'] as const;
export type Counted = (typeof COUNTED)[number];

/** @param known how many there were some weeks ago; undefined where nobody had looked yet */
export function judgeSmart(
  state: SmartState,
  known: Readonly<Partial<Record<Counted, number | undefined>>>,
): SmartProblem[] {
  const { passed, hasWarning, used, spare } = state;
  return [
    ...(passed === false || hasWarning ? [{ kind: 'failing' } as const] : []),
    ...(used !== undefined && used >= WORN ? [{ kind: 'worn', used } as const] : []),
    ...(spare !== undefined && spare.left <= spare.least ? [{ kind: 'spare', ...spare } as const] : []),
    ...COUNTED.flatMap((what): SmartProblem[] => {
      const count = state[what] ?? 0;
      return count > (known[what] ?? 0) ? [{ kind: 'sectors', what, count }] : [];
    }),
  ];
}
