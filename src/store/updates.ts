/** The journal of updates: each step is written down before it is done, so that a kill leaves nothing in doubt. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';
import type { DataDifference, UpdateFailure, UpdateOutcome, UpdatePlan } from '../report/updates.ts';

/**
 * `preparing`: nothing was stopped. `stopping`: what was stopped still has its old image and data. `moving`: all is at
 * rest, its snapshot whole, names and data may be of either side. `starting`: the new side. `back`: on the way back.
 */
export type UpdateStage = 'preparing' | 'stopping' | 'moving' | 'starting' | 'back';

/** What somebody asks of a running update, from whichever process. */
export type UpdateWish = 'cancel' | 'roll-back' | 'wait';

/** What was learnt on the way. Times in milliseconds since 1970. */
export type UpdateFacts = {
  /** Ids of the images by container, as they were and as they are to be. */
  from: Readonly<Record<string, string>>;
  to: Readonly<Record<string, string>>;
  /** Names of images, with their digests, that were not here before. */
  pulled?: readonly string[];
  /** Folders: of the backup taken while it ran, and of the copy at rest. */
  backup?: string;
  snapshot?: string;
  /** A rollback's: the snapshot whose data comes back. */
  place?: string;
  stoppedAt?: number;
  /** Units that went down with it and are to run again. */
  dependents?: readonly string[];
  wellAt?: number;
  why?: UpdateFailure;
  lastLines?: readonly string[];
  asOf?: number;
  /** As of when the data is that was put back last. */
  placedAt?: number;
  newer?: readonly DataDifference[];
  aside?: readonly string[];
  lost?: UpdateFailure;
  warnings?: readonly string[];
  /** Somebody removed the old images, which was told. */
  lostToldAt?: number;
  /** The old images and the snapshot were given up: a newer way back took their place. */
  dropped?: boolean;
};

export type UpdateRow = {
  /** When it began, as `20261120t143910`, with a suffix where that was taken: a tag, and a folder's name. */
  id: string;
  service: string;
  verb: 'update' | 'rollback';
  by: string;
  stage: UpdateStage;
  plan: UpdatePlan;
  facts: UpdateFacts;
  outcome: UpdateOutcome | undefined;
  startedAt: number;
  endedAt: number | undefined;
};

export type Updates = {
  begin(row: Pick<UpdateRow, 'service' | 'verb' | 'by' | 'plan' | 'facts'>): UpdateRow;
  get(id: string): UpdateRow | undefined;
  /** Begun and not ended. */
  open(service: string): UpdateRow | undefined;
  /** Ended ones, the newest first. */
  history(service: string): UpdateRow[];
  /** Write down what comes next, and what was learnt. */
  record(id: string, change: { stage?: UpdateStage; facts?: Partial<UpdateFacts> }): UpdateRow;
  end(id: string, outcome: UpdateOutcome, facts?: Partial<UpdateFacts>): UpdateRow;
  /** An ended one is on its way back once more. */
  reopen(id: string): UpdateRow;
  /** @returns false when there is nothing running that could be asked */
  ask(service: string, wish: UpdateWish): boolean;
  /** The wish, once. */
  takeWish(id: string): UpdateWish | undefined;
};

type Row = {
  id: string;
  service: string;
  verb: 'update' | 'rollback';
  by: string;
  stage: UpdateStage;
  plan: string;
  facts: string;
  asked: UpdateWish | null;
  outcome: UpdateOutcome | null;
  started_at: number;
  ended_at: number | null;
};

const fromRow = (row: Row): UpdateRow => ({
  id: row.id,
  service: row.service,
  verb: row.verb,
  by: row.by,
  stage: row.stage,
  plan: JSON.parse(row.plan) as UpdatePlan,
  facts: JSON.parse(row.facts) as UpdateFacts,
  outcome: row.outcome ?? undefined,
  startedAt: row.started_at,
  endedAt: row.ended_at ?? undefined,
});

/** A moment as a name: tags are lower case and hold no colon. */
export const idOf = (at: number) =>
  new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();

export function createUpdates(database: Database, clock: Clock): Updates {
  const get = (id: string): UpdateRow | undefined => {
    const row = database.get<Row>('select * from updates where id = ?', id);
    return row === undefined ? undefined : fromRow(row);
  };
  const need = (id: string): UpdateRow => {
    const row = get(id);
    if (row === undefined) throw new Error(`There is no update "${id}".`);
    return row;
  };
  const record: Updates['record'] = (id, { stage, facts = {} }) =>
    database.transaction(() => {
      const row = need(id);
      database.run(
        'update updates set stage = ?, facts = ? where id = ?',
        stage ?? row.stage,
        JSON.stringify({ ...row.facts, ...facts }),
        id,
      );
      return need(id);
    });

  return {
    get,
    record,
    begin({ service, verb, by, plan, facts }) {
      return database.transaction(() => {
        const at = clock.now();
        const plain = idOf(at);
        let id = plain;
        for (let count = 2; get(id) !== undefined; count += 1) id = `${plain}-${count}`;
        database.run(
          `insert into updates (id, service, verb, by, stage, plan, facts, started_at)
           values (?, ?, ?, ?, 'preparing', ?, ?, ?)`,
          id,
          service,
          verb,
          by,
          JSON.stringify(plan),
          JSON.stringify(facts),
          at,
        );
        return need(id);
      });
    },
    open(service) {
      const row = database.get<Row>(
        'select * from updates where service = ? and ended_at is null order by started_at desc limit 1',
        service,
      );
      return row === undefined ? undefined : fromRow(row);
    },
    history: (service) =>
      database
        .all<Row>(
          'select * from updates where service = ? and ended_at is not null order by started_at desc, id desc',
          service,
        )
        .map(fromRow),
    end: (id, outcome, facts = {}) =>
      database.transaction(() => {
        record(id, { facts });
        database.run('update updates set outcome = ?, ended_at = ? where id = ?', outcome, clock.now(), id);
        return need(id);
      }),
    reopen: (id) =>
      database.transaction(() => {
        database.run("update updates set stage = 'back', outcome = null, ended_at = null where id = ?", id);
        return need(id);
      }),
    ask: (service, wish) =>
      database.run('update updates set asked = ? where service = ? and ended_at is null', wish, service)
        .changes > 0,
    takeWish: (id) =>
      database.transaction(() => {
        const row = database.get<Pick<Row, 'asked'>>('select asked from updates where id = ?', id);
        if (row?.asked === null || row === undefined) return undefined;
        database.run('update updates set asked = null where id = ?', id);
        return row.asked;
      }),
  };
}
