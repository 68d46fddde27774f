import type { App, Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import type { Report } from '../src/report.ts';
import type { Action } from '../src/report/actions.ts';
import type { JobState } from '../src/report/jobs.ts';

const VERBS = ['run', 'pause', 'resume'];

/** More rows of buttons than this are a wall; the rest can be typed. */
const MOST_BUTTONS = 10;

export const jobs: Command = {
  name: 'jobs',
  usage: '[run|pause|resume] [job] [subject]',
  purpose: 'schedule',
  acts: ([verb]) => VERBS.includes(verb ?? ''),
  async run(app, args, { by }) {
    const [verb, job, subject, ...rest] = VERBS.includes(args[0] ?? '') ? args : [undefined, ...args];
    if (rest.length > 0) throw new UserError(`One job at a time: "${rest.join(' ')}" is too much.`);
    if (verb === undefined) return list(app, job, subject);
    if (job === undefined) throw new UserError(`Say which job to ${verb}.`);
    if (verb === 'run') {
      const report = await app.scheduler.runNow(app, job, subject, by);
      // A job that has nothing to say has left a row: show that.
      return report ?? list(app, job, subject);
    }
    const paused = verb === 'pause';
    app.scheduler.setPaused(app, job, subject, paused);
    const named = subject === undefined ? job : `${job} ${subject}`;
    return { kind: 'note', note: { key: 'job-set', job: named, paused } };
  },
};

function list(app: App, job: string | undefined, subject: string | undefined): Report {
  const found = app.scheduler.jobs(app, job, subject);
  const [only, ...others] = found;
  return {
    kind: 'jobs',
    jobs: found,
    actions:
      only !== undefined && others.length === 0
        ? [steer(only)]
        : found.slice(0, MOST_BUTTONS).map((one) => [open(one)]),
  };
}

const argsOf = ({ name, subject }: JobState): string[] => (subject === undefined ? [name] : [name, subject]);

const open = (job: JobState): Action => ({
  label: 'service',
  subject: argsOf(job).join(' '),
  command: 'jobs',
  args: argsOf(job),
});

const steer = (job: JobState): Action[] => [
  { label: 'run-now', command: 'jobs', args: ['run', ...argsOf(job)], style: 'primary' },
  job.paused
    ? { label: 'resume', command: 'jobs', args: ['resume', ...argsOf(job)] }
    : { label: 'pause', command: 'jobs', args: ['pause', ...argsOf(job)] },
];
