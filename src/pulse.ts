/**
 * Signs of life for those who would notice their end: a monitor elsewhere (HEARTBEAT_URL) each minute, and systemd,
 * where it has started this process and waits for them.
 */
import type { Heartbeat } from './clients/heartbeat.ts';
import type { Notify } from './clients/notify.ts';
import { causeOf } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Redact } from './redact.ts';
import { sleep } from './sleep.ts';
import type { Texts } from './texts/index.ts';
import type { LookAtSelf } from './wellness.ts';

export type PulseNeeds = {
  look: LookAtSelf;
  /** How the services stand, at the least possible cost. @throws when the store cannot be read */
  services: () => { well: number; all: number };
  heartbeat: Heartbeat;
  /** HEARTBEAT_URL. */
  url: string | undefined;
  /** Undefined where systemd does not wait for signs. */
  notify: Notify | undefined;
  /** Milliseconds after which systemd kills what gave no sign; undefined without a watchdog. */
  watchdog: number | undefined;
  texts: Pick<Texts, 'pulse'>;
  redact: Redact;
  log: Logger;
  /** Milliseconds between two beats. */
  every?: number;
};

const EVERY = 60_000;
/** After a start Telegram answers in a second or two, and the monitor has waited long enough. */
const SOON = 2000;

export function createPulse(needs: PulseNeeds): { run(signal: AbortSignal): Promise<void> } {
  const { look, services, heartbeat, url, notify, texts, redact, log } = needs;
  const every = needs.every ?? EVERY;
  const tellTrouble = createTrouble(log);

  const status = (): string => {
    try {
      return texts.pulse.services(services());
    } catch (error) {
      return texts.pulse.unwell({ kind: 'store', cause: redact(causeOf(error)) });
    }
  };

  /** @returns when the next one is due, in milliseconds */
  const beat = async (to: string): Promise<number> => {
    const begunAt = performance.now();
    const self = look();
    // Before the first answer there is nothing to tell: neither that it is well nor that it is not.
    if (!self.isWell && self.why.kind === 'starting') return Math.min(every, SOON);
    await tellTrouble('the heartbeat', () =>
      self.isWell
        ? heartbeat.succeeded(to, status(), { took: performance.now() - begunAt })
        : heartbeat.failed(to, redact(texts.pulse.unwell(self.why))),
    );
    return every;
  };

  const tell = async (...state: string[]): Promise<void> => {
    if (notify !== undefined) await tellTrouble('systemd', () => notify.tell(...state));
  };

  /**
   * That it comes at all says that the event loop turns, which is all that a restart could mend.
   * @returns when the next one is due: at half of the time, as sd_watchdog_enabled(3) wants it
   */
  const sign = async (): Promise<number> => {
    await tell('WATCHDOG=1', `STATUS=${status()}`);
    return Math.min(every, (needs.watchdog ?? every * 2) / 2);
  };

  return {
    async run(signal) {
      await tell('READY=1', `STATUS=${status()}`);
      await Promise.all([
        url === undefined ? undefined : regularly(() => beat(url), signal),
        notify === undefined ? undefined : regularly(sign, signal),
      ]);
      await tell('STOPPING=1');
    },
  };
}

/** At once, and again when it says; a slow one delays the next, and none overlap. */
async function regularly(act: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = await act();
    await sleep(pause, signal).catch(() => undefined);
  }
}

/** One line when it begins to fail, one when it works again. */
function createTrouble(log: Logger) {
  const troubled = new Set<string>();
  return async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
      if (troubled.delete(what)) log.info({ what }, 'is told again');
    } catch (error) {
      if (!troubled.has(what)) log.warn({ what, cause: causeOf(error) }, 'cannot be told');
      troubled.add(what);
    }
  };
}
