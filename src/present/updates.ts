/** Updates and the way back: the plan, the outcome. */
import type { Card } from '../card.ts';
import { rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';

const versions = ({ from, to }: { from: string | undefined; to: string | undefined }) =>
  [from, to].filter((one) => one !== undefined).join(' → ');

export function presentUpdatePlan(report: Presented<'update-plan'>, texts: Texts): Card {
  return {
    blocks: [texts.updates.question(report.title, versions(report))],
    buttons: [
      [
        { label: 'OK', answer: 'yes', style: 'primary' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
    ],
  };
}

export function presentRollbackPlan(report: Presented<'rollback-plan'>, texts: Texts): Card {
  return { blocks: [texts.updates.back(report.title, versions(report))] };
}

export function presentUpdateOutcome(report: Presented<'update-outcome'>, texts: Texts): Card {
  return { blocks: [texts.updates.outcome(report, report.to ?? '')] };
}

export function presentUpdatesPlan(report: Presented<'updates-plan'>, texts: Texts): Card {
  return { blocks: report.plans.map((plan) => texts.updates.question(plan.title, versions(plan))) };
}

export function presentUpdatesOutcome(report: Presented<'updates-outcome'>, texts: Texts): Card {
  return { blocks: [...report.done.map((one) => texts.updates.outcome(one, one.to ?? '')), rich``] };
}
