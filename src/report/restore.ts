/** What restoring backups has to say. Times are milliseconds since 1970, sizes bytes, durations milliseconds. */
import type { Level } from '../backup/proof.ts';
import type { Action } from './actions.ts';
import type { DataDifference, UpdateFailure } from './updates.ts';

/** The backup that is restored. */
export type RestoredBackup = {
  id: string;
  folder: string;
  takenAt: number;
  size: number;
  level: Level;
  /** Why it is not, or not any more, proven. */
  trouble: string | undefined;
};

/** A container that runs another image than when the backup was taken. Ids of images. */
export type OtherImage = {
  container: string;
  /** The name that it runs. */
  image: string;
  was: string;
  now: string;
  /** The image of then is still on this host. */
  isHere: boolean;
};

export type RestorePlan = {
  service: string;
  title: string;
  backup: RestoredBackup;
  /**
   * What it replaces. `none`: there is no data yet. `unreadable`: some of it cannot be read, so what is newer in that
   * cannot be told.
   */
  present: 'none' | 'readable' | 'unreadable';
  /** Rows and files that are more or fewer now than in the backup. */
  newer: readonly DataDifference[];
  /** Files that were written after the backup; `latestAt` covers databases, too, whose rows differ. */
  changed: { files: number; latestAt: number | undefined };
  /** Containers or units that are stopped, in this order; started in the reverse one. */
  stops: readonly string[];
  /** Containers and units that do not exist here, so that they are not started. */
  missing: readonly string[];
  /** How long making it ready took in the last drill; undefined where none was made. */
  drillTook: number | undefined;
  /** How long a restart takes, as far as that is known. */
  away: number | undefined;
  images: readonly OtherImage[];
  notCovered: string | undefined;
  at: number;
};

export type RestoreOutcome =
  /** The data of the backup is in its place, and the service is healthy with it. */
  | 'restored'
  /** The data is in its place; there is nothing here yet that could be started. */
  | 'placed'
  /** The service was not healthy with it: the data of before is back, and the service is healthy. */
  | 'rolled-back'
  /** Nothing was replaced, and what was stopped runs again. */
  | 'unchanged'
  /** It does not run. */
  | 'down'
  /** STEWARD_OBSERVE: nothing was done. */
  | 'observed';

export type RestoreReport = {
  kind: 'restore-outcome';
  actions?: readonly (readonly Action[])[];
  /** `undo`: what a restore had replaced was to come back. */
  verb: 'restore' | 'undo';
  /** Of the journal. */
  id: string;
  service: string;
  title: string;
  outcome: RestoreOutcome;
  backup: Pick<RestoredBackup, 'id' | 'folder' | 'takenAt'>;
  took: number;
  /** Milliseconds without service; undefined where nothing was stopped. */
  down: number | undefined;
  containers: number;
  /** Which data is in its place now. */
  data: 'backup' | 'before' | 'unknown';
  /** What the replaced data had more or fewer. */
  newer: readonly DataDifference[];
  /** Where what was replaced, or what went again, is kept, and until when. */
  aside: { places: readonly string[]; until: number } | undefined;
  why: UpdateFailure | undefined;
  lastLines: readonly string[];
  /** Why it does not run, and the command that tries the way back again. */
  lost: { why: UpdateFailure; command: string } | undefined;
  missing: readonly string[];
  warnings: readonly string[];
  at: number;
};

/** A service of which there are backups, and which is not restored with the others. */
export type NotRestored = { service: string } &
  /** The services file does not know it; `definition` is what it was, as YAML or JSON. */
  ({ why: 'unknown'; definition: string | undefined } | { why: 'cause'; cause: string });

export type RestoreReports =
  | ({ kind: 'restore-plan' } & RestorePlan)
  /** A restore is undone: what it replaced comes back. */
  | {
      kind: 'undo-restore-plan';
      /** Of the journal. */
      id: string;
      service: string;
      title: string;
      backup: RestoredBackup;
      restoredAt: number;
      stops: readonly string[];
      at: number;
    }
  | RestoreReport
  | {
      kind: 'restores-plan';
      folder: string;
      plans: readonly RestorePlan[];
      left: readonly NotRestored[];
      at: number;
    }
  | {
      kind: 'restores-outcome';
      folder: string;
      done: readonly RestoreReport[];
      /** Not begun, because the one before needs a person. */
      rest: readonly string[];
      left: readonly NotRestored[];
      at: number;
    };
