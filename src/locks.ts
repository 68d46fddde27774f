/**
 * One operation per service at a time, across the bot and the command line. A lock is `begin exclusive` on a
 * small SQLite file of its own: the kernel frees it when its owner dies, which a pid file cannot promise.
 */
export type Lock = { release(): void };

export type Locks = {
  /**
   * Take a service (or `bot`) without waiting.
   * @param what the work, for the message of the next one who asks: `restart`
   * @throws BusyError with the holder
   */
  take(name: string, holder: { what: string; by: string }): Lock;
  /** Whether nobody holds it now. */
  isFree(name: string): boolean;
};

/** @param folder `<STATE_DIR>/locks` */
export function createLocks(_folder: string): Locks {
  throw new Error('not built yet');
}
