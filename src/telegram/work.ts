/** What a card shows of work that a plan announced, and what can be asked of an update while it runs. */
import type { Plan } from '../app.ts';
import type { Report } from '../report.ts';
import type { Action } from '../report/actions.ts';
import type { StepReport, WorkVerb } from '../report/work.ts';
import type { UpdateRow, Updates } from '../store/updates.ts';

export type Work = {
  /** The card as things stand. Times in milliseconds since 1970. */
  report(steps: readonly StepReport[], times: { startedAt: number; at: number }): WorkReport;
};

type WorkReport = Extract<Report, { kind: 'work' }>;

type Announced = { service: string; to?: string | undefined };

/** @returns undefined for what is over too soon to be shown */
export function workOf(plan: Plan | undefined, updates: Updates): Work | undefined {
  const report = plan?.report;
  switch (report?.kind) {
    case 'plan':
      return { report: (steps, times) => ({ ...workCard(report.verb, report), steps, ...times }) };
    case 'update-plan':
      return steered('update', [report], updates);
    case 'rollback-plan':
      return steered('rollback', [report], updates);
    case 'updates-plan':
      return steered('update', report.plans, updates);
    case 'guard-plan': {
      const stop: Action = { label: 'cancel', command: 'update', args: [report.service, 'stop'] };
      return {
        report: (steps, times) => ({ ...workCard('guard', report), steps, ...times, actions: [[stop]] }),
      };
    }
    case 'guard-back-plan':
      return { report: (steps, times) => ({ ...workCard('rollback', report), steps, ...times }) };
    case 'restore-plan':
    case 'undo-restore-plan':
      return { report: (steps, times) => ({ ...workCard('restore', report), steps, ...times }) };
    case 'restores-plan':
      return {
        report: (steps, times) => ({
          ...workCard('restore', { service: report.plans.map(({ service }) => service).join(', ') }),
          steps,
          ...times,
        }),
      };
    default:
      return undefined;
  }
}

/** What shows its steps and takes no wishes. */
export const plainWork = (shows: { verb: WorkVerb; service: string } | undefined): Work | undefined =>
  shows && { report: (steps, times) => ({ ...workCard(shows.verb, shows), steps, ...times }) };

const workCard = (verb: WorkVerb, { service, to }: Announced) => ({
  kind: 'work' as const,
  verb,
  service,
  ...(to === undefined ? {} : { to }),
});

/** One service after another: the card is about the one that is worked on now. */
function steered(verb: WorkVerb, announced: readonly Announced[], updates: Updates): Work {
  let current: Announced = announced[0] ?? { service: '' };
  let health: { step: StepReport; since: number } | undefined;
  return {
    report(steps, times) {
      const row = announced.flatMap(({ service }) => updates.open(service) ?? [])[0];
      current = announced.find(({ service }) => service === row?.service) ?? current;
      const step = steps.find((one) => one.step === 'health' && one.state === 'working');
      if (step === undefined) health = undefined;
      else if (step !== health?.step) health = { step, since: times.at };
      const waits = health === undefined ? 0 : times.at - health.since;
      const actions = row === undefined ? [] : steering(row, waits);
      return { ...workCard(verb, current), steps, ...times, actions };
    },
  };
}

/**
 * The buttons of a running update. Each carries the journal's id, so that one of an older run does nothing.
 * @param waits milliseconds that it has waited for health
 */
function steering({ id, service, verb, stage, plan }: UpdateRow, waits: number): Action[][] {
  const ask = (label: Action['label'], what: string): Action => ({
    label,
    command: 'cancel',
    args: [service, what, id],
  });
  if (stage === 'preparing') return [[ask('cancel', 'cancel')]];
  if (stage === 'back') return [];
  const back = verb === 'update' ? [{ ...ask('roll-back-now', 'now'), style: 'danger' as const }] : [];
  // At the limit it would be too late to ask for more.
  const more = waits >= plan.limit / 2 ? [ask('wait-more', 'wait')] : [];
  return [back, more].filter((row) => row.length > 0);
}
