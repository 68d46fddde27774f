/** How states compare. */
import type { State } from './report/services.ts';

/** Worst first. */
const ORDER: readonly State[] = ['down', 'unknown', 'degraded', 'working', 'stopped', 'ok'];

export const isWell = (state: State): boolean => state === 'ok';

/** @returns the worst of them, `ok` for none */
export const worstOf = (states: readonly State[]): State =>
  ORDER.find((state) => states.includes(state)) ?? 'ok';

/** Sorted so that what needs a look comes first; equals keep their order. */
export const worstFirst = <Thing extends { state: State }>(things: readonly Thing[]): Thing[] =>
  [...things].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
