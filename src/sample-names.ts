/** What the figures of the store are called. Those of the machine are in `operations/smoke/`. */

/** Bytes, and milliseconds that it took, of each backup. */
export const sizeSample = (service: string): string => `backup:${service}:size`;
export const tookSample = (service: string): string => `backup:${service}:took`;
/** Running totals. */
export const restartsSample = (service: string): string => `restarts:${service}`;
export const PICTURES_FILED = 'pictures:filed';
export const ERRORS = 'errors:steward';
