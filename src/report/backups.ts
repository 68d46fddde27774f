/** What there is of backups. Times are milliseconds since 1970, sizes bytes, durations milliseconds. */
import type { Check, Level } from '../backup/proof.ts';
import type { Reason } from '../backup/retention.ts';
import type { Shrunk } from '../backup/shrink.ts';
import type { State } from './services.ts';
import type { OffSiteStanding } from './off-site.ts';

export type ListedBackup = {
  id: string;
  takenAt: number;
  size: number;
  level: Level;
  /** It counts: decoded or better, and nothing speaks against it. */
  isProven: boolean;
  /** The last restore into a scratch place, and how long it took. */
  drilledAt: number | undefined;
  drillTook: number | undefined;
  /** Why it does not count: a sentence. */
  trouble: string | undefined;
};

/** How a service stands with its backups. */
export type ServiceBackups = {
  service: string;
  title: string;
  state: State;
  /**
   * The worst that is wrong. `overdue`: the newest proven one is too old. `unproven`: a newer one is not proven. `off-site`:
   * all is well here, but not in the second place.
   */
  worry: 'never' | 'overdue' | 'unproven' | 'shrunk' | 'off-site' | undefined;
  /** The newest, and the newest that counts. */
  newest: ListedBackup | undefined;
  proven: ListedBackup | undefined;
  count: number;
  /** What has become suddenly smaller in the newest proven one. */
  shrunk: readonly Shrunk[];
  notCovered: string | undefined;
  /** Undefined where there is no second place. */
  offSite: OffSiteStanding | undefined;
  /** When the next one is due; undefined where none is scheduled. */
  nextAt: number | undefined;
};

export type BackupsReport =
  | {
      kind: 'backups';
      services: readonly ServiceBackups[];
      /** Services without a backup. */
      uncovered: readonly string[];
      /** Why the folder cannot be looked at: what is told is what was known before. */
      lost: string | undefined;
      at: number;
    }
  | {
      kind: 'service-backups';
      standing: ServiceBackups;
      /** The newest first. */
      backups: readonly ListedBackup[];
      /** What is to be kept, and how much of it there is; undefined while a backup is dated ahead of the clock. */
      kept: { period: 'daily' | 'weekly' | 'monthly'; have: number; of: number }[] | undefined;
      lost: string | undefined;
      at: number;
    }
  | {
      kind: 'one-backup';
      service: string;
      title: string;
      backup: ListedBackup;
      folder: string;
      sources: readonly {
        name: string;
        kind: 'postgres' | 'sqlite' | 'files';
        level: Level;
        tables: number;
        rows: number;
        files: number;
      }[];
      checks: readonly Check[];
      /** Why it is kept; none: it goes with the next cleaning up. */
      reasons: readonly Reason[];
      notCovered: string | undefined;
      at: number;
    }
  | { kind: 'shrunk-accepted'; service: string; shrunk: readonly Shrunk[] };
