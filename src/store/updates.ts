/** The journal of updates and rollbacks, and what somebody asks of one that runs. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';
import type { DataDifference, UpdateFailure, UpdateOutcome, UpdatePlan } from '../report/updates.ts';
import { createJournal, momentOf, type Journal, type JournalRow } from './journal.ts';

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

export type UpdateRow = JournalRow & {
  verb: 'update' | 'rollback';
  stage: UpdateStage;
  plan: UpdatePlan;
  facts: UpdateFacts;
  outcome: UpdateOutcome | undefined;
};

export type Updates = Journal<UpdateRow> & {
  /** @returns false when there is nothing running that could be asked */
  ask(service: string, wish: UpdateWish): boolean;
  /** The wish, once. */
  takeWish(id: string): UpdateWish | undefined;
};

export function createUpdates(database: Database, clock: Clock): Updates {
  return {
    ...createJournal<UpdateRow>(database, clock, {
      table: 'updates',
      columns: ['verb'],
      // A tag, and a folder's name: `20261120t143910`, `20261120t143910-2`.
      idOf: (at, count) => (count === 1 ? momentOf(at) : `${momentOf(at)}-${count}`),
    }),
    ask: (service, wish) =>
      database.run('update updates set asked = ? where service = ? and ended_at is null', wish, service)
        .changes > 0,
    takeWish: (id) =>
      database.transaction(() => {
        const row = database.get<{ asked: UpdateWish | null }>('select asked from updates where id = ?', id);
        if (row?.asked === null || row === undefined) return undefined;
        database.run('update updates set asked = null where id = ?', id);
        return row.asked;
      }),
  };
}
