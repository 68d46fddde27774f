/**
 * What the journals of updates and of restores have in common: each step is written down before it is done, so that a
 * kill leaves nothing in doubt. A row is open until it has ended; plan and facts are JSON.
 */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

/** Times in milliseconds since 1970. */
export type JournalRow = {
  /** When it began, as a name: {@link momentOf}, with a suffix where that was taken. */
  id: string;
  service: string;
  by: string;
  stage: string;
  plan: object;
  facts: object;
  outcome: string | undefined;
  startedAt: number;
  endedAt: number | undefined;
};

export type Journal<Row extends JournalRow> = {
  /** @param row what is known at the beginning; its stage is `preparing` */
  begin(row: Omit<Row, 'id' | 'stage' | 'outcome' | 'startedAt' | 'endedAt'>): Row;
  get(id: string): Row | undefined;
  /** Begun and not ended. */
  open(service: string): Row | undefined;
  /** Ended ones, the newest first. */
  history(service: string): Row[];
  /** Write down what comes next, and what was learnt. @throws Error when there is no such row */
  record(id: string, change: { stage?: Row['stage']; facts?: Partial<Row['facts']> }): Row;
  end(id: string, outcome: NonNullable<Row['outcome']>, facts?: Partial<Row['facts']>): Row;
  /** An ended one is on its way back, once more. */
  reopen(id: string, facts?: Partial<Row['facts']>): Row;
};

type Shape = {
  table: 'updates' | 'restores';
  /** Columns of this table alone, by the names that they have in the row. */
  columns?: readonly string[];
  /** @param count 1, and more where that name is taken */
  idOf: (at: number, count: number) => string;
};

type Stored = Record<string, string | number | null> & { plan: string; facts: string };

/** A moment as a name: tags are lower case and hold no colon. */
export const momentOf = (at: number): string =>
  new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();

export function createJournal<Row extends JournalRow>(
  database: Database,
  clock: Clock,
  { table, columns = [], idOf }: Shape,
): Journal<Row> {
  const toRow = (stored: Stored): Row =>
    ({
      ...Object.fromEntries(['id', 'service', 'by', 'stage', ...columns].map((name) => [name, stored[name]])),
      plan: JSON.parse(stored.plan) as object,
      facts: JSON.parse(stored.facts) as object,
      outcome: stored['outcome'] ?? undefined,
      startedAt: stored['started_at'],
      endedAt: stored['ended_at'] ?? undefined,
    }) as unknown as Row;

  const get = (id: string): Row | undefined => {
    const stored = database.get<Stored>(`select * from ${table} where id = ?`, id);
    return stored === undefined ? undefined : toRow(stored);
  };
  const need = (id: string): Row => {
    const row = get(id);
    if (row === undefined) throw new Error(`There is no "${id}" among the ${table}.`);
    return row;
  };
  const record: Journal<Row>['record'] = (id, { stage, facts = {} }) =>
    database.transaction(() => {
      const row = need(id);
      database.run(
        `update ${table} set stage = ?, facts = ? where id = ?`,
        stage ?? row.stage,
        JSON.stringify({ ...row.facts, ...facts }),
        id,
      );
      return need(id);
    });

  return {
    get,
    record,
    begin: (row) =>
      database.transaction(() => {
        const at = clock.now();
        let id = idOf(at, 1);
        for (let count = 2; get(id) !== undefined; count += 1) id = idOf(at, count);
        const { service, by, plan, facts } = row;
        const more = columns.map((name) => (row as unknown as Record<string, string>)[name] ?? null);
        const values = [
          id,
          service,
          by,
          'preparing',
          JSON.stringify(plan),
          JSON.stringify(facts),
          at,
          ...more,
        ];
        database.run(
          `insert into ${table} (${['id', 'service', 'by', 'stage', 'plan', 'facts', 'started_at', ...columns].join()})
           values (${values.map(() => '?').join()})`,
          ...values,
        );
        return need(id);
      }),
    open(service) {
      const stored = database.get<Stored>(
        `select * from ${table} where service = ? and ended_at is null order by started_at desc limit 1`,
        service,
      );
      return stored === undefined ? undefined : toRow(stored);
    },
    history: (service) =>
      database
        .all<Stored>(
          `select * from ${table} where service = ? and ended_at is not null order by started_at desc, id desc`,
          service,
        )
        .map(toRow),
    end: (id, outcome, facts = {}) =>
      database.transaction(() => {
        record(id, { facts });
        database.run(`update ${table} set outcome = ?, ended_at = ? where id = ?`, outcome, clock.now(), id);
        return need(id);
      }),
    reopen: (id, facts = {}) =>
      database.transaction(() => {
        database.run(`update ${table} set outcome = null, ended_at = null where id = ?`, id);
        return record(id, { stage: 'back', facts });
      }),
  };
}
