/** Why a request is not done, as a fact to be worded, and the status that goes with it. */

import { causeOf } from '../errors.ts';
import type { InboxOff } from '../inbox/door.ts';

export type HttpProblem =
  | { kind: 'not-found' }
  | { kind: 'method'; allowed: string }
  | { kind: 'token' }
  /** Milliseconds until it may be tried again. */
  | { kind: 'too-often'; wait: number }
  | { kind: 'busy' }
  | { kind: 'no-file' }
  | { kind: 'form'; cause: string }
  | { kind: 'encoding' }
  | { kind: 'file-too-large'; limit: number }
  | { kind: 'too-large'; limit: number }
  | { kind: 'too-many-files'; limit: number }
  | { kind: 'disk-full' }
  | { kind: 'storage'; cause: string }
  | { kind: 'no-owner' }
  | { kind: 'inbox-off'; why: InboxOff }
  | { kind: 'failed' };

export const STATUS: Readonly<Record<HttpProblem['kind'], number>> = {
  'not-found': 404,
  method: 405,
  token: 401,
  'too-often': 429,
  busy: 503,
  'no-file': 400,
  form: 400,
  encoding: 415,
  'file-too-large': 413,
  'too-large': 413,
  'too-many-files': 413,
  'disk-full': 507,
  storage: 503,
  'no-owner': 503,
  'inbox-off': 404,
  failed: 500,
};

/** Ends a request with a problem that its sender is told. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly problem: HttpProblem;

  constructor(problem: HttpProblem, options: { cause?: unknown } = {}) {
    super(problem.kind, options);
    this.problem = problem;
  }
}

/** What its sender is told of an error. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpError) return error.problem;
  if (!(error instanceof Error)) return { kind: 'failed' };
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return { kind: 'disk-full' };
  if ('syscall' in error) return { kind: 'storage', cause: causeOf(error) };
  // What the parser of forms says of a broken one.
  if (/multipart/i.test(error.message)) return { kind: 'form', cause: error.message };
  return { kind: 'failed' };
}
