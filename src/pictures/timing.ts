/** How long the bridge waits for what, in milliseconds. */
export type Timing = {
  /** The first wait after a failure, doubled with each further one up to the longest. */
  firstRetry: number;
  longestRetry: number;
  /** Until the same bytes can be filed anew: a forced delete takes Immich about 100 ms. */
  afterDelete: number;
  /** When a path is read again, counted from the filing: the storage template moves a file some time after its upload. */
  checks: readonly number[];
};

export const TIMING: Timing = {
  firstRetry: 2000,
  longestRetry: 60_000,
  afterDelete: 1000,
  checks: [2000, 10_000],
};

/** @param failures how many there were before this one */
export const backOff = (
  { firstRetry, longestRetry }: Pick<Timing, 'firstRetry' | 'longestRetry'>,
  failures: number,
): number => Math.min(longestRetry, firstRetry * 2 ** Math.min(failures, 20));
