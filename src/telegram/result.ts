/** What a card shows of running work, from its first step to its result. */
import type { App } from '../app.ts';
import type { Report } from '../report.ts';
import type { StepReport } from '../report/work.ts';
import { severityOf } from '../severity.ts';
import type { ProgressListener } from '../tasks.ts';
import { createLiveCard } from './progress.ts';
import type { Work } from './work.ts';

/** Where an answer goes. */
export type Shown = {
  chat: number;
  /** Key of the card: `<command>:<update>`. One that is there already is changed. */
  card: string;
  replyTo: number | undefined;
};

export type Result = {
  /** Shown on the card, where there is work to show. */
  changed: ProgressListener;
  finish: (report: Report) => void;
  /** Show no more progress. */
  stop: () => void;
  readonly state: 'open' | 'answered' | { unwritten: Report };
};

/** messages.md, rule 3: an edit does not ring, so longer work ends in a message of its own. */
const LONG = 30_000;

export function createResult(needs: {
  app: Pick<App, 'store' | 'clock' | 'log'>;
  at: Shown;
  /** Undefined: it is over too soon to be worth it. */
  work: Work | undefined;
  answer: (at: Shown, report: Report) => void;
}): Result {
  const { app, at, work: shown, answer } = needs;
  const { store, clock, log } = app;
  const startedAt = clock.now();
  let steps: readonly StepReport[] = [];
  let state: Result['state'] = 'open';

  const draw = (ended?: true) => {
    if (shown === undefined) return;
    const report = shown.report(steps, { startedAt, at: clock.now() });
    answer(at, ended === undefined ? report : { ...report, ended });
  };
  const show = () => {
    try {
      draw();
    } catch (error) {
      log.warn({ err: error, card: at.card }, 'cannot show the progress');
    }
  };
  const live = shown === undefined ? undefined : createLiveCard({ clock, show });

  const put = (report: Report) => {
    const isShort = clock.now() - startedAt <= LONG && severityOf(report) !== 'critical';
    if (live === undefined || isShort) return answer(at, report);
    store.database.transaction(() => {
      draw(true);
      store.outbox.put({
        key: endKey(at.card),
        chat: at.chat,
        replyTo: store.outbox.get(at.card)?.messageId ?? at.replyTo,
        silent: false,
        body: { what: 'report', report },
      });
    });
  };

  return {
    get state() {
      return state;
    },
    stop: () => live?.stop(),
    changed(told, stepChanged) {
      steps = told;
      live?.changed(stepChanged);
    },
    finish(report) {
      live?.stop();
      try {
        put(report);
        state = 'answered';
      } catch (error) {
        state = { unwritten: report };
        log.error({ err: error, card: at.card }, 'cannot write an answer down');
      }
    },
  };
}

/** Key of the message that ends long work. */
export const endKey = (card: string): string => `${card}:end`;
