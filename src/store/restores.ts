/** The journal of restores. */
import type { Clock } from '../clock.ts';
import type { DataDifference, UpdateFailure } from '../report/updates.ts';
import type { RestoreOutcome, RestorePlan } from '../report/restore.ts';
import type { Database } from '../store.ts';
import { createJournal, momentOf, type Journal, type JournalRow } from './journal.ts';

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

export type RestoreRow = JournalRow & {
  stage: RestoreStage;
  plan: RestorePlan;
  facts: RestoreFacts;
  outcome: RestoreOutcome | undefined;
};

export type Restores = Journal<RestoreRow>;

export const createRestores = (database: Database, clock: Clock): Restores =>
  createJournal<RestoreRow>(database, clock, {
    table: 'restores',
    // Part of the names of what is kept: `20261120t143910r`, `20261120t143910r2`.
    idOf: (at, count) => `${momentOf(at)}r${count === 1 ? '' : count}`,
  });
