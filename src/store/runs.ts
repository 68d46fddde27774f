/** Work that was begun, by whom and how it ended; and when each job is due. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

export type RunOutcome = 'done' | 'failed' | 'skipped' | 'interrupted';

export type RunRow = {
  id: number;
  kind: 'command' | 'job';
  name: string;
  subject: string | undefined;
  by: string;
  /** Which process does it: a name that `src/tasks.ts` can tell alive from dead. */
  owner: string;
  /** Key of the outbox card that shows it. */
  card: string | undefined;
  startedAt: number;
  endedAt: number | undefined;
  outcome: RunOutcome | undefined;
  reason: string | undefined;
};

export type DueRow = { job: string; subject: string; schedule: string; dueAt: number; paused: boolean };

export type Runs = {
  begin(
    run: Pick<RunRow, 'kind' | 'name' | 'subject' | 'by' | 'owner' | 'card'> & { args?: readonly string[] },
  ): number;
  end(id: number, outcome: RunOutcome, reason?: string): void;
  /** Begun and not ended, oldest first. */
  open(): RunRow[];
  /** The newest ended run of a job or command. */
  last(name: string, subject?: string): RunRow | undefined;
  /** The newest of these jobs and commands that was begun since then for this subject and is done. */
  lastDone(names: readonly string[], subject: string, since: number): RunRow | undefined;
  dues(): DueRow[];
  /** Set when a job is due; `paused` stays as it is. */
  setDue(job: string, subject: string, schedule: string, dueAt: number): void;
  setPaused(job: string, subject: string, paused: boolean): void;
  dropDue(job: string, subject: string): void;
  /** Forget what ended before this time. */
  forget(before: number): void;
};

const COLUMNS = `id, kind, name, subject, by, owner, card, started_at as startedAt, ended_at as endedAt, outcome, reason`;

type Row = { [Key in keyof RunRow]: Exclude<RunRow[Key], undefined> | null };
const fromRow = (row: Row): RunRow =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? undefined])) as RunRow;

export function createRuns(database: Database, clock: Clock): Runs {
  return {
    begin({ kind, name, subject, by, owner, card, args = [] }) {
      return database.run(
        `insert into runs (kind, name, subject, args, by, owner, card, started_at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
        kind,
        name,
        subject ?? null,
        JSON.stringify(args),
        by,
        owner,
        card ?? null,
        clock.now(),
      ).id;
    },
    end: (id, outcome, reason) =>
      void database.run(
        'update runs set ended_at = ?, outcome = ?, reason = ? where id = ? and ended_at is null',
        clock.now(),
        outcome,
        reason ?? null,
        id,
      ),
    open: () =>
      database.all<Row>(`select ${COLUMNS} from runs where ended_at is null order by id`).map(fromRow),
    last(name, subject) {
      const row = database.get<Row>(
        `select ${COLUMNS} from runs where name = ? and subject is ? and ended_at is not null
         order by started_at desc, id desc limit 1`,
        name,
        subject ?? null,
      );
      return row === undefined ? undefined : fromRow(row);
    },
    lastDone(names, subject, since) {
      const row = database.get<Row>(
        `select ${COLUMNS} from runs where name in (select value from json_each(?)) and subject = ?
         and started_at >= ? and outcome = 'done' order by ended_at desc, id desc limit 1`,
        JSON.stringify(names),
        subject,
        since,
      );
      return row === undefined ? undefined : fromRow(row);
    },
    dues: () =>
      database
        .all<Omit<DueRow, 'paused'> & { paused: number }>(
          'select job, subject, schedule, due_at as dueAt, paused from due order by job, subject',
        )
        .map((row) => ({ ...row, paused: row.paused === 1 })),
    setDue: (job, subject, schedule, dueAt) =>
      void database.run(
        `insert into due (job, subject, schedule, due_at) values (?, ?, ?, ?)
         on conflict (job, subject) do update set schedule = excluded.schedule, due_at = excluded.due_at`,
        job,
        subject,
        schedule,
        dueAt,
      ),
    setPaused: (job, subject, paused) =>
      void database.run(
        'update due set paused = ? where job = ? and subject = ?',
        paused ? 1 : 0,
        job,
        subject,
      ),
    dropDue: (job, subject) =>
      void database.run('delete from due where job = ? and subject = ?', job, subject),
    forget: (before) => void database.run('delete from runs where ended_at < ?', before),
  };
}
