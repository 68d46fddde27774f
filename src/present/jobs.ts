/** What is scheduled: last outcome, next time. */
import type { Card } from '../card.ts';
import type { JobState, Schedule } from '../report.ts';
import { b, code, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';

export function presentJobs(report: Presented<'jobs'>, texts: Texts): Card {
  if (report.jobs.length === 0) return { blocks: [texts.jobs.none] };
  return {
    blocks: [
      texts.jobs.head(report.jobs.length),
      ...report.jobs.flatMap((job) => [[], ...lines(job, texts)]),
    ],
  };
}

function lines(job: JobState, texts: Texts): Rich[] {
  const { jobs } = texts;
  const name = jobs.names[job.name] ?? job.name;
  const subject = job.subject === undefined ? '' : ` ${job.subject}`;
  const { last } = job;
  const past: Rich =
    last === undefined
      ? rich`${jobs.never}`
      : rich`${jobs.outcomes[last.outcome]} ${jobs.last} ${{ time: last.at, fallback: clock(last.at), format: 'relative' }}, ${jobs.took(texts.duration(last.took))}${last.reason === undefined ? '' : ` – ${last.reason}`}`;
  const coming: Rich = job.running
    ? rich`🔵 ${jobs.running}`
    : job.paused
      ? rich`⏸ ${jobs.paused}`
      : job.nextAt === undefined
        ? []
        : rich`${jobs.next} ${{ time: job.nextAt, fallback: clock(job.nextAt), format: 'relative' }}`;
  return [
    // The name as it is typed, because that is what /jobs run takes.
    rich`${b(name)} (${code(`${job.name}${subject}`)}) – ${when(job.schedule, texts)}`,
    coming.length === 0 ? past : rich`${past} · ${coming}`,
  ];
}

const when = (schedule: Schedule, texts: Texts): string => {
  if ('every' in schedule) return texts.jobs.every(texts.duration(schedule.every));
  return schedule.weekday === undefined
    ? texts.jobs.daily(schedule.at)
    : texts.jobs.weekly(schedule.weekday, schedule.at);
};

const clock = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
