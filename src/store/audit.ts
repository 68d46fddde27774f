/** Who asked for what, from where, and what became of it. Written by `src/audit.ts` alone, which masks secrets. */
import type { Report } from '../report.ts';
import type { Database } from '../store.ts';

export type Origin = 'chat' | 'cli' | 'schedule';

export type AuditOutcome =
  | 'done'
  | 'failed'
  /** Not begun: wrong words, or somebody who may not. */
  | 'refused'
  /** Not begun: something else worked on it. */
  | 'busy'
  | 'interrupted'
  /** Of a plan: a no, none in time, or the world had changed before the yes. */
  | 'cancelled'
  | 'expired'
  | 'changed'
  /** STEWARD_OBSERVE: it would have been done. */
  | 'observed';

/** Times in milliseconds since 1970. */
export type AuditRow = {
  id: number;
  at: number;
  /** `telegram:613428907`, `cli:root`, `schedule`. */
  by: string;
  from: Origin;
  /** A command or a job, by its name. */
  what: string;
  /** Those that it worked on, or was to; none where it is about something else. */
  services: readonly string[];
  args: readonly string[];
  /** What was shown before. */
  plan: Report | undefined;
  /** Who said yes to the plan. */
  confirmedBy: string | undefined;
  /** Undefined while it runs. */
  outcome: AuditOutcome | undefined;
  reason: string | undefined;
  endedAt: number | undefined;
};

export type AuditEnd = {
  outcome: AuditOutcome;
  reason?: string | undefined;
  at: number;
  /** In place of those that it began with. */
  services?: readonly string[];
};

export type AuditQuery = { service?: string | undefined; since?: number; most?: number };

export type AuditTable = {
  /** @param run of the table of runs, so that what a kill cut off is found. @returns the row's id */
  begin(entry: Omit<AuditRow, 'id' | 'outcome' | 'reason' | 'endedAt'> & { run: number | undefined }): number;
  end(id: number, end: AuditEnd): void;
  /** End what a run has left open. */
  endRun(run: number, end: AuditEnd): void;
  /** The newest first. */
  list(query?: AuditQuery): AuditRow[];
  count(query?: AuditQuery): number;
  forget(before: number): void;
};

type Row = {
  id: number;
  at: number;
  by: string;
  origin: Origin;
  what: string;
  services: string;
  args: string;
  plan: string | null;
  confirmed_by: string | null;
  outcome: AuditOutcome | null;
  reason: string | null;
  ended_at: number | null;
};

const fromRow = (row: Row): AuditRow => ({
  id: row.id,
  at: row.at,
  by: row.by,
  from: row.origin,
  what: row.what,
  services: JSON.parse(row.services) as string[],
  args: JSON.parse(row.args) as string[],
  plan: row.plan === null ? undefined : (JSON.parse(row.plan) as Report),
  confirmedBy: row.confirmed_by ?? undefined,
  outcome: row.outcome ?? undefined,
  reason: row.reason ?? undefined,
  endedAt: row.ended_at ?? undefined,
});

/** Of the services' own table where one is asked for. */
const tableOf = (service: string | undefined): string =>
  service === undefined ? 'audit where ?1 is null' : 'audit_services where service = ?1';

export function createAuditTable(database: Database): AuditTable {
  const end = (where: string, key: number, { outcome, reason, at, services }: AuditEnd) =>
    void database.run(
      `update audit set outcome = ?, reason = ?, ended_at = ?, services = coalesce(?, services)
       where ${where} = ? and ended_at is null`,
      outcome,
      reason ?? null,
      at,
      services === undefined ? null : JSON.stringify(services),
      key,
    );

  return {
    begin: ({ run, at, by, from, what, services, args, plan, confirmedBy }) =>
      database.run(
        `insert into audit (run, at, by, origin, what, services, args, plan, confirmed_by)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        run ?? null,
        at,
        by,
        from,
        what,
        JSON.stringify(services),
        JSON.stringify(args),
        plan === undefined ? null : JSON.stringify(plan),
        confirmedBy ?? null,
      ).id,
    end: (id, how) => end('id', id, how),
    endRun: (run, how) => end('run', run, how),
    list: ({ service, since = 0, most = -1 } = {}) =>
      database
        .all<Row>(
          `select * from audit where id in (select id from ${tableOf(service)} and at >= ?2 order by at desc, id desc limit ?3)
           order by at desc, id desc`,
          service ?? null,
          since,
          most,
        )
        .map(fromRow),
    count: ({ service, since = 0 } = {}) =>
      database.get<{ count: number }>(
        `select count(*) as count from ${tableOf(service)} and at >= ?2`,
        service ?? null,
        since,
      )?.count ?? 0,
    forget: (before) => void database.run('delete from audit where at < ?', before),
  };
}
