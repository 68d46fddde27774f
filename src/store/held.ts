/** Reports that came while nobody was to be disturbed. Whoever tells them clears them in the same transaction. */
import type { Report } from '../report.ts';
import type { Severity } from '../report/alerts.ts';
import type { Database } from '../store.ts';

/** `at` is when it came, in milliseconds since 1970. */
export type HeldRow = { key: string; at: number; severity: Severity; report: Report };

export type Held = {
  /** Of the same key the newest report counts, and the time of the first one. */
  put(row: HeldRow): void;
  /** Oldest first. */
  all(): HeldRow[];
  /** This one is told in another way. */
  drop(key: string): void;
  /** All are told. */
  clear(): void;
};

type Row = { key: string; at: number; severity: Severity; report: string };

export function createHeld(database: Database): Held {
  return {
    put: ({ key, at, severity, report }) =>
      void database.run(
        `insert into held (key, at, severity, report) values (?, ?, ?, ?)
         on conflict (key) do update set severity = excluded.severity, report = excluded.report
         where report <> excluded.report`,
        key,
        at,
        severity,
        JSON.stringify(report),
      ),
    all: () =>
      database
        .all<Row>('select key, at, severity, report from held order by at, rowid')
        .map((row) => ({ ...row, report: JSON.parse(row.report) as Report })),
    drop: (key) => void database.run('delete from held where key = ?', key),
    clear: () => void database.run('delete from held'),
  };
}
