/** What several tables tell of a span of time. It writes nothing. */
import type { Database } from '../store.ts';

export type FailedRuns = {
  name: string;
  subject: string | undefined;
  /** The last failure, and how many there were. */
  at: number;
  times: number;
  reason: string | undefined;
  /** The newest run that ended by itself went well. */
  isOver: boolean;
};

export type History = {
  /** Jobs that failed or were cut off, the last one first. Both ends belong to the span. */
  failedJobs(from: number, to: number): FailedRuns[];
  /** Spans of more than `least` milliseconds in which no job began or ended: nobody was there. */
  gaps(from: number, to: number, least: number): { from: number; to: number }[];
  /** Pictures that were filed and cleaned. */
  pictures(from: number, to: number): { filed: number; cleaned: number };
};

export function createHistory(database: Database): History {
  const count = (column: 'filed_at' | 'cleaned_at', from: number, to: number): number =>
    database.get<{ count: number }>(
      `select count(*) as count from pictures where ${column} > ? and ${column} <= ?`,
      from,
      to,
    )?.count ?? 0;

  return {
    failedJobs: (from, to) =>
      database
        .all<
          Omit<FailedRuns, 'subject' | 'reason' | 'isOver'> &
            Record<'subject' | 'reason', string | null> & { newest: string | null }
        >(
          `select name, subject, max(ended_at) as at, count(*) as times, reason,
             (select outcome from runs as later
              where later.name = runs.name and later.subject is runs.subject and later.outcome in ('done', 'failed')
              order by later.started_at desc, later.id desc limit 1) as newest
           from runs where outcome = 'failed' and kind = 'job' and ended_at between ? and ?
           group by name, subject order by at desc`,
          from,
          to,
        )
        .map(({ newest, subject, reason, ...rest }) => ({
          ...rest,
          subject: subject ?? undefined,
          reason: reason ?? undefined,
          isOver: newest === 'done',
        })),
    gaps(from, to, least) {
      const first = database.get<{ at: number | null }>('select min(started_at) as at from runs')?.at ?? to;
      const begin = Math.max(from, first);
      // A run that a kill cut off was ended by the next start: that says nothing of the time before.
      return database.all<{ from: number; to: number }>(
        `with alive (began, until) as (
           select started_at, iif(outcome = 'interrupted', started_at, coalesce(ended_at, started_at))
           from runs where kind = 'job' and started_at between ?1 and ?2
           union all values (?1, ?1), (?2, ?2)
         )
         select seen as "from", began as "to" from (
           select began, max(until) over (order by began rows between unbounded preceding and 1 preceding) as seen
           from alive
         ) where began - seen > ?3`,
        begin,
        to,
        least,
      );
    },
    pictures: (from, to) => ({ filed: count('filed_at', from, to), cleaned: count('cleaned_at', from, to) }),
  };
}
