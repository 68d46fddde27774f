/** What is scheduled: a job, for a subject where it has several, at its times. */
import type { App, Job, Times } from '../app.ts';
import { UserError } from '../errors.ts';
import { nearest } from '../nearest.ts';

export type Entry = { job: Job; subject: string | undefined; times: Times };

/** All that is scheduled. */
export const entriesOf = (app: App): Entry[] =>
  app.jobs.flatMap((job) => job.times(app).map(({ subject, times }) => ({ job, subject, times })));

/** As in the store. */
export const keyOf = ({ job, subject = '' }: Entry): string => `${job.name} ${subject}`;

export const labelOf = ({ job, subject }: Entry): string =>
  subject === undefined ? job.name : `${job.name} ${subject}`;

/**
 * The entries that a person means: all of a job's, or that of one subject, which may be a part of its name.
 * @throws UserError for what is unknown or ambiguous
 */
export function pick(app: App, job: string, subject: string | undefined): Entry[] {
  const names = app.jobs.map(({ name }) => name);
  if (!names.includes(job)) throw unknown('job', job, names);
  const entries = entriesOf(app).filter((entry) => entry.job.name === job);
  if (subject === undefined) return entries;
  const subjects = entries.flatMap((entry) => entry.subject ?? []);
  const exact = entries.filter((entry) => entry.subject === subject);
  const partial = entries.filter((entry) => entry.subject?.includes(subject.toLowerCase()));
  const found = exact.length > 0 ? exact : partial;
  if (found.length === 0) throw unknown(`subject of ${job}`, subject, subjects);
  if (found.length > 1) {
    throw new UserError(`"${subject}" can be ${found.flatMap((one) => one.subject ?? []).join(' or ')}.`);
  }
  return found;
}

function unknown(what: string, word: string, names: readonly string[]): UserError {
  const near = nearest(word, names);
  const hint =
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${names.join(', ') || 'none'}.`;
  return new UserError(`No ${what} is called "${word}". ${hint}`);
}
