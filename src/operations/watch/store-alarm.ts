/** A store that takes nothing takes no alert, either: that is told past it, as often as what is critical rings. */
import type { App } from '../../app.ts';
import type { Report } from '../../report.ts';
import { sleep } from '../../sleep.ts';
import type { LookAtSelf } from '../../wellness.ts';
import { ringAfter } from './ring.ts';

export type StoreAlarmNeeds = Pick<App, 'clock' | 'log' | 'redact'> & {
  lookAtSelf: LookAtSelf;
  /** Past the store. @returns whether it arrived */
  sendDirectly: (report: Report) => Promise<boolean>;
  /** Through the store, which is open again. */
  tell: (report: Report) => void;
};

const EVERY = 60_000;
/** Looks in a row: one that was only busy is over by the next. */
const SURE_AFTER = 2;

export function createStoreAlarm(needs: StoreAlarmNeeds): {
  look(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
} {
  const { clock, log, redact, lookAtSelf, sendDirectly, tell } = needs;
  let shut: { since: number; looks: number; rings: number; ringAt: number | undefined } | undefined;

  const look = async (): Promise<void> => {
    const self = lookAtSelf();
    if (self.isWell || self.why.kind !== 'store') {
      if (shut !== undefined && shut.rings > 0)
        tell({ kind: 'note', note: { key: 'store-open', since: shut.since } });
      shut = undefined;
      return;
    }
    const now = clock.now();
    shut ??= { since: now, looks: 0, rings: 0, ringAt: now };
    shut.looks += 1;
    if (shut.looks < SURE_AFTER || shut.ringAt === undefined || shut.ringAt > now) return;
    const report: Report = { kind: 'note', note: { key: 'store-shut', cause: redact(self.why.cause) } };
    if (!(await sendDirectly(report))) return;
    shut.rings += 1;
    shut.ringAt = ringAfter(shut.rings, now);
  };

  return {
    look,
    async run(signal) {
      while (!signal.aborted) {
        await look().catch((error: unknown) =>
          log.error({ err: error }, 'cannot tell that the store is shut'),
        );
        await sleep(EVERY, signal).catch(() => undefined);
      }
    },
  };
}
