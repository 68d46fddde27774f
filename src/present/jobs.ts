/** What is scheduled: last outcome, next time. */
import type { Card } from '../card.ts';
import type { JobState, Schedule } from '../report/jobs.ts';
import { b, code, join, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';
import { farSpan } from './moments.ts';

export function presentJobs(report: Presented<'jobs'>, texts: Texts): Card {
  if (report.jobs.length === 0) return { blocks: [texts.jobs.none] };
  const blocks = report.jobs.flatMap((job) => [[], headline(job, texts), course(job, texts)]);
  return { blocks: [texts.jobs.head(report.jobs.length), ...blocks] };
}

/** With the name as it is typed, because that is what `jobs run` takes. */
function headline(job: JobState, texts: Texts): Rich {
  const typed = job.subject === undefined ? job.name : `${job.name} ${job.subject}`;
  return rich`${b(texts.jobs.names[job.name] ?? job.name)} (${code(typed)}) – ${when(job.schedule, texts)}`;
}

/** How the last run went, and what comes. */
function course({ last, running, paused, nextAt }: JobState, texts: Texts): Rich {
  const { jobs } = texts;
  const past: Rich[] = [];
  if (last === undefined) past.push(rich`${jobs.never}`);
  else {
    past.push(rich`${jobs.outcomes[last.outcome]} ${jobs.last} ${farSpan(last.at, texts)}`);
    past.push(rich`${jobs.took(texts.duration(last.took))}`);
    if (last.reason !== undefined) past.push(rich`${texts.told(last.reason)}`);
  }
  const coming = running
    ? rich`🔵 ${jobs.running}`
    : paused
      ? rich`⏸ ${jobs.paused}`
      : nextAt === undefined
        ? undefined
        : rich`${jobs.next} ${farSpan(nextAt, texts)}`;
  return join([join(past, ', '), ...(coming === undefined ? [] : [coming])], ' · ');
}

const when = (schedule: Schedule, texts: Texts): string => {
  if ('every' in schedule) return texts.jobs.every(texts.duration(schedule.every));
  return schedule.weekday === undefined
    ? texts.jobs.daily(schedule.at)
    : texts.jobs.weekly(schedule.weekday, schedule.at);
};
