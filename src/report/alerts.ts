/** Troubles that nobody asked about, and what becomes of them. */
import type { Action, Trouble } from '../report.ts';
import type { CheckFact } from './host-findings.ts';

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
export type FindingFact = ServiceFact | HostFact | CheckFact;

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
  lastLines: readonly string[];
};

/** An alert as the chat shows it, from its first word to its end. */
export type AlertReport = {
  kind: 'alert';
  actions?: readonly (readonly Action[])[];
  /** Of the store. */
  id: number;
  finding: Finding;
  openedAt: number;
  /** Undefined while it lasts. */
  endedAt: number | undefined;
  /** Absent while it lasts. */
  ending?: Ending;
  /** How often it came back. */
  times: number;
  /** Milliseconds of trouble altogether. */
  lasted: number;
  /** Who restarted it, where somebody did. */
  mendedBy: string | undefined;
  ackedBy: string | undefined;
  snoozedUntil: number | undefined;
  /** Services that work, and those that have an alert of their own. */
  stillFine: number;
  stillDown: readonly string[];
  at: number;
};
