/** Steps and amounts of running work. The work tells, whoever shows it listens. */
import type { Clock } from './clock.ts';
import type { StepReport } from './report/work.ts';

export type Progress = {
  /** Name all steps beforehand, so that what is still to come shows too. */
  plan(steps: readonly { step: string; subject?: string }[]): void;
  /** Begin a step; the one before it is done. Announces steps that were not planned, too. */
  begin(step: string, subject?: string): void;
  /** How far the present step is, in bytes or pieces. */
  amount(done: number, total?: number): void;
  /** End the present step with a few words of result, or end it as failed. */
  end(result?: { detail?: string; failed?: boolean }): void;
  readonly steps: readonly StepReport[];
};

/** Of work that is one step of other work: its amounts are told, its steps are not. */
export const withinStep = (progress: Progress): Progress => ({
  plan() {},
  begin() {},
  end() {},
  amount: (done, total) => progress.amount(done, total),
  steps: progress.steps,
});

/** @param changed called after each change, with `true` when a step began or ended */
export function createProgress(clock: Clock, changed: (stepChanged: boolean) => void = () => {}): Progress {
  const steps: (StepReport & { since?: number })[] = [];
  const current = () => steps.find((step) => step.state === 'working');

  const end: Progress['end'] = ({ detail, failed = false } = {}) => {
    const step = current();
    if (step === undefined) return;
    step.state = failed ? 'failed' : 'done';
    step.took = clock.now() - (step.since ?? clock.now());
    if (detail !== undefined) step.detail = detail;
    changed(true);
  };

  return {
    steps,
    plan(planned) {
      for (const { step, subject } of planned) {
        steps.push({ step, ...(subject === undefined ? {} : { subject }), state: 'waiting' });
      }
      changed(true);
    },
    begin(name, subject) {
      end();
      let step = steps.find((one) => one.state === 'waiting' && one.step === name && one.subject === subject);
      if (step === undefined) {
        step = { step: name, ...(subject === undefined ? {} : { subject }), state: 'waiting' };
        steps.push(step);
      }
      step.state = 'working';
      step.since = clock.now();
      changed(true);
    },
    amount(done, total) {
      const step = current();
      if (step === undefined) return;
      step.done = done;
      if (total !== undefined) step.total = total;
      changed(false);
    },
    end,
  };
}
