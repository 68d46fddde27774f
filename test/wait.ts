import { vi } from 'vitest';

/**
 * Until `isSo` throws no more, however busy the machine is: vitest's own second is not enough beside other tests.
 * `expect.poll` has the same limit from vitest.config.ts.
 */
export const waitFor = <T>(isSo: () => T | Promise<T>): Promise<T> => vi.waitFor(isSo, { timeout: LIMIT });

/** Milliseconds. */
const LIMIT = 20_000;
