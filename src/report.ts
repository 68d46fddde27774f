/**
 * What a command, a job or a piece of running work has to say: plain data, no prose.
 * `src/present/` gives a report its words, Telegram and the terminal give it a form.
 * Times are milliseconds since 1970, sizes bytes, durations milliseconds.
 */
import type { Action } from './report/actions.ts';
import type { AlertReports } from './report/alerts.ts';
import type { AuditReport } from './report/audit.ts';
import type { BackupRunReport } from './report/backup-runs.ts';
import type { BackupsReport } from './report/backups.ts';
import type { DoctorReport } from './report/doctor.ts';
import type { HostNews } from './report/host-findings.ts';
import type { JobState } from './report/jobs.ts';
import type { Note } from './report/notes.ts';
import type { OffSiteReport } from './report/off-site.ts';
import type { OverviewReport } from './report/overview.ts';
import type { CleaningReport, InboxReport, ListedPicture, PicturesReport } from './report/pictures.ts';
import type { PruneReport } from './report/prune.ts';
import type { ReleaseState, ReleaseTrouble } from './report/releases.ts';
import type { RestoreReports } from './report/restore.ts';
import type { DiskState, HostState, LostDisk, ServiceState, State, Trouble } from './report/services.ts';
import type {
  DataDifference,
  DeployReport,
  GuardPlan,
  GuardReport,
  PinChange,
  UpdatePlan,
  UpdateReport,
} from './report/updates.ts';
import type { LogEntry, StepReport, Verb, WorkVerb } from './report/work.ts';

/** How long a plan holds, in milliseconds since 1970, and the word that confirms it where a tap is not enough. */
export type Asks = { until: number; typed?: string };

export type Report = { actions?: readonly (readonly Action[])[]; asks?: Asks | undefined } & (
  | { kind: 'start'; host: string; services: readonly ServiceState[] }
  | { kind: 'help'; commands: readonly { name: string; usage: string; purpose: string }[] }
  | {
      kind: 'status';
      hosts: readonly HostState[];
      services: readonly ServiceState[];
      disks: readonly (DiskState | LostDisk)[];
      at: number;
    }
  | {
      kind: 'service';
      service: ServiceState;
      machine:
        | { load: number; memoryUsed: number; memorySize: number; temperature: number | undefined }
        | undefined;
      /** The last update or rollback that came up. */
      changed?: { verb: 'update' | 'rollback'; from: string | undefined; to: string | undefined; at: number };
      /** For its owner to change the configuration: to a version that is made ready, or back. `since` is when that began. */
      waits?: { for: 'deploy' | 'return'; version: string | undefined; since: number };
      at: number;
    }
  | {
      kind: 'logs';
      subject: string;
      entries: readonly LogEntry[];
      /** Entries left out because there were too many for one answer. */
      omitted: number;
      since: number | undefined;
      asFile: boolean;
      filter: string | undefined;
    }
  | {
      kind: 'plan';
      verb: Verb;
      service: string;
      title: string;
      steps: readonly { unit: string; containers: readonly string[] }[];
      /** Services or units that will go down with it. */
      dependents: readonly string[];
      /** How long it was away the last times, where that is known. */
      away: number | undefined;
    }
  | {
      kind: 'work';
      verb: WorkVerb;
      service: string;
      /** The version that an update goes to, or a rollback back to. */
      to?: string | undefined;
      steps: readonly StepReport[];
      startedAt: number;
      at: number;
      /** What came of it is told in a message of its own. */
      ended?: true;
    }
  | ({ kind: 'update-plan' } & UpdatePlan)
  | {
      kind: 'rollback-plan';
      /** Of the update that is undone. */
      id: string;
      service: string;
      title: string;
      from: string | undefined;
      to: string | undefined;
      stops: readonly string[];
      /** Undefined: image only. Else as of when the data would be, and what was written since. */
      data: { asOf: number; lost: readonly DataDifference[] } | undefined;
      /** Why it is with data, or that it is not: the schema is another one, cannot be compared, or nothing is covered. */
      reason: 'same-schema' | 'other-schema' | 'unreadable' | 'not-covered';
      away: number | undefined;
      at: number;
    }
  | UpdateReport
  | GuardPlan
  | GuardReport
  | {
      kind: 'guard-back-plan';
      /** Of the guarded deploy that is undone. */
      id: string;
      service: string;
      title: string;
      from: string | undefined;
      to: string | undefined;
      stops: readonly string[];
      /** Undefined: the data stays as it is. Else as of when it would be, and what was written since. */
      data: { asOf: number; lost: readonly DataDifference[] } | undefined;
      reason: 'same-schema' | 'other-schema' | 'fewer' | 'unreadable' | 'not-covered';
      /** Undefined where the configuration names the old version already. */
      change: PinChange | undefined;
      at: number;
    }
  | DeployReport
  | {
      kind: 'updates-plan';
      plans: readonly UpdatePlan[];
      /** Those that need a person: pinned, blocked, not to be looked up, not to be planned for a cause. */
      left: readonly (ReleaseState | { name: string; cause: string })[];
      at: number;
    }
  | {
      kind: 'updates-outcome';
      done: readonly UpdateReport[];
      /** Not begun, because the one before needs a person. */
      rest: readonly string[];
      at: number;
    }
  | {
      kind: 'outcome';
      verb: Verb;
      service: string;
      ok: boolean;
      took: number;
      /** How the service is after a failure. */
      state: State | undefined;
      trouble: Trouble | undefined;
      lastLines: readonly string[];
      observed: boolean;
      at: number;
    }
  | RestoreReports
  | { kind: 'jobs'; jobs: readonly JobState[] }
  | { kind: 'choose'; command: string; services: readonly { name: string; title: string; state?: State }[] }
  | {
      kind: 'releases';
      /** Looked up now, known from the last look, told by itself, or told again because somebody wished so. */
      why: 'asked' | 'known' | 'digest' | 'reminder';
      services: readonly ReleaseState[];
      /** Services of which nothing could be learnt for days. */
      silent: readonly { name: string; since: number; troubles: readonly ReleaseTrouble[] }[];
      at: number;
    }
  | { kind: 'note'; note: Note }
  | PicturesReport
  | InboxReport
  | { kind: 'images'; pictures: readonly ListedPicture[]; at: number }
  | CleaningReport
  | BackupRunReport
  | BackupsReport
  | DoctorReport
  | OffSiteReport
  | HostNews
  | AuditReport
  | OverviewReport
  | AlertReports
  | PruneReport
);
