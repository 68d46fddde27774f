/**
 * Tells systemd how its unit is, through `systemd-notify`: Node has no datagram sockets of its own. The message comes
 * from another process than the unit's main one, so the unit needs `NotifyAccess=all`. sd_notify(3).
 */
import { causeOf } from '../errors.ts';
import { describeEnd, run } from '../exec.ts';

export type Notify = {
  /**
   * @param state assignments as sd_notify(3) has them: `READY=1`, `STATUS=…`, `WATCHDOG=1`, `STOPPING=1`
   * @throws Error when they could not be handed over
   */
  tell(...state: readonly string[]): Promise<void>;
};

/** Milliseconds; systemd takes a message at once, or never. */
const TIMEOUT = 10_000;

/** @param program with its arguments */
export function createNotify(program: readonly string[] = ['systemd-notify']): Notify {
  return {
    async tell(...state) {
      const told = state.map((one) => one.replaceAll(/[\r\n]+/g, ' '));
      let why: string;
      try {
        const { code, stderr } = await run([...program, '--', ...told], { timeout: TIMEOUT });
        if (code === 0) return;
        why = stderr.trim() || describeEnd(code);
      } catch (error) {
        throw new Error(`Cannot tell systemd: ${causeOf(error)}`, { cause: error });
      }
      throw new Error(`Cannot tell systemd: ${why}.`);
    },
  };
}
