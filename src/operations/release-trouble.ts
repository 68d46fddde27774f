/** A failed look-up as a fact to be worded. */
import { causeOf, RateLimitedError } from '../errors.ts';
import type { ReleaseTrouble } from '../report/releases.ts';

/** @param what was asked for: `image ghcr.io/a/b:1`, `releases of a/b` */
export const troubleOf = (what: string, error: unknown): ReleaseTrouble =>
  error instanceof RateLimitedError
    ? { kind: 'rate-limit', what, until: error.until }
    : { kind: 'failed', what, cause: causeOf(error) };

/** A look-up that may go well the next time; the others wait for a person. */
export const isFailure = ({ kind }: ReleaseTrouble): boolean =>
  ['failed', 'rate-limit', 'no-tag'].includes(kind);
