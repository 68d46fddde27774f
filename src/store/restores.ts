/** The journal of restores: each step is written down before it is done, so that a kill leaves nothing in doubt. */
import type { Clock } from '../clock.ts';
import type { DataDifference, UpdateFailure } from '../report/updates.ts';
import type { RestoreOutcome, RestorePlan } from '../report/restore.ts';
import type { Database } from '../store.ts';
import { idOf } from './updates.ts';

/**
 * `preparing`: nothing was stopped. `stopping`: what was stopped still has its data. `placing`: all is at rest, the data
 * may be of either side. `starting`: the data of the backup. `back`: on the way back to the data of before.
 */
export type RestoreStage = 'preparing' | 'stopping' | 'placing' | 'starting' | 'back';

/** What was learnt on the way. Times in milliseconds since 1970. */
export type RestoreFacts = {
  stoppedAt?: number;
  /** Units that went down with it and are to run again. */
  dependents?: readonly string[];
  wellAt?: number;
  /** What it replaces, where that could only be told once its database server ran. */
  present?: RestorePlan['present'];
  why?: UpdateFailure;
  lastLines?: readonly string[];
  newer?: readonly DataDifference[];
  /** Where what was replaced is kept; once that is back, where what had come is kept. */
  aside?: readonly string[];
  lost?: UpdateFailure;
  warnings?: readonly string[];
  /** Somebody wants back what it replaced, although it went well. */
  undone?: boolean;
  /** What was kept was deleted, its time was over. */
  dropped?: boolean;
};

export type RestoreRow = {
  /** When it began, as `20261120t143910r`: part of the names of what is kept. */
  id: string;
  service: string;
  by: string;
  stage: RestoreStage;
  plan: RestorePlan;
  facts: RestoreFacts;
  outcome: RestoreOutcome | undefined;
  startedAt: number;
  endedAt: number | undefined;
};

export type Restores = {
  begin(row: Pick<RestoreRow, 'service' | 'by' | 'plan'>): RestoreRow;
  get(id: string): RestoreRow | undefined;
  /** Begun and not ended. */
  open(service: string): RestoreRow | undefined;
  /** Ended ones, the newest first. */
  history(service: string): RestoreRow[];
  /** Write down what comes next, and what was learnt. */
  record(id: string, change: { stage?: RestoreStage; facts?: RestoreFacts }): RestoreRow;
  end(id: string, outcome: RestoreOutcome, facts?: RestoreFacts): RestoreRow;
  /** An ended one goes back. */
  reopen(id: string, facts?: RestoreFacts): RestoreRow;
};

type Row = {
  id: string;
  service: string;
  by: string;
  stage: RestoreStage;
  plan: string;
  facts: string;
  outcome: RestoreOutcome | null;
  started_at: number;
  ended_at: number | null;
};

const fromRow = (row: Row): RestoreRow => ({
  id: row.id,
  service: row.service,
  by: row.by,
  stage: row.stage,
  plan: JSON.parse(row.plan) as RestorePlan,
  facts: JSON.parse(row.facts) as RestoreFacts,
  outcome: row.outcome ?? undefined,
  startedAt: row.started_at,
  endedAt: row.ended_at ?? undefined,
});

export function createRestores(database: Database, clock: Clock): Restores {
  const get = (id: string): RestoreRow | undefined => {
    const row = database.get<Row>('select * from restores where id = ?', id);
    return row === undefined ? undefined : fromRow(row);
  };
  const need = (id: string): RestoreRow => {
    const row = get(id);
    if (row === undefined) throw new Error(`There is no restore "${id}".`);
    return row;
  };
  const record: Restores['record'] = (id, { stage, facts = {} }) =>
    database.transaction(() => {
      const row = need(id);
      database.run(
        'update restores set stage = ?, facts = ? where id = ?',
        stage ?? row.stage,
        JSON.stringify({ ...row.facts, ...facts }),
        id,
      );
      return need(id);
    });

  return {
    get,
    record,
    begin: ({ service, by, plan }) =>
      database.transaction(() => {
        const at = clock.now();
        const plain = `${idOf(at)}r`;
        let id = plain;
        for (let count = 2; get(id) !== undefined; count += 1) id = `${plain}${count}`;
        database.run(
          `insert into restores (id, service, by, stage, plan, started_at) values (?, ?, ?, 'preparing', ?, ?)`,
          id,
          service,
          by,
          JSON.stringify(plan),
          at,
        );
        return need(id);
      }),
    open(service) {
      const row = database.get<Row>(
        'select * from restores where service = ? and ended_at is null order by started_at desc limit 1',
        service,
      );
      return row === undefined ? undefined : fromRow(row);
    },
    history: (service) =>
      database
        .all<Row>(
          'select * from restores where service = ? and ended_at is not null order by started_at desc, id desc',
          service,
        )
        .map(fromRow),
    end: (id, outcome, facts = {}) =>
      database.transaction(() => {
        record(id, { facts });
        database.run('update restores set outcome = ?, ended_at = ? where id = ?', outcome, clock.now(), id);
        return need(id);
      }),
    reopen: (id, facts = {}) =>
      database.transaction(() => {
        database.run(`update restores set outcome = null, ended_at = null where id = ?`, id);
        return record(id, { stage: 'back', facts });
      }),
  };
}
