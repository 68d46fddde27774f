/** Stop, start and restart: the plan, the work, the outcome. */
import type { Block, Card } from '../card.ts';
import type { StepReport } from '../report/work.ts';
import { b, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { stepIcon } from './icons.ts';
import type { Presented } from './index.ts';
import { shortName } from './short-name.ts';

export function presentPlan(report: Presented<'plan'>, texts: Texts): Card {
  const { plan } = texts;
  const containers = report.steps.reduce((count, step) => count + step.containers.length, 0);
  const facts = [plan.containers(containers, report.steps.length)];
  if (report.away !== undefined && report.verb === 'restart') facts.push(plan.away(report.away));
  const depends =
    report.verb === 'start'
      ? ''
      : report.dependents.length === 0
        ? ` ${plan.nothingDepends}`
        : ` ${plan.depends(report.dependents.join(', '))}`;
  const stop = report.verb === 'stop' ? ` ${plan.stopNote}` : '';
  const blocks: Block[] = [
    rich`${plan.icon[report.verb]} ${b(plan.question(report.verb, report.service))} ${facts.join(', ')}.${depends}${stop}`,
  ];
  if (report.steps.length > 1) {
    blocks.push(rich`${plan.order(report.steps.map((step) => step.containers[0] ?? step.unit).join(' → '))}`);
  }
  return {
    blocks,
    buttons: [
      [
        {
          label: texts.buttons.confirm(report.verb),
          answer: 'yes',
          style: report.verb === 'stop' ? 'danger' : 'primary',
        },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
    ],
  };
}

export function presentWork(report: Presented<'work'>, texts: Texts): Card {
  return {
    blocks: [
      texts.work[report.ended === true ? 'ended' : 'head'](
        report.verb,
        report.service,
        report.to,
        texts.duration(report.at - report.startedAt),
      ),
      [],
      ...report.steps.map((step) => stepLine(report.service, step, texts)),
    ],
  };
}

function stepLine(service: string, step: StepReport, texts: Texts): Rich {
  // The headline has named a container that is the whole service.
  const subject =
    step.subject === undefined || step.subject === service ? undefined : shortName(service, step.subject);
  const isPart = step.state !== 'done' && step.total !== undefined;
  const amount =
    step.done === undefined
      ? undefined
      : isPart
        ? texts.status.ofLimit(texts.size(step.done), texts.size(step.total ?? step.done))
        : texts.size(step.done);
  const took = step.state === 'done' && step.took !== undefined ? texts.duration(step.took) : undefined;
  const facts = [subject, step.detail, amount, took].filter((fact) => fact !== undefined);
  const name = texts.steps[step.step] ?? step.step;
  return rich`${stepIcon[step.state]} ${name}${facts.length === 0 ? '' : ` – ${facts.join(', ')}`}`;
}

export function presentOutcome(report: Presented<'outcome'>, texts: Texts): Card {
  const { outcome } = texts;
  if (report.observed) return { blocks: [outcome.observed(report.verb, report.service)] };
  if (report.ok) return { blocks: [outcome.done(report.verb, report.service, texts.duration(report.took))] };
  const blocks: Block[] = [outcome.failed(report.verb, report.service, report.state)];
  if (report.trouble !== undefined) blocks.push(outcome.why(texts.trouble(report.trouble, report.at)));
  if (report.lastLines.length > 0) {
    blocks.push({ quote: report.lastLines.map((text) => rich`${text}`), mono: true });
  }
  return { blocks };
}
