/** How things stand, and what a span of time has brought: told each morning, once a week with its trends, and when asked. */
import type { Action } from './actions.ts';
import type { DiskState, LostDisk, ServiceState } from './services.ts';
import type { Finding, HeldReport } from './alerts.ts';

export type OverviewReport = {
  kind: 'overview';
  actions?: readonly (readonly Action[])[];
  /**
   * `good`: everything was looked at, and all of it is well. `unsure`: nothing is wrong as far as could be seen.
   * `troubled`: something wants a look. `bad`: something does not work.
   */
  verdict: 'good' | 'unsure' | 'troubled' | 'bad';
  span: 'day' | 'week';
  /** Everything is told, also what is well. */
  isWhole: boolean;
  host: string;
  /** What is told of happened after this. */
  from: number;
  at: number;
  services: readonly Pick<ServiceState, 'name' | 'title' | 'state' | 'trouble'>[];
  /** Open ones, the worst first; and those that ended. */
  alerts: { open: readonly OverviewAlert[]; ended: readonly OverviewAlert[] };
  unseen: readonly Unseen[];
  /** Undefined where no service has a backup. */
  backups: BackupsOverview | undefined;
  disks: readonly (DiskOverview | LostDisk)[];
  pictures: { filed: number; waiting: number; cleaned: number };
  updates: readonly { name: string; to: string | undefined }[];
  jobs: readonly FailedJob[];
  errors: { count: number; last: { at: number; message: string } | undefined };
  held: HeldReport['held'];
  /** Spans in which nothing was watched, because Steward or its host was off. */
  offline: readonly { from: number; to: number }[];
  trends: Trends | undefined;
};

export type OverviewAlert = {
  finding: Finding;
  /** Undefined while it lasts. */
  endedAt: number | undefined;
  /** How often it began, and milliseconds of trouble altogether. */
  times: number;
  lasted: number;
};

/** What could not be looked at, so that nobody can say that it is well. */
export type Unseen =
  | { kind: 'host'; name: string; cause: string }
  | { kind: 'service'; name: string }
  /** Its folder cannot be read: what is told of the backups is what was known before. */
  | { kind: 'backups'; cause: string }
  | { kind: 'disk'; path: string }
  /** The daily test of everything else. `lastAt` undefined: never. */
  | { kind: 'smoke-test'; lastAt: number | undefined }
  /** A part of it, by the beginning of its keys (`url:`), and of what. */
  | { kind: 'check'; key: string; subject?: string; cause: string };

export type BackupsOverview = {
  all: number;
  /** Those whose newest proven backup is of the last day. */
  good: number;
  /** The one that is longest ago. */
  oldest: { name: string; at: number } | undefined;
  troubled: readonly {
    name: string;
    worry: 'never' | 'overdue' | 'unproven' | 'shrunk' | 'off-site';
    provenAt: number | undefined;
  }[];
  /** Each service, for who wants to know it whole. */
  services: readonly { name: string; provenAt: number | undefined; size: number | undefined }[];
  /** Parts of services, and whole services, that are in no backup. */
  notCovered: readonly string[];
};

export type DiskOverview = DiskState & {
  /** Bytes a day; undefined while too little is known. */
  growth: number | undefined;
  /** Undefined where it does not fill. */
  daysLeft: number | undefined;
};

export type FailedJob = {
  name: string;
  subject: string | undefined;
  at: number;
  times: number;
  reason: string | undefined;
  /** It went well since. */
  isOver: boolean;
};

export type Point = { at: number; value: number };
/** How many on a local day: `2026-11-20`. */
export type Count = { day: string; count: number };

/** Some weeks, for a picture; what the week has brought, for words. */
export type Trends = {
  from: number;
  to: number;
  /** Bytes in use, and what the week has added. */
  disks: readonly { path: string; points: readonly Point[]; gained: number | undefined }[];
  /** Bytes of each backup and milliseconds that it took; the newest, and the newest before the week. */
  backups: readonly {
    name: string;
    sizes: readonly Point[];
    took: readonly Point[];
    size: number;
    sizeBefore: number | undefined;
  }[];
  restarts: {
    days: readonly Count[];
    inWeek: number;
    most: { name: string; count: number } | undefined;
  };
  pictures: { days: readonly Count[]; inWeek: number };
};
