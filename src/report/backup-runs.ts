/** What taking and drilling backups has to say. Times are milliseconds since 1970, sizes bytes, durations milliseconds. */
import type { Level } from '../backup/proof.ts';
import type { Shrunk } from '../backup/shrink.ts';
import type { Action } from './actions.ts';

/** How a service's backups stand. */
export type BackupStanding = {
  /** Undefined: there is no proven one yet. */
  provenAt: number | undefined;
  level: Level;
  /** When one was restored into a scratch place last. */
  drilledAt: number | undefined;
  isOverdue: boolean;
  notCovered: string | undefined;
};

/** One source of a backup, and how far its copy is proven. */
export type BackedUpSource = {
  name: string;
  kind: 'postgres' | 'sqlite' | 'files';
  level: Level;
  /** Of a database. */
  tables: number;
  rows: number;
  /** Of a folder. */
  files: number;
};

/** A check of a backup that did not pass, or was left out. */
export type ToldCheck = { name: string; source?: string | undefined; detail?: string | undefined };

export type MadeBackup = {
  id: string;
  folder: string;
  takenAt: number;
  size: number;
  level: Level;
  sources: readonly BackedUpSource[];
  failed: readonly ToldCheck[];
  leftOut: readonly ToldCheck[];
  shrunk: readonly Shrunk[];
};

/** Why there is no new backup. */
export type NoBackup =
  | { kind: 'failed'; cause: string }
  /** A client is connected that the stop would throw out. */
  | { kind: 'client' }
  /** STEWARD_OBSERVE: nothing is stopped. */
  | { kind: 'observing' }
  /** Something else works on it. */
  | { kind: 'busy'; what: string | undefined }
  /** It was stopped for its copy, and does not run again. */
  | { kind: 'not-started'; cause: string };

export type BackupReport = {
  kind: 'backup';
  actions?: readonly (readonly Action[])[];
  service: string;
  title: string;
  made: MadeBackup | undefined;
  why: NoBackup | undefined;
  took: number;
  /** How long it was stopped for the copy; undefined where it was not. */
  away: number | undefined;
  /** The newest proven one, this one included. */
  provenAt: number | undefined;
  keep: { daily: number; weekly: number; monthly: number };
  notCovered: string | undefined;
  /** What went wrong beside the backup itself, in plain sentences. */
  warnings: readonly string[];
  at: number;
};

/** One that stops its service is asked for first. */
export type BackupPlan = {
  kind: 'backup-plan';
  services: readonly {
    service: string;
    title: string;
    /** Units and containers that stop for the copy, in this order. Empty: it runs on. */
    stops: readonly string[];
    /** A client is connected now. */
    isBusy: boolean;
    /** How long it was stopped the last time. */
    away: number | undefined;
  }[];
  at: number;
};

export type DrillReport = {
  kind: 'drill';
  actions?: readonly (readonly Action[])[];
  service: string;
  title: string;
  id: string;
  takenAt: number;
  level: Level;
  sources: readonly BackedUpSource[];
  failed: readonly ToldCheck[];
  leftOut: readonly ToldCheck[];
  /** How long a restore of all its databases took; undefined where none was restored. */
  restoreTook: number | undefined;
  took: number;
  at: number;
};

/** What is wrong with the backups of a service. */
export type BackupTrouble =
  | { kind: 'failed'; cause: string; failures: number }
  | { kind: 'unproven'; failed: readonly ToldCheck[] }
  | { kind: 'shrunken'; shrunk: readonly Shrunk[] }
  | { kind: 'undrilled'; failed: readonly ToldCheck[] };

/** Told by itself: once a day for each service while it lasts, and once when it is over. */
export type BackupTroubles = {
  kind: 'backup-troubles';
  actions?: readonly (readonly Action[])[];
  troubled: readonly {
    service: string;
    title: string;
    trouble: BackupTrouble;
    provenAt: number | undefined;
  }[];
  recovered: readonly { service: string; title: string; since: number }[];
  at: number;
};

/** A kill left a service stopped that was to be copied. */
export type UnpausedReport = {
  kind: 'unpaused';
  actions?: readonly (readonly Action[])[];
  service: string;
  title: string;
  away: number;
  /** Why it does not run; undefined: it does. */
  lost: string | undefined;
  at: number;
};

export type BackupRunReport =
  | BackupPlan
  | BackupReport
  | { kind: 'backups-done'; done: readonly BackupReport[]; rest: readonly string[]; at: number }
  | DrillReport
  | {
      kind: 'drills-due';
      services: readonly { service: string; title: string; drilledAt: number | undefined }[];
      at: number;
    }
  | BackupTroubles
  | UnpausedReport;
