/** How hosts and their services are, as data to be worded by the catalogue. */
import type { BackupStanding } from './backup-runs.ts';

export type State = 'ok' | 'degraded' | 'down' | 'stopped' | 'working' | 'unknown';

export type DiskState = {
  path: string;
  used: number;
  free: number;
  size: number;
  /** How many files it can hold; absent where that has no limit of its own. */
  files?: { free: number; size: number };
  /** Where a disk has to be mounted: there is one, but nothing on it. */
  isEmpty?: true;
};

/** One that has no figures: it does not answer, is not there, or is only the folder where it should be mounted. */
export type LostDisk = { path: string; lost: 'silent' | 'gone' | 'not-mounted' };

export type ContainerState = {
  name: string;
  /** A native unit stands beside the containers as one of them. */
  kind: 'container' | 'unit';
  unit: string | undefined;
  state: State;
  /** Why it is not `ok`, as a fact to be worded. */
  trouble: Trouble | undefined;
  health: 'healthy' | 'unhealthy' | 'starting' | undefined;
  image: string | undefined;
  imageCreated: number | undefined;
  startedAt: number | undefined;
  restarts: number;
  memory: { used: number; limit: number | undefined } | undefined;
  /** Share of one core, in percent. */
  cpu: number | undefined;
  lastExit:
    | { code: number; at: number | undefined; outOfMemory: boolean; result: string | undefined }
    | undefined;
};

/** Why something is not well: data, worded by the catalogue. */
export type Trouble =
  | { kind: 'gone' }
  /** Its container runs under another name. */
  | { kind: 'renamed'; to: string }
  | { kind: 'no-unit'; unit: string }
  /** Nothing starts it, a boot neither. */
  | { kind: 'masked'; unit: string; runs: boolean }
  | { kind: 'stopped' }
  | { kind: 'exited'; code: number; outOfMemory: boolean; at: number | undefined }
  /** `restarts`: so often systemd tried again, until it gave up. */
  | { kind: 'unit-failed'; unit: string; result: string; restarts?: number }
  /** It was not started, or went down, because of another one; systemd does not try again. */
  | { kind: 'held-back'; unit: string; by: string }
  /** Steward has stopped it, because it was killed for memory so often within ten minutes; `limit` in bytes. */
  | { kind: 'stopped-loop'; kills: number; limit: number | undefined }
  /** `condition` as in the unit: `ConditionPathExists=/run/agenix/x`; undefined where nobody knows any more. */
  | { kind: 'condition'; unit: string; condition: string | undefined }
  | { kind: 'unhealthy'; since: number | undefined; output: string | undefined }
  | { kind: 'starting' }
  | { kind: 'restarting'; restarts: number }
  | { kind: 'no-answer'; url: string; cause: string }
  | { kind: 'host-unreachable'; host: string; cause: string }
  /** Its host answers, but not about this one. */
  | { kind: 'silent'; cause: string }
  | { kind: 'job-failed'; what: string; cause: string };

export type ServiceState = {
  name: string;
  title: string;
  host: string;
  state: State;
  trouble: Trouble | undefined;
  version: string | undefined;
  containers: readonly ContainerState[];
  /** Answer time of the health URL in milliseconds, where there is one. */
  ping: number | undefined;
  startedAt: number | undefined;
  url: string | undefined;
  /** What the last check found to be had; absent where nothing is known or nothing newer is there. */
  available?: {
    version: string | undefined;
    publishedAt: number | undefined;
    /** What an update would take; absent where only the configuration can change it. */
    key?: string;
  };
  /** Its newest proven backup; absent where none is configured. */
  backup?: BackupStanding;
};

export type HostState = {
  name: string;
  /** Set when the host could not be asked. */
  trouble: string | undefined;
};
