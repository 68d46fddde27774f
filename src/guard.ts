/**
 * The one gate before anything that changes the host. With STEWARD_OBSERVE it stays shut:
 * the act is logged as "would have …" and the caller's report says so.
 */
import type { Logger } from './logger.ts';

export type Guard = {
  readonly observing: boolean;
  /**
   * Run `act` unless Steward only observes.
   * @param what what would change, for the log: `restart podman-immich.service`
   * @returns what `act` gave, or `undefined` when it was not run
   */
  change<T>(what: string, act: () => Promise<T>): Promise<T | undefined>;
};

/** @param observe the value of STEWARD_OBSERVE */
export function createGuard(observe: boolean, log: Logger): Guard {
  return {
    observing: observe,
    async change(what, act) {
      if (!observe) return act();
      log.info({ what }, 'observing: would have changed this');
      return undefined;
    },
  };
}
