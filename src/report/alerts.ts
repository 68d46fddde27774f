/** Troubles that nobody asked about, and what becomes of them. */
import type { Report } from '../report.ts';
import type { Action } from './actions.ts';
import type { Trouble } from './services.ts';
import type { CheckFact } from './host-findings.ts';
import type { WatchFact } from './watch-facts.ts';

/** `critical` rings always, `warning` outside quiet hours, `notice` never. */
export type Severity = 'critical' | 'warning' | 'notice';

/** What is wrong now, as a look or a check has found it. */
export type Finding = {
  /** One trouble has one key, however it looks at the moment: `service:vaultwarden`, `host:local`, `disk:/mnt/data`. */
  key: string;
  severity: Severity;
  /** Since when it lasts, as far as that is known; milliseconds since 1970. */
  since: number;
  /** The service that it is about, by its name. */
  service?: string;
  fact: FindingFact;
};

/**
 * How a trouble ended: it is well again, somebody stopped the service on purpose, or it is not looked at any more
 * because the configuration does not name it.
 */
export type Ending = 'well' | 'stopped' | 'unwatched';

/** What was found, as data; the catalogue has the words. */
export type FindingFact = ServiceFact | HostFact | JobFact | CheckFact | WatchFact;

/** A host does not answer: what runs there cannot be known. */
export type HostFact = {
  kind: 'host';
  host: string;
  what: 'engine' | 'systemd';
  cause: string;
  /** Titles of the services that cannot be looked at. */
  services: readonly string[];
};

/** A service does not work, or not wholly. */
export type ServiceFact = {
  kind: 'service';
  title: string;
  state: 'degraded' | 'down' | 'unknown';
  /** The container or unit that is the cause: the first in start order that is not well. */
  part: string | undefined;
  trouble: Trouble;
  /** How often it ended by itself within the last ten minutes. */
  restarts: number;
  /** Bytes; of a part that was killed for memory. */
  memoryLimit: number | undefined;
  /** Bytes of that part, when it was well again. */
  memoryNow?: { used: number; limit: number | undefined };
  lastLines: readonly string[];
};

/** A job failed, and has not gone well since. */
export type JobFact = {
  kind: 'job';
  job: string;
  subject: string | undefined;
  cause: string;
};

/** A person, as the readers of the chat know him: `you` where there is but one; `schedule` is Steward itself. */
export type Who = 'you' | 'schedule' | { name: string };

/** What ended a trouble, where somebody did something. */
export type Mended = { verb: 'restart' | 'start' | 'update' | 'rollback' | 'restore'; by: Who };

/** One alert as the chat tells of it. */
export type ToldAlert = {
  /** Of the store. */
  id: number;
  finding: Finding;
  openedAt: number;
  /** Undefined while it lasts. */
  endedAt: number | undefined;
  /** Absent while it lasts. */
  ending?: Ending;
  /** How often it began. */
  times: number;
  /** Milliseconds of trouble altogether; of one that lasts, before this time. */
  lasted: number;
  mended: Mended | undefined;
  ackedBy: Who | undefined;
  snoozed: { by: Who; until: number } | undefined;
};

/** An alert's card, from its first word to its end. */
export type AlertReport = ToldAlert & {
  kind: 'alert';
  actions?: readonly (readonly Action[])[];
  /** How many services work, and those that have another alert. */
  stillFine: number;
  stillDown: readonly string[];
};

/** Many at once share a card. */
export type AlertsReport = {
  kind: 'alerts';
  actions?: readonly (readonly Action[])[];
  alerts: readonly ToldAlert[];
};

/** Rings again for what lasts. */
export type AlertRingReport = {
  kind: 'alert-ring';
  actions?: readonly (readonly Action[])[];
  why: 'lasts' | 'again' | 'worse' | 'snooze-over';
  alerts: readonly ToldAlert[];
  at: number;
};

/** The word that it is over, beside the card that has changed. */
export type AlertEndReport = {
  kind: 'alert-end';
  alerts: readonly ToldAlert[];
  stillDown: readonly string[];
};

/** What quiet hours have held back, oldest first. */
export type HeldReport = {
  kind: 'held';
  held: readonly { at: number; severity: Severity; report: Report }[];
  at: number;
};

export type MuteReport = {
  kind: 'mute';
  /** Undefined: nothing is muted. */
  muted: { until: number; by: Who } | undefined;
  /** What the configuration keeps quiet each night: `23:00`, `07:30`. */
  quietHours: { from: string; to: string } | undefined;
  /** How many reports wait for the end of it. */
  held: number;
  at: number;
};

export type AlertReports =
  | AlertReport
  | AlertsReport
  | AlertRingReport
  | AlertEndReport
  | HeldReport
  | MuteReport;

/** What a person has said to alerts. */
export type AlertNote =
  | { key: 'acked'; findings: readonly Finding[] }
  | { key: 'snoozed'; findings: readonly Finding[]; until: number; at: number }
  | { key: 'woken'; findings: readonly Finding[] };
